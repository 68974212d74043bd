"""The weekly report: its numbers, and what prints them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cachestats.report.history import Drawn
    from cachestats.report.model import ReportDocument

__all__ = ["WeeklyReport"]


@dataclass(frozen=True, kw_only=True)
class WeeklyReport:
    """The report of a week; `weekly_report` makes it.

    The same numbers give the same bytes, whichever way they are printed.

    Attributes:
        document: Every number of it.
    """

    document: ReportDocument
    _drawn: Drawn = field(repr=False)

    def sentences(self) -> list[str]:
        """Say what the first screen says, in plain sentences."""
        from cachestats.report.wording import sentences

        return sentences(self.document)

    def to_html(self) -> str:
        """Write one self-contained HTML page, with its styles, scripts and figures."""
        from cachestats.report.html import page  # plotly takes a second to load

        return page(self.document, self._drawn)

    def to_markdown(self) -> str:
        """Write Markdown for a chat or a job summary, within GitHub's limit of 1 MiB."""
        from cachestats.report.markdown import markdown

        return markdown(self.document)

    def to_json(self) -> str:
        """Write every number as one versioned JSON document."""
        return self.document.model_dump_json(indent=2) + "\n"

    def _repr_html_(self) -> str:
        from cachestats.report.html import summary

        return summary(self.document)
