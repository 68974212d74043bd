"""Builds of the model as plain progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.analysis.causes.simulated.graphs import CONTEXT, Vertex
from tests.analysis.causes.simulated.shown import BAD_END, PULL, Shown, groups, outcome_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tests.analysis.causes.simulated.solver import Solved

Block = tuple[str, list[str]]
ENDS = {"run": "DONE 1.5s", "failed": f"ERROR: {BAD_END}", "canceled": "CANCELED"}
KB = 1000


def plain(solved: Solved, shown: Shown, rng: Random) -> str:
    blocks = [
        *_internal(solved, shown),
        *_bases(solved, shown, rng),
        *_hits(solved, rng),
        *_executed(solved),
        *([] if solved.ended_badly else _exported(shown)),
    ]
    out = ['#0 building with "lab" instance using docker-container driver', ""]
    for number, (name, lines) in enumerate(blocks, 1):
        out += [f"#{number} {name}", *(f"#{number} {line}" for line in lines), ""]
    if solved.ended_badly:
        out += ["------", " > step:", "------", "ERROR: failed to solve: process failed"]
    return "\n".join(out) + "\n"


def _size(count: int) -> str:
    return f"{count}B" if count < KB else f"{count / KB:.2f}kB"


def _internal(solved: Solved, shown: Shown) -> Iterator[Block]:
    if shown.booted:
        yield "[internal] booting buildkit", ["starting container done", "DONE 1.2s"]
    sent = f"transferring dockerfile: {_size(shown.dockerfile_bytes)} done"
    yield "[internal] load build definition from Dockerfile", [sent, "DONE 0.0s"]
    yield "[internal] load .dockerignore", ["transferring context: 2B done", "DONE 0.0s"]
    for name, error in shown.imports:
        end = f"ERROR: {error}" if error else "DONE 0.1s"
        yield f"importing cache manifest from {name}", [end]
    if any(vertex.kind == "context" for vertex in solved.status):
        sent = f"transferring context: {_size(shown.context_bytes)} done"
        yield CONTEXT, [sent, "DONE 0.0s"]


def _bases(solved: Solved, shown: Shown, rng: Random) -> Iterator[Block]:
    pulls = [f"{PULL[0]} 30.1MB / 30.1MB 1.2s done", f"{PULL[1]} 1.0s done", "DONE 3.1s"]
    for vertex in solved.graph:
        if vertex.kind == "from" and vertex in solved.status:
            there = [rng.choice(["CACHED", "DONE 0.0s"])]
            yield vertex.name, pulls if vertex in shown.pulled else there


def _hits(solved: Solved, rng: Random) -> Iterator[Block]:
    hits = [one for one in groups(solved).values() if outcome_of(solved, one) == "hit"]
    rng.shuffle(hits)
    for members in hits:
        yield members[0].step_name, ["CACHED"]


def _executed(solved: Solved) -> Iterator[Block]:
    of_step = groups(solved)
    steps: dict[tuple[int, int], Vertex] = {}
    for vertex in solved.order:
        steps.setdefault(vertex.step, vertex)
    for step, vertex in steps.items():
        said = ["0.123 working"] if vertex.op and vertex.op.kind == "RUN" else []
        yield vertex.step_name, [*said, ENDS[outcome_of(solved, of_step[step]) or ""]]


def _exported(shown: Shown) -> Iterator[Block]:
    image = "writing image sha256:" + "ef" * 32 + " done"
    named = f"naming to {shown.pushed} done"
    yield "exporting to image", ["exporting layers 0.1s done", image, named, "DONE 0.3s"]
    for name, error in shown.exports:
        end = f"ERROR: {error}" if error else "DONE 0.9s"
        yield name, ["preparing build cache for export 0.2s done", end]
