"""What really happened: the runs of one project, as replay needs them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.analysis.critical_path import Timed, timed
from cachestats.schema import (
    CacheIO,
    Cause,
    Confidence,
    Direction,
    FactKind,
    Facts,
    LineageRows,
    MissRows,
    Outcome,
    Runs,
    StepKind,
    Steps,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Build", "History", "Layer", "Ran", "Tables", "record"]

RUN = Runs.run_id.name
PACKAGES = r"^(\S+) \d+ packages ([0-9a-f]{20})"
DOWNLOADED = r" in ([\d.]+) s$"
COPIES = frozenset({"COPY", "ADD"})
# A hit that took less than this was looked up, not pulled.
LEAST_RESTORE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer of the project, by its newest member."""

    layer_id: str
    image: tuple[str | None, str | None]
    stage: str | None
    index: int | None
    instruction: str
    text: str
    baseline_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a layer did in a build.

    Attributes:
        step_no: Its step.
        seconds: What it took to execute; None if it hit.
        cause: Why it missed, as a root or by itself below one; None for a hit, and for a cascade
            that nothing of its own is known of.
        is_root: Whether it is the first miss on its path.
        root_cause: Why the root missed that it is charged to.
        root_step: Step of that root.
        is_sure: Whether that is more than a guess.
        packages: Fingerprint of what it installed, where known.
        download_s: Time that the installation says it spent on downloads.
    """

    step_no: int
    seconds: float | None
    cause: Cause | None = None
    is_root: bool = False
    root_cause: Cause | None = None
    root_step: int | None = None
    is_sure: bool = True
    packages: str | None = None
    download_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One run: its layers, its steps over time, and what its log shows as a whole."""

    run_id: str
    commit: str | None
    ran: Mapping[str, Ran]
    steps: tuple[Timed, ...]
    export_s: float
    context: float | None
    dockerfile: float | None
    imported: bool
    pulled_base_s: float
    new_commit: bool = False
    dockerfile_grew: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The runs of one project, oldest first, and its layers by id."""

    project: str | None
    layers: Mapping[str, Layer]
    builds: tuple[Build, ...]
    quiet_context: float | None = None  # bytes sent when no file had changed
    restore_s: float = 0.0  # what a fresh builder took to pull its hits, at the median
    bases: Mapping[str | None, str] = field(default_factory=dict)  # FROM of each stage, newest run


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Frames of the runs that a plan rests on.

    Attributes:
        runs: `Runs`.
        steps: `Steps` of these runs.
        facts: `Facts` of these runs.
        cache_io: `CacheIO` of these runs.
        misses: `MissRows` of these runs.
        lineages: `LineageRows`.
        ledger: `LedgerRows` of these runs.
    """

    runs: pl.DataFrame
    steps: pl.DataFrame
    facts: pl.DataFrame
    cache_io: pl.DataFrame
    misses: pl.DataFrame
    lineages: pl.DataFrame
    ledger: pl.DataFrame

    def of(self, project: str | None) -> Tables:
        """The same for the runs of one project."""
        runs = self.runs.filter(Runs.project.col.eq_missing(pl.lit(project, pl.String)))

        def mine(table: pl.DataFrame) -> pl.DataFrame:
            return table.join(runs.select(RUN), on=RUN, how="semi", maintain_order="left")

        return replace(
            self,
            runs=runs.sort(ex.RUN_ORDER, nulls_last=False),
            steps=mine(self.steps),
            facts=mine(self.facts),
            cache_io=mine(self.cache_io),
            misses=mine(self.misses),
        )


def record(tables: Tables, project: str | None) -> History:
    """Gather the runs of one project: layers and builds; none of either for no runs."""
    mine = tables.of(project)
    named = (
        mine.steps.filter(ex.IS_LAYER)
        .join(
            mine.lineages.select(Steps.layer_id.name, LineageRows.lineage_id.name),
            on=Steps.layer_id.name,
        )
        .join(mine.runs.select(RUN).with_row_index("at"), on=RUN)
        .sort("at", Steps.step_no.name)
    )
    builds = tuple(_builds(mine, _ran(named, mine.facts, mine.misses)))
    layers = _layers(named)
    quiet = [b.context for b in builds if b.context is not None and _no_file_changed(b, layers)]
    restores = (
        mine.steps.filter(ex.IS_HIT & (Steps.restore_s.col > LEAST_RESTORE_S))
        .group_by(RUN)
        .agg(Steps.restore_s.col.sum())[Steps.restore_s.name]
    )
    return History(
        project=project,
        layers=layers,
        builds=builds,
        quiet_context=min(quiet, default=None),
        restore_s=_median(restores.to_list()),
        bases=_bases(mine),
    )


def _median(seconds: list[float]) -> float:
    return median(seconds) if seconds else 0.0


def _bases(mine: Tables) -> dict[str | None, str]:
    newest = (
        mine.steps.filter(Steps.kind.col == StepKind.FROM)
        .join(mine.runs.select(RUN).with_row_index("at"), on=RUN)
        .sort("at")
        .select(Steps.stage.name, Steps.text.name)
    )
    return dict(newest.drop_nulls(Steps.text.name).iter_rows())


def _no_file_changed(build: Build, layers: Mapping[str, Layer]) -> bool:
    """Whether all steps that copy files hit."""
    copies = [ran for layer, ran in build.ran.items() if layers[layer].instruction in COPIES]
    return bool(copies) and all(ran.seconds is None for ran in copies)


def _layers(named: pl.DataFrame) -> dict[str, Layer]:
    grouped = named.group_by(LineageRows.lineage_id.name, maintain_order=True).agg(
        Steps.target.col.last(),
        Steps.platform.col.last(),
        Steps.stage.col.last(),
        Steps.index.col.last(),
        Steps.instruction.col.last().cast(pl.String),
        Steps.text.col.last(),
        ex.EXECUTED_S.tail(20).median().fill_null(0.0).alias("baseline"),
    )
    return {
        layer_id: Layer(
            layer_id=layer_id,
            image=(target, platform),
            stage=stage,
            index=index,
            instruction=instruction,
            text=text,
            baseline_s=baseline,
        )
        for layer_id, target, platform, stage, index, instruction, text, baseline in (
            grouped.iter_rows()
        )
    }


def _builds(mine: Tables, ran: Mapping[str, Mapping[str, Ran]]) -> Iterator[Build]:
    of_steps = mine.steps.partition_by(RUN, as_dict=True)
    sizes = _sizes(mine.facts)
    is_import = CacheIO.direction.col == Direction.IMPORT
    imports = set(mine.cache_io.filter(is_import & (CacheIO.outcome.col == Outcome.DONE))[RUN])
    before: Build | None = None
    for run_id, commit in mine.runs.select(RUN, Runs.commit.name).iter_rows():
        steps = of_steps.get((run_id,))
        if steps is None:
            continue
        context, dockerfile, pulled = sizes.get(run_id, (None, None, False))
        before = Build(
            run_id=run_id,
            commit=commit,
            ran=ran.get(run_id, {}),
            steps=tuple(timed(steps)),
            export_s=_took(steps, StepKind.EXPORT, StepKind.CACHE_EXPORT),
            context=context,
            dockerfile=dockerfile,
            imported=run_id in imports,
            pulled_base_s=_took(steps, StepKind.FROM) if pulled else 0.0,
            new_commit=_is_new(commit, before),
            dockerfile_grew=_grew(dockerfile, before),
        )
        yield before


def _took(steps: pl.DataFrame, *kinds: StepKind) -> float:
    return float(steps.filter(Steps.kind.col.is_in(kinds))[Steps.duration_s.name].sum())


def _is_new(commit: str | None, before: Build | None) -> bool:
    if commit is None or before is None or before.commit is None:
        return False
    return commit != before.commit


def _grew(dockerfile: float | None, before: Build | None) -> float:
    if dockerfile is None or before is None or before.dockerfile is None:
        return 0.0
    return dockerfile - before.dockerfile


def _sizes(facts: pl.DataFrame) -> dict[str, tuple[float | None, float | None, bool]]:
    kind, value = Facts.kind.col, Facts.value.col
    grouped = facts.group_by(RUN).agg(
        value.filter(kind == FactKind.CONTEXT_BYTES).max().alias("context"),
        value.filter(kind == FactKind.DOCKERFILE_BYTES).max().alias("dockerfile"),
        (kind == FactKind.BASE_PULLED).any().alias("pulled"),
    )
    return {run: (c, d, p) for run, c, d, p in grouped.iter_rows()}


def _ran(
    named: pl.DataFrame, facts: pl.DataFrame, misses: pl.DataFrame
) -> dict[str, dict[str, Ran]]:
    packages = (
        facts.filter(Facts.kind.col == FactKind.PACKAGE_SET)
        .group_by(RUN, Steps.step_no.name)
        .agg(
            prints=Facts.text.col.str.extract(PACKAGES, 2).drop_nulls().sort().str.join(";"),
            download=Facts.text.col.str.extract(DOWNLOADED).cast(pl.Float64).sum(),
        )
    )
    told = misses.select(
        RUN,
        Steps.step_no.name,
        own=pl.when(MissRows.is_root.col)
        .then(MissRows.cause.col.cast(pl.String))
        .otherwise(MissRows.own_cause.col.cast(pl.String)),
        is_root=MissRows.is_root.col,
        root=MissRows.root_cause.col.cast(pl.String),
        root_step=MissRows.root_step_no.col,
        is_sure=~MissRows.is_root.col | (MissRows.confidence.col != Confidence.LOW),
    )
    rows = (
        named.filter(ex.REACHED)
        .join(told, on=[RUN, Steps.step_no.name], how="left", maintain_order="left")
        .join(packages, on=[RUN, Steps.step_no.name], how="left", maintain_order="left")
        .select(
            RUN,
            LineageRows.lineage_id.name,
            Steps.step_no.name,
            pl.when(ex.IS_MISS).then(Steps.duration_s.col.fill_null(0.0)).alias("seconds"),
            "own",
            "is_root",
            "root",
            "root_step",
            "is_sure",
            "prints",
            "download",
        )
    )
    found: dict[str, dict[str, Ran]] = {}
    for row in rows.iter_rows(named=True):
        own, root = row["own"], row["root"]
        found.setdefault(row[RUN], {})[row[LineageRows.lineage_id.name]] = Ran(
            step_no=row[Steps.step_no.name],
            seconds=row["seconds"],
            cause=None if own is None else Cause(own),
            is_root=bool(row["is_root"]),
            root_cause=None if root is None else Cause(root),
            root_step=row["root_step"],
            is_sure=row["is_sure"] is not False,
            packages=row["prints"] or None,
            download_s=row["download"] or 0.0,
        )
    return found
