"""The browser, for the tests that draw figures."""

from __future__ import annotations

from tests.browser import chromium, window

__all__ = ["chromium", "window"]
