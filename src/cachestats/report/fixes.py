"""The plan of a weekly report: what to do, and what it would save in a week."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from cachestats.advice.advise import WINDOW, Tables, advised
from cachestats.advice.scopes import shared_refs
from cachestats.analysis import exprs as ex
from cachestats.analysis.ledger import ledger
from cachestats.report.model import Diff, Fix, Plan, Span
from cachestats.schema import MissRows, Runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cachestats.advice.document import Advice, Saving, Suggestion
    from cachestats.report.history import History
    from cachestats.report.model import Week

__all__ = ["DockerfileText", "plan"]

RUN = Runs.run_id.name
SHOWN_FIXES = 5
# A replay is plain Python over one run after the other, some milliseconds each.
PLANNED_PROJECTS = 10
REPLAYED_RUNS = 500


class DockerfileText(NamedTuple):
    """A Dockerfile that was given: its path from the working directory, and its text."""

    path: str
    text: str


class _Advised(NamedTuple):
    """Advice on the newest runs of a project, and what makes a week's savings of theirs."""

    project: str | None
    advice: Advice
    to_a_week: float


NO_FILES: Mapping[str | None, DockerfileText] = MappingProxyType({})


def plan(
    history: History, week: Week, files: Mapping[str | None, DockerfileText] = NO_FILES
) -> Plan:
    """Find what to change from the 28 days up to the end of the week.

    The newest runs of the ten projects that wasted most are replayed, 500 in all. What they would
    have saved stands for all runs of their project, and is given for a week.

    Args:
        history: The runs, and what is known of them.
        week: The week.
        files: Dockerfiles by project, at their newest.

    Returns:
        The plan; without runs in the window an empty one.

    Raises:
        UsageError: A text is no Dockerfile.
    """
    recent = Runs.started_at.col >= week.until_at - WINDOW
    window = history.where.runs(history.runs.lazy()).filter(recent).sort(ex.RUN_ORDER).collect()
    if window.is_empty():
        return Plan()
    starts = window[Runs.started_at.name]
    weeks = starts.dt.truncate("1w").n_unique()
    newest = _newest(history, window)
    refs = shared_refs(history.cache_io, window)
    found = [
        _Advised(
            project,
            _advice(_tables(history, newest, project), files.get(project), refs),
            scale / weeks,
        )
        for project, scale in _scales(window, newest)
    ]
    ranked = sorted(
        ((one, scale) for _, advice, scale in found for one in advice.suggestions),
        key=lambda pair: (-pair[0].wall_s.mid * pair[1], pair[0].id),
    )
    return Plan(
        since_at=starts[0],
        until_at=starts[-1],
        runs=window.height,
        replayed=newest.height,
        weeks=weeks,
        fixes=tuple(_fix(rank, *pair) for rank, pair in enumerate(ranked[:SHOWN_FIXES], 1)),
        found=len(ranked),
        wall_s=_sum(_span(advice.combined.wall_s, scale) for _, advice, scale in found),
        machine_s=_sum(_span(advice.combined.machine_s, scale) for _, advice, scale in found),
        diffs=tuple(
            Diff(path=files[project].path, text=advice.diff)
            for project, advice, _ in found
            if advice.diff
        ),
    )


def _newest(history: History, window: pl.DataFrame) -> pl.DataFrame:
    """The newest runs of the projects that wasted most."""
    project = Runs.project.name
    worst = (
        history.misses.lazy()
        .filter(ex.IS_WASTE)
        .join(window.lazy(), on=RUN, how="semi")
        .group_by(project)
        .agg(MissRows.cost_s.col.sum())
        .sort(MissRows.cost_s.name, project, descending=[True, False])
        .head(PLANNED_PROJECTS)
        .collect()
    )
    return (
        window.join(worst, on=project, how="semi", nulls_equal=True, maintain_order="left")
        .group_by(project, maintain_order=True)
        .tail(REPLAYED_RUNS // max(worst.height, 1))
    )


def _scales(window: pl.DataFrame, newest: pl.DataFrame) -> Iterator[tuple[str | None, float]]:
    """How many runs of the window each replayed run of a project stands for."""
    name = Runs.project.name
    all_, replayed = (dict(runs.group_by(name).len().iter_rows()) for runs in (window, newest))
    for project in newest[name].unique(maintain_order=True):
        yield project, all_[project] / replayed[project]


def _advice(
    tables: Tables, file: DockerfileText | None, refs: Mapping[str, Sequence[str]]
) -> Advice:
    if file is None:
        return advised(tables, refs=refs)
    return advised(tables, dockerfile=file.text, path=file.path, refs=refs)


def _tables(history: History, newest: pl.DataFrame, project: str | None) -> Tables:
    runs = newest.filter(Runs.project.col.eq_missing(pl.lit(project, pl.String)))

    def mine(table: pl.DataFrame) -> pl.DataFrame:
        return table.join(runs, on=RUN, how="semi", maintain_order="left")

    steps, facts, cache_io = mine(history.steps), mine(history.facts), mine(history.cache_io)
    return Tables(
        runs=runs,
        steps=steps,
        facts=facts,
        cache_io=cache_io,
        misses=mine(history.misses),
        lineages=history.lineages,
        ledger=ledger(steps.lazy(), runs.lazy(), cache_io.lazy(), facts.lazy()).collect(),
    )


def _fix(rank: int, one: Suggestion, scale: float) -> Fix:
    return Fix(
        rank=rank,
        kind=one.kind,
        project=one.project,
        title=one.title,
        recommendation=one.recommendation,
        rationale=one.rationale,
        caveats=one.caveats,
        missing_inputs=one.missing_inputs,
        wall_s=_span(one.wall_s, scale),
        machine_s=_span(one.machine_s, scale),
    )


def _span(saved: Saving, scale: float) -> Span:
    return Span(low=saved.low * scale, mid=saved.mid * scale, high=saved.high * scale)


def _sum(spans: Iterable[Span]) -> Span:
    low = mid = high = 0.0
    for span in spans:
        low, mid, high = low + span.low, mid + span.mid, high + span.high
    return Span(low=low, mid=mid, high=high)
