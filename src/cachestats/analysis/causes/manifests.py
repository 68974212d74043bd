"""Which installations read all that a COPY above them brought."""

from __future__ import annotations

import polars as pl

from cachestats.reads import copied_sources
from cachestats.schema import Cause, MissRows, Steps

__all__ = ["fed"]

RUN = Steps.run_id.name
STEP = (RUN, Steps.step_no.name)
SOURCE = pl.col("source")
ELEMENT = pl.element()

# A path and its last name, without the wildcards that stand for a part of it.
_NAMES = r"""[^\s"',\[\]]+"""
_FOLDERS, _WILD = r"^.*/", r"[*?]"
_NAMED = r"\s(?:-[rcf]|--(?:requirements?|constraints?|file))[\s=]*[^\s;&|]+"
_VALUE = r"^\s(?:-[rcf]|--[a-z]+)[\s=]*"
_NODE = r"package(?:-lock)?\.json|npm-shrinkwrap\.json|\.npmrc"
# What managers read that no option names, by the command that stands in a RUN.
_READ = {
    r"pip[\d.]*|uv|conda|mamba|micromamba": r"constraints[\w.-]*\.txt|pip\.conf|\.condarc",
    r"uv\s+sync": r"pyproject\.toml|uv\.(?:lock|toml)|\.python-version",
    r"poetry": r"pyproject\.toml|poetry\.(?:lock|toml)",
    r"pdm": r"pyproject\.toml|pdm\.lock",
    r"pipenv": r"Pipfile(?:\.lock)?",
    r"npm": _NODE,
    r"yarn": rf"{_NODE}|yarn\.lock|\.yarnrc(?:\.yml)?",
    r"pnpm": rf"{_NODE}|pnpm-(?:lock|workspace)\.yaml|\.pnpmfile\.cjs",
    r"bundle": r"Gemfile(?:\.lock)?|[\w-]*\.gemspec|\.ruby-version",
    r"composer": r"composer\.(?:json|lock)?",
    r"go": r"go\.(?:mod|sum|work|work\.sum)?",
    r"cargo": r"Cargo\.(?:toml|lock)?",
    r"dotnet": r"(?i)[\w.-]*\.(?:csproj|fsproj|sln|props)|nuget\.config|packages\.lock\.json",
    r"mvnw?": r"pom\.xml|\.mvn",
    r"gradlew?": r"(?:build|settings)\.gradle(?:\.kts)?|gradle\.properties|libs\.versions\.toml",
}


def fed(charged: pl.DataFrame) -> pl.DataFrame:
    """Find the installations below a COPY of nothing but what they install by, which changed.

    Whatever they installed: they read these files, and no better Dockerfile makes them hit.

    Args:
        charged: Misses with `cause`, `is_root`, `root_step_nos` and `installs_alone`.

    Returns:
        run_id and step_no.
    """
    is_root = MissRows.is_root.col & (pl.col("cause") == Cause.CONTENT_CHANGE)
    copies = charged.filter(is_root).select(
        RUN, Steps.step_no.col.alias("root"), copied_sources().alias("source")
    )
    pairs = (
        charged.filter(~MissRows.is_root.col & pl.col("installs_alone"))
        .select(*STEP, Steps.text.name, MissRows.root_step_nos.col.alias("root"))
        .explode("root")
        .join(copies.drop_nulls(), on=[RUN, "root"])
    )
    return pairs.join(_readers(pairs), on=[Steps.text.name, "source"]).select(STEP).unique()


def _readers(pairs: pl.DataFrame) -> pl.DataFrame:
    """Texts of RUNs beside sources of COPYs that are nothing but manifests of theirs."""
    name = SOURCE.str.replace(_FOLDERS, "").str.replace_all(_WILD, "")
    read = [
        Steps.text.col.str.contains(rf"(?:^|[\s/;&|])(?:{program})\s")
        & name.str.contains(rf"^(?:{files})$")
        for program, files in _READ.items()
    ]
    return (
        pairs.select(Steps.text.name, "source")
        .unique()
        .with_columns(
            one=SOURCE.str.extract_all(_NAMES),
            named=Steps.text.col.str.extract_all(_NAMED).list.eval(
                ELEMENT.str.replace(_VALUE, "").str.replace(_FOLDERS, "").str.strip_chars("\"'")
            ),
        )
        .explode("one")
        .rename({"source": "sources", "one": "source"})
        .group_by(Steps.text.name, "sources")
        .agg(pl.any_horizontal(*read, name.is_in(pl.col("named"))).all().alias("all_read"))
        .filter("all_read")
        .select(Steps.text.name, pl.col("sources").alias("source"))
    )
