"""Which runs and steps an analysis looks at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from cachestats.errors import UsageError
from cachestats.schema import Runs, Steps

if TYPE_CHECKING:
    import polars as pl

    from cachestats.schema import Column

__all__ = ["Filters", "moment"]

AGO = re.compile(r"(\d{1,9})([hdw])")
HOURS = {"h": 1, "d": 24, "w": 7 * 24}
DAY = re.compile(r"\d{4}-?\d\d-?\d\d|\d{4}-?W\d\d(-?\d)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What to look at; None leaves nothing out.

    Attributes:
        run: Only the run with this id.
        project: Only runs of this project.
        branch: Only runs of this branch.
        since: Only runs started at this time (UTC if it has no zone) or later. A run whose start
            is not known is left out by `since` and by `until`.
        until: Only runs started before this time.
        target: Only steps of this bake target.
        stage: Only steps of this stage.
    """

    run: str | None = None
    project: str | None = None
    branch: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    target: str | None = None
    stage: str | None = None

    def __post_init__(self) -> None:
        """Take times without a zone as UTC."""
        for name in ("since", "until"):
            if (when := getattr(self, name)) is not None:
                object.__setattr__(self, name, in_utc(when))

    def runs(self, runs: pl.LazyFrame) -> pl.LazyFrame:
        """Keep the `Runs` that pass."""
        conditions = [
            *_equal(
                (Runs.run_id, self.run), (Runs.project, self.project), (Runs.branch, self.branch)
            ),
            *([] if self.since is None else [Runs.started_at.col >= self.since]),
            *([] if self.until is None else [Runs.started_at.col < self.until]),
        ]
        return runs.filter(*conditions)

    def steps(self, steps: pl.LazyFrame, runs: pl.LazyFrame) -> pl.LazyFrame:
        """Keep the `Steps` that pass, of those `Runs` that pass."""
        passing = _equal((Steps.target, self.target), (Steps.stage, self.stage))
        return steps.filter(*passing).join(self.runs(runs), on=Runs.run_id.name, how="semi")


def moment(text: str, *, now: datetime, end: bool = False) -> datetime:
    """Read a point in time as a person writes it.

    Args:
        text: An ISO 8601 date or time (UTC unless it names a zone), or an age before `now`
            in hours, days or weeks: `12h`, `7d`, `2w`.
        now: The time that ages count back from.
        end: Take a date without a time as its end, not its start, so that `until` includes it.

    Raises:
        UsageError: `text` is neither.
    """
    try:
        if ago := AGO.fullmatch(text):
            return now - timedelta(hours=int(ago[1]) * HOURS[ago[2]])
        if DAY.fullmatch(text):
            return _edge(date.fromisoformat(text), end=end)
        return in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        message = f"{text!r} is neither an ISO date or time nor an age such as 7d, 12h or 2w"
        raise UsageError(message) from error


def _edge(day: date, *, end: bool) -> datetime:
    """Return the start of a day or of the next; no calendar has a day behind the last."""
    if end and day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day + timedelta(days=int(end)), time(), UTC)


def in_utc(when: datetime) -> datetime:
    """Return a time in UTC, in which one without a zone is."""
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def _equal(*pairs: tuple[Column, str | None]) -> list[pl.Expr]:
    return [column.col == wanted for column, wanted in pairs if wanted is not None]
