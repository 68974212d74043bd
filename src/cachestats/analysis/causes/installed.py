"""Which misses installed exactly what their layer had installed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats.schema import FactKind, Facts, LineageRows, Steps

if TYPE_CHECKING:
    import polars as pl

__all__ = ["same_packages"]

STEP = (Steps.run_id.name, Steps.step_no.name)
LINEAGE = LineageRows.lineage_id.name
# A manager, how many packages it installed, and a hash of their names and versions.
_SET = r"^(\S+ \d+ packages [0-9a-f]{20})"


def same_packages(missed: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Find the misses that installed exactly what the layer had installed when it last missed.

    Args:
        missed: Misses with lineage_id and `at`.
        facts: `Facts`; a `package_set` names the packages by a fingerprint.

    Returns:
        run_id, step_no and `same_packages`, one row per miss whose packages are known.
    """
    return (
        facts.filter(Facts.kind.col == FactKind.PACKAGE_SET)
        .select(*STEP, Facts.text.col.str.extract(_SET))
        .drop_nulls()
        .group_by(STEP)
        .agg(Facts.text.col.sort().str.join(";"))
        .join(missed.select(*STEP, LINEAGE, "at"), on=STEP)
        .sort(LINEAGE, "at", *STEP)
        .select(
            *STEP,
            same_packages=(Facts.text.col == Facts.text.col.shift(1)).over(LINEAGE),
        )
    )
