from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cachestats import figures
from cachestats.schema import Cause, Standing
from tests.browser import TELEPHONE, Window
from tests.figures import tables
from tests.figures.tables import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import plotly.graph_objects as go
    from playwright.sync_api import Browser

    from tests.browser import Opened

MANY = 300
LONG = [f"RUN {'install ' * 45}number {number}" for number in range(MANY)]
IDS = [f"l{number}" for number in range(MANY)]
CAUSES = [list(Cause)[number % len(Cause)] for number in range(MANY)]
STANDINGS = [list(Standing)[number % len(Standing)] for number in range(MANY)]


def html(drawn: dict[str, go.Figure]) -> str:
    """A page of figures, each in a box of its name, as a report makes it."""
    boxes = [
        made.to_html(
            include_plotlyjs=place == 0, full_html=False, config=figures.CONFIG, div_id=name
        )
        for place, (name, made) in enumerate(drawn.items())
    ]
    return f'<!doctype html><body style="margin:0">{"".join(boxes)}'


def named(names: list[str], *, dark: bool = False) -> dict[str, go.Figure]:
    """Each figure that shows names, with these."""
    count = len(names)
    ids, causes, standings = IDS[:count], CAUSES[:count], STANDINGS[:count]
    same: dict[str, Any] = {"layer_id": ids, "text": names}
    misses = tables.misses(**same, cause=causes)
    return {
        "layer_pareto": figures.layer_pareto(misses, dark=dark),
        "waste_treemap": figures.waste_treemap(misses, dark=dark),
        "cache_barcode": figures.cache_barcode(
            tables.cells(**same, standing=standings, cause=causes, index=list(range(count))),
            dark=dark,
        ),
        "waterfall": figures.waterfall(
            tables.timeline(name=names, standing=standings, cause=causes, step_no=range(count)),
            dark=dark,
        ),
        "ledger_bars": figures.ledger_bars(tables.caches(ref=names), dark=dark),
        "whatif_bars": figures.whatif_bars(tables.savings(title=names), dark=dark),
    }


SELECTORS = {
    "layer_pareto": ".barlayer .point path",
    "waste_treemap": ".treemaplayer .slice:last-child path",
    "cache_barcode": ".heatmaplayer image",
    "waterfall": ".barlayer .point path",
    "ledger_bars": ".barlayer .point path",
    "whatif_bars": ".barlayer .point path",
}
SHARE = '.modebar-btn[data-title^="Share"]'
BAD = '<b>bold</b> %{x} $y$ <a href="https://example.com">link</a>'
PAGES = {
    "harmless": named(["RUN make", "COPY . .", "RUN npm ci"])
    | {"trend": figures.trend(tables.periods()), "empty": figures.trend(tables.periods().clear())},
    "hostile": named(HOSTILE),
    "bad": named([BAD]),
    "many": named(LONG, dark=True),
}


@pytest.fixture(scope="module")
def pages(chromium: Browser) -> Iterator[dict[str, Opened]]:
    """Each page, opened once, and that of many layers on a telephone too."""
    window = Window(chromium)
    opened = {name: window.open(html(drawn)) for name, drawn in PAGES.items()}
    opened["telephone"] = window.open(html(PAGES["many"]), width=TELEPHONE)
    yield opened
    window.close()


@pytest.mark.parametrize("page", [*PAGES, "telephone"])
def test_figures_are_drawn_without_a_fault(page: str, pages: dict[str, Opened]) -> None:
    drawn = PAGES["many" if page == "telephone" else page]
    assert pages[page].faults == []
    assert pages[page].requests == []
    assert pages[page].traces == [len(made.data) for made in drawn.values()]


@pytest.mark.parametrize("name", [name for name in SELECTORS if name != "waste_treemap"])
def test_hostile_text_is_shown_as_text(name: str, pages: dict[str, Opened]) -> None:
    seen = " ".join(pages["hostile"].texts(f"#{name}"))
    assert [part for part in ("<script>", "%{x}", r"\frac", "<b>bold") if part not in seen] == []


def test_hostile_text_makes_no_link(pages: dict[str, Opened]) -> None:
    assert pages["hostile"].count("svg a") == 0


@pytest.mark.parametrize("name", SELECTORS)
def test_hostile_text_pops_up_as_text(name: str, pages: dict[str, Opened]) -> None:
    popped = pages["bad"].hover(f"#{name} {SELECTORS[name]}")
    assert "<b>bold</b> %{x} $y$" in popped
    assert pages["bad"].count(".hoverlayer a") == 0


@pytest.mark.parametrize("page", ["harmless", "many", "telephone"])
def test_no_text_reaches_over_an_edge(page: str, pages: dict[str, Opened]) -> None:
    assert pages[page].clipped == []


def test_no_button_sends_the_figure_away(window: Window) -> None:
    made = figures.trend(tables.periods())
    # A notebook shows a figure without our configuration.
    assert window.open(str(made.to_html(include_plotlyjs=True))).count(SHARE) == 0
    made.layout.template.layout.modebar.remove = []
    assert window.open(str(made.to_html(include_plotlyjs=True))).count(SHARE) == 1


def test_faults_are_seen(window: Window) -> None:
    made = figures.trend(tables.periods())
    link = '<a href="https://example.com">a title that is much wider than a telephone is</a>'
    made.update_layout(title_text=link)
    bad = "<script>console.error('bad')</script><img src='https://example.com/x.png'>"
    opened = window.open(html({"trend": made}) + bad, width=TELEPHONE)
    assert opened.count("svg a") == 1
    assert "error: bad" in opened.faults
    assert opened.requests == ["https://example.com/x.png"]
    assert len(opened.clipped) == 1
