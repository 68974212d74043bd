"""Numbers as people read them: with a unit, and no more digits than they carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["NOTHING", "count", "many", "ratio", "seconds", "size", "when"]

NOTHING = "-"
MINUTE, HOUR, DAY = 60, 3600, 86_400
KILO = 1000
WHOLE = 100


def count(number: int) -> str:
    """Write a number with its thousands parted: `4,210`."""
    return f"{number:,}"


def many(number: int, noun: str, plural: str | None = None) -> str:
    """Count things: `1 run`, `4,210 steps`."""
    return f"{count(number)} {noun if number == 1 else plural or f'{noun}s'}"


def seconds(value: float | None) -> str:
    """Write a time as `12.3 s`, `4m 05s`, `1h 02m` or `3d 04h`."""
    if value is None:
        return NOTHING
    sign, tenths, whole = (
        "-" if round(value, 1) < 0 else "",
        round(abs(value), 1),
        round(abs(value)),
    )
    if tenths < MINUTE:
        return f"{sign}{tenths:.1f} s"
    if whole < HOUR:
        return f"{sign}{whole // MINUTE}m {whole % MINUTE:02}s"
    if whole < DAY:
        return f"{sign}{whole // HOUR}h {whole % HOUR // MINUTE:02}m"
    return f"{sign}{whole // DAY}d {whole % DAY // HOUR:02}h"


def ratio(value: float | None) -> str:
    """Write a share as `87 %`; `0 %` and `100 %` are only said of none and all."""
    if value is None:
        return NOTHING
    percent = round(value * WHOLE)
    if percent == WHOLE and value < 1:
        return ">99 %"
    return "<1 %" if percent == 0 and value > 0 else f"{percent} %"


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


def when(value: datetime | None) -> str:
    """Write a time of UTC to the minute."""
    return NOTHING if value is None else f"{value:%Y-%m-%d %H:%M}"
