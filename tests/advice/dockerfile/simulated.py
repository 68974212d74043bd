"""What a Dockerfile builds, in small: the oracle that rewriting is held to.

An unknown RUN sees all that there is. An installation sees its manifests, the variables that its
command names, and PATH. What each of them saw is its output, so that any difference shows.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachestats.advice.dockerfile import Dockerfile, Instruction

CONTEXT = {
    "r.txt": "flask",
    "package.json": "{}",
    "package-lock.json": "{}",
    "app.py": "app",
    "back/main.py": "main",
    "back/r.txt": "django",
    "conf/x.json": "x",
}
PIP = ("r.txt", "/tmp/r.txt")  # noqa: S108 (in an image)
NPM = ("package.json", "package-lock.json")
_ID = re.compile(r"\bid\d+\b")
_VARIABLE = re.compile(r"\$\w+")


@dataclass
class Image:
    """A stage in the making."""

    files: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    args: dict[str, str] = field(default_factory=dict)
    config: dict[str, str] = field(default_factory=dict)

    def text(self, text: str) -> str:
        known = {**self.args, **self.env}
        return re.sub(r"\$(\w+)", lambda m: known.get(m[1], ""), text)

    def path(self, text: str) -> str:
        folder = self.config.get("WORKDIR", "/base")
        return posixpath.normpath(posixpath.join(folder, self.text(text)))


def built(file: Dockerfile) -> tuple[Image, dict[str, object]]:
    """The last stage, and what each RUN saw, by the id in its command."""
    images: list[Image] = []
    seen: dict[str, object] = {}
    for stage in file.stages:
        image = Image()
        if stage.parent is not None:
            base = images[stage.parent]
            image = Image(dict(base.files), dict(base.env), {}, dict(base.config))
        images.append(image)
        for one in stage.body:
            _carry_out(one, image, images, seen)
    images[-1].args.clear()
    return images[-1], seen


def _carry_out(
    one: Instruction, image: Image, images: list[Image], seen: dict[str, object]
) -> None:
    match one.keyword:
        case "RUN":
            _run(one, image, seen)
        case "COPY":
            image.files |= dict(_copied(one, image, images))
        case "ENV":
            image.env |= {name: image.text(value or "") for name, value in one.pairs}
        case "ARG":
            image.args |= {name: image.text(value or "") for name, value in one.pairs}
        case "LABEL":
            pairs = {f"LABEL {name}": image.text(value or "") for name, value in one.pairs}
            image.config |= pairs
        case "WORKDIR":
            image.config["WORKDIR"] = image.path(one.words[0])
        case _:
            image.config[one.keyword] = image.text(one.said)


def _run(one: Instruction, image: Image, seen: dict[str, object]) -> None:
    found = _ID.search("".join([one.code, *(doc.content for doc in one.heredocs)]))
    if found is None:
        return  # added by an edit
    name, command = found[0], one.said.removeprefix("RUN ")
    binds = [mount for mount in one.mounts if "source" in mount]
    files = image.files | {
        mount["target"]: CONTEXT.get(mount["source"], "missing") for mount in binds
    }
    if command.startswith("make"):
        everything = (files, image.env, image.args, image.config)
        saw: object = [sorted(part.items()) for part in everything]
    else:
        names = NPM if command.startswith("npm") else [n for n in PIP if f"-r {n} " in command]
        # Without its manifest an installation fails, and so does a COPY or a mount of it.
        manifests = {path: files.get(path, "missing") for path in map(image.path, names)}
        said = {word: image.text(word) for word in _VARIABLE.findall(command)}
        saw = (manifests, said, image.env.get("PATH"), image.config.get("WORKDIR"))
    seen[name] = saw
    image.files[f"/usr/{name}"] = repr(saw)
    for path in re.findall(r"\brm (\S+)", command):
        image.files.pop(image.path(path), None)


def _copied(one: Instruction, image: Image, images: list[Image]) -> Iterator[tuple[str, str]]:
    stage = one.flag("from")
    tree = images[int(stage)].files if stage else {f"/{p}": text for p, text in CONTEXT.items()}
    into = image.path(one.destination)
    is_folder = one.destination.endswith(("/", ".")) or len(one.sources) > 1
    for source in one.sources:
        path = posixpath.normpath(posixpath.join("/", image.text(source).removesuffix("*")))
        for name, text in tree.items():
            if name == path:
                yield (posixpath.join(into, posixpath.basename(name)) if is_folder else into), text
            elif path == "/" or name.startswith(f"{path}/"):
                yield posixpath.normpath(posixpath.join(into, posixpath.relpath(name, path))), text
