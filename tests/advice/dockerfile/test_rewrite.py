from __future__ import annotations

import pytest

from cachestats.advice.dockerfile import EditKind, Hints, Part, diff, parse, rewrite
from cachestats.errors import UsageError
from tests.lab import LAB

LAB_FILES = sorted(LAB.glob("runs/*/*/Dockerfile"))
in_lab = pytest.mark.skipif(not LAB_FILES, reason="the lab is not there")

TEXT = """\
# syntax=docker/dockerfile:1
FROM debian AS build

ARG GIT_SHA=dev
ENV GIT_SHA=$GIT_SHA
RUN apt-get update && apt-get install -y python3 && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/x
# all of it
COPY . .
RUN pip install --no-cache-dir -r requirements.txt
RUN make
"""
REWRITTEN = """\
# syntax=docker/dockerfile:1
FROM debian AS build

RUN rm -f /etc/apt/apt.conf.d/docker-clean
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\
    apt-get update && apt-get install -y python3
WORKDIR /srv/x
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip \\
    pip install -r requirements.txt
# all of it
COPY . .
ARG GIT_SHA=dev
ENV GIT_SHA=$GIT_SHA
RUN make
"""


def test_all_edits_together() -> None:
    done = rewrite(parse(TEXT))
    assert done.text == REWRITTEN
    assert [edit.kind for edit in done.edits] == [
        EditKind.SPLIT_COPY,
        EditKind.MOVE_VOLATILE,
        EditKind.CACHE_MOUNT,
        EditKind.CACHE_MOUNT,
    ]


def test_origins_say_where_each_instruction_came_from() -> None:
    origins = rewrite(parse(TEXT)).origins
    assert [index for index, _ in origins] == [0, None, 3, 4, 5, 6, 5, 1, 2, 7]
    assert [part for _, part in origins if part != Part.WHOLE] == [
        Part.ADDED,
        Part.MANIFEST,
        Part.REST,
    ]


def test_lines_are_those_of_the_file_that_was_parsed() -> None:
    edits = rewrite(parse(TEXT)).edits
    assert edits[0].where.lines == ((9, 9), (10, 10))
    assert edits[1].where.lines[:2] == ((4, 4), (5, 5))


def test_kinds_restrict_the_edits() -> None:
    hints = Hints(kinds=frozenset({EditKind.CACHE_MOUNT}))
    assert {edit.kind for edit in rewrite(parse(TEXT), hints).edits} == {EditKind.CACHE_MOUNT}


def test_hints_are_carried_to_the_new_file() -> None:
    hints = Hints(volatile=frozenset({1, "X"}), change_rate={5: 0.9}, cost_s={6: 12.0})
    carried = hints.carried(rewrite(parse(TEXT), hints).origins)
    assert carried.volatile == frozenset({7, "X"})
    assert (carried.change_rate, carried.cost_s) == ({6: 0.9}, {5: 12.0})


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n", "\r\n")], ids=["lf", "crlf"])
def test_a_rewritten_file_stays_as_it_is(text: str) -> None:
    done = rewrite(parse(text)).text
    again = rewrite(parse(done))
    assert (again.text, again.edits) == (done, ())
    assert done.count("\r\n") in {0, done.count("\n")}


def test_a_diff_applies_to_the_lines_as_they_are() -> None:
    assert diff("a\nb", "a\nc\n", "D") == (
        "--- a/D\n+++ b/D\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n"
    )
    assert diff("a", "a") == ""


@in_lab
def test_the_badly_ordered_file_of_the_lab_becomes_the_fixed_one_as_far_as_is_provable() -> None:
    bad = parse((LAB / "runs/orders-api/001/Dockerfile").read_text("utf-8"))
    good = parse((LAB / "runs/orders-api-fixed/001/Dockerfile").read_text("utf-8"))
    done = rewrite(bad)
    wanted = [one.said for one in good.instructions]
    sha = [wanted.index("ARG GIT_SHA=dev"), wanted.index("ENV GIT_SHA=$GIT_SHA")]
    tests = next(said for said in wanted if "unittest" in said)
    values = [wanted[index] for index in sha]
    wanted = [said for said in wanted if said not in values]
    # The tests may read it: nobody knows, and the rewriting says so.
    at = wanted.index(tests)
    assert [one.said for one in done.dockerfile.instructions] == (
        wanted[:at] + values + wanted[at:]
    )
    assert "GIT_SHA stays above line 14" in done.refused[0].reason


@in_lab
def test_each_file_of_the_lab_is_rewritten_once_and_for_all() -> None:
    for path in LAB_FILES:
        try:
            file = parse(path.read_text("utf-8"))
        except UsageError:
            continue
        done = rewrite(file)
        assert rewrite(parse(done.text)).text == done.text
        assert parse(done.text).text == done.text
