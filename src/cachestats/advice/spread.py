"""From estimates under three views to a range."""

from __future__ import annotations

from math import log
from statistics import fmean, median
from typing import TYPE_CHECKING, NamedTuple

from cachestats.advice.changes import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.advice.history import History

__all__ = ["Range", "ranged", "variation"]

# Nine in ten of what is normally distributed is within this many deviations.
DEVIATIONS = 1.64
# Machines, networks and package mirrors differ from one week to the next.
DRIFT = 0.05
# No log says all that a change does, so that a saving is known to this share of it at best.
MODEL = 0.08
# Not all that is open turns out the same way.
AGAINST, HOPE = 0.6, 0.8
USUAL_VARIATION, FEW = 0.12, 8


class Range(NamedTuple):
    """An estimate in seconds: with everything unknown against it, expected, and for it."""

    low: float
    mid: float
    high: float

    def plus(self, other: Range) -> Range:
        """Add the ranges of two projects."""
        return Range(*(a + b for a, b in zip(self, other, strict=True)))

    def minus(self, other: Range) -> Range:
        """What is more in this one than in another of the same runs; ends in order."""
        ends = [a - b for a, b in zip(self, other, strict=True)]
        return Range(min(ends), self.mid - other.mid, max(ends))


def ranged(views: Mapping[View, float], deviation: float, left: float) -> Range:
    """Make a range of what three views estimate.

    Args:
        views: Seconds saved in each view.
        deviation: Standard deviation of the sum of the executions that are left.
        left: Their sum.
    """
    mid = views[View.LIKELY]
    if not any(views.values()):
        return Range(0.0, 0.0, 0.0)
    worst, best = min(views.values()), max(views.values())
    doubt = ((DEVIATIONS * deviation) ** 2 + (DRIFT * left) ** 2 + (MODEL * mid) ** 2) ** 0.5
    return Range(mid - AGAINST * (mid - worst) - doubt, mid, mid + HOPE * (best - mid) + doubt)


def variation(history: History) -> float:
    """How much executions of one layer differ, relative to their size: between two of them."""
    times: dict[str, list[float]] = {}
    for run in history.runs:
        for layer, ran in run.ran.items():
            if ran.took_s > 1.0:
                times.setdefault(layer, []).append(ran.took_s)
    squares = [
        log(seconds / median(of_layer)) ** 2
        for of_layer in times.values()
        if len(of_layer) > 2  # noqa: PLR2004 (of two, both are as far from their median)
        for seconds in of_layer
    ]
    one = fmean(squares) ** 0.5 if len(squares) >= FEW else USUAL_VARIATION
    return min(one, 1.0) * 2**0.5
