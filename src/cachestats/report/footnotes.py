"""What the numbers of a report rest on, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats import units
from cachestats.report.wording import MINUTE, ranged

if TYPE_CHECKING:
    from cachestats.report.model import Headline, Method, Money, Plan, ReportDocument

__all__ = ["footnotes"]

WASTE = (
    "Machine time of misses that a better Dockerfile (structural) or a working cache (avoidable)"
    " would have spared, charged to the layer that missed first."
)


def footnotes(document: ReportDocument) -> list[tuple[str, str]]:
    """Say how much is known, and how the numbers are made: name and sentence of each."""
    told, head = document.method, document.headline
    return [
        ("Runs", _runs(told)),
        ("Not read", _not_read(told)),
        ("History", _history(told)),
        ("Baselines", _baselines(told)),
        ("Causes", _causes(told)),
        ("Waste", WASTE),
        ("Wall time", _wall(head)),
        ("Money", _priced(head.money)),
        ("Better or worse", _judged(head, told)),
        ("Savings", _replayed(document.plan)),
    ]


def _runs(told: Method) -> str:
    formats = ", ".join(f"{units.count(runs)} {name}" for name, runs in told.formats.items())
    return f"{units.many(told.runs, 'run')} read ({formats or 'none'})."


def _not_read(told: Method) -> str:
    return (
        f"{units.many(told.rejects, 'input')} of the whole store rejected, in whole or in part;"
        f" {units.many(told.undated_runs, 'run')} without a start, which are in no week."
    )


def _history(told: Method) -> str:
    return (
        f"Causes and baselines are found from {units.many(told.history_runs, 'run')} since"
        f" {told.history_since_at:%Y-%m-%d}."
    )


def _baselines(told: Method) -> str:
    if told.baseline_ratio is None:
        return "No hits."
    return (
        f"{units.ratio(told.baseline_ratio)} of {units.many(told.hits, 'hit')} have a baseline,"
        " the median of the layer's last 20 executions. The others count as no time saved."
    )


def _causes(told: Method) -> str:
    if told.unknown_ratio is None:
        return "No misses."
    shares = ", ".join(f"{units.ratio(one.ratio)} {one.name}" for one in told.confidences)
    sure = f" Of the waste by how sure its cause is: {shares}." if shares else ""
    return (
        f"{units.ratio(told.unknown_ratio)} of {units.many(told.misses, 'miss', 'misses')} have no"
        f" known cause ({units.seconds(told.unknown_s)}) and are not counted as waste.{sure}"
    )


def _wall(head: Headline) -> str:
    return (
        f"Steps run side by side: the waste was {ranged(head.wall_s)} of wall time. At least what"
        " the other steps cannot fill, at most its sum, expected its share of the work of its run."
    )


def _priced(money: Money) -> str:
    parts = (
        (money.minutes_priced, "priced"),
        (money.minutes_free, "free"),
        (money.minutes_unpriced, "without a known price"),
    )
    minutes = ", ".join(f"{units.seconds(part * MINUTE)} {what}" for part, what in parts if part)
    since = "" if money.price_since is None else f" Newest price used: of {money.price_since}."
    return (
        f"Wall time of the waste times the price of its runner: {minutes or 'none'}. An estimate,"
        f" with the range of the wall time and of billing by whole minutes.{since}"
    )


def _judged(head: Headline, told: Method) -> str:
    new = (
        f" Without runs in the four weeks before: {units.many(told.new_projects, 'project')}."
        if told.new_projects
        else ""
    )
    same = units.ratio(head.same_ratio)
    return f"By waste per run; up to {same} more or less is the same.{new}"


def _replayed(plan: Plan) -> str:
    if not plan.runs:
        return "No runs in the 28 days up to the end of the week to replay."
    return (
        f"Predicted by replaying {units.count(plan.replayed)} of"
        f" {units.many(plan.runs, 'run')} of the 28 days up to the end of the week, the newest of"
        " the projects that waste most, as wall time a week; the range is what logs leave open."
    )
