"""What holds for all rare formats."""

from __future__ import annotations

import gzip
from itertools import permutations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from cachestats.logs.documents import document_lines, document_rows
from cachestats.logs.text import sniff
from cachestats.logs.translate import FORMS, Form, documents_in, reason_against
from tests.logs.logs import BUILD, ends, parsed, rawjson, runs, step, vertex
from tests.logs.records import build, record, stream
from tests.logs.records import vertex as update

quick = settings(max_examples=10, deadline=None, database=None)
RECORD = record(build(stream(update("[2/2] RUN make", 1.0, 3.5))))
LOGS = [RECORD, gzip.decompress(RECORD), *(form.sample.encode() for form in FORMS)]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_each_sample_is_read(form: Form) -> None:
    said = step(form.sample)
    assert (said["name"], said["duration_s"]) == ("[2/2] RUN make", 2.5)
    assert (said["outcome"], said["instruction"]) == ("done", "RUN")


@pytest.mark.parametrize(("form", "other"), [*permutations(FORMS, 2)], ids=lambda form: form.name)
def test_each_sample_is_in_one_format(form: Form, other: Form) -> None:
    assert not (other.is_one(form.sample.encode()) and other.read(form.sample.encode()))


@pytest.mark.parametrize("log", [BUILD, rawjson(vertex("[2/2] RUN make", (1.0, 3.5)))])
def test_lines_of_buildkit_are_not_translated(log: str) -> None:
    assert documents_in(sniff(0, log.encode())) == []


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_program_of_a_build_may_print_the_like(form: Form) -> None:
    output = "".join(f"#4 0.123 {line}\n" for line in form.sample.splitlines())
    log = f"{output}#4 DONE 3.2s\n"
    assert documents_in(sniff(0, log.encode())) == []
    assert ends(log) == [{4: ("done", 3.2)}]


def test_a_log_has_the_same_runs_whatever_is_read_beside_it() -> None:
    logs: list[str | bytes] = [
        RECORD,
        BUILD,
        FORMS[0].sample,
        FORMS[-1].sample,
        rawjson(vertex("a", (1.0, 2.0))),
    ]
    assert ends(*logs) == [one for log in logs for one in ends(log)]
    sources = [one["source"] for one in runs(*logs)]
    assert sources == sorted(set(sources))


def test_faults_are_those_of_their_log() -> None:
    cut = record(build(stream(update("[2/2] RUN make", 1.0, 3.5))[:-3]))
    odd = '{ "vertexes": [{"digest": {}}]}'
    rejects = parsed(BUILD, cut, BUILD, odd).rejects
    assert {source.rpartition("/")[2] for source in rejects["source"]} == {"1.log", "3.log"}


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A log with a piece of it replaced, or cut off."""
    log = draw(st.sampled_from(LOGS))
    begin, end = sorted(draw(st.tuples(*[st.integers(0, len(log))] * 2)))
    return log[:begin] + draw(st.binary(max_size=20)) + draw(st.sampled_from([log[end:], b""]))


@settings(max_examples=300, deadline=None, database=None)
@given(damaged() | st.binary())
def test_any_bytes_are_translated_or_are_not(data: bytes) -> None:
    text = sniff(0, data)
    for documents in (documents_in(text), *(form.read(data) for form in FORMS)):
        assert all("\n" not in said for one in documents for _, said in one.lines)
    assert reason_against(text) != ""


@quick
@given(damaged())
def test_what_was_translated_is_decoded(data: bytes) -> None:
    assert all(ends(data))
    documents = [(0, one) for form in FORMS for one in form.read(data)]
    assert document_rows(documents, 1)["log"].to_list() == list(range(1, len(documents) + 1))
    assert set(document_lines(documents, 1)["log"]) <= set(range(1, len(documents) + 1))
