"""Causes in histories of a few runs that a person can read."""

from __future__ import annotations

import pytest

from cachestats.schema import FactKind, Outcome
from tests.analysis.causes.stories import BASE, DONE, FAILED, HIT, causes, history

CONTEXT, DOCKERFILE = FactKind.CONTEXT_BYTES, FactKind.DOCKERFILE_BYTES
PULLED = FactKind.BASE_PULLED
ALL_DONE = [(BASE, DONE), ("RUN make", DONE), ("COPY . .", DONE)]
ALL_HIT = [(BASE, HIT), ("RUN make", HIT), ("COPY . .", HIT)]
COPIED = [(BASE, HIT), ("RUN make", HIT), ("COPY . .", DONE)]
FIRST = [(0, PULLED, 1e6), (0, CONTEXT, 9000)]


def test_the_first_run_has_seen_nothing() -> None:
    assert causes(history(ALL_DONE)) == {
        "RUN make": ("first_seen", "certain"),
        "COPY . .": ("cascade", "medium"),
    }


def test_a_first_run_with_hits_was_not_the_first() -> None:
    assert causes(history(COPIED)) == {"COPY . .": ("first_seen", "medium")}


def test_a_base_that_is_pulled_again_shows_a_fresh_builder() -> None:
    tables = history(ALL_DONE, ALL_HIT, ALL_DONE, facts=[*FIRST, (2, PULLED, 1e6)])
    assert causes(tables)["RUN make"] == ("cold_builder", "high")


def test_after_an_import_a_base_may_be_pulled_for_the_first_time() -> None:
    tables = history(
        ALL_DONE, ALL_HIT, ALL_DONE, facts=[*FIRST, (2, PULLED, 1e6)], imports=[(1, DONE)]
    )
    assert causes(tables)["RUN make"] == ("cold_builder", "medium")


def test_a_failed_import_counts_on_a_fresh_builder_only() -> None:
    fresh = [*FIRST, (2, PULLED, 1e6)]
    failed = [(2, FAILED)]
    cold = history(ALL_DONE, ALL_HIT, ALL_DONE, facts=fresh, imports=failed)
    assert causes(cold)["RUN make"] == ("import_failed", "high")
    warm = history(ALL_DONE, ALL_HIT, COPIED, facts=FIRST, imports=failed)
    assert causes(warm)["COPY . ."][0] == "content_change"


def test_files_that_changed_are_sent() -> None:
    sizes = [*FIRST, (1, CONTEXT, 300), (2, CONTEXT, 2000)]
    assert causes(history(ALL_DONE, ALL_HIT, COPIED, facts=sizes)) == {
        "COPY . .": ("content_change", "high")
    }


@pytest.mark.parametrize(
    ("tag", "cause"), [("20261123", "environment_change"), ("3f9a1c2", "no_cache_flag")]
)
def test_a_commit_in_a_tag_is_what_was_built_and_a_date_is_none(tag: str, cause: str) -> None:
    pushed = [(run, f"registry/app:{tag}") for run in (1, 2)]
    tables = history(ALL_DONE, ALL_HIT, ALL_DONE, pushed=pushed, commit=["a", "a", "b"])
    assert causes(tables)["RUN make"][0] == cause


def test_a_copy_that_missed_with_no_file_sent_did_not_change() -> None:
    sizes = [*FIRST, (1, CONTEXT, 300), (2, CONTEXT, 300)]
    tables = history(ALL_DONE, ALL_HIT, COPIED, facts=sizes, commit=["a", "a", "a"])
    assert causes(tables) == {"COPY . .": ("evicted", "medium")}


def test_files_that_are_read_for_the_first_time_show_no_fresh_builder() -> None:
    more = [*ALL_DONE, ("COPY x y", DONE)]
    sizes = [(1, CONTEXT, 300), (2, CONTEXT, 9000), (3, CONTEXT, 300), (4, CONTEXT, 9000)]
    tables = history(
        *(ALL_DONE, ALL_HIT, more, more, more),
        facts=[*FIRST, *sizes, (2, PULLED, 1e6), (4, PULLED, 1e6)],
        imports=[(1, DONE)],
        builder_booted=[False, False, False, False, True],
    )
    assert causes(tables, 2)["RUN make"] == ("cold_builder", "medium")
    assert causes(tables, 4)["RUN make"] == ("cold_builder", "high")


def test_a_base_that_was_there_speaks_against_a_fresh_builder() -> None:
    other = [("[other 1/9] " + BASE.replace("debian", "python"), DONE), ("[other 2/9] RUN a", DONE)]
    run = [*ALL_DONE, *other]
    tables = history(run, run, facts=[*FIRST, (1, PULLED, 1e6)])
    assert causes(tables)["RUN make"] == ("cold_builder", "medium")


@pytest.mark.parametrize(("bytes_more", "confidence"), [(4, "high"), (90, "medium"), (0, "medium")])
def test_an_edit_is_sure_where_the_dockerfile_grew_by_as_much(
    bytes_more: int, confidence: str
) -> None:
    edited = [(BASE, HIT), ("RUN make all", DONE), ("COPY . .", HIT)]
    sizes = [(0, DOCKERFILE, 400), (1, DOCKERFILE, 400 + bytes_more)]
    cause = "instruction_edit" if bytes_more else "environment_change"
    assert causes(history(ALL_DONE, edited, facts=sizes)) == {"RUN make all": (cause, confidence)}


def test_of_two_edits_none_is_sure_by_how_much_the_dockerfile_grew() -> None:
    # As one edit, and a value from a build argument that is four bytes longer, too.
    other = ("[other 2/9] RUN test", HIT)
    edited = [(BASE, HIT), ("RUN make all", DONE), ("COPY . /srv", DONE), other]
    sizes = [(0, DOCKERFILE, 400), (1, DOCKERFILE, 404)]
    told = causes(history([*ALL_DONE, other], edited, facts=sizes))
    assert told["RUN make all"] == ("instruction_edit", "medium")


def test_a_hash_in_a_text_is_volatile() -> None:
    one, other = ([(BASE, HIT), (f"RUN make {sha}", DONE)] for sha in ("1a2b3c4", "5d6e7f8"))
    tables = history(one, other)
    tables[0] = tables[0].with_columns(layer_id=tables[0].collect()["instruction"].cast(str))
    assert causes(tables)["RUN make 5d6e7f8"][0] == "volatile_value"


def test_a_base_under_the_same_tag_is_updated_on_a_builder_that_had_more() -> None:
    newer = BASE.replace("a" * 64, "b" * 64)
    run = [(newer, DONE), ("RUN make", DONE), ("COPY . .", DONE), ("[other 2/9] RUN test", HIT)]
    before = [*ALL_DONE, ("[other 2/9] RUN test", DONE)]
    assert causes(history(before, run))["RUN make"] == ("base_image_update", "high")


def test_a_base_whose_digest_was_cut_is_no_update() -> None:
    cut = [(BASE[:50] + "...", HIT), ("RUN make", DONE), ("COPY . .", HIT)]
    assert causes(history(ALL_DONE, cut))["RUN make"][0] != "base_image_update"


def test_a_step_that_failed_has_no_result() -> None:
    failed = [(BASE, HIT), ("RUN make", FAILED)]
    again = [(BASE, HIT), ("RUN make", DONE)]
    tables = history(failed, failed, again, outcome=[FAILED, FAILED, DONE])
    assert causes(tables) == {"RUN make": ("previous_failure", "medium")}


def test_a_layer_that_a_failed_run_did_not_reach_is_compared_with_the_latest_that_did() -> None:
    tests = [(BASE, HIT), ("RUN make", HIT), ("RUN test", DONE)]
    early = [(BASE, HIT), ("RUN make", FAILED)]
    edited = [(BASE, HIT), ("RUN make", HIT), ("RUN test --all", DONE)]
    tables = history(tests, early, edited, outcome=[DONE, FAILED, DONE])
    assert causes(tables)["RUN test --all"][0] == "instruction_edit"


def test_a_hit_on_another_commit_speaks_against_the_commit() -> None:
    other = [(BASE, HIT), ("RUN make", DONE), ("RUN test", HIT)]
    hits = [(BASE, HIT), ("RUN make", HIT), ("RUN test", HIT)]
    follows = history(hits, other, commit=["a", "b"])
    assert causes(follows)["RUN make"] == ("environment_change", "low")
    does_not = history(hits, hits, other, commit=["a", "b", "c"])
    assert causes(does_not)["RUN make"] == ("evicted", "low")


def test_a_stage_that_may_stand_on_what_missed_is_told_with_doubt() -> None:
    """`[app 1/9]` has no FROM; that it stands on `build` is refuted, and no more is shown."""

    def run(make: Outcome, copy: Outcome) -> list[tuple[str, Outcome]]:
        build = [("[build 1/9] " + BASE, HIT), ("[build 2/9] RUN make", make)]
        return [*build, ("[app 1/9] COPY . .", copy), ("[x 1/9] RUN x", HIT)]

    told = [run(DONE, DONE), run(HIT, HIT), run(DONE, HIT), run(DONE, DONE)]
    sizes = [*FIRST, (1, CONTEXT, 300), (2, CONTEXT, 300), (3, CONTEXT, 2000)]
    assert causes(history(*told, facts=sizes))["COPY . ."] == ("content_change", "medium")
    alone = [run(DONE, DONE), run(HIT, HIT), run(HIT, DONE)]
    sizes = [*FIRST, (1, CONTEXT, 300), (2, CONTEXT, 2000)]
    assert causes(history(*alone, facts=sizes))["COPY . ."] == ("content_change", "high")


def test_a_layer_that_was_not_needed_is_compared_with_the_run_that_had_it() -> None:
    first, last = ([(BASE, HIT), ("RUN make", HIT), ("RUN test", one)] for one in (HIT, DONE))
    between = [(BASE, HIT), ("RUN make", HIT), ("RUN test", Outcome.NOT_NEEDED)]
    tables = history(first, between, last, commit=["a", "a", "a"])
    assert causes(tables) == {"RUN test": ("evicted", "medium")}


def test_an_open_run_is_no_reason_of_its_own() -> None:
    tables = history(ALL_HIT, ALL_HIT, COPIED, outcome=[DONE, Outcome.OPEN, DONE])
    assert causes(tables)["COPY . ."][0] == "content_change"
