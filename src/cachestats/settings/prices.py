"""What a minute of a runner costs: the shape of a price, and those that everybody pays.

GitHub's are those of its page "Actions runner pricing", which took effect on 2026-01-01; CircleCI's
is about what a credit costs. Runs from before that day have no price unless a team sets one.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cachestats.settings.globs import is_glob, pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BUILT_IN", "STANDARD_RUNNERS", "Currency", "Name", "Part", "Price", "preferred"]

Name = Annotated[str, StringConstraints(min_length=1)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Part(BaseModel):
    """A table of the settings: what it does not know it refuses, what it holds stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Price(Part):
    """What a minute of a runner costs from a day on.

    Attributes:
        runner: Label of the runner, or a glob of labels; upper and lower case are the same.
        price_per_minute: In the currency of the price.
        since: First day on which it is paid.
        currency: ISO 4217 code; None is that of `[money]`.
        ci: CI system that the label belongs to, or a glob; None is any.
        rounded: Whether each job is billed by whole minutes, rounded up.
        source: Where the price is from.
    """

    runner: Name
    price_per_minute: Annotated[float, Field(ge=0)]
    since: date
    currency: Currency | None = None
    ci: Name | None = None
    rounded: bool = True
    source: str | None = None

    @property
    def runner_pattern(self) -> str:
        """Regular expression of the labels; CI systems do not tell upper from lower case."""
        return pattern(self.runner, any_case=True)

    @property
    def ci_pattern(self) -> str | None:
        """Regular expression of the CI systems; None is any."""
        return None if self.ci is None else pattern(self.ci, any_case=True)


def preferred(prices: Iterable[Price]) -> list[Price]:
    """Order prices so that the first that fits is the one: plain labels first, then the newest."""
    return sorted(prices, key=lambda price: (is_glob(price.runner), -price.since.toordinal()))


STANDARD_LINUX = ("ubuntu-latest", "ubuntu-??.04")
STANDARD_LINUX_ARM = ("ubuntu-??.04-arm",)
STANDARD_WINDOWS = ("windows-latest", "windows-20??")
STANDARD_MACOS = ("macos-latest", "macos-??", "macos-??-intel")

STANDARD_RUNNERS = (*STANDARD_LINUX, *STANDARD_LINUX_ARM, *STANDARD_WINDOWS, *STANDARD_MACOS)
"""Labels of GitHub's standard runners, which are free for public repositories."""


def _larger(cores: int) -> tuple[str, ...]:
    """Labels that larger Linux runners usually bear; their owner may choose any other."""
    systems = ("ubuntu-latest", "ubuntu-??.04")
    return tuple(
        f"{system}-{cores}{word}" for system in systems for word in ("-cores", "-core", "core")
    )


def _github(price_per_minute: float, *runners: str) -> list[Price]:
    return [
        Price(
            runner=runner,
            price_per_minute=price_per_minute,
            since=date(2026, 1, 1),
            currency="USD",
            source="GitHub Actions runner pricing",
        )
        for runner in runners
    ]


BUILT_IN: tuple[Price, ...] = (
    *_github(0.006, *STANDARD_LINUX),
    *_github(0.005, *STANDARD_LINUX_ARM),
    *_github(0.010, *STANDARD_WINDOWS),
    *_github(0.062, *STANDARD_MACOS),
    *_github(0.012, *_larger(4)),
    *_github(0.022, *_larger(8)),
    *_github(0.042, *_larger(16)),
    Price(
        runner="medium",
        ci="circle*",
        price_per_minute=0.006,
        since=date(2026, 1, 1),
        currency="USD",
        source="CircleCI, 10 credits a minute, about",
    ),
)
"""Prices that hold where a team sets none. Labels of self-hosted runners have none."""
