"""Numbers as people read them: those of the library, and sizes."""

from __future__ import annotations

from cachestats.units import NOTHING, count, many, ratio, seconds, when

__all__ = ["NOTHING", "count", "many", "ratio", "seconds", "size", "when"]

KILO = 1000


def size(value: float | None) -> str:
    """Write bytes as `512 B`, `12.3 MB` or `1.5 GB`, by thousands."""
    if value is None:
        return NOTHING
    if value < KILO:
        return f"{value:.0f} B"
    for unit in ("KB", "MB", "GB"):
        value /= KILO
        if round(value, 1) < KILO:
            return f"{value:.1f} {unit}"
    return f"{value / KILO:.1f} TB"
