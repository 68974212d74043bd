"""What the tag of an image tells."""

from __future__ import annotations

import polars as pl

__all__ = ["tagged_commit"]

_HASH = r":(?:[0-9A-Za-z_.]+-)?([0-9a-f]{7,40})$"
# Digits alone are rather a date, or the number of a job.
_LETTER = "[a-f]"


def tagged_commit(ref: pl.Expr) -> pl.Expr:
    """Find the commit that images are tagged with, `app:3f9a1c2` or `app:main-3f9a1c2`, else null.

    Args:
        ref: References of images.
    """
    found = ref.str.extract(_HASH)
    return pl.when(found.str.contains(_LETTER)).then(found)
