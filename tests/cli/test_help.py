"""The help of every command is what it was; commands are found, never listed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command

from cachestats.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Command

GOLDEN = Path(__file__).parents[1] / "golden" / "help"


def commands(command: object, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, *path, name)


PATHS = list(commands(get_command(app)))


def golden(path: tuple[str, ...]) -> Path:
    return GOLDEN / f"{'-'.join(('cachestats', *path))}.txt"


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help(run: Command, path: tuple[str, ...], *, update_golden: bool) -> None:
    shown = run(*path, "--help").stdout
    if update_golden:
        GOLDEN.mkdir(parents=True, exist_ok=True)
        golden(path).write_text(shown, "utf-8")
    assert shown == golden(path).read_text("utf-8")


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_fits_80_columns_and_tells_the_exit_codes(run: Command, path: tuple[str, ...]) -> None:
    lines = run(*path, "--help").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert path == ("store",) or "  Exit codes:" in lines


def test_no_golden_without_its_command() -> None:
    assert set(GOLDEN.glob("*")) == set(map(golden, PATHS))
