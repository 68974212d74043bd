"""The report as Markdown: for a chat, or the summary of a GitHub job."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cachestats import units
from cachestats.escaping import for_markdown, visible
from cachestats.report import wording
from cachestats.report.footnotes import footnotes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cachestats.report.model import Diff, Fix, Plan, ReportDocument

__all__ = ["LIMIT_BYTES", "markdown"]

LIMIT_BYTES = 1024 * 1024
"""What GitHub takes as the summary of a step."""

CUT = "\n*Cut here: the whole report is longer than a job summary may be.*\n"
FENCE = re.compile(r"^`{3,}", re.MULTILINE)
LONGEST_TEXT = 200
ICONS = {"better": "🟢", "worse": "🔴", "the same": "⚪", "unknown": "⚪"}


def markdown(document: ReportDocument, *, limit: int = LIMIT_BYTES) -> str:
    """Write the report; no text of a log becomes markup.

    Args:
        document: Every number.
        limit: Most bytes; what is longer ends, at the end of a line, in a note that says so.
    """
    text = "".join(f"{line}\n" for line in _lines(document))
    if len(text.encode()) <= limit:
        return text
    longest = max(map(len, FENCE.findall(text)), default=0)
    room = limit - len(CUT.encode()) - longest - 1
    kept = text.encode()[:room].decode(errors="ignore")
    kept = kept[: kept.rfind("\n") + 1]
    # A diff that is cut must not take the note into its block of code.
    fences = FENCE.findall(kept)
    return kept + (f"{fences[-1]}\n" if len(fences) % 2 else "") + CUT


def _lines(document: ReportDocument) -> Iterator[str]:
    yield from _first_screen(document)
    if not document.headline.runs:
        return
    yield from _heading("What to fix first")
    yield from _plan(document.plan)
    yield from _heading("What got worse this week")
    yield from _worse(document)
    yield from _heading("Layers by waste")
    yield from _layers(document)
    yield from _heading("Remote caches")
    yield from _caches(document)
    yield from _heading("Projects")
    yield from _projects(document)
    yield from _heading("Method and coverage")
    yield from (f"- **{name}**: {for_markdown(text)}" for name, text in footnotes(document))


def _first_screen(document: ReportDocument) -> Iterator[str]:
    head = document.headline
    yield f"# {wording.title(document)}"
    yield ""
    yield for_markdown(wording.week_note(document.week))
    yield ""
    if document.filters.is_filtered:
        yield for_markdown(wording.filtered(document.filters))
        yield ""
    yield f"**{for_markdown(wording.summary(document))}**"
    yield ""
    if not head.runs:
        return
    yield f"- **Cost**: {for_markdown(wording.amount(head.money))}"
    for against in (head.last_week, head.four_weeks):
        yield f"- {ICONS[against.verdict]} {for_markdown(wording.judged(head, against))}"
    if document.layers:
        worst = document.layers[0]
        yield (
            f"- **Worst layer**: {_text(worst.text)}"
            f" ({for_markdown(wording.place(worst.project, worst.stage))}):"
            f" {units.seconds(worst.waste_s)}, {units.ratio(worst.waste_ratio)} of the waste,"
            f" {wording.main_cause(worst)}"
        )
    if document.plan.fixes:
        first = document.plan.fixes[0]
        yield (
            f"- **Do first**: {for_markdown(first.title)}"
            f" ({for_markdown(wording.place(first.project))})."
            f" It would save about {wording.ranged(first.wall_s)} of wall time a week."
        )
    for name, value, of in wording.ratios(head.ratios):
        yield f"- **{name}**: {for_markdown(value)} ({of})"
    yield ""
    yield wording.docker()


def _plan(plan: Plan) -> Iterator[str]:
    if not plan.fixes:
        yield wording.first_fix(plan)
        return
    for fix in plan.fixes:
        yield from _fix(fix)
    yield ""
    yield (
        f"All {units.many(plan.found, 'suggestion')} together:"
        f" about {wording.ranged(plan.wall_s)} of wall time a week, which is not their sum."
    )
    for diff in plan.diffs:
        yield from _diff(diff)


def _fix(fix: Fix) -> Iterator[str]:
    yield (
        f"{fix.rank}. **{for_markdown(fix.title)}** ({for_markdown(wording.place(fix.project))}):"
        f" about {wording.ranged(fix.wall_s)} of wall time a week"
    )
    if fix.recommendation != fix.title:
        yield f"   - {for_markdown(fix.recommendation)}"
    yield from (f"   - {for_markdown(line)}" for line in fix.rationale)
    yield from (f"   - Check: {for_markdown(line)}" for line in fix.caveats)
    yield from (f"   - Would sharpen this: {for_markdown(line)}" for line in fix.missing_inputs)


def _diff(diff: Diff) -> Iterator[str]:
    lines = [visible(line) for line in diff.text.splitlines()]
    ticks = max((len(run) for line in lines for run in _runs_of_ticks(line)), default=0)
    fence = "`" * max(3, ticks + 1)
    yield ""
    yield f"The change to {for_markdown(diff.path)}:"
    yield ""
    yield f"{fence}diff"
    yield from lines
    yield fence


def _runs_of_ticks(line: str) -> list[str]:
    return "".join(c if c == "`" else " " for c in line).split()


def _worse(document: ReportDocument) -> Iterator[str]:
    if not document.worse:
        yield "No layer wastes more per run than in the four weeks before."
        return
    yield from _table(
        ("layer", "main cause", "per run:", "before:", "more this week:", "since"),
        (
            (
                _layer(change.text, change.project, change.stage),
                wording.words(change.cause),
                units.seconds(change.per_run_s),
                units.seconds(change.before_per_run_s),
                units.seconds(change.added_s),
                for_markdown(f"{wording.since(change)} · {units.when(change.started_at)}"),
            )
            for change in document.worse
        ),
    )


def _layers(document: ReportDocument) -> Iterator[str]:
    if not document.layers:
        yield "No layer caused waste."
        return
    yield from _table(
        ("#:", "layer", "main cause", "runs:", "waste:", "share:"),
        (
            (
                str(layer.rank),
                _layer(layer.text, layer.project, layer.stage),
                wording.cause(layer),
                units.count(layer.runs),
                units.seconds(layer.waste_s),
                for_markdown(units.ratio(layer.waste_ratio)),
            )
            for layer in document.layers
        ),
    )


def _caches(document: ReportDocument) -> Iterator[str]:
    if not document.caches:
        yield wording.no_cache()
        return
    yield from _table(
        ("cache", "project", "runs:", "net:", "verdict"),
        (
            (
                _text(wording.cache(cache)),
                for_markdown(wording.place(cache.project)),
                units.count(cache.runs),
                units.seconds(cache.net_s),
                for_markdown(cache.verdict),
            )
            for cache in document.caches
        ),
    )


def _projects(document: ReportDocument) -> Iterator[str]:
    yield from _table(
        ("project", "runs:", "hit ratio:", "by time:", "waste:", "per run:", "", "8 weeks"),
        (
            (
                for_markdown(wording.place(project.project)),
                units.count(project.runs),
                for_markdown(units.ratio(project.ratios.hit_ratio)),
                for_markdown(units.ratio(project.ratios.time_ratio)),
                units.seconds(project.waste_s),
                units.seconds(project.per_run_s),
                f"{ICONS[project.verdict]} {project.verdict}",
                project.spark,
            )
            for project in document.projects
        ),
    )


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Write a table; a title that ends in a colon has its numbers at the right."""
    yield _row([title.removesuffix(":") for title in titles])
    yield _row(["---:" if title.endswith(":") else "---" for title in titles])
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _layer(text: str, project: str | None, stage: str | None) -> str:
    return f"{_text(text)} ({for_markdown(wording.place(project, stage))})"


def _text(text: str) -> str:
    """The text of an instruction, cut: a table of whole heredocs is unreadable."""
    cut = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
    return for_markdown(cut)


def _heading(text: str) -> Iterator[str]:
    yield ""
    yield f"## {text}"
    yield ""
