"""Every stored or returned table: column names, dtypes and units, once."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import polars as pl

from cachestats.errors import SchemaError

if TYPE_CHECKING:
    from polars.datatypes import DataType, DataTypeClass

__all__ = [
    "Backend",
    "CacheIO",
    "CachedAs",
    "Column",
    "Direction",
    "DoctorRows",
    "FactKind",
    "Facts",
    "HitRatio",
    "Instruction",
    "LayerRows",
    "LogFormat",
    "Outcome",
    "Rejects",
    "Runs",
    "Sources",
    "StartBasis",
    "StepKind",
    "Steps",
    "Table",
]


class LogFormat(StrEnum):
    """How a run was written down."""

    PLAIN = "plain"
    RAWJSON = "rawjson"
    DOCKERBUILD = "dockerbuild"
    TRACE = "trace"
    TTY = "tty"


class Outcome(StrEnum):
    """How a step, or a run, ended."""

    CACHED = "cached"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"
    OPEN = "open"
    NOT_NEEDED = "not_needed"


class CachedAs(StrEnum):
    """Why a step is printed as cached; only `HIT` came out of a cache of an earlier build."""

    HIT = "hit"
    MERGED = "merged"
    SKIPPED = "skipped"


class StepKind(StrEnum):
    """What a step does; only `INSTRUCTION` steps can hit or miss the cache."""

    INSTRUCTION = "instruction"
    FROM = "from"
    SOURCE = "source"
    INTERNAL = "internal"
    AUTH = "auth"
    CACHE_IMPORT = "cache_import"
    CACHE_EXPORT = "cache_export"
    EXPORT = "export"
    OTHER = "other"


class Instruction(StrEnum):
    """Dockerfile instructions that become a step."""

    RUN = "RUN"
    COPY = "COPY"
    ADD = "ADD"
    WORKDIR = "WORKDIR"
    FROM = "FROM"


class StartBasis(StrEnum):
    """Where a run's `started_at` was taken from."""

    LOG = "log"
    SIDECAR = "sidecar"
    OPTION = "option"
    TEMPLATE = "template"
    MTIME = "mtime"


class Direction(StrEnum):
    """Whether a remote cache was read or written."""

    IMPORT = "import"
    EXPORT = "export"


class Backend(StrEnum):
    """Remote-cache backend of BuildKit."""

    REGISTRY = "registry"
    INLINE = "inline"
    GHA = "gha"
    LOCAL = "local"
    S3 = "s3"
    AZBLOB = "azblob"
    OTHER = "other"


class FactKind(StrEnum):
    """What a fact says; `value` and `text` of `Facts` are described by each."""

    CONTEXT_BYTES = "context_bytes"  # value: bytes of build context sent; text: the line
    DOCKERFILE_BYTES = "dockerfile_bytes"  # value: bytes of the Dockerfile sent
    BASE_DIGEST = "base_digest"  # text: base image reference with its digest
    BASE_PULLED = "base_pulled"  # value: bytes pulled for a FROM step, null if not printed
    LAYER_PULLED = "layer_pulled"  # value: bytes pulled for another step
    PUSHED_REF = "pushed_ref"  # text: image reference that was named or pushed
    CACHE_STATUS = "cache_status"  # value: seconds; text: a status line of an import or export
    ERROR = "error"  # text: the error of a step, or of the run when step_no is null
    WARNING = "warning"  # text: a BuildKit warning
    # What a package manager installed in a step. value: number of packages;
    # text: `apt 2 packages 8b1f…(20 digits) downloaded 741000 B in 0.6 s`, of the form
    # ^(\S+) (\d+) packages(?: ([0-9a-f]{20}))?(?: downloaded(?: (\d+) B)?(?: in ([\d.]+) s)?)?$
    # The digits are a hash of the sorted names and versions: the same for the same installation.
    PACKAGE_SET = "package_set"


class Column:
    """A column of a `Table`, named by the attribute that holds it."""

    name: str

    def __init__(
        self,
        dtype: DataType | DataTypeClass,
        doc: str,
        *,
        unit: str | None = None,
        nullable: bool = False,
    ) -> None:
        self.dtype, self.doc = dtype, doc
        self.unit, self.nullable = unit, nullable

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @property
    def col(self) -> pl.Expr:
        """Expression that selects this column."""
        return pl.col(self.name)


class Table:
    """A table of fixed columns; subclasses only declare `Column` attributes."""

    @classmethod
    def columns(cls) -> dict[str, Column]:
        """Columns by name, in declared order."""
        return {name: c for name, c in vars(cls).items() if isinstance(c, Column)}

    @classmethod
    def dtypes(cls) -> pl.Schema:
        """Names and dtypes in declared order."""
        return pl.Schema({name: c.dtype for name, c in cls.columns().items()})

    @classmethod
    def empty(cls) -> pl.DataFrame:
        """Return a frame of this table without rows."""
        return cls.dtypes().to_frame()

    @classmethod
    def conform(cls, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Check names and dtypes, select the columns in order; reads no rows.

        Raises:
            SchemaError: A column is missing or has another dtype.
        """
        found, wanted = frame.collect_schema(), cls.dtypes()
        faults = [
            f"{name} is {found.get(name, 'missing')}, not {dtype}"
            for name, dtype in wanted.items()
            if found.get(name) != dtype
        ]
        if faults:
            raise SchemaError(cls.__name__, faults)
        return frame.select(wanted.names())


TIME = pl.Datetime("us", "UTC")


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


class LayerRows(Table):
    """One row per layer, over all runs given."""

    layer_id = Column(pl.String, "identity of the layer")
    project = Column(pl.String, "project", nullable=True)
    target = Column(pl.String, "bake target", nullable=True)
    platform = Column(pl.String, "platform", nullable=True)
    stage = Column(pl.String, "Dockerfile stage", nullable=True)
    instruction = Column(pl.Enum(Instruction), "Dockerfile instruction")
    text = Column(pl.String, "instruction text of the newest run")
    runs = Column(pl.Int64, "runs that reached the layer: hits + misses")
    hits = Column(pl.Int64, "of these, runs that had it from the cache")
    misses = Column(pl.Int64, "of these, runs that executed it")
    miss_ratio = Column(pl.Float64, "misses / runs")
    cost_s = Column(pl.Float64, "time its misses took", unit="s")
    waste_s = Column(pl.Float64, "structural and avoidable part of cost_s", unit="s", nullable=True)
    caused_waste_s = Column(
        pl.Float64, "waste of every miss whose root it is", unit="s", nullable=True
    )
    saved_s = Column(
        pl.Float64,
        "baseline minus restore, over its hits; null without a baseline",
        unit="s",
        nullable=True,
    )
    baseline_s = Column(
        pl.Float64,
        "median of its executed durations; null if never executed",
        unit="s",
        nullable=True,
    )
    top_cause = Column(pl.String, "cause that cost most", nullable=True)


class DoctorRows(Table):
    """One row per file that would be read, and per input that could not."""

    source = Column(pl.String, "path or URI; of a log in an archive, its path in that behind it")
    wrapper = Column(
        pl.String, "what stands before each line, or none; null without a run", nullable=True
    )
    format = Column(pl.String, "how its runs are written down; null without one", nullable=True)
    bytes = Column(pl.Int64, "size of the text, expanded", unit="bytes", nullable=True)
    lines = Column(pl.Int64, "lines; null for a build record, which has none", nullable=True)
    buildkit_lines = Column(
        pl.Int64, "lines that look like BuildKit's: `#N …` or its JSON", nullable=True
    )
    understood = Column(pl.Float64, "share of these that is understood", nullable=True)
    first_strange_line = Column(
        pl.Int64, "first of these that is not, from 1; null: all are", nullable=True
    )
    first_strange_text = Column(pl.String, "its text, cut, secrets redacted", nullable=True)
    runs = Column(pl.Int64, "runs found", nullable=True)
    runs_without_start = Column(
        pl.Int64, "of these, runs with no start but the time of the file", nullable=True
    )
    runs_without_project = Column(
        pl.Int64, "of these, runs whose project is unknown", nullable=True
    )
    versions = Column(
        pl.List(pl.String), "BuildKit and buildx, as the log names them", nullable=True
    )
    reason = Column(pl.String, "why it, or a part of it, is rejected", nullable=True)


class HitRatio(Table):
    """One row: the hit ratio of all runs given, with its denominators."""

    hits = Column(pl.Int64, "instruction steps that came from the cache")
    misses = Column(pl.Int64, "instruction steps that were executed")
    hit_ratio = Column(pl.Float64, "hits / (hits + misses); null without either", nullable=True)
    saved_s = Column(pl.Float64, "time saved by hits of layers with a baseline", unit="s")
    cost_s = Column(pl.Float64, "time executed by misses", unit="s")
    time_ratio = Column(pl.Float64, "saved_s / (saved_s + cost_s)", nullable=True)
    hits_without_baseline = Column(pl.Int64, "hits whose saving is not known and not counted")
    cached_steps = Column(pl.Int64, "steps of every kind that are printed as cached")
    steps = Column(pl.Int64, "steps of every kind")
    docker_ratio = Column(
        pl.Float64, "cached_steps / steps: the percentage that Docker prints", nullable=True
    )
