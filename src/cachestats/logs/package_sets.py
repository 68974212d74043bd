"""Output of package managers → what each step installed: how many packages, and a hash of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.logs.identity import digests
from cachestats.logs.marks import MARKS
from cachestats.logs.package_output import of_plain, of_rawjson
from cachestats.logs.packages import GROUPS, PACKAGE_MANAGERS
from cachestats.logs.text import Lines
from cachestats.schema import LogFormat, Outcome

if TYPE_CHECKING:
    from cachestats.logs.decoded import Decoded

__all__ = ["PACKAGE_SET_SCHEMA", "package_sets"]

PACKAGE_SET_SCHEMA = pl.Schema(
    {
        "run": pl.UInt32(),
        "step_no": pl.Int32(),
        "packages": pl.Float64(),
        "line": pl.UInt32(),  # the last that was read
        "text": pl.String(),
    }
)
LINE, TEXT = Lines.LINE, Lines.TEXT
_COLOUR = r"\x1b\[[0-9;]*m"
# What may stand before the words of a manager: a bar that was drawn there, and a blank or a frame.
_BEFORE = r"^(?:.*\r)?[\s│]*"

_BYTES = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "KI": 2.0**10, "MI": 2.0**20, "GI": 2.0**30}
_MATCHED = pl.Schema(
    {
        "run": pl.List(pl.UInt32),
        "step_no": pl.List(pl.Int32),
        "line": pl.List(pl.UInt32),
        "manager": pl.String(),
    }
    | dict.fromkeys(GROUPS, pl.String())
)
_PLACE = ("run", "step_no", "line")


def package_sets(lines: pl.DataFrame, decoded: Decoded) -> pl.DataFrame:
    """Find what was installed in each step.

    Args:
        lines: The marked `Lines`, by log and line.
        decoded: Runs and steps of the same logs, as their lines number them.

    Returns:
        `PACKAGE_SET_SCHEMA`, one row per run, step and package manager.
    """
    if lines.is_empty():
        return PACKAGE_SET_SCHEMA.to_frame()
    is_object = TEXT.str.starts_with("{")
    said = [
        _of_steps(of_plain(lines.filter(~is_object)), decoded, LogFormat.PLAIN),
        _of_steps(of_rawjson(lines.filter(is_object)), decoded, LogFormat.RAWJSON),
    ]
    return _sets(_read(pl.concat(said)))


def _of_steps(said: pl.DataFrame, decoded: Decoded, form: LogFormat) -> pl.DataFrame:
    """Find run and step of lines; those of no step known are left out.

    Behind the error of a step its last output is printed again, until mid-2022 with its number.
    """
    # The lines of a step come before its run where a log was cut in the middle of them.
    begin = pl.when(LINE > LINE.min().over("log")).then(LINE).otherwise(0)
    runs = decoded.runs.filter(pl.col("format") == form).select("log", "run", begin=begin)
    is_plain = form is LogFormat.PLAIN
    name = pl.col("step_no").cast(pl.String) if is_plain else pl.col("digest")
    has_ended = pl.lit(is_plain) & (pl.col("outcome") == Outcome.FAILED)
    steps = decoded.steps.select(
        "run", "step_no", step=name, until=pl.when(has_ended).then("error_line")
    )
    return (
        said.sort("log", "line", maintain_order=True)
        .join_asof(
            runs.sort("log", "begin"),
            left_on="line",
            right_on="begin",
            by="log",
            check_sortedness=False,
        )
        .join(steps, on=["run", "step"], maintain_order="left")
        .filter((LINE <= pl.col("until")).fill_null(value=True))
        .select("run", "step_no", "line", "text")
    )


def _read(said: pl.DataFrame) -> pl.DataFrame:
    """Take lines apart: a row for each text that tells of packages, or of a download.

    Runs install the same packages again and again: `run`, `step_no` and `line` are lists of where
    the text was printed.
    """
    texts = (
        said.lazy()
        .group_by("text", maintain_order=True)
        .agg("run", "step_no", "line")
        .with_columns(TEXT.str.replace_all(_COLOUR, ""))
        .with_columns(mark=TEXT.str.extract(MARKS, 0))
        .drop_nulls("mark")
        .collect(engine="in-memory")
    )
    by_mark = {mark: part.lazy() for (mark,), part in texts.group_by("mark")}
    matched = [
        _matched(by_mark[pattern.mark], pattern.regex).with_columns(manager=pl.lit(manager.name))
        for manager in PACKAGE_MANAGERS
        for pattern in manager.patterns
        if pattern.mark in by_mark
    ]
    return (
        pl.concat([_MATCHED.to_frame(eager=False), *matched], how="diagonal")
        .select(
            *_PLACE,
            "manager",
            count=pl.col("count").cast(pl.Float64, strict=False),
            bytes=_bytes(),
            seconds=_seconds(),
            packages=_packages(),
        )
        .collect(engine="in-memory")
    )


def _matched(texts: pl.LazyFrame, regex: str) -> pl.LazyFrame:
    behind = _BEFORE + regex
    return (
        texts.filter(TEXT.str.contains(behind))
        .select(*_PLACE, said=TEXT.str.extract_groups(behind))
        .unnest("said")
    )


def _sets(told: pl.DataFrame) -> pl.DataFrame:
    by = ("run", "step_no", "manager")
    names = pl.when(pl.col("packages").is_not_null()).then(pl.int_range(pl.len(), dtype=pl.UInt32))
    sets = (
        told.lazy()
        .select(*by, "line", "count", "bytes", "seconds", told=names)
        .explode(*_PLACE)
        .group_by(by)
        .agg(
            LINE.max(),
            *map(_total, ("count", "bytes", "seconds")),
            told=pl.col("told").drop_nulls().unique().sort(),
        )
        .collect(engine="in-memory")
    )
    return (
        sets.join(_listed(sets["told"].unique(), told["packages"]), on="told", how="left")
        .with_columns(packages=pl.coalesce("packages", "count"))
        .drop_nulls("packages")
        .with_columns(text=_text())
        .select(pl.col(name).cast(dtype) for name, dtype in PACKAGE_SET_SCHEMA.items())
        .sort("run", "line", "step_no", "text")
    )


def _listed(sets: pl.Series, packages: pl.Series) -> pl.DataFrame:
    """Count and hash the packages of each set, a list of rows of `packages`."""
    numbered = sets.to_frame().with_row_index("set")
    package = pl.col("package")
    listed = (
        numbered.lazy()
        .explode("told")
        .drop_nulls("told")
        .select("set", package=pl.lit(packages).gather("told").str.split("\n"))
        .explode("package")
        .unique()
        .sort("package")
        .group_by("set")
        .agg(packages=pl.len(), listed=package.str.join("\n"))
        .collect(engine="in-memory")
    )
    hashes = pl.Series(digests(listed["listed"]), dtype=pl.String)
    return numbered.join(listed.with_columns(hash=hashes), on="set").drop("set", "listed")


def _packages() -> pl.Expr:
    """Put the packages of a row on lines of their own, `name version`."""
    names = pl.col("names").str.replace_all(r"-([^-\s]+)(?:\s+|$)", " ${1}\n")
    one = pl.concat_str("name", "version", separator=" ").str.replace_all(r" +", " ")
    return pl.coalesce(names.str.strip_chars_end(), one)


def _total(name: str) -> pl.Expr:
    told = pl.col(name).drop_nulls()
    return pl.when(told.len() > 0).then(told.sum()).alias(name)


def _bytes() -> pl.Expr:
    unit = pl.col("unit").str.to_uppercase().str.strip_suffix("B")
    size = pl.col("size").str.replace_all(",", "").cast(pl.Float64, strict=False)
    return size * unit.replace_strict(_BYTES, default=None, return_dtype=pl.Float64)


def _seconds() -> pl.Expr:
    minutes = pl.col("minutes").cast(pl.Float64, strict=False).fill_null(0)
    scale = pl.when(pl.col("scale") == "ms").then(0.001).otherwise(1.0)
    return minutes * 60 + pl.col("seconds").cast(pl.Float64, strict=False) * scale


def _text() -> pl.Expr:
    """Say a set in the form that `FactKind.PACKAGE_SET` documents."""
    size = pl.format(" {} B", pl.col("bytes").round().cast(pl.Int64, strict=False))
    time = pl.format(" in {} s", pl.col("seconds").round(3))
    downloaded = pl.when(pl.any_horizontal(pl.col("bytes", "seconds").is_not_null())).then(
        pl.lit(" downloaded")
    )
    return pl.concat_str(
        pl.format("{} {} packages", "manager", pl.col("packages").cast(pl.Int64, strict=False)),
        pl.format(" {}", "hash"),
        downloaded,
        size,
        time,
        ignore_nulls=True,
    )
