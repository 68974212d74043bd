from __future__ import annotations

import gzip

import pytest

import cachestats as cs
from cachestats.logs.record import CUT, NO_RECORD, is_record
from tests.logs.logs import digest, github, outcomes, rawjson, rejects, run, runs, step, steps
from tests.logs.records import build, field, record, status, stream, varint, vertex

LOAD, MAKE, TEST = (
    "[internal] load build definition from Dockerfile",
    "[2/3] RUN make",
    "[3/3] RUN t",
)
SAID = stream(
    vertex(LOAD) + vertex(MAKE),
    vertex(LOAD, 0.0, 0.25) + vertex(MAKE, 1.0, inputs=(LOAD,)),
    vertex(MAKE, 1.0, 3.5, inputs=(LOAD,)) + vertex(TEST),
)


def test_a_build_is_a_run_with_its_steps_graph_and_times() -> None:
    said = steps(record(build(SAID)))
    assert {no: one["name"] for no, one in said.items()} == {1: LOAD, 2: MAKE, 3: TEST}
    assert outcomes(record(build(SAID))) == {1: "done", 2: "done", 3: "not_needed"}
    assert (said[2]["inputs"], said[2]["digest"]) == ([digest(LOAD)], digest(MAKE))
    assert (said[2]["started_s"], said[2]["duration_s"]) == (1.5, 2.5)


def test_the_history_tells_times_and_commit() -> None:
    history = {"CompletedAt": "2026-11-24T03:39:29Z", "FrontendAttrs": {"vcs:revision": "0cc19468"}}
    said = run(record(build(SAID, **history)))
    assert (said["format"], said["commit"], said["wall_s"]) == ("dockerbuild", "0cc19468", 4.5)
    assert (said["started_at"].second, said["started_at_basis"]) == (24, "log")


@pytest.mark.parametrize(
    ("source", "project"),
    [
        ("https://user:secret@git.example/acme/web.git", "acme/web"),
        ("git@git.example:acme/web.git", "acme/web"),
        ("https://git.example/acme/web", "acme/web"),
        ("/srv", None),
    ],
)
def test_the_repository_is_the_project_where_no_image_is_named(
    source: str, project: str | None
) -> None:
    log = record(build(SAID, FrontendAttrs={"vcs:source": source}))
    assert run(log, given=cs.RunFacts())["project"] == project


@pytest.mark.parametrize(
    ("message", "outcome"), [("context canceled", "canceled"), ("parse error on line 2", "failed")]
)
def test_an_error_of_the_build_is_that_of_the_run(message: str, outcome: str) -> None:
    said = stream(vertex(LOAD, 0.0, 0.25))
    assert run(record(build(said, error={"code": 1, "message": message})))["outcome"] == outcome


@pytest.mark.parametrize(
    "created", ["2026-11-24T03:39:24.5Z", {"seconds": 1795491564, "nanos": 500_000_000}]
)
def test_a_time_is_text_or_seconds_and_nanoseconds(created: object) -> None:
    assert run(record(build(SAID, CreatedAt=created)))["started_at"].microsecond == 500_000


def test_each_of_several_builds_is_a_run_in_the_order_of_their_starts() -> None:
    late = build(stream(vertex(TEST, 9.0, 9.5)), Ref="r2", CreatedAt="2026-11-24T03:39:33Z")
    assert [one["wall_est_s"] for one in runs(record(late, build(SAID)))] == [2.75, 0.5]


def test_hits_errors_groups_and_pulls_are_those_of_rawjson() -> None:
    group = field(1, "g") + field(2, "[2/2] COPY --link . .")
    said = stream(
        vertex("[1/2] RUN a", 0.0, 0.0, cached=1)
        + vertex("copy", 1.0, 2.0, group=group)
        + vertex("merge", 2.0, 2.5, group=group)
        + vertex("[2/2] RUN b", 3.0, 4.0, error="exit code: 1")
        + status("[1/2] RUN a", digest("blob"), 9_000_000, (0.0, 1.5))
    )
    by_name = {one["name"]: one for one in steps(record(build(said))).values()}
    assert by_name["[1/2] RUN a"]["cached_as"] == "hit"
    assert by_name["[2/2] COPY --link . ."]["duration_s"] == 1.5
    assert by_name["[2/2] RUN b"]["error"] == "exit code: 1"


def test_fields_that_nobody_knows_are_skipped() -> None:
    later = varint(99 << 3 | 1) + bytes(8) + varint(98 << 3 | 5) + bytes(4) + field(97, "new")
    assert outcomes(record(build(stream(vertex(MAKE, 1.0, 2.0) + later)))) == {1: "done"}


def test_a_stream_that_ends_inside_a_message_gives_those_before() -> None:
    cut = record(build(SAID[:-3]))
    assert outcomes(cut) == {1: "done", 2: "open"}
    assert rejects(cut) == [(3, "no message of a status stream: it ends inside a message")]


def test_an_archive_that_was_cut_gives_what_it_holds() -> None:
    whole = record(build(SAID))
    archive = gzip.decompress(whole)
    end = archive.index(b"index.json")
    cut = gzip.compress(archive[:end], mtime=0)[:-9]
    assert outcomes(cut) == outcomes(whole)
    assert (None, CUT) in rejects(cut)


def test_an_image_is_no_record() -> None:
    image = record({digest("layer"): b"no build", digest("config"): b'{"config": {}}'})
    assert is_record(image)
    assert rejects(image) == [(None, NO_RECORD)]


@pytest.mark.parametrize(
    "data",
    [
        rawjson(),
        github("#1 [1/1] RUN a"),
        gzip.compress(b"#1 [1/1] RUN a", mtime=0),
        b"\x1f\x8b",
        b"blobs/",
        b"",
    ],
)
def test_other_logs_are_no_records(data: str | bytes) -> None:
    assert not is_record(data.encode() if isinstance(data, str) else data)


def test_an_archive_that_is_not_packed_is_read_too() -> None:
    assert step(gzip.decompress(record(build(stream(vertex(MAKE, 1.0, 2.0))))))["name"] == MAKE
