"""The logs of one build say the same, whatever format they are in."""

from __future__ import annotations

from pathlib import Path

import pytest

import cachestats as cs
from tests.lab import started

PAIRS = sorted(path for path in (Path(__file__).parent / "pairs").iterdir() if path.is_dir())


@pytest.mark.parametrize("pair", PAIRS, ids=lambda path: path.name)
def test_logs_of_one_build_agree(pair: Path) -> None:
    said = {log.name: started(cs.parse(log).steps) for log in sorted(pair.glob("*.log"))}
    assert len(said) > 1
    assert said["plain.log"]
    assert said == dict.fromkeys(said, said["plain.log"])


@pytest.mark.parametrize("name", ["plain.log", "gha.log", "rawjson.log", "live.rawjson.log"])
def test_every_format_has_a_pair(name: str) -> None:
    assert [pair for pair in PAIRS if (pair / name).exists()]
