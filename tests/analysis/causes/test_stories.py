"""Causes in histories of a few runs that a person can read."""

from __future__ import annotations

import polars as pl
import pytest

from cachestats.analysis.causes.misses import misses
from cachestats.schema import FactKind, Outcome
from tests.analysis.causes.stories import (
    BASE,
    DONE,
    FAILED,
    HIT,
    Line,
    causes,
    history,
    name_of,
)

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


def made(*values: str, **columns: list[str]) -> list[pl.LazyFrame]:
    """A project that is built with these values, which its runs execute where they changed."""
    texts = [f"RUN make {value}" for value in values]
    told = [
        [(BASE, HIT), ("WORKDIR /a", HIT), (text, HIT if text in texts[:n] else DONE)]
        for n, text in enumerate(texts)
    ]
    tables = history(*told)
    tables[1] = tables[1].with_columns(pl.Series(name, each) for name, each in columns.items())
    tables[0] = tables[0].with_columns(layer_id=tables[0].collect()["instruction"].cast(str))
    return tables


def told_of(tables: list[pl.LazyFrame]) -> tuple[str, str]:
    """The cause of the one miss of the last run."""
    (found,) = causes(tables).values()
    return found


def test_a_hash_of_which_no_two_runs_had_the_same_is_volatile() -> None:
    assert told_of(made("1a2b3c4", "5d6e7f8")) == ("volatile_value", "medium")
    assert told_of(made("1a2b3c4", "5d6e7f8", "9a9b9c9", "0f0e0d0")) == ("volatile_value", "high")


def test_a_hash_that_is_the_commit_is_volatile() -> None:
    commits = ["1a2b3c4aa", "1a2b3c4aa", "5d6e7f8bb"]
    assert told_of(made(*commits, commit=commits)) == ("volatile_value", "high")


def test_a_hash_that_had_stayed_was_edited() -> None:
    pinned = ["1a2b3c4"] * 4
    assert told_of(made(*pinned, "5d6e7f8"))[0] == "instruction_edit"
    assert told_of(made(*pinned, "5d6e7f8", "9a9b9c9", "0f0e0d0")) == ("volatile_value", "high")


@pytest.mark.parametrize("checksum", ["", " " + "ab" * 32])
def test_a_version_is_edited_once_and_volatile_if_it_recurs(checksum: str) -> None:
    versions = [f"1.{n}{checksum.replace('a', str(n))}" for n in range(4)]
    assert told_of(made(*versions[:2]))[0] == "instruction_edit"
    assert told_of(made(*versions)) == ("volatile_value", "high")


def test_two_branches_with_a_version_each_change_none() -> None:
    versions = ["1.0", "1.1"] * 5
    branches = ["main", "other"] * 5
    tables = made(*versions, "1.2", branch=[*branches, "main"])
    assert told_of(tables)[0] == "instruction_edit"


def test_a_base_under_the_same_tag_is_updated_on_a_builder_that_had_more() -> None:
    newer = BASE.replace("a" * 64, "b" * 64)
    run = [(newer, DONE), ("RUN make", DONE), ("COPY . .", DONE), ("[other 2/9] RUN test", HIT)]
    before = [*ALL_DONE, ("[other 2/9] RUN test", DONE)]
    assert causes(history(before, run))["RUN make"] == ("base_image_update", "high")


def test_a_base_whose_digest_was_cut_is_no_update() -> None:
    cut = [(BASE[:50] + "...", HIT), ("RUN make", DONE), ("COPY . .", HIT)]
    assert causes(history(ALL_DONE, cut))["RUN make"][0] != "base_image_update"


def base(name: str, digest: str) -> str:
    return f"FROM {name}@sha256:{digest * 64}"


def test_a_stage_on_another_stage_has_no_base_that_changed() -> None:
    def run(web: str, npm: Outcome, copy: Outcome) -> list[tuple[str, Outcome]]:
        lib = [("[lib 1/9] " + BASE, HIT), ("[lib 2/9] RUN apt", HIT)]
        site = [("[web 1/9] " + base("node", web), HIT), ("[web 2/9] RUN npm", npm)]
        return [*lib, *site, ("[app 1/9] COPY . .", copy), ("[app 2/9] RUN make", copy)]

    # The second run refutes that `app` stands on `web`.
    told = [run("a", DONE, DONE), run("b", DONE, HIT), run("c", DONE, DONE)]
    sizes = [*FIRST, (1, CONTEXT, 300), (2, CONTEXT, 2000)]
    found = causes(history(*told, facts=sizes))
    assert found["RUN npm"][0] == "base_image_update"
    assert found["COPY . ."][0] == "content_change"


def test_a_first_step_whose_base_another_stage_prints_is_told_by_the_one_base_there_is() -> None:
    def run(digest: str, make: Outcome) -> list[tuple[str, Outcome]]:
        first = [("[a 1/9] " + base("debian", digest), HIT), ("[a 2/9] RUN x", make)]
        return [*first, ("[b 2/9] RUN make", make), ("[c 3/9] RUN y", HIT)]

    assert causes(history(run("a", HIT), run("b", DONE)))["RUN make"][0] == "base_image_update"


def test_a_step_in_another_stage_stands_on_no_other_base() -> None:
    def run(stage: str, gcc: Outcome) -> list[tuple[str, Outcome]]:
        bases = [("[build 1/9] " + BASE, HIT), ("[final 1/9] " + base("alpine", "c"), HIT)]
        return [*bases, (f"[{stage} 2/9] RUN gcc", gcc), ("[build 3/9] RUN make", HIT)]

    assert causes(history(run("build", HIT), run("final", DONE)))["RUN gcc"] == (
        "instruction_edit",
        "medium",
    )


@pytest.mark.parametrize(
    ("named", "confidence"),
    [
        # Which may be a stage that the log does not show.
        ("nginx", "medium"),
        ("nginx:latest", "high"),
        ("docker.io/library/nginx:latest", "high"),
    ],
)
def test_an_image_that_is_copied_from_is_content(named: str, confidence: str) -> None:
    def run(digest: str, copy: Outcome) -> list[tuple[str, Outcome]]:
        nginx = (f"FROM docker.io/library/nginx:latest@sha256:{digest * 64}", copy)
        copies = [(f"COPY --from={named} /a /b", copy), ("RUN make", copy)]
        return [(BASE, HIT), ("RUN pip", HIT), *copies, nginx]

    tables = history(run("a", HIT), run("b", DONE))
    in_stage = ~(pl.col("kind").cast(pl.String).eq("from") & pl.col("step_no").eq(5))
    tables[0] = tables[0].with_columns(
        pl.when(in_stage).then(pl.col(name)).alias(name) for name in ("stage", "index", "total")
    )
    assert causes(tables)[f"COPY --from={named} /a /b"] == ("content_change", confidence)
    assert "evicted" in {one for one, _ in causes(history(run("a", HIT), run("a", DONE))).values()}


def test_a_stage_that_was_executed_from_its_first_step_on_was_told_to() -> None:
    def run(build: Outcome, make: Outcome) -> list[tuple[str, Outcome]]:
        stage = [("[build 1/9] " + BASE, HIT), ("[build 2/9] RUN apt", build)]
        return [*stage, ("[build 3/9] RUN make", make), ("[x 2/9] RUN x", HIT)]

    filtered = history(run(HIT, HIT), run(DONE, DONE), commit=["a", "a"])
    assert causes(filtered)["RUN apt"] == ("no_cache_flag", "medium")
    evicted = history(run(HIT, HIT), run(HIT, DONE), commit=["a", "a"])
    assert causes(evicted)["RUN make"] == ("evicted", "medium")


def test_two_instructions_that_changed_places_were_edited() -> None:
    lines = ["RUN useradd", "RUN pip", "COPY . ."]

    def run(order: str, *ended: Outcome) -> list[tuple[str, Outcome]]:
        return [(BASE, HIT), *((lines[int(n)], one) for n, one in zip(order, ended, strict=True))]

    before, swapped = run("012", HIT, HIT, HIT), run("021", HIT, DONE, DONE)
    assert causes(history(before, swapped))["COPY . ."] == ("instruction_edit", "medium")
    first = run("102", DONE, DONE, DONE)
    assert causes(history(before, first))["RUN pip"] == ("instruction_edit", "medium")


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


def test_a_dockerfile_of_another_size_alone_makes_no_environment_sure() -> None:
    other = [(BASE, HIT), ("RUN make", DONE), ("COPY . .", DONE), ("[x 2/9] RUN x", HIT)]
    sizes = [(0, DOCKERFILE, 512), (1, DOCKERFILE, 540)]
    assert causes(history(ALL_DONE, other, facts=sizes))["RUN make"] == (
        "environment_change",
        "low",
    )


CANCELED = Outcome.CANCELED


def test_a_canceled_run_is_compared_with_by_none() -> None:
    stopped = [(BASE, HIT), ("RUN make", HIT), ("COPY . .", CANCELED)]
    sizes = [*FIRST, (1, CONTEXT, 300), (2, CONTEXT, 1800), (3, CONTEXT, 2000)]
    tables = history(
        *(ALL_DONE, ALL_HIT, stopped, COPIED), facts=sizes, outcome=[DONE, DONE, CANCELED, DONE]
    )
    assert causes(tables) == {"COPY . .": ("content_change", "high")}
    assert compared_with(tables) == {"COPY . .": name_of(1)}


def test_an_edit_that_a_canceled_run_had_made_is_not_sure() -> None:
    def run(make: str, copy: Outcome, made: Outcome = DONE) -> list[tuple[str, Outcome]]:
        return [(BASE, HIT), ("WORKDIR /w", HIT), (make, made), ("COPY . .", copy)]

    first, last = run("RUN make", DONE), run("RUN make all", DONE)
    for between, confidence in (
        (run("RUN make all", CANCELED), "medium"),
        (run("RUN make", CANCELED, HIT), "high"),
    ):
        sizes = [(0, DOCKERFILE, 512), (2, DOCKERFILE, 516)]
        tables = history(*(first, between, last), facts=sizes, outcome=[DONE, CANCELED, DONE])
        assert causes(tables)["RUN make all"] == ("instruction_edit", confidence)


def test_a_layer_that_was_only_ever_canceled_has_no_result() -> None:
    stopped = [(BASE, HIT), ("RUN make", HIT), ("COPY . .", CANCELED)]
    for first in ([stopped], [[(BASE, HIT), ("RUN make", HIT)], stopped]):
        outcomes = [CANCELED, DONE] if len(first) == 1 else [DONE, CANCELED, DONE]
        tables = history(*first, COPIED, outcome=outcomes)
        assert causes(tables)["COPY . ."][0] == "previous_failure"


def test_what_a_failed_run_did_not_reach_has_the_result_of_the_run_before() -> None:
    def run(test: Outcome, *more: tuple[str, Outcome]) -> list[tuple[str, Outcome]]:
        return [(BASE, HIT), ("RUN test", test), *more]

    before, after = ([("[b 2/9] RUN make", one), ("[c 2/9] RUN x", HIT)] for one in (HIT, DONE))
    tables = history(
        *(run(HIT, *before), run(FAILED), run(DONE, *after)), outcome=[DONE, FAILED, DONE]
    )
    assert causes(tables)["RUN test"][0] == "previous_failure"
    assert causes(tables)["RUN make"][0] == "evicted"
    assert compared_with(tables) == {"RUN test": name_of(1), "RUN make": name_of(0)}


def compared_with(tables: list[pl.LazyFrame]) -> dict[str, str]:
    """The run that each miss of the last run is compared with."""
    found = misses(*tables).filter(pl.col("run_id") == tables[1].collect()["run_id"][-1])
    return dict(found.select("text", "compared_run_id").collect().iter_rows())


MAKE_TEST = [(BASE, HIT), ("RUN make", HIT), ("RUN test", HIT)]


def after_canceled(*between: Line, last: Line, commits: str = "abb", make: Outcome = HIT) -> str:
    """Why the last step missed after a canceled run that executed the step above."""
    text = last[0]
    first, then = [(BASE, HIT), ("RUN make", HIT), (text, HIT)], [(BASE, HIT), ("RUN make", make)]
    stopped = [(BASE, HIT), ("RUN make", DONE), *between]
    tables = history(
        *(first, stopped, [*then, last]), commit=list(commits), outcome=[DONE, CANCELED, DONE]
    )
    cause, confidence = causes(tables)[text]
    named = compared_with(tables)[text] == name_of(1)
    assert named is (cause == "previous_failure")
    return f"{cause}, {confidence}" if named else cause


@pytest.mark.parametrize("outcome", [CANCELED, Outcome.OPEN, Outcome.NOT_NEEDED])
def test_a_canceled_run_that_made_what_is_above_left_no_result(outcome: Outcome) -> None:
    last = ("RUN test", DONE)
    assert after_canceled(("RUN test", outcome), last=last) == "previous_failure, medium"
    assert after_canceled(last=last) == "previous_failure, medium"
    assert after_canceled(("RUN test", outcome), last=last, commits="abc").startswith("previous")


@pytest.mark.parametrize(
    ("between", "make"),
    [
        (("RUN test", DONE), HIT),
        (("RUN test", HIT), HIT),
        (("RUN test", CANCELED), DONE),
        (("RUN test all", CANCELED), HIT),
    ],
    ids=["made", "had", "not made above", "another text"],
)
def test_a_canceled_run_explains_nothing_that_it_made_or_that_differs(
    between: Line, make: Outcome
) -> None:
    told = after_canceled(between, last=("RUN test", DONE), make=make)
    assert not told.startswith("previous_failure")


@pytest.mark.parametrize(
    ("copy", "commits", "cause"),
    [
        ("COPY . .", "abc", "content_change"),
        ("COPY --link . .", "abb", "content_change"),
        ("COPY . .", "abb", "previous_failure, medium"),
    ],
)
def test_files_may_have_changed_since_a_canceled_run_of_another_commit(
    copy: str, commits: str, cause: str
) -> None:
    assert after_canceled((copy, CANCELED), last=(copy, DONE), commits=commits) == cause


def test_a_canceled_run_is_quoted_where_it_is_the_reason() -> None:
    run = [(BASE, HIT), ("RUN make", DONE), ("RUN test", CANCELED)]
    again = [*MAKE_TEST[:2], ("RUN test", DONE)]
    tables = history(MAKE_TEST, run, again, outcome=[DONE, CANCELED, DONE], source=["a", "b", "c"])
    rows = misses(*tables).filter(pl.col("run_id") == name_of(2)).collect()
    lines = [(one["source"], one["text"]) for one in rows["evidence"].item()]
    assert lines == [("c", "[app 3/9] RUN test"), ("b", "[app 3/9] RUN test")]


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


@pytest.mark.parametrize("image", ["platform", "target"])
def test_an_image_that_is_built_alone_for_the_first_time_has_seen_nothing(image: str) -> None:
    tables = history(ALL_DONE, ALL_DONE, facts=[*FIRST, (1, PULLED, 1e6), (1, CONTEXT, 9000)])
    name = pl.when(pl.col("run_id") == name_of(0)).then(pl.lit("one")).otherwise(pl.lit("other"))
    tables[0] = tables[0].with_columns(
        name.alias(image), layer_id=pl.format("{} {}", name, "layer_id")
    )
    assert causes(tables)["RUN make"] == ("first_seen", "certain")


def test_an_import_that_did_not_end_gave_nothing() -> None:
    def cause(*imports: tuple[int, Outcome]) -> tuple[str, str]:
        tables = history(ALL_DONE, ALL_DONE, imports=imports, builder_booted=[True, True])
        return causes(tables)["RUN make"]

    assert cause((1, CANCELED)) == cause((1, Outcome.OPEN)) == cause() == ("cold_builder", "high")
    assert cause((1, DONE)) != cause()
