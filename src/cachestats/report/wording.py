"""The sentences of the report, the same in HTML, Markdown and the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats import units
from cachestats.report.naming import cache, cause, main_cause, place, since, words
from cachestats.report.week import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachestats.report.model import (
        Comparison,
        Filtered,
        Headline,
        Money,
        Plan,
        Ratios,
        ReportDocument,
        Span,
        Week,
    )

__all__ = [
    "amount",
    "answer",
    "cache",
    "cause",
    "days",
    "docker",
    "filtered",
    "first_fix",
    "judged",
    "main_cause",
    "no_cache",
    "place",
    "ranged",
    "rates",
    "ratios",
    "saving",
    "sentences",
    "since",
    "summary",
    "title",
    "week_note",
    "words",
]

MINUTE = 60
NOTICED_MINUTES = 0.05


def title(document: ReportDocument) -> str:
    """Name the report."""
    return f"Build cache report, {document.week.label}"


def days(week: Week) -> str:
    """Name the days of a week: `16 to 22 November 2026`."""
    first, last = week.since_at, week.until_at - DAY
    if first.year != last.year:
        return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"
    if first.month != last.month:
        return f"{first.day} {first:%B} to {last.day} {last:%B %Y}"
    return f"{first.day} to {last.day} {last:%B %Y}"


def week_note(week: Week) -> str:
    """Say which week it is, and why that."""
    why = {
        "given": "",
        "last full week": ", the last full week",
        "last week with runs": ", the last full week that holds runs",
        "unfinished week": ", which was not over when this was made",
    }
    return f"{days(week)}, Monday to Sunday, UTC{why[week.chosen]}"


def filtered(by: Filtered) -> str:
    """Say what is left out: `Only project shop, branch main.`."""
    kept = ", ".join(f"{name} {value}" for name, value in by if value is not None)
    return f"Only {kept}."


def ranged(span: Span) -> str:
    """Write an estimate with its range: `2m 10s (1m 00s to 3m 10s)`."""
    low, mid, high = (units.seconds(value) for value in (span.low, span.mid, span.high))
    return f"{mid} ({low} to {high})"


def amount(money: Money) -> str:
    """Say what the waste cost, or why that is not known."""
    if money.mid is None and not money.minutes:
        return "no amount: nothing was wasted"
    if money.mid is None:
        return "no amount: the runner or its price is not known"
    low, mid, high = (
        units.money(value, money.currency) for value in (money.low, money.mid, money.high)
    )
    known = (
        ""
        if money.minutes_unpriced < NOTICED_MINUTES
        else (f"; {units.seconds(money.minutes_unpriced * MINUTE)} have no price")
    )
    return f"estimate: {mid} ({low} to {high}){known}"


def summary(document: ReportDocument) -> str:
    """Say the week in a sentence."""
    head = document.headline
    if not head.runs:
        return "No run started in this week."
    wasted = (
        f"{units.many(head.runs, 'run')} of {units.many(head.projects, 'project')}"
        f" wasted {units.seconds(head.waste_s)} of machine time"
    )
    if head.waste_ratio is None:
        return f"{wasted}: nothing was executed."
    return f"{wasted}, {units.ratio(head.waste_ratio)} of all that was executed."


def rates(head: Headline, against: Comparison) -> str:
    """Set the waste per run of a week beside that of others."""
    if against.per_run_s is None or head.per_run_s is None:
        return f"Nothing to compare with: no runs in {against.name}."
    return (
        f"{units.seconds(head.per_run_s)} of waste per run,"
        f" {against.name} {units.seconds(against.per_run_s)}"
    )


def judged(head: Headline, against: Comparison) -> str:
    """Say whether the week is better than others, and by how much."""
    if against.verdict == "unknown":
        return rates(head, against)
    than = "as" if against.verdict == "the same" else "than"
    by = "" if against.change_ratio is None else f" ({units.change(against.change_ratio)})"
    return (
        f"{against.verdict.capitalize()} {than} {against.name}:"
        f" {units.seconds(head.per_run_s)} of waste per run after"
        f" {units.seconds(against.per_run_s)}{by}."
    )


def ratios(of: Ratios) -> Iterator[tuple[str, str, str]]:
    """Name both hit ratios and Docker's, each with its denominator."""
    yield (
        "Hit ratio by count",
        units.ratio(of.hit_ratio),
        f"{units.count(of.hits)} hits of {units.count(of.reached)} instruction steps",
    )
    yield (
        "Hit ratio by time",
        units.ratio(of.time_ratio),
        f"{units.seconds(of.saved_s)} saved of {units.seconds(of.work_s)}",
    )
    yield (
        "As Docker counts",
        units.ratio(of.docker_ratio),
        f"{units.count(of.cached_steps)} of {units.count(of.steps)} steps printed as cached",
    )


def docker() -> str:
    """Say why Docker's percentage is another one."""
    return (
        "Docker divides all cached steps by all steps. FROM, internal, import and export steps are"
        " in that number but are never cached, so it cannot reach 100 %. The two hit ratios count"
        " only RUN, COPY, ADD and WORKDIR steps, which a cache can answer."
    )


def first_fix(plan: Plan) -> str:
    """Say what to do first."""
    return plan.fixes[0].title if plan.fixes else "Nothing found that would have saved time."


def saving(plan: Plan) -> str:
    """Say what the first fix, and all together, would save in a week."""
    if not plan.fixes:
        return units.NOTHING
    return ranged(plan.fixes[0].wall_s)


def answer(against: Comparison) -> str:
    """Answer whether the week is better than others."""
    words_of = {
        "better": "Yes, better",
        "worse": "No, worse",
        "the same": "About the same",
        "unknown": "Not known",
    }
    by = "" if against.change_ratio is None else f": {units.change(against.change_ratio)}"
    return f"{words_of[against.verdict]}{by}"


def no_cache() -> str:
    """Say that there is no ledger, and over which days."""
    return "No run of the 28 days up to the end of the week reads or writes a remote cache."


def sentences(document: ReportDocument) -> list[str]:
    """Say the first screen in sentences."""
    head, said = document.headline, [summary(document)]
    if document.filters.is_filtered:
        said.append(filtered(document.filters))
    if not head.runs:
        return said
    said += [f"Cost, {amount(head.money)}."]
    said += [judged(head, against) for against in (head.last_week, head.four_weeks)]
    if document.layers:
        worst = document.layers[0]
        said.append(
            f"Worst layer: {worst.text} ({place(worst.project, worst.stage)}),"
            f" {units.seconds(worst.waste_s)}, {units.ratio(worst.waste_ratio)} of the waste,"
            f" {main_cause(worst)}."
        )
    if document.plan.fixes:
        first = document.plan.fixes[0]
        said.append(
            f"Do first: {first.title} ({place(first.project)})."
            f" It would save about {ranged(first.wall_s)} of wall time a week."
        )
    said += [f"{name}: {value}, {of}." for name, value, of in ratios(head.ratios)]
    return said
