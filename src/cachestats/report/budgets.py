"""Which budgets runs exceed, and which layer is to blame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cachestats import units
from cachestats.report.compare import NOTICED_S, changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachestats.settings import Budgets

__all__ = ["BlamedLayer", "ExceededBudget", "Measured", "exceeded"]

MINUTE = 60
LONGEST_TEXT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class BlamedLayer:
    """A layer that a budget is exceeded by most.

    Attributes:
        project: Its project.
        stage: Its Dockerfile stage.
        text: Its instruction.
        seconds: What it wasted, or what its misses took.
        path: Dockerfile that it stands in, where one was given.
        line: Line of that, from 1.
    """

    project: str | None
    stage: str | None
    text: str
    seconds: float
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceededBudget:
    """A budget that the runs exceed.

    Attributes:
        budget: Its name in the settings.
        limit: What it allows.
        found: What was found; None where it has no number: waste that grew from nothing.
        message: The same in a sentence.
        layer: The layer that adds most to it; None if there is none.
    """

    budget: str
    limit: float
    found: float | None
    message: str
    layer: BlamedLayer | None = field(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What budgets are about.

    Attributes:
        hits: Instruction steps that came from the cache.
        misses: Instruction steps that were executed.
        saved_s: Time that hits saved.
        cost_s: Time that misses took.
        waste_s: Time of structural and avoidable misses.
        per_run_s: Waste per run of the runs whose growth is looked at; None without any.
        before_per_run_s: Waste per run of the four weeks before them; None without any.
        wasteful: Layer that caused most waste.
        growing: Layer that caused most waste of the runs whose growth is looked at.
        missing: Layer whose misses took longest.
    """

    hits: int
    misses: int
    saved_s: float
    cost_s: float
    waste_s: float
    per_run_s: float | None = None
    before_per_run_s: float | None = None
    wasteful: BlamedLayer | None = None
    growing: BlamedLayer | None = None
    missing: BlamedLayer | None = None


def exceeded(budgets: Budgets, found: Measured) -> tuple[ExceededBudget, ...]:
    """Hold what was measured to the budgets.

    Args:
        budgets: The bounds; None is none.
        found: What was measured.

    Returns:
        The budgets that are exceeded, in the order of the settings. A budget whose measure has no
        meaning (no steps, no time, nothing to compare with) is kept.
    """
    return tuple(
        one
        for checked in (_hit_ratio, _hit_ratio_time, _waste, _regression)
        for one in checked(budgets, found)
    )


def _hit_ratio(budgets: Budgets, found: Measured) -> Iterator[ExceededBudget]:
    limit, reached = budgets.min_hit_ratio, found.hits + found.misses
    if limit is None or not reached or found.hits >= limit * reached:
        return
    ratio = found.hits / reached
    yield _over(
        "min_hit_ratio",
        limit,
        ratio,
        f"hit ratio {_percent(ratio)} is below {_percent(limit)}"
        f" ({units.count(found.hits)} hits of {units.count(reached)} instruction steps)",
        found.missing,
    )


def _hit_ratio_time(budgets: Budgets, found: Measured) -> Iterator[ExceededBudget]:
    limit, saved = budgets.min_hit_ratio_time, max(found.saved_s, 0.0)
    whole = saved + found.cost_s
    if limit is None or whole <= 0 or saved >= limit * whole:
        return
    ratio = saved / whole
    yield _over(
        "min_hit_ratio_time",
        limit,
        ratio,
        f"hit ratio by time {_percent(ratio)} is below {_percent(limit)}"
        f" ({units.seconds(saved)} saved of {units.seconds(whole)})",
        found.missing,
    )


def _waste(budgets: Budgets, found: Measured) -> Iterator[ExceededBudget]:
    limit, minutes = budgets.max_waste_minutes, found.waste_s / MINUTE
    if limit is None or minutes <= limit:
        return
    yield _over(
        "max_waste_minutes",
        limit,
        minutes,
        f"waste of {minutes:,.1f} minutes is above {units.many(limit, 'minute')}",
        found.wasteful,
    )


def _regression(budgets: Budgets, found: Measured) -> Iterator[ExceededBudget]:
    limit, now, before = budgets.max_regression, found.per_run_s, found.before_per_run_s
    if limit is None or now is None or before is None:
        return
    if now <= max(before * (1 + limit), NOTICED_S):
        return
    growth = changed(now, before)
    by = "from nothing" if growth is None else f"by {_percent(growth)}"
    yield _over(
        "max_regression",
        limit,
        growth,
        f"waste per run grew {by}, which is above {_percent(limit)}"
        f" ({units.seconds(now)}, the four weeks before {units.seconds(before)})",
        found.growing,
    )


def _over(
    budget: str, limit: float, found: float | None, message: str, layer: BlamedLayer | None
) -> ExceededBudget:
    return ExceededBudget(
        budget=budget, limit=limit, found=found, message=message + _blamed(layer), layer=layer
    )


def _blamed(layer: BlamedLayer | None) -> str:
    if layer is None:
        return ""
    text = " ".join(layer.text.split())
    cut = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
    where = f" of {layer.project}" if layer.project else ""
    return f"; worst layer{where}: {cut} ({units.seconds(layer.seconds)})"


def _percent(ratio: float) -> str:
    """Write a share so that it is not rounded to the bound that it misses."""
    return f"{ratio * 100:.3g} %"
