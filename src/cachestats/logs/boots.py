"""A builder that a job set up in plain progress, and the build in rawjson that follows on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from cachestats.schema import Outcome

if TYPE_CHECKING:
    from cachestats.logs.decoded import Decoded

__all__ = ["with_boots", "without_boots_alone"]

NO, RUN, BOOTED = pl.col("step_no"), pl.col("run"), pl.col("builder_booted")


def with_boots(plain: Decoded, rawjson: Decoded) -> tuple[Decoded, Decoded]:
    """Give the boot of a builder that no plain build follows to the next rawjson build of its log.

    `setup-buildx` prints plain progress whatever the build does; the boot belongs to the build
    that follows it.
    """
    alone = plain.steps.group_by("run").agg(NO.max()).filter(NO == 0)
    boots = (
        plain.runs.join(alone, on="run", how="semi")
        .select("log", "line", boot="run")
        .sort("log", "line")
        .join_asof(
            rawjson.runs.select("log", "line", "run").sort("log", "line"),
            on="line",
            by="log",
            strategy="forward",
            check_sortedness=False,
        )
        .drop_nulls("run")
        .select("boot", "run")
    )
    if boots.is_empty():
        return plain, rawjson

    def others(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.filter(~RUN.is_in(boots["boot"].implode()))

    def moved(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.join(boots, left_on="run", right_on="boot").select(
            pl.col("run_right").alias(name) if name == "run" else name for name in rows.columns
        )

    return replace(
        plain,
        runs=others(plain.runs),
        steps=others(plain.steps),
        statuses=others(plain.statuses),
    ), replace(
        rawjson,
        runs=rawjson.runs.with_columns(BOOTED | RUN.is_in(boots["run"].implode())),
        steps=pl.concat([moved(plain.steps), rawjson.steps]),
        statuses=pl.concat([moved(plain.statuses), rawjson.statuses]),
    )


def without_boots_alone(decoded: Decoded) -> Decoded:
    """Leave out builders that were created and not built with: nothing was built, nothing failed.

    In an archive of GitHub's the step that sets the builder up is a file of its own.
    """
    worked = (NO != 0) | ~pl.col("outcome").is_in([Outcome.DONE, Outcome.CACHED])
    builds = decoded.steps.filter(worked)["run"].unique()
    if len(builds) == decoded.runs.height:
        return decoded
    of_builds = RUN.is_in(builds.implode())
    return replace(
        decoded,
        runs=decoded.runs.filter(of_builds),
        steps=decoded.steps.filter(of_builds),
        statuses=decoded.statuses.filter(of_builds),
    )
