"""What all tests share: the browser, and the option that rewrites golden files."""

from __future__ import annotations

import pytest

# Here alone: of two browsers in one process, Playwright starts only the first.
from tests.browser import chromium, window

__all__ = ["chromium", "window"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write golden files anew instead of comparing."
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
