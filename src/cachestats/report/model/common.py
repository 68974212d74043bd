"""What several parts of the weekly report have in common."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel

__all__ = [
    "Chosen",
    "Money",
    "Number",
    "Ratios",
    "Span",
    "Verdict",
    "Week",
]

Number = Annotated[float, AfterValidator(lambda value: round(value, 6))]
"""A number to a millionth: what is behind that is the noise of sums."""

Verdict = Literal["better", "the same", "worse", "unknown"]
Chosen = Literal["given", "last full week", "last week with runs", "unfinished week"]


class Week(BaseModel, frozen=True):
    """The week that is reported.

    Attributes:
        label: ISO week: `2026-W48`.
        since_at: Monday, 0:00 UTC.
        until_at: The next Monday, which is no more of it.
        chosen: Why it is this one.
    """

    label: str
    since_at: datetime
    until_at: datetime
    chosen: Chosen


class Span(BaseModel, frozen=True):
    """An estimate with its range, in seconds unless said otherwise."""

    low: Number = 0.0
    mid: Number = 0.0
    high: Number = 0.0


class Money(BaseModel, frozen=True):
    """What the wall time of the waste cost: an estimate.

    Attributes:
        currency: ISO 4217 code.
        low: Low end; None if no run has a price or is free.
        mid: Expected amount.
        high: High end.
        minutes: Wall minutes of the waste.
        minutes_priced: Of these, minutes with a price.
        minutes_free: Of these, minutes that are free.
        minutes_unpriced: Of these, minutes whose runner or price is not known.
        price_since: Day of the newest price used.
    """

    currency: str
    low: Number | None = None
    mid: Number | None = None
    high: Number | None = None
    minutes: Number = 0.0
    minutes_priced: Number = 0.0
    minutes_free: Number = 0.0
    minutes_unpriced: Number = 0.0
    price_since: date | None = None


class Ratios(BaseModel, frozen=True):
    """Hit ratios with their denominators, and Docker's own beside them.

    Attributes:
        hits: Instruction steps that came from the cache.
        misses: Instruction steps that were executed.
        reached: hits + misses.
        hit_ratio: hits / reached; None without either.
        saved_s: Time that hits of layers with a baseline saved.
        cost_s: Time that misses took.
        work_s: saved_s + cost_s.
        time_ratio: saved_s / work_s; None where it has no meaning.
        hits_without_baseline: Hits whose saving is not known and not counted.
        cached_steps: Steps of every kind that are printed as cached.
        steps: Steps of every kind.
        docker_ratio: cached_steps / steps: the percentage that Docker prints.
    """

    hits: int
    misses: int
    reached: int
    hit_ratio: Number | None
    saved_s: Number
    cost_s: Number
    work_s: Number
    time_ratio: Number | None
    hits_without_baseline: int
    cached_steps: int
    steps: int
    docker_ratio: Number | None
