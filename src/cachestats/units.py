"""Numbers as people read them: with a unit, and no more digits than they carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["NOTHING", "change", "count", "many", "money", "ratio", "seconds", "size", "when"]

NOTHING = "-"
MINUTE, HOUR, DAY = 60, 3600, 86_400
KILO = 1000
WHOLE = 100
SMALL, LARGE = 1, 100
MANIFOLD = 2
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def count(number: float) -> str:
    """Write a number with its thousands parted: `4,210`; a mean with one decimal."""
    return f"{number:,}" if float(number).is_integer() else f"{number:,.1f}"


def many(number: float, noun: str, plural: str | None = None) -> str:
    """Count things: `1 run`, `4,210 steps`."""
    number = int(number) if float(number).is_integer() else number
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


def ratio(value: float | None) -> str:
    """Write a share as `87 %`; `0 %` and `100 %` are only said of none and all."""
    if value is None:
        return NOTHING
    percent = round(value * WHOLE)
    if percent == WHOLE and value < 1:
        return ">99 %"
    return "<1 %" if percent == 0 and value > 0 else f"{percent} %"


def change(value: float | None) -> str:
    """Write a change as `+12 %`, `-3 %`, `±0 %`, or `3.4 times as much`."""
    if value is None:
        return NOTHING
    if value >= MANIFOLD:
        return f"{value + 1:,.1f} times as much"
    percent = round(value * WHOLE)
    return f"{percent:+,} %" if percent else "±0 %"


def money(value: float | None, currency: str) -> str:
    """Write an amount: `$0.03`, `$4.10`, `$1,230`; in another currency `1,230 CHF`."""
    if value is None:
        return NOTHING
    size = abs(value)
    digits = 0 if size >= LARGE else 2 if size >= SMALL or round(size, 2) > 0 or not size else 4
    written = f"{size:,.{digits}f}"
    sign = "-" if value < 0 else ""
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{written}" if symbol else f"{sign}{written} {currency}"


def when(value: datetime | None) -> str:
    """Write a time of UTC to the minute."""
    return NOTHING if value is None else f"{value:%Y-%m-%d %H:%M}"
