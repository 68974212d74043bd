"""Every miss beside the same layer of the run that it is compared with."""

from __future__ import annotations

import polars as pl

from cachestats.analysis.causes.evidence import with_compared
from cachestats.analysis.causes.graph import STAGE
from cachestats.reads import COPIED_FROM
from cachestats.schema import LineageRows, Link, Outcome, Steps
from cachestats.volatile import masked

__all__ = ["beside_compared"]

STEP = (Steps.run_id.name, Steps.step_no.name)
LINEAGE = LineageRows.lineage_id.name
TEXT_THEN = pl.col("text_then")
COMMIT_DIGITS = 7
CHECKSUM = r"\b[0-9a-fA-F]{64}\b"

# Columns of the earlier step that rules and evidence need, with the suffix `_then`.
THEN = (
    Steps.outcome.name,
    Steps.text.name,
    Steps.digest.name,
    Steps.inputs.name,
    Steps.line.name,
    Steps.layer_id.name,
    Steps.index.name,
    Steps.name.name,
    LineageRows.link.name,
    "stage_base",
    "above",
)


def beside_compared(
    missed: pl.DataFrame, history: pl.DataFrame, told: pl.DataFrame
) -> pl.DataFrame:
    """Put beside each miss the same layer of an earlier run, and what that run shows.

    Args:
        missed: Misses as `placed` gives them, with `compared_at`.
        history: All instruction steps as `placed` gives them.
        told: As `run_evidence` gives it.

    Returns:
        `missed` with `then_at`, the run that is put beside: the comparison run, or where that did
        not reach the layer, the latest that did; the columns of the step there, `…_then`;
        `stage_total_then`, steps of the stage there; what `with_compared` says of the two runs;
        `source_updated`, whether an image that it copies from has another digest; and what
        `_likeness` and `_place` add.
    """
    then = history.select(LINEAGE, "at", *THEN).unique(
        [LINEAGE, "at"], keep="last", maintain_order=True
    )
    reached = then.filter(Steps.outcome.col != Outcome.NOT_NEEDED).select(
        LINEAGE, pl.col("at").alias("compared_at"), reached_at="at"
    )
    beside = (
        missed.join(reached, on=[LINEAGE, "compared_at"], how="left")
        .with_columns(then_at=pl.coalesce("reached_at", "last_at", "compared_at"))
        .join(
            then.rename({"at": "then_at"} | {name: f"{name}_then" for name in THEN}),
            on=[LINEAGE, "then_at"],
            how="left",
        )
        .join(_totals(history), on=["then_at", *STAGE[1:]], how="left", nulls_equal=True)
    )
    pairs = beside.select("at", pl.col("then_at").alias("compared_at")).unique()
    runs = with_compared(told, pairs).rename({"compared_at": "then_at"}).drop(Steps.run_id.name)
    both = beside.join(
        runs.with_columns(**_bases()), on=["at", "then_at"], how="left", nulls_equal=True
    )
    return (
        both.join(_source_updated(both), on=STEP, how="left")
        .with_columns(_masked=masked(Steps.text.col), _masked_then=masked(TEXT_THEN))
        .with_columns(_image=_image("stage_base"), _image_then=_image("stage_base_then"))
        .with_columns(**_likeness(), **_place())
        .drop("_masked", "_masked_then", "_image", "_image_then")
    )


def _source_updated(both: pl.DataFrame) -> pl.DataFrame:
    """The misses that copy from an image which has another digest than then."""
    of_some = both.filter(pl.col("updated").list.len() > 0)
    named = COPIED_FROM.list.eval(_named(pl.element()))
    shared = named.list.set_intersection("updated")
    return of_some.filter(shared.list.len() > 0).select(*STEP, source_updated=pl.lit(value=True))


def _totals(history: pl.DataFrame) -> pl.DataFrame:
    return history.group_by(pl.col("at").alias("then_at"), *STAGE[1:]).agg(
        stage_total_then=pl.col("stage_total").max()
    )


def _likeness() -> dict[str, pl.Expr]:
    """How alike the two texts are.

    `same_text`; `same_layer`, they differ in volatile values at most, or one was cut; of those
    `only_pins`, all the volatile values are versions and checksums; `names_commit`, the text has
    the commit of its run; `only_numbers`, what differs is numbers; `grown`, by how many bytes the
    text is longer.
    """
    commit = pl.col("commit").str.head(COMMIT_DIGITS)
    mask, then = pl.col("_masked"), pl.col("_masked_then")
    cut = (pl.col(LineageRows.link.name) == Link.CUT) | (pl.col("link_then") == Link.CUT)
    values = then.str.count_matches("<(?:version|id|date|time)>")
    return {
        "same_text": Steps.text.col == TEXT_THEN,
        "same_layer": (mask == then) | cut.fill_null(value=False),
        "is_cut": cut.fill_null(value=False),
        "only_pins": mask.str.count_matches("<version>") + TEXT_THEN.str.count_matches(CHECKSUM)
        == values,
        "names_commit": (commit.str.len_chars() == COMMIT_DIGITS)
        & Steps.text.col.str.contains(commit, literal=True),
        "only_numbers": mask.str.replace_all(r"\d+", "#") == then.str.replace_all(r"\d+", "#"),
        "grown": Steps.text.col.str.len_bytes().cast(pl.Int64) - TEXT_THEN.str.len_bytes(),
    }


def _place() -> dict[str, pl.Expr]:
    """What the two steps stand on.

    `moved`, another step stands above than then, or an image that does not replace the one of
    then; `base_updated`, the image right above has the same name and another digest; `base_other`,
    it is another image, which replaced the one of then; where the log names none for the stage, all
    images of the run are others.
    """
    base, then = pl.col("stage_base"), pl.col("stage_base_then")
    name, name_then = pl.col("_image"), pl.col("_image_then")
    other_image = pl.col("is_first") & (name != name_then)
    stayed = pl.col("images").list.contains(name_then) | pl.col("images_then").list.contains(name)
    other_above = pl.col("above").ne_missing(pl.col("above_then"))
    return {
        "moved": (other_above & (Steps.index.col != pl.col("index_then"))) | other_image,
        "base_updated": pl.col("is_first") & (base != then) & (name == name_then),
        "base_other": pl.col("is_first")
        & pl.coalesce(
            (name != name_then) & ~stayed.fill_null(value=False),
            pl.col("none_stayed") & (Steps.index.col > 1),
        ),
    }


def _bases() -> dict[str, pl.Expr]:
    """The images of two runs: of each, those under another digest, and whether none stayed."""
    now, then = pl.col("bases"), pl.col("bases_then")
    gone, new = (_images(a.list.set_difference(b)) for a, b in ((then, now), (now, then)))
    return {
        "images": _images(now),
        "images_then": _images(then),
        "updated": gone.list.set_intersection(new).list.eval(_named(pl.element())),
        "none_stayed": now.list.set_intersection(then).list.len() == 0,
    }


def _image(base: str) -> pl.Expr:
    """The name of an image; old versions cut long ones, and with them the digest."""
    text = pl.col(base)
    return pl.when(~text.str.ends_with("...")).then(text.str.extract("^FROM ([^@]+)"))


def _images(bases: pl.Expr) -> pl.Expr:
    return bases.list.eval(pl.element().str.replace("@.*", ""))


def _named(image: pl.Expr) -> pl.Expr:
    """The name of an image, whether it is written as in FROM or as in `COPY --from=nginx`."""
    name = image.str.replace(r"^(?:docker\.io/)?(?:library/)?", "").str.replace("@.*", "")
    return pl.when(name.str.contains(r":[^/]+$")).then(name).otherwise(name + ":latest")
