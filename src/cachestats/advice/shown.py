"""What the logs of runs show of them as a whole, for replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachestats.schema import CacheIO, Direction, FactKind, Facts, Outcome, Runs

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Shown", "shown_by_runs"]

RUN = Runs.run_id.name
TAG = r":(?:[\w.]+-)?([0-9a-f]{7,40})$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one log shows.

    Attributes:
        context: Bytes of build context that were sent.
        dockerfile: Bytes of the Dockerfile.
        pulled_base: Whether a base image was pulled.
        imported: Whether a cache was imported.
        ref: An image that was named or pushed.
        tagged_commit: The commit that it is tagged with.
    """

    context: float | None = None
    dockerfile: float | None = None
    pulled_base: bool = False
    imported: bool = False
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
        tagged=refs.str.extract(TAG).drop_nulls().first(),
    )
    is_import = CacheIO.direction.col == Direction.IMPORT
    imported = cache_io.group_by(RUN).agg(
        imported=(is_import & (CacheIO.outcome.col == Outcome.DONE)).any()
    )
    rows = told.join(imported, on=RUN, how="full", coalesce=True)
    return {
        run: Shown(
            context=context,
            dockerfile=dockerfile,
            pulled_base=bool(pulled),
            imported=bool(has_import),
            ref=ref,
            tagged_commit=tagged,
        )
        for run, context, dockerfile, pulled, ref, tagged, has_import in rows.iter_rows()
    }
