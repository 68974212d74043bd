"""Kept lines of a batch of logs → the tables; the only door into this package."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from cachestats.logs.boots import with_boots, without_boots_alone
from cachestats.logs.decoded import TIME, Decoded
from cachestats.logs.documents import NO_DOCUMENTS, attributed
from cachestats.logs.facts import facts, pushed_refs
from cachestats.logs.identity import digests, layer_ids
from cachestats.logs.names import named
from cachestats.logs.outcomes import run_outcomes, with_hits
from cachestats.logs.package_sets import package_sets
from cachestats.logs.plain import decode_plain
from cachestats.logs.rawjson import decode_rawjson
from cachestats.logs.remote_cache import cache_io
from cachestats.logs.text import Lines
from cachestats.logs.walltime import wall_estimates
from cachestats.redact import redacted
from cachestats.schema import CacheIO, Facts, Runs, StartBasis, Steps
from cachestats.tags import tagged_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.schema import Table

__all__ = ["LOG_SCHEMA", "TWICE", "Tables", "decode"]

NO_ALIASES: Mapping[str, str] = MappingProxyType({})

TWICE = "its text occurs twice and has no time, so the two logs are counted as one run"

# What is known of a log from outside: facts of its runs, and what stands in for those missing.
LOG_SCHEMA = pl.Schema(
    {
        "log": pl.UInt32(),
        "source": pl.String(),
        "folder": pl.String(),
        "modified_at": TIME,
        "project": pl.String(),
        "branch": pl.String(),
        "commit": pl.String(),
        "ci": pl.String(),
        "job": pl.String(),
        "runner": pl.String(),
        "given_at": TIME,
        "given_basis": pl.Enum(StartBasis),
        "warning": pl.String(),  # what had to be guessed to read it
    }
)
# So that a run whose steps took 0.0 s still comes before the next of its log.
_SHORTEST_S = 0.001
_LONGEST_S = 7 * 24 * 3600.0  # more is a forged time
_REPOSITORY = r"^(?:[^/]*[.:][^/]*/|localhost/)?(?:library/)?([^:@]+)"
_WITH_REGISTRY = r"^((?:[^/@]*/)?[^:@]+)"


@dataclass(frozen=True, slots=True)
class Tables:
    """What a batch of logs holds.

    Attributes:
        runs: `Runs` without the columns of an ingest, each run once.
        steps: `Steps`, likewise.
        cache_io: `CacheIO`, likewise.
        facts: `Facts`, likewise.
        log_runs: One row per log and run found in it: `log`, `run_id`.
        faults: One row per line that could not be read: `log`, `line`, `reason`.
    """

    runs: pl.DataFrame
    steps: pl.DataFrame
    cache_io: pl.DataFrame
    facts: pl.DataFrame
    log_runs: pl.DataFrame
    faults: pl.DataFrame


def decode(
    lines: pl.DataFrame,
    logs: pl.DataFrame,
    documents: pl.DataFrame = NO_DOCUMENTS,
    *,
    aliases: Mapping[str, str] = NO_ALIASES,
) -> Tables:
    """Decode the kept lines of logs.

    Args:
        lines: `Lines`, by log and line; of logs, and of documents behind them.
        logs: `LOG_SCHEMA`, one row per log.
        documents: `document_rows`, one row per document.
        aliases: Project by the name, or the glob of names, that logs and folders have for it.
    """
    in_formats = _decoded(lines.filter(Lines.KEPT))
    decoded = attributed(in_formats, documents)
    steps = with_hits(named(decoded.steps))
    packages = package_sets(lines.filter(Lines.MARKED), in_formats)
    found = facts(decoded.runs, steps, decoded.statuses, packages)
    runs = _runs(decoded.runs, logs, steps, found, aliases)
    kept = runs.unique("run_id", maintain_order=True).select("run", "run_id", "project", "began")
    return Tables(
        runs=_table(Runs, _once(runs)),
        steps=_table(Steps, _steps(steps, kept)),
        cache_io=_table(
            CacheIO, kept.join(cache_io(steps, found), on="run", maintain_order="left")
        ),
        facts=_table(Facts, kept.join(found, on="run", maintain_order="left")),
        log_runs=runs.select("log", "run_id"),
        faults=decoded.faults,
    )


def _decoded(lines: pl.DataFrame) -> Decoded:
    """Decode each line by its format, and number the runs of both formats in one row."""
    # Texts are put in order by bytes that stand in the column; how one starts is read elsewhere.
    text, log = lines["text"], lines["log"]
    is_object = (text >= "{") & (text < "|")
    is_numbered = (text >= "#") & (text < "$")
    if not is_object.any():  # few logs at a time are often of one format
        return without_boots_alone(decode_plain(lines))
    if not is_numbered.any():
        return decode_rawjson(lines)
    of_plain = log.is_in(log.filter(is_numbered).unique().implode())
    of_rawjson = log.is_in(log.filter(is_object).unique().implode())
    of_object = is_object
    if (of_plain & of_rawjson).any():  # what a client says is of the build that stands before it
        of_object = _goes_on(log, is_object, is_object | is_numbered)
    plain = decode_plain(lines.filter(of_plain & ~of_object))
    rawjson = decode_rawjson(lines.filter(of_rawjson & (of_object | ~of_plain)))
    plain, rawjson = with_boots(plain, rawjson)
    plain = without_boots_alone(plain)
    offset = plain.runs["run"].max() or 0
    shifted = pl.col("run") + pl.lit(offset, pl.UInt32)
    return Decoded(
        runs=pl.concat([plain.runs, rawjson.runs.with_columns(shifted)]),
        steps=pl.concat([plain.steps, rawjson.steps.with_columns(shifted)]),
        statuses=pl.concat([plain.statuses, rawjson.statuses.with_columns(shifted)]),
        faults=pl.concat([plain.faults, rawjson.faults]),
    )


def _goes_on(log: pl.Series, told: pl.Series, where: pl.Series) -> pl.Series:
    """Fill what some rows tell into those behind them in their log; false before the first."""
    last = pl.DataFrame([log, told.alias("told"), where.alias("where")]).select(
        pl.when("where").then("told").forward_fill(),
        same=pl.when("where").then("log").forward_fill() == pl.col("log"),
    )
    return (last["told"] & last["same"]).fill_null(value=False)


def _alias(names: pl.Expr, aliases: Mapping[str, str]) -> pl.Expr:
    """Look the aliases of names up; null for a name that has none."""

    def looked_up(names: pl.Series) -> pl.Series:
        from cachestats.settings.globs import first_match  # settings take long to import

        known = {name: first_match(aliases, name) for name in names.drop_nulls().unique()}
        return names.replace_strict(known, default=None, return_dtype=pl.String)

    return names.map_batches(looked_up, pl.String, is_elementwise=True)


def _runs(
    runs: pl.DataFrame,
    logs: pl.DataFrame,
    steps: pl.DataFrame,
    found: pl.DataFrame,
    aliases: Mapping[str, str],
) -> pl.DataFrame:
    """Join what the log says of its runs with what is known from outside, which wins."""
    ref, began = pl.col("ref"), pl.col("began")
    # Of several runs in a log the time known from outside is that of the first. Without times
    # in the log, the next began when those before had ended, at the earliest.
    took = Runs.wall_est_s.col.fill_null(0).clip(_SHORTEST_S, _LONGEST_S)
    earliest = ((took.cum_sum().over("log") - took) * 1e6).round().cast(pl.Int64)
    lag = pl.coalesce(began - began.min().over("log"), pl.duration(microseconds=earliest))
    started_at = pl.coalesce(pl.col("given_at") + lag, began, pl.col("modified_at") + lag)
    basis = (
        pl.when(pl.col("given_at").is_not_null())
        .then("given_basis")
        .when(began.is_not_null())
        .then(pl.lit(StartBasis.LOG, Runs.started_at_basis.dtype))
        .when(pl.col("modified_at").is_not_null())
        .then(pl.lit(StartBasis.MTIME, Runs.started_at_basis.dtype))
    )
    found_as = pl.coalesce(ref.str.extract(_REPOSITORY), "said_project", "folder")
    if aliases:
        with_registry = ref.str.extract(_WITH_REGISTRY)
        found_as = pl.coalesce(_alias(with_registry, aliases), _alias(found_as, aliases), found_as)
    joined = (
        run_outcomes(runs, steps)
        .rename({"started_at": "began"})
        .join(logs, on="log", maintain_order="left")
        .join(pushed_refs(found), on="run", how="left", maintain_order="left")
        .join(wall_estimates(steps), on="run", how="left", maintain_order="left")
        .sort("log", "run")
        .with_columns(
            project=pl.coalesce("project", found_as),
            commit=pl.coalesce("commit", "said_commit", tagged_commit(ref)),
            started_at=started_at,
            started_at_basis=basis,
            wall_s=pl.coalesce(
                "said_wall_s", ((pl.col("ended_at") - began).dt.total_microseconds() / 1e6).round(6)
            ),
        )
    )
    known_start = pl.when(Runs.started_at_basis.col != StartBasis.MTIME).then(
        Runs.started_at.col.dt.epoch("us").cast(pl.String)
    )
    identity = joined.select(
        pl.concat_str(
            Runs.project.col.fill_null(""), known_start.fill_null(""), "content", separator="\n"
        )
    ).to_series()
    return joined.with_columns(run_id=pl.Series(digests(identity), dtype=pl.String))


def _once(runs: pl.DataFrame) -> pl.DataFrame:
    """Keep each run once; a run met twice without a time may have been two."""
    no_time = (Runs.started_at_basis.col == StartBasis.MTIME).fill_null(value=True)
    twice = no_time & (pl.len().over("run_id") > 1)
    of_log = pl.concat_list("warning", pl.when(twice).then(pl.lit(TWICE))).list.drop_nulls()
    return runs.with_columns(warnings=Runs.warnings.col.list.concat(of_log)).unique(
        "run_id", keep="first", maintain_order=True
    )


def _steps(steps: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    rows = runs.join(steps, on="run", maintain_order="left_right")
    return rows.with_columns(
        layer_ids(rows),
        started_s=((pl.col("started_at") - pl.col("began")).dt.total_microseconds() / 1e6).round(6),
        error=redacted(Steps.error.col),
    )


def _table(table: type[Table], rows: pl.DataFrame) -> pl.DataFrame:
    """Select the columns of a table, but those that an ingest adds."""
    return rows.select(
        pl.col(name).cast(dtype)
        for name, dtype in table.dtypes().items()
        if name not in {"ingest_id", "ingested_at"}
    )
