"""What all tests share: the browser, and the option that rewrites golden files."""

from __future__ import annotations

import pytest
from hypothesis import settings

# Here alone: of two browsers in one process, Playwright starts only the first.
from tests.browser import chromium, window

__all__ = ["chromium", "window"]

# How busy the machine is proves nothing.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write golden files anew instead of comparing."
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
