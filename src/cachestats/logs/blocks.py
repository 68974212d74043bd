"""Plain progress, first half: which step and which run each line belongs to.

The printer shows one step at a time. A block opens with `#N <name>`; the printer leaves a step
that goes on with `#N ...` and prints its name again when it comes back. Numbers start again with
each build. All of it is windows over the lines of many logs at once.
"""

from __future__ import annotations

import polars as pl

from cachestats.logs.among import among
from cachestats.logs.decoded import BOOTING
from cachestats.logs.text import Lines

__all__ = ["END", "Block", "blocks"]

END = pl.Enum(["cached", "done", "failed", "canceled", "paused"])


class Block:
    """Columns that `blocks` adds to `Lines`."""

    RUN = pl.col("run")  # number of the run in the batch
    NO = pl.col("no")  # step; 0 booted the builder; null: a line of the client, or of no step
    REST = pl.col("rest")  # the line behind `#N `
    NAMES = pl.col("names")  # the line opens a block: `rest` is the step's name
    END = pl.col("end")  # what the line says about the end of the step


LOG, OUTPUT = Lines.LOG, Lines.OUTPUT
NO, REST, NAMES = Block.NO, Block.REST, Block.NAMES

_END_STARTS = list(b"CDE.")  # what the word of an end begins with
_WORDS = {"CACHED": "cached", "DONE": "done", "CANCELED": "canceled", "...": "paused"}
# Lines that are no name even where a log that was cut starts with them: the statuses of exporters
# and remote caches, too, of which steps have names alike.
_STATUS = (
    r"^(?:WARN: |sha256:[0-9a-f]{64}|extracting |transferring |resolve .* (?:done|[0-9.]+s)$"
    r"|exporting (?:layers|manifest|config|attestation)|naming to |unpacking to |rewriting layers "
    r"|writing (?:image|layer|config|manifest|cache) |pushing (?:layers(?: [0-9d]|$)|manifest for )"
    r"|preparing (?:build cache for export|layers for inline cache (?:done|[0-9]))"
    r"|sending (?:cache export|tarball (?:done|[0-9]))|inferred cache manifest type: "
    r"|found [0-9]+ layers in cache|copying files|loading layer |reading from stdin"
    r"|merging(?: done)?$)"
)
_TOOK = r" \d+\.\d+s done$"  # as above; apart, for a pattern with one anchor fails early
# Names that BuildKit and buildx give to steps of their own; those of a frontend stand in brackets.
_OWN_NAME = (
    r"^(?:\[|building with |importing |exporting |preparing |pushing |merging |resolv|sending "
    r"|copying |[a-z][a-z0-9+.-]*://)"
)
_SENDING = "transferring dockerfile:"
# `[web internal] load …` and `[api internal] load …` are two names of one step of a bake.
_TARGET = r"^\[\S+ (internal|auth)\]"


def blocks(lines: pl.DataFrame) -> pl.DataFrame:
    """Find run, step and meaning of each line.

    Args:
        lines: `Lines` of any number of logs.

    Returns:
        `lines` with the columns of `Block`, without lines that are not the printer's; a run's
        first row may be its driver line (`no` null, `rest` "building with …").
    """
    return _numbered_runs(_opened(_without_changes(_of_steps(lines))))


def _of_steps(lines: pl.DataFrame) -> pl.DataFrame:
    """Add `no`, `rest` and `end`, and leave out what is of no step and no client."""
    # Split, since a pattern with groups takes three times as long.
    number = pl.col("part").struct.field("field_0").str.strip_prefix("#")
    number, rest = number.cast(pl.Int32, strict=False), pl.col("part").struct.field("field_1")
    is_numbered = Lines.TEXT.str.starts_with("#")
    # What a client says before a log's first step is of a build that did not begin.
    has_begun = (pl.when(NO.is_not_null()).then(LOG).forward_fill() == LOG).fill_null(value=False)
    rows = (
        lines.lazy()
        .with_columns(Lines.TEXT.str.splitn(" ", 2).alias("part"))
        .with_columns(no=pl.when(is_numbered & rest.is_not_null()).then(number))
        .with_columns(rest=pl.when(NO.is_not_null()).then(rest))
        .filter(NO.is_not_null() | (has_begun & ~is_numbered))
        .drop("part")
        .collect(engine="in-memory")
    )
    start = REST.cast(pl.Binary).bin.get(0, null_on_oob=True)
    return rows.with_columns(end=among(rows, ~OUTPUT & start.is_in(_END_STARTS), _end()).cast(END))


def _is_first() -> pl.Expr:
    return (LOG != LOG.shift(1)).fill_null(value=True)


def _turns() -> pl.Expr:
    return _is_first() | NO.ne_missing(NO.shift(1))


def _without_changes(lines: pl.DataFrame) -> pl.DataFrame:
    """Add `is_name` where a block may open, and leave out `#12 Fix the cache` in a list of changes.

    No other line is of the number of a change.
    """
    is_name = pl.col("is_name")
    may_open = _turns() | ((NO <= 1) & REST.str.starts_with("["))
    may_be_name = ~OUTPUT & Block.END.is_null() & NO.is_not_null() & may_open
    is_status = REST.str.contains(_STATUS) | REST.str.contains(_TOOK)
    rows = lines.with_columns(is_name=among(lines, may_be_name, ~is_status).fill_null(value=False))
    is_alone = NO.ne_missing(NO.shift(-1)) | (LOG != LOG.shift(-1)).fill_null(value=True)
    is_own = among(rows, _turns() & is_alone & is_name, REST.str.contains(_OWN_NAME))
    return rows.filter(is_own.fill_null(value=True))


def _opened(lines: pl.DataFrame) -> pl.DataFrame:
    """Add `names`, and leave out what only looks like a line of BuildKit's.

    In a log whose lines were split at carriage returns, which are those with times, a program can
    print such a line. A real block stands behind a blank line; where a copy of the log lost them
    all, behind an end or the driver. Before a build that is not the first of its log stands what
    its shell or CI system says: its first block is known by the end of the step before, after
    which no program can print.
    """
    block, may_open, first = pl.col("block"), pl.col("may_open"), _is_first()
    opens = pl.col("is_name") & (_turns() | ((NO <= 1) & REST.str.starts_with("[")))
    behind_end, timed = Block.END.shift(1).is_not_null(), Lines.AT.is_not_null()
    with_blanks = lines.filter(Lines.PARTED & ~first)["log"].unique()
    keeps_blanks = LOG.is_in(with_blanks.implode())
    parted = Lines.PARTED | (~keeps_blanks & (behind_end | (NO.shift(1) == 0)))
    is_over = (behind_end & (NO == block).shift(1)) | NO.is_null().shift(1)
    begins = may_open & (NO <= 1) & is_over.fill_null(value=False)
    in_block = pl.when(NAMES).then(NO).when(first).then(-1).forward_fill()
    forged = (timed & ~OUTPUT & (block >= 0) & (NO != block)).fill_null(value=False)
    return (
        lines.lazy()
        .with_columns(may_open=opens)
        .with_columns(names=may_open & (~timed | first | parted))
        # Which block a line stands in tells a real end, and that another block that begins there.
        .with_columns(block=in_block)
        .with_columns(names=NAMES | begins)
        .with_columns(block=in_block)
        .filter(~forged)
        .drop("is_name", "may_open", "block")
        .collect(engine="in-memory")
    )


def _end() -> pl.Expr:
    word = REST.str.strip_chars_end()
    return (
        # A CI system masks digits that are a secret, too.
        pl.when(REST.str.starts_with("DONE ") & word.str.contains(r"^DONE [0-9*]+\.[0-9*]+s$"))
        .then(pl.lit("done"))
        .when(REST.str.starts_with("ERROR: ") | (word == "ERROR"))
        .then(pl.lit("failed"))
        .otherwise(word.replace_strict(_WORDS, default=None, return_dtype=pl.String))
        .cast(END)
    )


def _numbered_runs(rows: pl.DataFrame) -> pl.DataFrame:
    """Split logs into runs where the numbers start again."""
    first = _is_first()
    # Each log begins with a segment of what stands before its first block, empty or not.
    segment = (first.cast(pl.UInt32) + (NAMES & (NO <= 1))).cum_sum()
    rows = rows.with_row_index("row").with_columns(segment=segment)
    starts = _restarts(rows)
    nowhere = pl.Series([None], dtype=pl.Boolean).new_from_index(0, rows.height)
    restarts = nowhere.clone().scatter(starts["row"], starts["restarts"])
    booting = nowhere.scatter(starts["row"], starts["booting"])
    is_booting = pl.coalesce(booting, pl.when(first).then(pl.lit(value=False))).forward_fill()
    return rows.with_columns(
        run=(first | restarts.fill_null(value=False)).cum_sum(),
        no=pl.when(NO == 0)
        .then(None)
        .when(((NO == 1) & is_booting) | _boots_further(rows))
        .then(0)
        .otherwise(NO),
    ).drop("row", "segment")


def _boots_further(rows: pl.DataFrame) -> pl.Expr | pl.Series:
    """Tell the lines of further nodes being created: a builder of two has two boots at once."""
    place = ("log", "segment", "no")
    further = rows.filter(NAMES & (NO > 1) & (REST == BOOTING)).select(place)
    if further.is_empty():
        return pl.lit(value=False)
    return rows.select(pl.struct(place).is_in(further.to_struct().implode())).to_series()


def _restarts(rows: pl.DataFrame) -> pl.DataFrame:
    """Tell for each block of `#0` and `#1` whether it belongs to another build than the last.

    Returns:
        `row`, `restarts`, and `booting`: the block is the builder being created, whose own
        numbering belongs to the build that follows.
    """
    name, sends, is_first = pl.col("name"), pl.col("sends"), _is_first()
    told = rows.lazy().with_columns(sends=REST.str.starts_with(_SENDING))
    between = told.group_by("segment").agg(
        # The greatest of numbers is found for all groups at once, `any` group by group.
        top=NO.max(),
        ended=((NO == 1) & Block.END.is_not_null() & (Block.END != "paused")).cast(pl.UInt8).max(),
        sent=((NO == 1) & sends).cast(pl.UInt8).max(),
        client_failed=NO.is_null().cast(pl.UInt8).max(),
    )
    return (
        told.with_columns(sends.shift(-1))
        .filter(NAMES)
        .with_columns(next_no=pl.when(LOG == LOG.shift(-1)).then(NO.shift(-1)))
        .filter(NO <= 1)
        .with_columns(name=REST.str.replace(_TARGET, "[${1}]"))
        .with_columns(
            before=pl.when(~is_first).then(name.shift(1)),
            before_no=pl.when(~is_first).then(NO.shift(1)),
            before_rest=pl.when(~is_first).then(REST.shift(1)),
            segment=pl.col("segment") - 1,
        )
        .join(between, on="segment", how="left", maintain_order="left")
        .with_columns(pl.col("ended", "sent", "client_failed") == 1)
        .select("row", booting=name == BOOTING, restarts=_restarts_at().fill_null(value=False))
        .collect(engine="in-memory")
    )


def _restarts_at() -> pl.Expr:
    """Tell a block that begins another build, by what stands between it and the one before."""
    name, before, top = pl.col("name"), pl.col("before"), pl.col("top")
    is_driver = NO == 0
    goes_on = (before == BOOTING) | (pl.col("before_no") == 0)
    second = 2  # numbers that were given out begin anew with it
    renewed = (top >= second) & (pl.col("next_no") == second)
    # Another target of a bake names a step anew; a new build sends its Dockerfile again.
    same_target = REST == pl.col("before_rest")
    failed = pl.col("client_failed")
    again = (pl.col("sends") & pl.col("sent")) | (renewed & same_target) | failed
    other = pl.when(name == before).then(pl.col("ended") & again).otherwise(renewed | failed)
    # A log that starts with other steps may be cut, or its lines out of order.
    at_first = (renewed & name.str.starts_with("[internal]")) | (is_driver & (top >= 1))
    return (
        pl.when(before.is_null())
        .then(at_first)
        .otherwise(~goes_on & (is_driver | (name == BOOTING) | other))
    )
