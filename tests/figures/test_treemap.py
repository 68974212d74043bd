from __future__ import annotations

from cachestats.figures import palette, waste_treemap
from cachestats.schema import Cause
from tests.figures.tables import misses


def test_layers_are_in_their_stage_and_project() -> None:
    table = misses(
        layer_id=["l1", "l2", "l3"],
        project=["shop", "shop", "mail"],
        stage=["builder", None, "builder"],
        text=["a", "b", "c"],
        cost_s=[30.0, 20.0, 10.0],
    )
    (boxes,) = waste_treemap(table).data
    name = dict(zip(boxes.ids, boxes.labels, strict=True)) | {"": None}
    assert [(name[up], label) for up, label in zip(boxes.parents, boxes.labels, strict=True)] == [
        (None, "all projects"),
        ("all projects", "shop"),
        ("shop", "builder"),
        ("builder", "a"),
        ("shop", "stage without a name"),
        ("stage without a name", "b"),
        ("all projects", "mail"),
        ("mail", "builder"),
        ("builder", "c"),
    ]


def test_only_layers_have_a_value() -> None:
    (boxes,) = waste_treemap(misses(cost_s=[30.0])).data
    assert list(boxes.values) == [0, 0, 30.0]


def test_layers_of_one_stage_are_side_by_side() -> None:
    table = misses(layer_id=["l1", "l2"], text=["COPY . ."] * 2, cost_s=[2.0, 1.0])
    (boxes,) = waste_treemap(table).data
    assert boxes.labels == ("shop", "builder", "COPY . . (1)", "COPY . . (2)")
    assert boxes.parents == ("", "0", "1", "1")


def test_one_project_is_the_outermost_box() -> None:
    (boxes,) = waste_treemap(misses()).data
    assert boxes.labels[0] == "shop"


def test_layer_has_the_colour_of_its_costliest_cause() -> None:
    table = misses(
        layer_id=["l1"] * 3,
        cause=[Cause.EVICTED, Cause.COLD_BUILDER, Cause.EVICTED],
        cost_s=[3.0, 5.0, 3.0],
    )
    (boxes,) = waste_treemap(table).data
    assert boxes.marker.colors[-1] == palette()[Cause.EVICTED]


def test_hover_tells_the_causes() -> None:
    table = misses(layer_id=["l1"] * 2, cause=[Cause.EVICTED, Cause.COLD_BUILDER], cost_s=[3.0, 5])
    (boxes,) = waste_treemap(table).data
    assert boxes.hovertext[-1] == (
        "RUN make<br>8.0 s wasted<br>2 misses<br>cold builder: 5.0 s<br>evicted: 3.0 s"
    )
