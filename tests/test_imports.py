from __future__ import annotations

import subprocess
import sys

import pytest

LOADED = "import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
HELP = (
    "import sys; from cachestats.cli.app import app\ntry: app(['--help'])\nexcept SystemExit: pass"
)


def loaded_by(program: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded at the end of a program."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{LOADED}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "program",
    [
        "import cachestats",
        "import cachestats; dir(cachestats)",
        "import cachestats.engine.serving",
        "import cachestats.logs.source",
    ],
)
def test_import_loads_no_library(program: str) -> None:
    loaded = loaded_by(program)
    assert "cachestats" in loaded
    assert not loaded & {"deltalake", "plotly", "polars", "pydantic", "rich", "typer"}


def test_help_needs_typer_alone() -> None:
    loaded = loaded_by(HELP)
    assert "typer" in loaded
    assert not loaded & {"deltalake", "plotly", "polars", "pydantic"}


def test_logs_without_a_sidecar_need_no_pydantic() -> None:
    assert "pydantic" not in loaded_by("import cachestats as cs; cs.parse()")


def test_nothing_loads_what_is_no_dependency() -> None:
    program = "import cachestats as cs; [getattr(cs, name) for name in cs.__all__]; cs.parse()"
    assert not loaded_by(program) & {"numpy", "pandas", "pyarrow"}
