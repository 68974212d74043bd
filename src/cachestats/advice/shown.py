"""What the logs of runs show of them as a whole, for replay."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from cachestats.schema import CacheIO, Direction, FactKind, Facts, Outcome, Runs
from cachestats.tags import tagged_commit

__all__ = ["PACKAGES", "Shown", "packages_by_step", "shown_by_runs"]

RUN = Runs.run_id.name
COUNTED = r"^(\S+ \d+) packages(?: ([0-9a-f]{20}))?"
DOWNLOADED = r" in ([\d.]+) s$"
PACKAGES = ("packages", "is_exact", "download")
"""Columns of `packages_by_step`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one log shows.

    Attributes:
        context: Bytes of build context that were sent.
        dockerfile: Bytes of the Dockerfile.
        pulled_base: Whether a base image was pulled.
        imports: Names of the caches that were imported: references, or backends that name none.
        ref: An image that was named or pushed.
        tagged_commit: The commit that it is tagged with.
    """

    context: float | None = None
    dockerfile: float | None = None
    pulled_base: bool = False
    imports: frozenset[str] = frozenset()
    ref: str | None = None
    tagged_commit: str | None = None

    def is_new(self, commit: str | None, then: Shown, commit_then: str | None) -> bool:
        """Whether the run was built from another commit than the one before it.

        What the build itself names is what went into it; a job can be told another commit.
        """
        for now, before in (
            (self.tagged_commit, then.tagged_commit),
            (commit, commit_then),
            (self.ref, then.ref),
        ):
            if now is not None and before is not None:
                return now != before
        return False

    def grew(self, then: Shown) -> float:
        """Bytes that the Dockerfile is longer than before; 0 where either is not known."""
        if self.dockerfile is None or then.dockerfile is None:
            return 0.0
        return self.dockerfile - then.dockerfile


def shown_by_runs(facts: pl.DataFrame, cache_io: pl.DataFrame) -> dict[str, Shown]:
    """Gather what each log shows, by run; a run whose log shows nothing is left out.

    Args:
        facts: `Facts`.
        cache_io: `CacheIO` of the same runs.
    """
    kind, value, text = Facts.kind.col, Facts.value.col, Facts.text.col
    refs = text.filter(kind == FactKind.PUSHED_REF).drop_nulls().sort()
    told = facts.group_by(RUN).agg(
        value.filter(kind == FactKind.CONTEXT_BYTES).max().alias("context"),
        value.filter(kind == FactKind.DOCKERFILE_BYTES).max().alias("dockerfile"),
        pulled=(kind == FactKind.BASE_PULLED).any(),
        ref=refs.first(),
        tagged=tagged_commit(refs).drop_nulls().first(),
    )
    is_import = CacheIO.direction.col == Direction.IMPORT
    name = pl.coalesce(CacheIO.ref.col, CacheIO.backend.col.cast(pl.String), pl.lit("cache"))
    imports = (
        cache_io.filter(is_import & (CacheIO.outcome.col == Outcome.DONE))
        .group_by(RUN)
        .agg(imports=name.unique())
    )
    rows = told.join(imports, on=RUN, how="full", coalesce=True)
    return {
        run: Shown(
            context=context,
            dockerfile=dockerfile,
            pulled_base=bool(pulled),
            imports=frozenset(found_imports or ()),
            ref=ref,
            tagged_commit=tagged,
        )
        for run, context, dockerfile, pulled, ref, tagged, found_imports in rows.iter_rows()
    }


def packages_by_step(facts: pl.DataFrame) -> pl.DataFrame:
    """Gather what each step says that it installed.

    Args:
        facts: `Facts`.

    Returns:
        One row per step that says so: run_id, step_no, `packages` (hashes of them, or how many),
        `is_exact` (there are hashes only), `download` (seconds).
    """
    counts, hashes = (Facts.text.col.str.extract(COUNTED, group) for group in (1, 2))
    return (
        facts.filter(Facts.kind.col == FactKind.PACKAGE_SET)
        .group_by(RUN, Facts.step_no.name)
        .agg(
            packages=pl.coalesce(hashes, counts).drop_nulls().sort().str.join(";"),
            is_exact=hashes.is_not_null().all(),
            download=Facts.text.col.str.extract(DOWNLOADED).cast(pl.Float64).sum(),
        )
    )
