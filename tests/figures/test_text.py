from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachestats.figures.text import (
    escape,
    labels,
    lines,
    shorten,
    time_unit,
    titled,
)
from tests.figures.tables import HOSTILE

LONG = "RUN apt-get install -y " + " ".join(f"package-{n}" for n in range(40))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_has_no_markup_left(text: str) -> None:
    assert not set(escape(text)) & set("<>$%\n\t\x1b\x00\u202e\u202c")


@given(st.text())
def test_escaped_text_reads_as_it_was(text: str) -> None:
    if text.isprintable():
        assert unescape(escape(text)) == text


@pytest.mark.parametrize(
    ("text", "seen"), [("a\u202eb", r"a\u{202e}b"), ("a\x1bb", "a\u241bb"), ("a\r\nb", "a  b")]
)
def test_what_cannot_be_seen_is_spelled(text: str, seen: str) -> None:
    assert escape(text) == seen


@pytest.mark.parametrize(
    ("text", "short"), [("RUN make", "RUN make"), ("RUN make everything", "RUN ma…ing")]
)
def test_text_is_cut_in_its_middle(text: str, short: str) -> None:
    assert shorten(text, 10) == short


def test_labels_of_texts_that_differ_in_the_middle_show_where() -> None:
    texts = [f"RUN {'x' * 60}{which}{'y' * 60}" for which in ("first", "second")]
    one, two = labels(texts, width=24)
    assert "first" in one
    assert "second" in two


def test_labels_of_one_text_are_numbered() -> None:
    assert labels(["COPY . .", "RUN make", "COPY . ."], width=24) == [
        "COPY . . (1)",
        "RUN make",
        "COPY . . (2)",
    ]


def test_labels_of_one_text_in_two_places_are_not_numbered() -> None:
    assert labels(["COPY . ."] * 2, width=24, within=["web", "api"]) == ["COPY . ."] * 2


def test_a_number_of_ours_is_not_taken_for_a_text_of_the_log() -> None:
    assert labels(["x", "x", "x (1)"], width=24) == ["x (2)", "x (3)", "x (1)"]


@given(st.lists(st.text(alphabet="ab<\n\x00\u202e", max_size=60), max_size=8))
def test_no_two_labels_are_alike_or_too_long(texts: list[str]) -> None:
    made = labels(texts, width=24)
    assert len(set(made)) == len(texts)
    assert all(len(unescape(label)) <= 24 for label in made)


def test_a_hover_tells_the_whole_text_in_lines() -> None:
    broken = lines(LONG).split("<br>")
    assert " ".join(broken) == LONG
    assert max(map(len, broken)) <= 52


def test_a_hover_stays_on_the_screen() -> None:
    assert len(lines("x" * 100_000).split("<br>")) == 20


def test_a_hover_of_nothing_is_not_empty() -> None:
    assert lines(" \n") == "…"


@pytest.mark.parametrize(
    ("seconds", "unit"),
    [
        ([], (1, "seconds")),
        ([119], (1, "seconds")),
        ([1, -120], (60, "minutes")),
        ([7200], (3600, "hours")),
    ],
)
def test_axis_has_the_unit_of_its_longest_time(seconds: list[float], unit: tuple[int, str]) -> None:
    assert time_unit(seconds) == unit


def test_title_leaves_out_what_is_not_known() -> None:
    assert titled("shop", None, "RUN make") == "shop · RUN make"
