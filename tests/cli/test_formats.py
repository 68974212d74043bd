"""One answer in each format, with text that means harm."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import polars as pl
import pytest

from cachestats.cli.output import Answer, Listing, Shown
from cachestats.cli.output.data import csv_text, json_text
from cachestats.cli.output.markdown import markdown_lines
from cachestats.cli.output.table import table_lines

HOSTILE = "=cmd|'x'!A1 [red]\x1b[31m\u202e <script>alert(1)</script>\n| `x` |"
ROWS = pl.DataFrame(
    {
        "text": [HOSTILE, None],
        "list": [["-a", "b"], []],
        "at": [datetime(2026, 11, 2, 9, 5, tzinfo=UTC), None],
        "cost_s": [-1.25, float("nan")],
        "ok": [True, None],
    },
    schema_overrides={"at": pl.Datetime("us", "UTC")},
)
COLUMNS = (
    Shown(title="text", text=lambda row: row["text"] or "-", floor=10),
    Shown(title="ok", text=lambda row: str(row["ok"]), colour=lambda _: "red"),
)
ANSWER = Answer(rows=ROWS, listings=[Listing(ROWS, COLUMNS, above=[HOSTILE], below=[HOSTILE])])


def table() -> list[str]:
    return list(table_lines(ANSWER.listings[0]))


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


def test_json_keeps_every_value() -> None:
    assert json.loads(json_text(ANSWER)) == {
        "schema_version": 1,
        "rows": [
            {
                "text": HOSTILE,
                "list": ["-a", "b"],
                "at": "2026-11-02T09:05:00Z",
                "cost_s": -1.25,
                "ok": True,
            },
            {"text": None, "list": [], "at": None, "cost_s": None, "ok": None},
        ],
    }


def test_json_is_one_line_of_ascii_that_no_terminal_obeys() -> None:
    assert json_text(ANSWER).isascii()
    assert json_text(ANSWER).removesuffix("\n").isprintable()


def test_a_document_takes_the_place_of_the_rows() -> None:
    answer = Answer(rows=ROWS, listings=[], document={"runs": []})
    assert json.loads(json_text(answer)) == {"schema_version": 1, "runs": []}


def test_csv_disarms_formulas_and_leaves_numbers_alone() -> None:
    header, first, second = csv.reader(io.StringIO(csv_text(ANSWER)))
    shown = HOSTILE.replace("\x1b", "␛").replace("\u202e", "\\u{202e}")
    assert header == ROWS.columns
    assert first == [f"'{shown}", "'-a; b", "2026-11-02T09:05:00Z", "-1.25", "true"]
    assert second == ["", "", "", "", ""]


def test_markdown_has_no_markup_of_a_log() -> None:
    lines = list(markdown_lines(ANSWER.listings[0]))
    assert lines[2:4] == ["| text | ok |", "| --- | --- |"]
    assert lines[4].replace(r"\|", "").count("|") == 3
    assert not any(mark in "".join(lines) for mark in ("<", ">", "\x1b", "\u202e", "\n", " `"))


def test_a_table_shows_text_to_the_letter() -> None:
    shown = "=cmd|'x'!A1 [red]␛[31m\\u{202e} <script>alert(1)</script> | `x` |"
    above, _, _, row, *_, below = table()
    assert (above, row.removesuffix("True").rstrip(), below) == (shown, shown, shown)


@pytest.mark.parametrize("columns", ["30", "80"])
def test_a_table_fits_its_terminal(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert all(len(line) <= int(columns) for line in table())


def test_a_wide_table_drops_what_may_go_and_cuts_the_widest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    row = pl.DataFrame({"a": ["abcdefghij" * 3]})
    columns = (
        Shown(title="cut", text=lambda row: row["a"], floor=10),
        Shown(title="last to go", text=lambda _: "12345", drop=1),
        Shown(title="first to go", text=lambda _: "12345678", drop=2),
        Shown(title="#", text=lambda _: "1", right=True),
    )
    assert list(table_lines(Listing(row, columns))) == [
        "cut                #",
        "abcdefghija…fghij  1",
    ]


@pytest.mark.parametrize(
    ("environment", "colourful"),
    [({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False), ({}, False)],
    ids=str,
)
def test_colour(
    environment: dict[str, str], *, colourful: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[31m" in "".join(table())) is colourful


def test_a_paragraph_keeps_its_indent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    told = Listing(
        ROWS.clear(), COLUMNS, below=["one two three four five", "   six seven eight nine"]
    )
    assert list(table_lines(told)) == [
        "one two three four",
        "five",
        "   six seven eight",
        "   nine",
    ]
