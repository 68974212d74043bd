"""Sentences of the plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cachestats.advice.dockerfile import Edit, EditKind, parse
from cachestats.advice.dockerfile.edits.model import Where
from cachestats.advice.words import edit_title, rationale
from cachestats.schema import Cause
from tests.advice.told import Told, below, hit, root

FILE = parse("FROM alpine\nARG COMMIT\nRUN apk add git\nCOPY . .\nENV A=1\nRUN make\n")
CONTENT, EVICTED = Cause.CONTENT_CHANGE, Cause.EVICTED


def title(kind: EditKind, *indices: int, is_given: bool = False) -> str:
    where = Where(indices, ())
    return edit_title(Edit(kind=kind, title="as told", where=where), FILE, is_given=is_given)


@pytest.mark.parametrize("kind", EditKind)
def test_an_edit_of_a_dockerfile_at_hand_has_its_own_title(kind: EditKind) -> None:
    assert title(kind, 2, is_given=True) == "as told"


@pytest.mark.parametrize("kind", EditKind)
def test_one_of_a_sketch_names_its_instruction(kind: EditKind) -> None:
    moved_past = kind in {EditKind.MOVE_VOLATILE, EditKind.REORDER}
    assert "`RUN apk add git`" in title(kind, *((3, 2) if moved_past else (2, 3)))


@pytest.mark.parametrize(
    ("indices", "named"),
    [((1, 2, 3), "COPY . ."), ((1, 2, 4), "RUN apk add git"), ((1,), "ARG COMMIT")],
)
def test_a_moved_argument_goes_below_the_last_step_that_it_is_moved_past(
    indices: tuple[int, ...], named: str
) -> None:
    assert title(EditKind.MOVE_VOLATILE, *indices).endswith(f"below `{named}`")


def test_long_instructions_are_cut_and_lines_joined() -> None:
    told = Told("FROM alpine\nRUN a\n")
    told.ran({2: root(CONTENT)})
    texts = ("RUN " + "x" * 56, "RUN " + "x" * 57, "RUN a\n   b")
    shown = []
    for text in texts:
        layers = {"L2": replace(told.history.layers["L2"], text=text)}
        (sentence,) = rationale(replace(told.history, layers=layers), ["L2"])
        shown.append(sentence.split("`")[1])
    assert shown == ["RUN " + "x" * 56, "RUN " + "x" * 55 + "…", "RUN a b"]


def test_how_often_a_layer_missed_why_and_what_that_took() -> None:
    told = Told("FROM alpine\nRUN a\n")
    for one in (root(CONTENT), hit(), below(EVICTED, 9), root(CONTENT)):
        told.ran({2: one})
    told.ran({})
    (sentence,) = rationale(told.history, ["L2"])
    assert sentence == (
        "`RUN a` missed in 3 of 4 runs and took 30.0 s in all;"
        " root causes: content_change 2, evicted 1"
    )


def test_the_costliest_four_layers_are_told_and_none_that_never_missed() -> None:
    told = Told("FROM alpine\n" + "".join(f"RUN {name}\n" for name in "abcdef"))
    seconds = {2: 1.0, 3: 9.0, 4: 9.0, 5: 3.0, 6: 2.0}
    told.ran({line: replace(root(CONTENT), seconds=took) for line, took in seconds.items()})
    told.ran({7: hit()})
    found = list(rationale(told.history, sorted(told.places)))
    assert [sentence[1:6] for sentence in found] == ["RUN b", "RUN c", "RUN d", "RUN e"]
    assert list(rationale(told.history, ["L7"])) == []


def test_three_causes_are_named_and_the_others_counted() -> None:
    told = Told("FROM alpine\nRUN a\n")
    causes = (CONTENT, EVICTED, Cause.COLD_BUILDER, Cause.NO_CACHE_FLAG)
    for cause in (*causes, *causes[:3]):
        told.ran({2: root(cause)})
    (sentence,) = rationale(told.history, ["L2"])
    assert sentence.endswith("content_change 2, evicted 2, cold_builder 2, others 1")
