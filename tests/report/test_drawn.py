"""The report as Chromium shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.browser import TELEPHONE, WIDE
from tests.report.test_markdown import hostile

if TYPE_CHECKING:
    from pathlib import Path

    import cachestats as cs
    from tests.browser import Opened, Window

WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
EDGES = """() => [...document.querySelectorAll('.cards .card')]
  .map(card => card.getBoundingClientRect().bottom)"""
OVERFLOWING = """() => [...document.querySelectorAll('main .scroll, main .card, main h2')]
  .filter(box => box.scrollWidth > box.clientWidth).map(box => box.textContent)"""
BROKEN_WORDS = """() => [...document.querySelectorAll('.verdict')]
  .filter(word => !word.textContent.includes(' ') && word.getClientRects().length > 1).length"""
PAPER = "() => getComputedStyle(document.querySelector('main')).backgroundColor"
FIRST_SCREEN = (
    "Wasted",
    "Better than last week?",
    "Worst layer",
    "Do first",
    "saves about",
)


def saved(report: cs.WeeklyReport, folder: Path) -> Path:
    path = folder / "report.html"
    path.write_text(report.to_html(), "utf-8")
    return path


def assert_sound(opened: Opened, figures: int) -> None:
    assert opened.faults == []
    assert opened.requests == []
    assert len(opened.traces) == figures
    assert min(opened.traces) > 0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [WIDE, TELEPHONE])
def test_the_report_of_the_samples_is_drawn(
    sample_report: cs.WeeklyReport, window: Window, tmp_path: Path, width: int, *, dark: bool
) -> None:
    opened = window.open(saved(sample_report, tmp_path), width=width, dark=dark)
    assert_sound(opened, 5)
    assert opened.clipped == []
    assert opened.page.evaluate(WIDER) == 0
    assert ("255" in opened.page.evaluate(PAPER)) is not dark


@pytest.mark.parametrize(("width", "height"), [(WIDE, 800), (TELEPHONE, 844)])
def test_the_first_screen_answers(
    sample_report: cs.WeeklyReport, window: Window, tmp_path: Path, width: int, height: int
) -> None:
    opened = window.open(saved(sample_report, tmp_path), width=width, height=height)
    assert max(opened.page.evaluate(EDGES)) <= height
    said = opened.page.locator(".cards").inner_text()
    assert all(question in said for question in FIRST_SCREEN)


def test_hostile_text_is_shown_as_text(window: Window, tmp_path: Path) -> None:
    opened = window.open(saved(hostile(), tmp_path))
    assert opened.faults == []
    assert opened.requests == []
    assert opened.count("main a, main img, main b, svg a") == 0
    said = opened.page.locator("main").inner_text()
    assert "RUN <script>alert(1)</script>" in said
    assert "RUN %{x} and %{customdata}" in said


def test_the_page_runs_no_script_but_its_own(window: Window, tmp_path: Path) -> None:
    path = saved(hostile(), tmp_path)
    injected = path.read_text("utf-8").replace("</h1>", "</h1><script>document.title='x'</script>")
    path.write_text(injected, "utf-8")
    opened = window.open(path)
    assert opened.page.title().startswith("Build cache report")
    assert any("Content Security Policy" in fault for fault in opened.faults)


def test_figures_follow_the_theme(
    sample_report: cs.WeeklyReport, window: Window, tmp_path: Path
) -> None:
    opened = window.open(saved(sample_report, tmp_path))
    paper = "() => document.querySelector('#trend').layout.template.layout.paper_bgcolor"
    light = opened.page.evaluate(paper)
    opened.page.emulate_media(color_scheme="dark")
    # Not by wait_for_function: the page forbids what is made from strings.
    for _ in range(50):
        if opened.page.evaluate(paper) != light:
            break
        opened.page.wait_for_timeout(100)
    assert opened.page.evaluate(paper) != light
    assert opened.faults == []


def test_figures_are_printed_whole_and_light(
    sample_report: cs.WeeklyReport, window: Window, tmp_path: Path
) -> None:
    opened = window.open(saved(sample_report, tmp_path), dark=True)
    # What Chromium tells a page before it prints.
    opened.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    wide = "() => [...document.querySelectorAll('.main-svg')].map(svg => svg.clientWidth)"
    assert max(opened.page.evaluate(wide)) == 680
    opened.page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert max(opened.page.evaluate(wide)) > 680
    assert opened.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


@pytest.mark.parametrize("width", [WIDE, 820, TELEPHONE])
def test_long_names_stay_in_their_cells_and_our_words_whole(
    sample_report: cs.WeeklyReport, window: Window, tmp_path: Path, width: int
) -> None:
    document = sample_report.document
    long = [row.model_copy(update={"project": "n" * 90}) for row in document.projects]
    layers = [row.model_copy(update={"project": "n" * 90}) for row in document.layers]
    update = {"projects": tuple(long), "layers": tuple(layers)}
    renamed = replace(sample_report, document=document.model_copy(update=update))
    opened = window.open(saved(renamed, tmp_path), width=width)
    assert opened.page.evaluate(OVERFLOWING) == []
    assert opened.page.evaluate(WIDER) == 0
    assert opened.page.evaluate(BROKEN_WORDS) == 0
