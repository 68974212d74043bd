from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cachestats.figures import cache_barcode, palette
from cachestats.schema import Cause, Standing
from tests.figures.tables import MONDAY, cells

if TYPE_CHECKING:
    import plotly.graph_objects as go

HOUR = timedelta(hours=1)


def colours(made: go.Figure) -> list[list[str | None]]:
    """Colours of the cells, row by row."""
    heatmap = made.data[0]
    scale = [colour for _, colour in heatmap.colorscale][::2]
    return [[None if code is None else scale[code] for code in row] for row in heatmap.z]


@pytest.mark.parametrize(
    ("standing", "cause", "state"),
    [
        (Standing.HIT, None, Standing.HIT),
        (Standing.NOT_REACHED, None, Standing.NOT_REACHED),
        (Standing.ROOT, Cause.EVICTED, Cause.EVICTED),
        (Standing.ROOT, None, Cause.UNKNOWN),
        (Standing.CASCADE, Cause.EVICTED, Cause.CASCADE),
    ],
)
def test_cell_has_the_colour_of_what_the_layer_was(
    standing: Standing, cause: Cause | None, state: str
) -> None:
    made = cache_barcode(cells(standing=[standing], cause=[cause]))
    assert colours(made) == [[palette()[state]]]


def test_runs_go_by_start_and_layers_by_index() -> None:
    table = cells(
        run_id=["r2", "r2", "r1", "r1"],
        started_at=[MONDAY + HOUR] * 2 + [MONDAY] * 2,
        layer_id=["l2", "l1"] * 2,
        index=[2, 1] * 2,
        text=["second", "first"] * 2,
        standing=[Standing.HIT, Standing.ROOT, Standing.HIT, Standing.HIT],
        cause=[None, Cause.EVICTED, None, None],
    )
    made = cache_barcode(table)
    hit, evicted = palette()[Standing.HIT], palette()[Cause.EVICTED]
    assert colours(made) == [[hit, evicted], [hit, hit]]
    assert list(made.layout.yaxis.ticktext) == ["first", "second"]


def test_run_without_a_start_is_the_oldest() -> None:
    made = cache_barcode(cells(run_id=["r1", "r2"], started_at=[MONDAY, None]))
    assert [text.split("<br>")[0] for text in made.layout.xaxis2.ticktext] == [
        "start not known",
        "2026-11-02 00:00",
    ]


def test_stages_have_headings_in_the_order_of_the_table() -> None:
    table = cells(
        layer_id=["l1", "l2", "l3"], stage=["web", None, "web"], index=[2, 1, 1], text=list("abc")
    )
    made = cache_barcode(table)
    ticks = dict(zip(made.layout.yaxis.tickvals, made.layout.yaxis.ticktext, strict=True))
    assert [ticks[row] for row in sorted(ticks)] == [
        "<b>web</b>",
        "c",
        "a",
        "<b>stage without a name</b>",
        "b",
    ]
    assert colours(made)[0] == [None]


def test_projects_are_named_where_there_are_several() -> None:
    table = cells(layer_id=["l1", "l2"], run_id=["r1", "r2"], project=["shop", "mail"])
    made = cache_barcode(table)
    assert made.layout.yaxis.ticktext[:2] == ("<b>shop · builder</b>", "<b>mail · builder</b>")
    assert colours(made)[1] == [palette()[Standing.HIT], None]


def test_project_of_a_stage_without_a_name_is_its_heading() -> None:
    table = cells(layer_id=["l1", "l2"], project=["shop", "mail"], stage=[None, None])
    assert cache_barcode(table).layout.yaxis.ticktext[:2] == ("<b>shop</b>", "<b>mail</b>")


@pytest.mark.parametrize(
    ("later", "dates"),
    [(HOUR, ("00:00", "01:00")), (24 * HOUR, ("2 Nov", "3 Nov"))],
)
def test_runs_of_one_day_have_their_time(later: timedelta, dates: tuple[str, ...]) -> None:
    made = cache_barcode(cells(run_id=["r1", "r2"], started_at=[MONDAY, MONDAY + later]))
    assert made.layout.xaxis.ticktext == dates


def test_layers_of_one_text_have_two_labels() -> None:
    made = cache_barcode(cells(layer_id=["l1", "l2"], index=[1, 2], text=["COPY . ."] * 2))
    assert made.layout.yaxis.ticktext == ("COPY . . (1)", "COPY . . (2)")


def broken(*, top: int = 60, last: int = 100) -> go.Figure:
    """A cheap COPY that breaks a costly RUN, and a RUN that missed once for little."""
    return cache_barcode(
        cells(
            run_id=["r1", "r1", "r1", "r2"],
            started_at=[MONDAY] * 3 + [MONDAY + HOUR],
            layer_id=["copy", "run", "hit", "other"],
            index=[1, 2, 3, 4],
            text=["COPY", "RUN", "HIT", "OTHER"],
            standing=[Standing.ROOT, Standing.CASCADE, Standing.HIT, Standing.ROOT],
            cause=[Cause.CONTENT_CHANGE, Cause.CONTENT_CHANGE, None, Cause.FIRST_SEEN],
            cost_s=[0.1, 60.0, 0.0, 5.0],
        ),
        top=top,
        last=last,
    )


def test_layer_that_breaks_others_is_shown_first() -> None:
    assert broken(top=1).layout.yaxis.ticktext == ("COPY",)
    assert broken(top=2).layout.yaxis.ticktext == ("COPY", "RUN")


def test_what_is_left_out_is_said() -> None:
    notes = broken(top=1, last=1).layout.title.subtitle.text
    assert notes.startswith("1 of 4 layers: the costliest<br>the newest 1 of 2 runs<br>")


def test_newest_runs_are_kept() -> None:
    assert "run r2" in broken(last=1).layout.xaxis2.ticktext[0]


def test_hover_tells_the_whole_name_once_and_the_cause() -> None:
    name = "RUN " + "x" * 400
    table = cells(text=[name], standing=[Standing.ROOT], cause=[Cause.EVICTED], cost_s=[65.0])
    made = cache_barcode(table)
    assert made.data[0].customdata[0] == ["root miss: evicted, 1m 05s"]
    assert made.layout.yaxis2.ticktext[0].replace("<br>", "").count("x") == 400
    assert made.to_json().count("x" * 40) < 12


def test_cascade_tells_the_cause_of_its_root() -> None:
    made = cache_barcode(cells(standing=[Standing.CASCADE], cause=[Cause.CONTENT_CHANGE]))
    assert made.data[0].customdata[0] == ["cascade of content change, 0.0 s"]


def test_three_hundred_layers_and_runs_stay_small() -> None:
    count = 300
    table = cells(
        run_id=[f"r{run}" for run in range(count) for _ in range(count)],
        layer_id=[f"l{layer}" for _ in range(count) for layer in range(count)],
        index=[layer for _ in range(count) for layer in range(count)],
        text=[f"RUN {layer}{'x' * 400}" for _ in range(count) for layer in range(count)],
    )
    made = cache_barcode(table)
    assert len(made.data[0].z) == 60
    assert len(made.data[0].z[0]) == 100
    assert len(made.to_json()) < 200_000
