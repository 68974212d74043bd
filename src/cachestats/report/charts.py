"""The figures of a report as JSON for the page, in both themes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from cachestats import figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    import plotly.graph_objects as go

    from cachestats.report.history import Drawn

__all__ = ["Chart", "charts", "for_script"]

THEMES = {"light": False, "dark": True}


class Chart(NamedTuple):
    """A figure: the id of its place on the page, and its JSON by theme."""

    name: str
    themes: dict[str, str]


def charts(drawn: Drawn) -> dict[str, Chart]:
    """Draw what a report shows, each figure in both themes."""
    made = {theme: dict(_made(drawn, dark=dark)) for theme, dark in THEMES.items()}
    return {
        name: Chart(name, {theme: _json(made[theme][name]) for theme in THEMES})
        for name in made["light"]
    }


def for_script(value: object) -> str:
    """Write JSON that can stand in a script element: no `<` can end it or open a comment."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _made(drawn: Drawn, *, dark: bool) -> Iterator[tuple[str, go.Figure]]:
    yield "trend", figures.trend(drawn.trend, dark=dark)
    if drawn.savings.height:
        yield "savings", figures.whatif_bars(drawn.savings, measure="wall time a week", dark=dark)
    if drawn.misses.height:
        yield "layers", figures.layer_pareto(drawn.misses, top=15, dark=dark)
    if drawn.cells.height:
        yield "barcode", figures.cache_barcode(drawn.cells, top=40, dark=dark)
    if drawn.ledger.height:
        yield "ledger", figures.ledger_bars(drawn.ledger, top=15, dark=dark)


def _json(figure: go.Figure) -> str:
    # By the standard library, whatever else is installed: the same bytes everywhere.
    return for_script(json.loads(figure.to_json(engine="json")))
