from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from cachestats.advice.dockerfile import Layer, match, parse
from cachestats.errors import UsageError
from tests.lab import LAB

if TYPE_CHECKING:
    from pathlib import Path

FILE = parse(
    "ARG V=1\n"
    "FROM python:$V AS base\n"
    "ARG SHA\n"
    "RUN --mount=type=cache,target=/c \\\n    # why\n    pip install \\\n      x\n"
    "COPY a b\n"
    "FROM base\n"
    "copy a b\n"
    "RUN <<EOF\nset -eu\nmake\nEOF\n"
    "RUN echo ${SHA:-none} a\n"
    "WORKDIR /x\n"
    "RUN echo ${SHA:-none} b\n"
)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("RUN deploy --token=abcdef123456 now", "RUN deploy --token=*** now"),
        ("RUN deploy --token=${TOKEN} now", "RUN deploy --token=*** now"),
        ("RUN deploy --token=${TOKEN} now", "RUN deploy --token= now"),
        ("ADD https://ci:hunter2@example.org/a /", "ADD https://ci:***@example.org/a /"),
        ("RUN curl -u ci:hunter2 https://example.org", "RUN curl -u ci:*** https://example.org"),
    ],
)
def test_a_secret_that_was_redacted_is_that_of_the_file(code: str, text: str) -> None:
    file = parse(f"FROM alpine\n{code}\n")
    assert match(file, [Layer(None, 2, text)]) == [1]
    assert match(file, [Layer(None, 2, text.replace(" ", " not ", 1))]) == [None]


@pytest.mark.parametrize(
    ("stage", "position", "text", "index"),
    [
        ("base", 1, "FROM docker.io/library/python:3.12@sha256:0123", 1),
        ("base", 2, "RUN --mount=type=cache,target=/c     pip install       x", 3),
        ("base", 3, "COPY a b", 4),
        ("stage-1", 1, "COPY a b", 6),
        ("stage-1", 3, "COPY a b", 6),
        (None, 1, "COPY a b", 6),
        ("gone", 3, "COPY a b", 4),
        ("stage-1", 2, "RUN <<EOF (set -eu...)", 7),
        ("stage-1", 3, "RUN echo 0123abc a", 8),
        ("stage-1", 5, "RUN echo  b", 10),
        ("base", 2, "RUN --mount=type=cache,target=/c     pip inst...", 3),
        ("base", 2, "LINK COPY a b", 4),
        ("base", 2, "RUN pip install y", None),
        ("base", 2, "RUN ...", None),
        ("base", 2, "", None),
    ],
)
def test_a_layer_is_found_by_its_text_then_its_stage_then_its_place(
    stage: str | None, position: int, text: str, index: int | None
) -> None:
    assert match(FILE, [Layer(stage, position, text)]) == [index]


def test_equal_instructions_of_a_stage_are_told_apart_by_place() -> None:
    file = parse("FROM a\nRUN b\nRUN c\nRUN b\n")
    layers = [Layer(None, 2, "RUN b"), Layer(None, 4, "RUN b"), Layer(None, None, "RUN b")]
    assert match(file, layers) == [1, 3, 1]


BUILDS = sorted({file.parent for file in LAB.glob("runs/*/*/Dockerfile")})
NAME = re.compile(
    r"\[(?:\S+/\S+ )?(?:(?P<stage>\S+) +)?(?P<index>\d+)/\d+\] (?P<text>.*)", re.DOTALL
)


@pytest.mark.skipif(not BUILDS, reason="the lab is not there")
def test_each_step_of_the_lab_is_another_instruction() -> None:
    lost = [(str(build), name) for build in BUILDS for name in _lost(build)]
    assert lost == []


def _lost(build: Path) -> list[str]:
    try:
        file = parse((build / "Dockerfile").read_text("utf-8"))
    except UsageError:
        return []
    steps = json.loads((build / "truth.json").read_text("utf-8"))["extra"]["steps"]
    names = [name for step in steps if "] LINK " not in (name := step["name"])]
    parts = [found for name in names if (found := NAME.fullmatch(name))]
    layers = [Layer(found["stage"], int(found["index"]), found["text"]) for found in parts]
    indices = match(file, layers)
    twice = [i for i in indices if i is not None and indices.count(i) > 1]
    return [
        part[0]
        for part, i in zip(parts, indices, strict=True)
        if i is None or i in twice or not part["text"].startswith(file.instructions[i].keyword)
    ]
