"""Times in the objects of rawjson are read as RFC 3339, in whatever form they come."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import polars as pl
import pytest
from hypothesis import given, settings

from cachestats.logs.solvestatus import decode_updates

FULL = "2026-11-24T03:39:25.123456789Z"
SECOND = 1_795_491_565_000_000_000
quick = settings(max_examples=50, deadline=None, database=None)


def read(*texts: str) -> list[int | None]:
    """Decode one object whose vertices started then; nanoseconds since 1970."""
    said = json.dumps({"vertexes": [{"digest": "sha256:1", "started": text} for text in texts]})
    lines = pl.DataFrame({"log": [0], "line": [1], "text": [said]})
    return decode_updates(lines).vertexes["started"].dt.epoch("ns").to_list()


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        (FULL, SECOND + 123_456_789),
        ("2026-11-24T03:39:25.12Z", SECOND + 120_000_000),
        ("2026-11-24T03:39:25Z", SECOND),
        # As wide as most are, and of another form.
        ("2026-11-24 03:39:25.123456789Z", SECOND + 123_456_789),
        ("2026-11-24T03:39:25.1234+00:00", SECOND + 123_400_000),
        ("2026-11-24T04:39:25.1234+01:00", SECOND + 123_400_000),
        ("2026-11-31T03:39:25.123456789Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-11-24T03:39:25.123456789Z", None),
        ("soon", None),
    ],
)
def test_time_is_read_in_each_form(text: str, nanoseconds: int | None) -> None:
    assert read(text) == [nanoseconds]
    assert read(FULL, text, FULL) == [*read(FULL), nanoseconds, *read(FULL)]


@st.composite
def times(draw: st.DrawFn) -> str:
    text = list(FULL)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(5, len(text) - 1))
        text[place] = draw(st.sampled_from("0123456789 +-:.TtZz"))
    return "".join(text)


@quick
@given(st.lists(times(), min_size=20, max_size=40))
def test_fast_reading_agrees_with_that_of_any_form(texts: list[str]) -> None:
    slowly = pl.Series(texts).str.to_datetime("%+", time_unit="ns", time_zone="UTC", strict=False)
    assert read(*texts) == slowly.dt.epoch("ns").to_list()
