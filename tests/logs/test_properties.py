"""What holds for every log, however its blocks, lines, bytes and neighbours fall."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
from hypothesis import example, given, settings
from polars import selectors

import cachestats as cs
from cachestats.schema import CacheIO, Facts, Outcome, Runs, Steps, Table
from tests.logs.logs import PROJECT, ends, github, parsed, rawjson, runs, steps_of_each, vertex

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    import polars as pl

# A decoding takes the time of fifty queries, whatever is in the log.
quick = settings(max_examples=10, deadline=None, database=None)

seconds = st.integers(0, 99_999).map(lambda tenths: tenths / 10)
ENDS = (
    seconds.map(lambda s: (f"DONE {s:.1f}s", (Outcome.DONE, s)))
    | st.just(("CACHED", (Outcome.CACHED, None)))
    | st.just(("CANCELED", (Outcome.CANCELED, None)))
    | st.just(("ERROR: exit code: 1", (Outcome.FAILED, None)))
)
randoms = st.randoms(use_true_random=False)
IMITATIONS = ["DONE 9.9s", "CACHED", "#1 CACHED", "#2 [9/9] RUN x", "#1 [internal] load", "...", ""]
outputs = st.sampled_from(IMITATIONS) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=20
)


@st.composite
def builds(draw: st.DrawFn, name: str = "build", texts: st.SearchStrategy[str] = outputs) -> str:
    """A log as the printer writes it: blocks that switch between a few steps."""
    left = [
        [*draw(st.lists(texts, max_size=3)), draw(ENDS)[0]] for _ in range(draw(st.integers(1, 4)))
    ]
    random, blocks, numbers = draw(randoms), list[str](), dict[int, int]()
    while any(left):
        step = random.choice([step for step, lines in enumerate(left) if lines])
        number = numbers.setdefault(step, len(numbers) + 1)
        text = left[step].pop(0)
        last = [f"0.123 {text}", "..."] if left[step] else [text]
        lines = [f"[{name} {step}/9] RUN job {step}", *last]
        blocks.append("".join(f"#{number} {line}\n" for line in lines))
    return "\n".join(blocks)


two_builds = st.tuples(builds("a"), builds("b"))


@quick
@given(st.lists(st.tuples(ENDS, outputs), min_size=1, max_size=8), randoms)
def test_every_step_ends_once_however_lines_interleave(
    steps: list[tuple[tuple[str, tuple[Outcome, float | None]], str]], random: Random
) -> None:
    queues = [
        [f"#{no} [build {no}/8] RUN job {no}", f"#{no} 0.123 {output}", f"#{no} {last}"]
        for no, ((last, _), output) in enumerate(steps, 1)
    ]
    for queue in queues:
        if queue[-1].endswith("CACHED"):  # what comes from the cache prints nothing
            del queue[1]
    lines = []
    while any(queues):
        lines.append(random.choice([queue for queue in queues if queue]).pop(0))
    assert ends("\n".join(lines)) == [{no: end for no, ((_, end), _) in enumerate(steps, 1)}]


@quick
@given(builds())
def test_times_of_github_change_no_step(log: str) -> None:
    columns = (Steps.name, Steps.outcome, Steps.duration_s, Steps.restore_s, Steps.layer_id)
    plain, timed = (
        [tuple(row[column.name] for column in columns) for row in said.values()]
        for said in steps_of_each(log, github(log))
    )
    assert plain == timed


@quick
@given(builds())
def test_line_endings_change_nothing(log: str) -> None:
    variants = [log.replace("\n", "\r\n"), log.removesuffix("\n"), log.replace("\n\n", "\n")]
    assert {said["run_id"] for said in runs(log, *variants)} == {runs(log)[0]["run_id"]}


noise = st.lists(
    st.sampled_from(
        ["", "...", "------", " > [2/2] RUN x:", "time=x level=info", "$ docker build ."]
    ),
    max_size=4,
)


@quick
@given(builds(), noise, randoms)
def test_lines_of_others_between_blocks_change_nothing(
    log: str, lines: list[str], random: Random
) -> None:
    blocks = log.split("\n\n")
    for line in lines:
        blocks.insert(random.randint(0, len(blocks)), line)
    assert runs("\n\n".join(blocks))[0]["run_id"] == runs(log)[0]["run_id"]
    assert ends("\n\n".join(blocks)) == ends(log)


@quick
@given(builds(texts=st.just("OUTPUT")), st.lists(outputs, min_size=12, max_size=12))
def test_what_a_run_prints_changes_no_outcome(log: str, texts: list[str]) -> None:
    other = log
    for text in texts:
        other = other.replace("0.123 OUTPUT", f"0.456 {text}", 1)
    assert ends(other) == ends(log)


@quick
@given(two_builds, st.sampled_from([str, github]))
def test_builds_decoded_together_are_as_decoded_alone(
    logs: tuple[str, str], wrap: Callable[[str], str]
) -> None:
    first, second = map(wrap, logs)
    objects = rawjson(vertex("[2/2] RUN make", (0.0, 1.5)))
    together = parsed(first, objects, second)
    alone = [parsed(log) for log in (first, objects, second)]
    for table, tables in (
        (Runs, [together.runs, *(said.runs for said in alone)]),
        (Steps, [together.steps, *(said.steps for said in alone)]),
        (CacheIO, [together.cache_io, *(said.cache_io for said in alone)]),
        (Facts, [together.facts, *(said.facts for said in alone)]),
    ):
        whole, *parts = (_rows(table, frame) for frame in tables)
        assert whole == [row for part in parts for row in part]


def _rows(table: type[Table], frame: pl.DataFrame) -> list[tuple[object, ...]]:
    """Rows without what tells where and when the log was read."""
    names = [name for name in table.columns() if name in frame.columns]
    of_file = {Runs.source.name, Runs.started_at.name} if table is Runs else set[str]()
    # A row alone is divided in another way than among many: the last bit may differ.
    exact = frame.with_columns(selectors.float().round(9))
    return exact.select(name for name in names if name not in of_file).rows()


@quick
@given(two_builds)
def test_order_of_logs_changes_nothing(logs: tuple[str, str]) -> None:
    one, other = (
        parsed(*order).steps.sort(Steps.run_id.name, Steps.step_no.name)
        for order in (logs, logs[::-1])
    )
    assert one.equals(other)


@quick
@given(two_builds)
def test_builds_in_one_log_are_as_in_two(logs: tuple[str, str]) -> None:
    starts = [f'#0 building with "{name}" instance using docker driver\n\n' for name in "ab"]
    joined = "\n".join(start + log for start, log in zip(starts, logs, strict=True))
    assert ends(joined) == ends(*logs)


LINES = [
    "#1 [internal] load build definition from Dockerfile",
    "#1 DONE 0.0s",
    "#2 [1/2] FROM debian",
    "#3 [2/2] RUN make",
    "#3 ...",
    "#3 CACHED",
    "#3 0.1 text",
    "#99999999999999999999 DONE 1.0s",
    "#3 DONE 99999999999999999999999999999.0s",
    "#-1 x",
    "#",
    "# 1",
    '#0 building with "x" instance using docker driver',
    "2026-11-24T03:39:25.0000000Z #4 [2/2] RUN make",
    "9999-99-99T99:99:99.9999999Z #4 DONE 1.0s",
    "ERROR: failed to solve",
    "------",
    '{"vertexes":[{"digest":"sha256:1","name":"[1/1] RUN a","started":"x"}]}',
    '{"vertexes":[{"digest":null,"name":null}]}',
    '{"vertexes":[null]}',
    '{"vertexes":{}}',
    '{"statuses":[{"id":"x","vertex":"sha256:1","current":1}]}',
    '{"vertexes":[],"vertexes":[]}{"vertexes":[]}',
    '{"vertexes":',
]
hostile = st.lists(st.sampled_from(LINES) | outputs, max_size=12).map("\n".join)


@settings(quick, max_examples=20)
@example([b"9999-99-99T99:99:99.9999999Z #4 DONE 1.0s"])
@given(st.lists(hostile.map(str.encode) | st.binary(max_size=60), min_size=1, max_size=4))
def test_any_text_or_bytes_become_tables_or_rejects(logs: list[bytes]) -> None:
    said = parsed(*logs)
    known = set(said.runs[Runs.source.name]) | set(said.rejects["source"])
    texts = {text for text in logs if text.strip()}
    assert len(known) >= min(1, len(texts))
    assert set(said.steps[Steps.run_id.name]) <= set(said.runs[Runs.run_id.name])


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KEYS = ("digest", "name", "inputs", "started", "completed", "cached", "error", "progressGroup")
vertexes = st.dictionaries(st.sampled_from(KEYS), values | st.lists(values, max_size=2))


@settings(quick, max_examples=20)
@given(st.lists(vertexes | values, max_size=3), st.lists(values, max_size=2))
def test_any_objects_become_tables_or_rejects_and_leave_their_neighbours_alone(
    hostiles: list[Any], statuses: list[Any]
) -> None:
    good = rawjson(vertex("[1/1] RUN good", (0.0, 1.0)))
    said = parsed(good, rawjson(*hostiles, statuses=statuses), rawjson(*hostiles) + good)
    of_good = said.steps.filter(Steps.run_id.col == said.runs[Runs.run_id.name][0])
    assert of_good.select(Steps.name.name, Steps.duration_s.name).rows() == [
        ("[1/1] RUN good", 1.0)
    ]


@quick
@given(builds(), st.integers(0, 200))
def test_log_that_is_cut_off_tells_no_more_than_the_whole(log: str, length: int) -> None:
    cut = log[: log.rfind("\n", 0, length) + 1]
    for said in ends(cut) if cut else []:
        assert said.items() <= ends(log)[0].items() | {(no, ("open", None)) for no in said}


@quick
@given(two_builds)
def test_folder_reads_as_its_files(logs: tuple[str, str]) -> None:
    with TemporaryDirectory() as folder:
        for number, log in enumerate(logs):
            Path(folder, f"{number}.log").write_text(log, "utf-8", newline="")
        assert cs.parse(folder, given=PROJECT).steps.equals(parsed(*logs).steps)
