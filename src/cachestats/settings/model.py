"""The settings of `cachestats.toml`: found, read and checked."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, ValidationError

from cachestats.errors import UsageError
from cachestats.settings.globs import first_match, pattern, patterns
from cachestats.settings.prices import (
    BUILT_IN,
    STANDARD_RUNNERS,
    Currency,
    Name,
    Part,
    Price,
    preferred,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FILE_NAME", "Budgets", "Money", "Projects", "Settings"]

FILE_NAME = "cachestats.toml"

# What pydantic says of these is of Python, not of TOML.
_REASONS = {
    "extra_forbidden": "no such setting",
    "model_type": "should be a table",
    "dict_type": "should be a table",
    "tuple_type": "should be an array of tables",
}

Ratio = Annotated[float, Field(ge=0, le=1)]


class Projects(Part):
    """What projects are called.

    Attributes:
        aliases: Project by the name, or the glob of names, that logs have for it.
    """

    aliases: dict[Name, Name] = Field(default_factory=dict)

    def named(self, name: str) -> str:
        """Return what a project is called: its alias, else the name as it is.

        A plain name comes before any glob, and of globs the first that fits.
        """
        return first_match(self.aliases, name) or name


class Budgets(Part):
    """What `check` holds runs to; None is no bound.

    Attributes:
        min_hit_ratio: Least hits / (hits + misses).
        min_hit_ratio_time: Least saved / (saved + executed) time.
        max_waste_minutes: Most minutes of structural and avoidable misses.
        max_regression: Most that waste per run may grow over the four weeks before, 1 is doubled.
    """

    min_hit_ratio: Ratio | None = None
    min_hit_ratio_time: Ratio | None = None
    max_waste_minutes: Annotated[float, Field(ge=0)] | None = None
    max_regression: Ratio | None = None


class Money(Part):
    """How time becomes money.

    Attributes:
        currency: ISO 4217 code of all amounts; prices in another one are not used.
        default_runner: Label of the runs whose log does not tell their runner; None: they have
            no price.
        public: Whether the repository of a project, or of a glob of them, is public. A plain name
            comes before any glob, and of globs the first that fits.
    """

    currency: Currency = "USD"
    default_runner: Name | None = None
    public: dict[Name, bool] = Field(default_factory=dict)

    @property
    def public_patterns(self) -> list[tuple[str, bool]]:
        """Regular expressions of projects, best first, and whether they are public."""
        return patterns(self.public)


class Settings(Part):
    """All settings, each with what holds where a file does not set it."""

    projects: Projects = Projects()
    budgets: Budgets = Budgets()
    money: Money = Money()
    # TOML has lists, which may be tuples here; their items stay strict.
    prices: Annotated[tuple[Price, ...], Field(strict=False)] = ()

    @property
    def price_list(self) -> list[Price]:
        """Prices in the currency of `money`, best first: a team's own, then the built-in ones."""
        return [
            price
            for price in (*preferred(self.prices), *preferred(BUILT_IN))
            if price.currency in {None, self.money.currency}
        ]

    @property
    def standard_runners(self) -> str:
        """Regular expression of the runners that are free for public repositories."""
        return pattern(*STANDARD_RUNNERS, any_case=True)

    @classmethod
    def find(cls, start: Path) -> Self:
        """Read `cachestats.toml` of the nearest folder that has one, from `start` upwards.

        Returns:
            Its settings; the defaults where no folder has one.

        Raises:
            UsageError: The file cannot be read, is no TOML, or holds what is no setting.
        """
        here = start.resolve()
        paths = (folder / FILE_NAME for folder in (here, *here.parents))
        path = next((path for path in paths if path.is_file()), None)
        return cls() if path is None else cls._read(path)

    @classmethod
    def _read(cls, path: Path) -> Self:
        try:
            with path.open("rb") as file:
                return cls.model_validate(tomllib.load(file))
        except ValidationError as error:
            raise UsageError(f"{path}: {_on_one_line(error)}") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"{path}: {reason}") from None


def _on_one_line(error: ValidationError) -> str:
    """Name each fault by its key; of a list, by the number of the item, from 1."""
    return "; ".join(
        f"{_key(fault['loc'])}: {_reason(fault['type'], fault['msg'])}" for fault in error.errors()
    )


def _key(place: tuple[int | str, ...]) -> str:
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).removeprefix(".").removesuffix(".[key]")


def _reason(kind: str, message: str) -> str:
    return _REASONS.get(kind) or message[:1].lower() + message[1:]
