from __future__ import annotations

from cachestats.figures import layer_pareto, palette
from cachestats.schema import Cause, MissClass
from tests.figures.tables import misses


def test_waste_is_charged_to_the_root_by_cause() -> None:
    table = misses(
        layer_id=["l1", "l2", "l3"],
        root_layer_id=["l1", "l1", "l3"],
        root_cause=[Cause.COLD_BUILDER, Cause.COLD_BUILDER, Cause.EVICTED],
        cost_s=[10.0, 20.0, 5.0],
    )
    bars = [(bar.name, list(bar.x), list(bar.y)) for bar in layer_pareto(table).data]
    assert bars == [("cold builder", [30.0], [0]), ("evicted", [5.0], [1])]


def test_legitimate_and_unknown_misses_are_no_waste() -> None:
    table = misses(**{"class": list(MissClass)}, layer_id=list("abcd"))
    assert len(layer_pareto(table).data[0].x) == 2


def test_no_waste_is_said() -> None:
    made = layer_pareto(misses(**{"class": [MissClass.LEGITIMATE]}))
    assert made.layout.annotations[0].text == "no waste"


def test_cause_has_its_colour() -> None:
    (bar,) = layer_pareto(misses(cause=[Cause.EVICTED])).data
    assert bar.marker.color == palette()[Cause.EVICTED]


def test_share_is_that_of_all_layers_so_far() -> None:
    made = layer_pareto(misses(layer_id=["l1", "l2"], cost_s=[30.0, 10.0], text=["a", "b"]))
    said = [annotation.text for annotation in made.layout.annotations]
    assert said == [
        "a",
        "30.0 s · Σ 75 &#37; · builder",
        "b",
        "10.0 s · Σ 100 &#37; · builder",
    ]


def test_many_layers_share_the_last_bar() -> None:
    table = misses(
        layer_id=[f"l{n:02}" for n in range(30)],
        text=[f"RUN {n}" for n in range(30)],
        cost_s=[float(100 - n) for n in range(30)],
    )
    made = layer_pareto(table)
    assert list(made.data[0].y) == list(range(26))
    assert made.data[0].x[25] * 60 == sum(100 - n for n in range(25, 30))
    assert made.layout.annotations[50].text == "5 other layers"


def test_one_layer_too_many_keeps_its_name() -> None:
    made = layer_pareto(misses(layer_id=["l1", "l2"], text=["a", "b"]), top=1)
    assert made.layout.annotations[2].text == "b"


def test_stage_of_a_cascade_is_that_of_its_root() -> None:
    table = misses(
        layer_id=["l1", "l2"],
        stage=["base", "final"],
        root_layer_id=["l1", "l1"],
        started_at=[None, None],
    )
    assert "base" in layer_pareto(table).layout.annotations[1].text


def test_project_is_named_where_there_are_several() -> None:
    made = layer_pareto(misses(layer_id=["l1", "l2"], project=["shop", None]))
    assert "· shop ·" in made.layout.annotations[1].text


def test_hover_tells_name_project_cause_time_and_runs() -> None:
    name = "RUN " + "x" * 400
    table = misses(run_id=["r1", "r2"], text=[name] * 2, cost_s=[60.0, 5.0])
    (hover,) = layer_pareto(table).data[0].hovertext
    assert name.replace(" ", "") in hover.replace("<br>", "").replace(" ", "")
    assert "project shop" in hover
    assert "cold builder: 1m 05s wasted" in hover
    assert "2 misses in 2 runs" in hover
