"""A few numbers as a line of blocks, for a terminal and for text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["heights", "spark"]

BLOCKS = "▁▂▃▄▅▆▇█"
NONE = "·"


def heights(values: Sequence[float | None]) -> list[float | None]:
    """Scale numbers to their largest: from 0 to 1, None where there is none."""
    top = max((value for value in values if value is not None), default=0.0)
    return [None if value is None else (value / top if top > 0 else 0.0) for value in values]


def spark(values: Sequence[float | None]) -> str:
    """Write numbers as blocks, the largest full, a dot where there is none: `▁▃·█`."""
    last = len(BLOCKS) - 1
    return "".join(
        NONE if height is None else BLOCKS[round(height * last)] for height in heights(values)
    )
