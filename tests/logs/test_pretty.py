from __future__ import annotations

import json

import pytest

from cachestats.logs.pretty import CUT
from tests.logs.logs import github, outcomes, rawjson, rejects, run, steps, vertex

LOAD, MAKE = "[internal] load build definition from Dockerfile", "[2/2] RUN make"
COMPACT = rawjson(vertex(LOAD, (0.0, 0.5)), vertex(MAKE, (1.0, 3.5)), statuses=[])


@pytest.mark.parametrize(
    "options", [{"indent": 2}, {"indent": "\t"}, {"sort_keys": True, "indent": 1}, {}], ids=str
)
def test_blanks_and_order_change_nothing(options: dict[str, str | int]) -> None:
    document = json.dumps(json.loads(COMPACT), **options)  # type: ignore[arg-type]
    assert document not in COMPACT
    assert outcomes(document) == outcomes(COMPACT) == {1: "done", 2: "done"}
    assert run(document)["format"] == "rawjson"


def test_several_documents_are_updates_of_one_build() -> None:
    documents = [rawjson(vertex(MAKE, (1.0,))), rawjson(vertex(MAKE, (1.0, 3.5)))]
    log = "\n".join(json.dumps(json.loads(one), indent=2) for one in documents)
    assert outcomes(log) == {1: "done"}


def test_a_line_is_that_where_the_document_begins() -> None:
    log = "$ cat status.json\n" + json.dumps(json.loads(COMPACT), indent=2)
    assert {one["line"] for one in steps(log).values()} == {2}


def test_of_a_document_that_was_cut_the_whole_vertices_count() -> None:
    document = json.dumps(json.loads(COMPACT), indent=2)
    cut = document[: document.rindex('"completed"')]
    assert outcomes(cut) == {1: "done"}
    assert rejects(cut) == [(1, CUT)]


def test_an_object_of_another_kind_is_none() -> None:
    log = '{"id":"buildx_step_1","status":"START"}\n{ "vertexes": 1, "logs": null}\n'
    assert rejects(log) == [(None, "no lines of a BuildKit build")]


def test_rawjson_as_it_is_printed_is_not_translated() -> None:
    assert outcomes(github(COMPACT)) == outcomes(COMPACT)
