from __future__ import annotations

import polars as pl
import pytest

from cachestats.analysis.causes.digests import comparable
from cachestats.analysis.causes.graph import plain_parents
from cachestats.analysis.causes.missed_parents import missed_parents, surely_placed
from cachestats.analysis.causes.vertices import missed_vertices
from cachestats.schema import Instruction, Outcome, StepKind
from tests.builders import steps


def missed(*told: tuple[str, int, str, bool], project: str | None = "p") -> pl.DataFrame:
    """Steps as the causes take them, given stage, index, text and whether it missed."""
    from_ = [text.startswith("FROM") for _, _, text, _ in told]
    return (
        steps(
            step_no=range(1, len(told) + 1),
            stage=[stage for stage, _, _, _ in told],
            index=[index for _, index, _, _ in told],
            text=[text for _, _, text, _ in told],
            instruction=[Instruction(text.split()[0]) for _, _, text, _ in told],
            kind=[StepKind.FROM if one else StepKind.INSTRUCTION for one in from_],
            outcome=[Outcome.DONE if missed else Outcome.CACHED for _, _, _, missed in told],
        )
        .with_columns(
            project=pl.lit(project, pl.String),
            is_miss=pl.Series([missed for _, _, _, missed in told]),
            is_hit=~pl.Series([missed for _, _, _, missed in told]),
        )
        .collect()
    )


def parents(*told: tuple[str, int, str, bool], bases: pl.DataFrame | None = None) -> list[object]:
    """Parent and why of each step, given stage, index, text and whether it missed."""
    found = plain_parents(missed(*told), bases).sort("step_no", "parent")
    return list(found.select("step_no", "parent", "why").iter_rows())


@pytest.mark.parametrize("project", ["p", None])
def test_a_dockerfile_makes_places_sure_also_without_a_project(project: str | None) -> None:
    told = missed(("build", 2, "RUN make", True), ("app", 3, "RUN test", True), project=project)
    bases = {"project": [project], "stage": ["app"], "base": ["build"]}
    schema = dict.fromkeys(bases, pl.String)
    assert surely_placed(told, None).is_empty()
    assert surely_placed(told, pl.DataFrame(bases, schema))["step_no"].to_list() == [2]


BUILD = (("build", 1, "FROM a", False), ("build", 2, "RUN make", True))


def test_within_a_stage_the_step_before_is_the_parent() -> None:
    assert parents(*BUILD) == [(2, 1, "order")]


def test_a_copy_stands_on_the_end_of_the_stage_that_it_names() -> None:
    app = (("app", 1, "FROM b", False), ("app", 2, "COPY --from=build /a /b", True))
    assert parents(*BUILD, *app) == [(2, 1, "order"), (4, 2, "from"), (4, 3, "order")]


def test_a_stage_without_from_stands_on_one_that_missed_before() -> None:
    assert parents(*BUILD, ("app", 1, "RUN test", True)) == [(2, 1, "order"), (3, 2, "base")]


def test_a_stage_that_hit_does_not_stand_on_one_that_missed() -> None:
    assert parents(*BUILD, ("app", 1, "RUN test", False)) == [(2, 1, "order")]


def test_a_dockerfile_tells_what_a_stage_stands_on() -> None:
    other = (("other", 1, "FROM c", False), ("other", 2, "RUN x", True))
    bases = pl.DataFrame({"project": ["p"], "stage": ["app"], "base": ["build"]})
    found = parents(*BUILD, *other, ("app", 1, "RUN test", True), bases=bases)
    assert (5, 2, "base") in found
    assert (5, 4, "base") not in found


def test_what_stands_on_the_context_has_no_digest_to_compare() -> None:
    frame = steps(
        step_no=[1, 2, 3, 4],
        kind=[StepKind.INTERNAL, StepKind.FROM, *[StepKind.INSTRUCTION] * 2],
        name=["[internal] load build context", "FROM a", "RUN make", "COPY . ."],
        digest=["context", "from", "make", "copy"],
        inputs=[[], [], ["from"], ["make", "context"]],
    )
    assert comparable(frame.collect()).select("step_no").to_series().to_list() == [3]


LINK, COPY = "COPY --link src /src", "COPY src /src"


@pytest.mark.parametrize(
    ("copy", "small", "merged"), [(LINK, False, True), (LINK, True, False), (COPY, False, False)]
)
def test_a_link_that_missed_by_itself_is_merged_with_the_step_above(
    copy: str, *, small: bool, merged: bool
) -> None:
    told = missed(*BUILD, ("build", 3, copy, True), ("build", 4, "RUN test", True))
    of_run = told.filter("is_miss").with_columns(is_cold=False, hits=1, small_context=small)
    found = missed_parents(told, of_run, None).sort("step_no").rows()
    assert [row[1:] for row in found] == [(3, 2, merged), (4, 3, False)]


@pytest.mark.parametrize(("copied", "merged"), [(False, True), (True, False)])
def test_a_group_with_a_root_is_merged_with_what_its_others_stand_on(
    *, copied: bool, merged: bool
) -> None:
    copy = {"digest": "copy", "inputs": ["context"], "hit": copied}
    merge = {"digest": "merge", "inputs": ["make", "copy"], "hit": False}
    frame = steps(
        step_no=[1, 2, 3],
        digest=["make", "merge", "test"],
        inputs=[["from"], ["make", "context"], ["merge"]],
        members=[None, [copy, merge], None],
    ).with_columns(is_miss=pl.lit(value=True))
    found = missed_vertices(frame.collect()).sort("step_no").rows()
    assert [row[1:] for row in found] == [(2, 1, merged), (3, 2, False)]
