from __future__ import annotations

import pytest

from cachestats.figures import palette, waterfall
from cachestats.figures.theme import OTHER
from cachestats.schema import Cause, Outcome, Standing, StepKind
from tests.figures.tables import timeline


@pytest.mark.parametrize(
    ("standing", "cause", "state"),
    [
        (Standing.HIT, None, Standing.HIT),
        (Standing.ROOT, Cause.EVICTED, Cause.EVICTED),
        (Standing.ROOT, None, Cause.UNKNOWN),
        (Standing.CASCADE, Cause.EVICTED, Cause.CASCADE),
        (None, None, OTHER),
    ],
)
def test_bar_has_the_colour_of_what_the_step_was(
    standing: Standing | None, cause: Cause | None, state: str
) -> None:
    (bar,) = waterfall(timeline(standing=[standing], cause=[cause])).data
    assert bar.marker.color == palette()[state]


def test_bars_lie_where_their_steps_were() -> None:
    table = timeline(step_no=[1, 2], begin_s=[0.0, 1.5], end_s=[2.0, 4.0])
    (bar,) = waterfall(table).data
    assert (list(bar.base), list(bar.x), list(bar.y)) == ([0.0, 1.5], [2.0, 2.5], [0, 1])


def test_critical_path_joins_its_steps() -> None:
    table = timeline(
        step_no=[1, 2, 3],
        begin_s=[0.0, 0.0, 2.0],
        end_s=[2.0, 1.0, 5.0],
        is_critical=[True, False, True],
    )
    path = waterfall(table).data[-1]
    assert path.name == "critical path"
    assert list(zip(path.x, path.y, strict=True)) == [(0.0, 0), (2.0, 0), (2.0, 2), (5.0, 2)]


def test_estimated_start_is_hatched_and_said() -> None:
    made = waterfall(timeline(step_no=[1, 2], is_estimated=[True, False]))
    assert made.data[0].marker.pattern.shape == ("/", "")
    assert "hatched: start estimated" in made.layout.title.subtitle.text


def test_longest_steps_are_kept_beside_the_critical_path() -> None:
    table = timeline(
        step_no=[1, 2, 3],
        name=["critical", "short", "long"],
        stage=[None] * 3,
        end_s=[0.1, 1.0, 9.0],
        is_critical=[True, False, False],
    )
    made = waterfall(table, top=2)
    assert made.layout.yaxis.ticktext == ("critical", "long")
    assert "2 of 3 steps" in made.layout.title.subtitle.text


def test_label_has_the_stage_and_not_the_numbers() -> None:
    made = waterfall(timeline(name=["[builder 2/12] RUN [ -f x ] make"]))
    assert made.layout.yaxis.ticktext == ("builder · RUN [ -f x ] make",)


def test_step_without_a_name_has_its_number() -> None:
    made = waterfall(timeline(step_no=[7], name=[None], stage=[None]))
    assert made.layout.yaxis.ticktext == ("step #7",)


@pytest.mark.parametrize(
    ("standing", "cause", "said"),
    [
        (Standing.ROOT, Cause.EVICTED, "root miss: evicted, done"),
        (Standing.CASCADE, Cause.EVICTED, "cascade of evicted, done"),
        (Standing.CASCADE, None, "cascade, done"),
        (None, None, "cache export, done"),
    ],
)
def test_hover_tells_what_became_of_the_step(
    standing: Standing | None, cause: Cause | None, said: str
) -> None:
    table = timeline(
        standing=[standing],
        cause=[cause],
        kind=[StepKind.CACHE_EXPORT],
        begin_s=[2.0],
        end_s=[5.0],
        is_critical=[True],
    )
    assert waterfall(table).data[0].hovertext[0].split("<br>") == [
        "[builder 2/3] RUN make",
        said,
        "3.0 s, start at 2.0 s",
        "on the critical path",
    ]


def test_hit_is_a_hit() -> None:
    table = timeline(standing=[Standing.HIT], cause=[None], outcome=[Outcome.CACHED])
    assert "hit, cached" in waterfall(table).data[0].hovertext[0]


def test_run_of_no_time_has_an_axis() -> None:
    assert waterfall(timeline(end_s=[0.0])).layout.xaxis.range == (0, 1)


def test_the_subtitle_names_the_run() -> None:
    made = waterfall(timeline(run_id=["0123456789abcdef"], project=["<shop>"]))
    said = made.layout.title.subtitle.text.split("<br>")[0]
    assert said == "&lt;shop&gt; · 2026-11-02 00:00 · run 0123456789ab"
    made = waterfall(timeline(project=[None], run_started_at=[None]))
    assert made.layout.title.subtitle.text.split("<br>")[0] == "run r1"
