from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cachestats.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a störe #1 %"


@pytest.fixture
def store(path: Path) -> Store:
    return Store.create(path)
