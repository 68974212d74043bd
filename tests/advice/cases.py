"""Logs of a Dockerfile, told by the step that missed first in each run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import cachestats as cs
from cachestats.advice.dockerfile import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachestats.advice.document import Advice

REF = "registry.example/app:cache"
IMPORT = (f"importing cache manifest from {REF}", ["inferred cache manifest type: x", "DONE 30.0s"])
EXPORT = ("exporting cache to registry", [f"writing cache manifest to {REF} done", "DONE 2.0s"])
SECONDS = {"RUN": 30.0, "COPY": 0.2, "WORKDIR": 0.1}

Block = tuple[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A Dockerfile, and what happened to it.

    Attributes:
        text: The Dockerfile, of one stage.
        missed: For each run the first of its steps that missed, by its line; None if all hit. The
            first run executes all.
        installs: Whether pip prints other packages in each run.
        is_cached: Whether each run is of a fresh builder with a remote cache that gives nothing.
    """

    text: str
    missed: Sequence[int | None]
    installs: bool = False
    is_cached: bool = False

    def log(self, run: int) -> str:
        """The log of a run."""
        steps = [one for one in parse(self.text).instructions if one.is_step]
        base, *steps = steps
        is_first = run == 0 or self.is_cached
        digest = "ab" * 32
        context = "5.1MB" if is_first else f"{80 + run}.1kB" if self.missed[run] else "300B"
        blocks: list[Block] = [
            ("[internal] load build definition from Dockerfile", ["DONE 0.0s"]),
            *([IMPORT] if self.is_cached else []),
            (
                "[internal] load build context",
                [f"transferring context: {context} done", "DONE 0.1s"],
            ),
            (
                f"[1/{len(steps) + 1}] FROM docker.io/library/{base.words[0]}@sha256:{digest}",
                [f"extracting sha256:{digest} 2.0s done", "DONE 3.4s"] if is_first else ["CACHED"],
            ),
        ]
        for at, one in enumerate(steps, 2):
            line = self.missed[run]
            ran = is_first or (line is not None and one.first_line >= line)
            said = f"0.200 Successfully installed flask-3.0.{run}"
            printed = [said] if self.installs and "pip install" in one.text else []
            ends = [*printed, f"DONE {SECONDS[one.keyword]}s"] if ran else ["CACHED"]
            blocks.append((f"[{at}/{len(steps) + 1}] {one.text}", ends))
        blocks += [("exporting to image", ["DONE 0.6s"]), *([EXPORT] if self.is_cached else [])]
        return "".join(
            f"#{no} {name}\n" + "".join(f"#{no} {line}\n" for line in lines) + "\n"
            for no, (name, lines) in enumerate(blocks, 1)
        )

    def write(self, project: str, folder: Path, day: str = "2026-11-02") -> None:
        """Write the logs of all runs, an hour apart, each of another commit."""
        for run in range(len(self.missed)):
            facts = {
                "project": project,
                "branch": "main",
                "started_at": f"{day}T{run:02}:00Z",
                "commit": f"{run:x}" * 40,
            }
            place = folder / project / f"{run:02}"
            place.mkdir(parents=True)
            (place / "build.log").write_text(self.log(run), "utf-8")
            (place / "meta.json").write_text(json.dumps(facts), "utf-8")


NODE = "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\n"
# The second COPY changes in every third run, the sources in all; a value in each.
OFTEN = (4, 6, 6, 4, 6, 4, 6, 6, 4, 6, None, 4)
VALUE = (5,) * 8


def fed(copy: str, install: str, *, head: str = NODE) -> Case:
    """A COPY that the installation below it reads without naming it."""
    return Case(text=f"{head}{copy}\n{install}\nCOPY . .\nRUN make\n", missed=OFTEN)


PYTHON = "FROM python:3.12\nWORKDIR /app\n"
REQUIREMENTS = f"{PYTHON}COPY requirements-base.txt .\nCOPY requirements.txt .\n"
PIP = "RUN pip install -r requirements.txt"

CASES = {
    "workspaces": fed("COPY packages/ui/package.json packages/ui/", "RUN npm ci"),
    "prisma": fed("COPY prisma ./prisma", "RUN npm ci"),
    "postinstall": fed("COPY tools ./tools", "RUN npm ci"),
    "yarn": fed(
        "COPY .yarn ./.yarn",
        "RUN yarn install --immutable",
        head="FROM node:22\nWORKDIR /app\nCOPY package.json yarn.lock .yarnrc.yml ./\n",
    ),
    "gemspec": fed(
        "COPY engines/billing/billing.gemspec engines/billing/",
        "RUN bundle install",
        head="FROM ruby:3.3\nWORKDIR /app\nCOPY Gemfile Gemfile.lock ./\n",
    ),
    "replace": fed(
        "COPY libs/common ./libs/common",
        "RUN go mod download",
        head="FROM golang:1.23\nWORKDIR /app\nCOPY go.mod go.sum ./\n",
    ),
    "requirements": Case(
        text=f"{REQUIREMENTS}{PIP}\nCOPY . .\nRUN make\n",
        missed=(3, 6, 6, 3, 6, 3, 6, 6, 3, 6, None, 3),
    ),
    "printed": Case(
        text=f"{PYTHON}COPY vendored ./vendored\nCOPY requirements.txt .\n{PIP}\nCOPY . .\n",
        missed=(3, 6, 6, 3, 6, 3, 6, 6, 3, 6, None, 3),
        installs=True,
    ),
    "npm token": Case(
        text=(
            "FROM node:22\nWORKDIR /app\nARG CODEARTIFACT_AUTH_TOKEN\n"
            "COPY package.json package-lock.json .npmrc ./\nRUN npm ci\nCOPY . .\nRUN make\n"
        ),
        missed=VALUE,
    ),
    "pip token": Case(
        text=f"{PYTHON}ARG GH_TOKEN\nCOPY requirements.txt .\n{PIP}\nCOPY . .\nRUN make\n",
        missed=VALUE,
    ),
    "commit": Case(
        text=f"{PYTHON}ARG GIT_SHA\nCOPY requirements.txt .\n{PIP}\nCOPY . .\nRUN make\n",
        missed=VALUE,
    ),
    "useless cache": Case(
        text="FROM python:3.12\nRUN pip install flask\nCOPY . .\n",
        missed=(2, 2, 2, 2),
        is_cached=True,
    ),
}


@cache
def advice(name: str, *kinds: str, is_given: bool = True) -> Advice:
    """What to change in a case, as its runs tell."""
    text = Path(mkdtemp()) / "Dockerfile"
    text.write_text(CASES[name].text, "utf-8")
    where = cs.Filters(project=name)
    return cs.advise(_store(), dockerfile=text if is_given else None, kinds=kinds, where=where)


@cache
def _store() -> cs.Store:
    """All cases in a store, each a project."""
    folder = Path(mkdtemp())
    for name, case in CASES.items():
        case.write(name, folder / "logs")
    store = cs.open_store(folder / "store", create=True)
    store.ingest(folder / "logs")
    return store
