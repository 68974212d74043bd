"""What the first screen of the weekly report says."""

from __future__ import annotations

from pydantic import BaseModel

from cachestats.report.model.common import Money, Number, Ratios, Span, Verdict

__all__ = [
    "Comparison",
    "Headline",
]


class Comparison(BaseModel, frozen=True):
    """The week against earlier ones, by waste per run.

    Attributes:
        name: What it is compared with.
        weeks: ISO weeks with runs that were compared with.
        runs: Runs per such week.
        waste_s: Waste per such week.
        per_run_s: Waste per run.
        change_ratio: How much more the week wastes per run, as a part of that; None if it was
            nothing.
        hit_ratio: By count.
        hit_ratio_change: How much higher that of the week is, from -1 to 1.
        verdict: Whether the week is better; `unknown` without runs to compare with.
    """

    name: str
    weeks: tuple[str, ...] = ()
    runs: Number = 0.0
    waste_s: Number = 0.0
    per_run_s: Number | None = None
    change_ratio: Number | None = None
    hit_ratio: Number | None = None
    hit_ratio_change: Number | None = None
    verdict: Verdict = "unknown"


class Headline(BaseModel, frozen=True):
    """What a reader has to know.

    Attributes:
        runs: Runs of the week.
        failed_runs: Of these, failed.
        projects: Projects with runs in the week.
        waste_s: Machine time of structural and avoidable misses.
        waste_ratio: Of all that misses took; None without misses.
        structural_s: Of the waste, what a better Dockerfile would not do.
        avoidable_s: Of the waste, what a working cache would not do.
        per_run_s: Waste per run; None without runs.
        wall_s: Wall time of the waste: steps run side by side.
        money: What that cost.
        ratios: Hit ratios.
        last_week: The week before.
        four_weeks: The four weeks before.
        same_ratio: A change of waste per run by up to this part is none.
    """

    runs: int
    failed_runs: int
    projects: int
    waste_s: Number
    waste_ratio: Number | None
    structural_s: Number
    avoidable_s: Number
    per_run_s: Number | None
    wall_s: Span
    money: Money
    ratios: Ratios
    last_week: Comparison
    four_weeks: Comparison
    same_ratio: Number
