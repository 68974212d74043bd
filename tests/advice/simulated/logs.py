"""How a simulated build is printed: plain progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachestats.advice.dockerfile import Dockerfile
    from tests.advice.simulated.steps import Vertex

Block = tuple[str, list[str]]

LAYER = "sha256:" + "ab" * 32
CACHE = "registry/cache:main"


def plain_log(blocks: Iterable[Block], *, failed: bool) -> str:
    """The log of a build, one block for each of its steps."""
    out = ['#0 building with "lab" instance using docker-container driver', ""]
    for number, (name, lines) in enumerate(blocks, 1):
        out += [f"#{number} {name}", *(f"#{number} {line}" for line in lines), ""]
    if failed:
        out += ["------", " > step:", "------", "ERROR: failed to solve: process failed"]
    return "\n".join(out) + "\n"


def definition(text: str) -> Block:
    """Loading the Dockerfile."""
    size = f"transferring dockerfile: {len(text.encode())}B done"
    return "[internal] load build definition from Dockerfile", [size, "DONE 0.0s"]


def importing(*, is_found: bool) -> Block:
    """Importing the cache."""
    error = f"ERROR: failed to configure registry cache importer: {CACHE}: not found"
    return f"importing cache manifest from {CACHE}", ["DONE 0.1s" if is_found else error]


def base(file: Dockerfile, image: str, pulled_s: float) -> Block:
    """The base image of the first stage; pulled if that took time."""
    stage = file.stages[0]
    total = sum(one.is_step for one in stage.body) + 1
    label = f"{stage.name} " if stage.name else ""
    pull = [*_pulled("140.6MB", "4.5"), f"DONE {pulled_s}s"]
    name = f"[{label}1/{total}] FROM docker.io/library/{stage.base}@sha256:{image}"
    return name, pull if pulled_s else ["CACHED"]


def context(kilobytes: float) -> Block:
    """Sending the build context."""
    sent = f"transferring context: {kilobytes:.2f}kB done"
    return "[internal] load build context", [sent, "DONE 0.0s"]


def step(vertex: Vertex) -> Block:
    """A step that began."""
    ends = {
        "hit": ["CACHED"],
        "run": [*vertex.lines, f"DONE {vertex.seconds}s"],
        "failed": [
            *vertex.lines,
            f"{vertex.seconds:#.4g} boom",
            'ERROR: process "/bin/sh -c x" did not complete successfully: exit code: 1',
        ],
    }
    if vertex.restored:
        ends["hit"] = [*_pulled("90.1MB", "1.0"), f"DONE {vertex.restored}s"]
    return vertex.name, ends[vertex.status]


def image_export(sha: str, seconds: float) -> Block:
    """Exporting the image, under a tag that follows the commit."""
    named = f"naming to registry/app:{sha} done"
    return "exporting to image", [f"exporting layers {seconds}s done", named, f"DONE {seconds}s"]


def cache_export(seconds: float) -> Block:
    """Exporting the cache."""
    prepared = "preparing build cache for export done"
    return "exporting cache to registry", [prepared, f"DONE {seconds}s"]


def _pulled(size: str, unpacked_s: str) -> list[str]:
    return [f"{LAYER} {size} / {size} 0.3s done", f"extracting {LAYER} {unpacked_s}s done"]
