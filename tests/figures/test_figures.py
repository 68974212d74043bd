from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Protocol

import polars as pl
import pytest

from cachestats import figures
from cachestats.errors import SchemaError
from tests.figures import tables
from tests.figures.tables import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable

    import plotly.graph_objects as go


class Draw(Protocol):
    """A function of `figures`."""

    def __call__(self, _: pl.DataFrame | pl.LazyFrame, /, *, dark: bool = ...) -> go.Figure: ...


FIGURES: list[tuple[Draw, Callable[..., pl.DataFrame], str | None]] = [
    (figures.layer_pareto, tables.misses, "text"),
    (figures.waste_treemap, tables.misses, "text"),
    (figures.cache_barcode, tables.cells, "text"),
    (figures.waterfall, tables.timeline, "name"),
    (figures.trend, tables.periods, None),
    (figures.ledger_bars, tables.caches, "ref"),
    (figures.whatif_bars, tables.savings, "title"),
]
NAMED = [(draw, table, column) for draw, table, column in FIGURES if column]
each = pytest.mark.parametrize(
    ("draw", "table"),
    [(draw, table) for draw, table, _ in FIGURES],
    ids=[draw.__name__ for draw, *_ in FIGURES],  # type: ignore[attr-defined]
)


@each
def test_empty_table_says_so(draw: Draw, table: Callable[..., pl.DataFrame]) -> None:
    made = draw(table().clear())
    assert made.data == ()
    assert made.layout.annotations[0].text.startswith("no ")


@each
def test_equal_tables_give_equal_bytes(draw: Draw, table: Callable[..., pl.DataFrame]) -> None:
    assert draw(table()).to_json() == draw(table()).to_json()


@each
def test_lazy_table_is_taken(draw: Draw, table: Callable[..., pl.DataFrame]) -> None:
    assert draw(table().lazy()).to_json() == draw(table()).to_json()


@each
def test_another_table_is_refused(draw: Draw, table: Callable[..., pl.DataFrame]) -> None:
    with pytest.raises(SchemaError):
        draw(table().select(pl.first()))


@each
def test_ground_is_light_or_dark(draw: Draw, table: Callable[..., pl.DataFrame]) -> None:
    papers = {
        dark: draw(table(), dark=dark).layout.template.layout.paper_bgcolor
        for dark in (False, True)
    }
    assert papers == {False: "#FFFFFF", True: "#14181E"}


@each
def test_default_template_of_plotly_is_not_used(
    draw: Draw, table: Callable[..., pl.DataFrame]
) -> None:
    assert len(draw(table()).to_json()) < 6000


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(("draw", "table", "column"), NAMED)
def test_text_of_a_log_is_no_markup(
    draw: Draw, table: Callable[..., pl.DataFrame], column: str, text: str
) -> None:
    assert text not in strings(draw(table(**{column: [text]})).to_plotly_json())


@pytest.mark.parametrize(
    ("draw", "table"),
    [
        (figures.layer_pareto, tables.misses),
        (figures.waste_treemap, tables.misses),
        (figures.cache_barcode, tables.cells),
        (figures.ledger_bars, tables.caches),
    ],
)
def test_name_of_a_project_is_no_markup(draw: Draw, table: Callable[..., pl.DataFrame]) -> None:
    found = strings(draw(table(project=["<b>shop</b>"])).to_plotly_json())
    assert "<b>shop" not in found
    assert "&lt;b&gt;shop" in found


def test_axes_tell_their_units() -> None:
    titles = {
        figures.layer_pareto(tables.misses()).layout.xaxis.title.text,
        figures.waterfall(tables.timeline()).layout.xaxis.title.text,
        figures.trend(tables.periods()).layout.yaxis.title.text,
        figures.trend(tables.periods()).layout.yaxis2.title.text,
    }
    assert all(any(unit in title for unit in ("seconds", "minutes", "%")) for title in titles)


def test_figures_need_no_numpy() -> None:
    program = (
        "import sys; from tests.figures import tables; from cachestats import figures;"
        "figures.layer_pareto(tables.misses()).to_html();"
        "print({'numpy', 'pandas', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def strings(value: object) -> str:
    """All strings in a document, joined."""
    if isinstance(value, dict):
        return " ".join(strings(inner) for inner in value.values())
    if isinstance(value, (list, tuple)):
        return " ".join(strings(inner) for inner in value)
    return value if isinstance(value, str) else ""
