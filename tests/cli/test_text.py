from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from cachestats.cli.output.text import for_markdown, for_spreadsheet, shorten, visible, width


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN make", "RUN make"),
        ("[red]no markup[/red]", "[red]no markup[/red]"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]8;;http://x\x07link", "␛]8;;http://x␇link"),
        ("\x9b31m", "\\u{9b}31m"),
        ("a\u202eb\u2066c", "a\\u{202e}b\\u{2066}c"),
        ("a\r\nb\tc\u2028d\x7f", "a  b c d␡"),
        ("Grüße 日本", "Grüße 日本"),
    ],
)
def test_visible(text: str, expected: str) -> None:
    assert visible(text) == expected


@given(st.text())
def test_visible_text_is_one_printable_line(text: str) -> None:
    assert visible(text).isprintable()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a | b", r"a \| b"),
        ("a\nb", "a b"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("`x` *y* _z_ [l](u)", r"\`x\` \*y\* \_z\_ \[l\](u)"),
        ("\\|", r"\\\|"),
        ("npx @angular/cli", "npx &#64;&#8203;angular/cli"),
        ("curl https://a.b/c", "curl https&#58;//a.b/c"),
        ("WWW.a.b, ftp://a", "WWW&#46;a.b, ftp&#58;//a"),
        ("docker.io/a:1", "docker.io/a:1"),
    ],
)
def test_for_markdown(text: str, expected: str) -> None:
    assert for_markdown(text) == expected


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_formula(start: str) -> None:
    assert for_spreadsheet(f"{start}cmd") == f"'{start}cmd"


def test_other_text_stays_as_it_is_in_a_spreadsheet() -> None:
    assert for_spreadsheet("RUN a=b\nc") == "RUN a=b\nc"


@pytest.mark.parametrize(
    ("text", "cells", "expected"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefghijk", 6, "abc…jk"),
        ("日本語日本語", 7, "日本…語"),
        ("abcdef", 1, "…"),
    ],
)
def test_shorten(text: str, cells: int, expected: str) -> None:
    assert shorten(text, cells) == expected


@given(st.text(), st.integers(1, 30))
def test_shortened_text_fits(text: str, cells: int) -> None:
    assert width(shorten(visible(text), cells)) <= cells
