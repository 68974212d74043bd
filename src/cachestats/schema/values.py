"""The closed sets of values that columns of tables may have."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "Backend",
    "Basis",
    "CachedAs",
    "Cause",
    "Confidence",
    "Direction",
    "FactKind",
    "Instruction",
    "Link",
    "LogFormat",
    "MissClass",
    "Outcome",
    "Standing",
    "StartBasis",
    "StepKind",
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


class Cause(StrEnum):
    """Why a step missed the cache."""

    FIRST_SEEN = "first_seen"
    PREVIOUS_FAILURE = "previous_failure"
    INSTRUCTION_EDIT = "instruction_edit"
    VOLATILE_VALUE = "volatile_value"
    CONTENT_CHANGE = "content_change"
    ENVIRONMENT_CHANGE = "environment_change"
    BASE_IMAGE_UPDATE = "base_image_update"
    COLD_BUILDER = "cold_builder"
    IMPORT_FAILED = "import_failed"
    IMPORT_EMPTY = "import_empty"
    NOT_EXPORTED = "not_exported"
    EVICTED = "evicted"
    NO_CACHE_FLAG = "no_cache_flag"
    CASCADE = "cascade"
    UNKNOWN = "unknown"


class MissClass(StrEnum):
    """Whether the work of a miss had to be done.

    `LEGITIMATE` work had to be done, `STRUCTURAL` work a better Dockerfile would not do,
    `AVOIDABLE` work a working cache would not do.
    """

    LEGITIMATE = "legitimate"
    STRUCTURAL = "structural"
    AVOIDABLE = "avoidable"
    UNKNOWN = "unknown"


class Confidence(StrEnum):
    """How sure a cause is."""

    CERTAIN = "certain"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Basis(StrEnum):
    """Among which runs the comparison run was found."""

    BRANCH = "branch"
    DEFAULT_BRANCH = "default_branch"
    ANY = "any"


class Link(StrEnum):
    """How a layer is known to be the same as an earlier one."""

    SAME = "same"
    EDITED = "edited"
    CUT = "cut"
    RENAMED = "renamed"


class Standing(StrEnum):
    """What a layer was in a run."""

    HIT = "hit"
    ROOT = "root"
    CASCADE = "cascade"
    NOT_REACHED = "not_reached"
