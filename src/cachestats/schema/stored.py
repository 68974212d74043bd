"""The tables of a store."""

from __future__ import annotations

import polars as pl

from cachestats.schema.table import TIME, Column, Table
from cachestats.schema.values import (
    Backend,
    CachedAs,
    Direction,
    FactKind,
    Instruction,
    LogFormat,
    Outcome,
    StartBasis,
    StepKind,
)

__all__ = ["CacheIO", "Facts", "Rejects", "Runs", "Sources", "Steps"]


class Runs(Table):
    """One row per run: one build in one log."""

    run_id = Column(pl.String, "hash of project, BuildKit lines and known start")
    project = Column(pl.String, "what is built, over many runs", nullable=True)
    branch = Column(pl.String, "branch that was built", nullable=True)
    commit = Column(pl.String, "commit that was built", nullable=True)
    ci = Column(pl.String, "CI system", nullable=True)
    job = Column(pl.String, "name or number of the CI job", nullable=True)
    runner = Column(pl.String, "label of the runner, which has a price", nullable=True)
    source = Column(pl.String, "where the log was first read")
    format = Column(pl.Enum(LogFormat), "how the run was written down")
    started_at = Column(TIME, "start of the build", nullable=True)
    started_at_basis = Column(pl.Enum(StartBasis), "where the start is from", nullable=True)
    wall_s = Column(pl.Float64, "measured wall time", unit="s", nullable=True)
    wall_est_s = Column(
        pl.Float64, "longest path of the printed durations", unit="s", nullable=True
    )
    outcome = Column(pl.Enum(Outcome), "how the build ended: done, failed, canceled or open")
    driver = Column(pl.String, "buildx driver", nullable=True)
    builder_booted = Column(pl.Boolean, "the log shows this job creating its builder")
    warnings = Column(pl.List(pl.String), "what cachestats could not read with certainty")
    ingested_at = Column(TIME, "when the run entered the store")
    ingest_id = Column(pl.String, "ingest whose rows of the other tables belong to this run")


class Steps(Table):
    """One row per step of one run."""

    run_id = Column(pl.String, "run the step belongs to")
    step_no = Column(
        pl.Int32, "`#N` of a plain log (0: booting the builder); order of start in rawjson"
    )
    digest = Column(pl.String, "vertex digest", nullable=True)
    inputs = Column(pl.List(pl.String), "digests of the parents; null if unknown", nullable=True)
    members = Column(
        pl.List(pl.Struct({"digest": pl.String, "inputs": pl.List(pl.String), "hit": pl.Boolean})),
        "vertices of a progress group, as a `COPY --link` and its merge; null if it is none",
        nullable=True,
    )
    name = Column(pl.String, "vertex name as printed; null where the log lost it", nullable=True)
    kind = Column(pl.Enum(StepKind), "what the step does")
    target = Column(pl.String, "bake target", nullable=True)
    platform = Column(pl.String, "platform the step is built for", nullable=True)
    stage = Column(pl.String, "Dockerfile stage; null if it has no name", nullable=True)
    index = Column(pl.Int32, "`i` of `[stage i/n]`", nullable=True)
    total = Column(pl.Int32, "`n` of `[stage i/n]`", nullable=True)
    instruction = Column(pl.Enum(Instruction), "Dockerfile instruction", nullable=True)
    text = Column(pl.String, "name without its bracket prefix", nullable=True)
    layer_id = Column(pl.String, "identity over many runs; instruction steps only", nullable=True)
    outcome = Column(pl.Enum(Outcome), "how the step ended")
    cached_as = Column(pl.Enum(CachedAs), "null unless cached", nullable=True)
    started_s = Column(pl.Float64, "start since the run's start", unit="s", nullable=True)
    duration_s = Column(pl.Float64, "time worked; null for a cached step", unit="s", nullable=True)
    restore_s = Column(
        pl.Float64, "time a cached step took to pull and unpack", unit="s", nullable=True
    )
    mounts = Column(pl.List(pl.String), "`--mount` options of a RUN")
    error = Column(pl.String, "error text", nullable=True)
    line = Column(pl.Int64, "line of the log that names the step", nullable=True)
    ingest_id = Column(pl.String, "ingest that wrote the row")


class CacheIO(Table):
    """One row per import from or export to a remote cache."""

    run_id = Column(pl.String, "run the step belongs to")
    step_no = Column(pl.Int32, "step that read or wrote the cache")
    direction = Column(pl.Enum(Direction), "import or export")
    backend = Column(pl.Enum(Backend), "cache backend")
    ref = Column(pl.String, "cache reference, volatile numbers taken out", nullable=True)
    mode = Column(pl.String, "min or max; null if the log cannot tell", nullable=True)
    outcome = Column(pl.Enum(Outcome), "how it ended")
    duration_s = Column(pl.Float64, "time it took", unit="s", nullable=True)
    bytes = Column(pl.Int64, "bytes moved, where printed", unit="bytes", nullable=True)
    ingest_id = Column(pl.String, "ingest that wrote the row")


class Facts(Table):
    """One row per line of a log that an analysis may quote as evidence."""

    run_id = Column(pl.String, "run the fact belongs to")
    step_no = Column(pl.Int32, "step the fact belongs to; null: the run", nullable=True)
    kind = Column(pl.Enum(FactKind), "what the fact says")
    value = Column(pl.Float64, "number, in the unit of the kind", nullable=True)
    line = Column(pl.Int64, "line of the log, from 1", nullable=True)
    text = Column(pl.String, "the words of the log, secrets redacted", nullable=True)
    ingest_id = Column(pl.String, "ingest that wrote the row")


class Sources(Table):
    """One row per log that was read: why a second ingest need not read it again."""

    source = Column(pl.String, "path or URI")
    size_bytes = Column(pl.Int64, "size when read", unit="bytes")
    modified_at = Column(TIME, "modification time when read", nullable=True)
    sha256 = Column(pl.String, "hash of the bytes")
    given = Column(pl.String, "hash of the run facts given from outside the log")
    run_ids = Column(pl.List(pl.String), "runs found in it")
    rejected = Column(pl.Boolean, "no run, or not every line, could be read")
    ingested_at = Column(TIME, "when it was read")
    version = Column(pl.String, "cachestats version that read it")


class Rejects(Table):
    """One row per input, or part of one, that could not be read."""

    source = Column(pl.String, "path or URI")
    line = Column(pl.Int64, "line, from 1; null: the whole source", nullable=True)
    reason = Column(pl.String, "why")
    ingested_at = Column(TIME, "when it was read")
