"""A headless Chromium for tests that look at what a person would see."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
WIDE, TELEPHONE = 1280, 390
SETTLED = """() => {
  const plots = [...document.querySelectorAll('.js-plotly-plot')];
  return plots.every(plot => plot.querySelector('.main-svg'));
}"""
TRACES = (
    "() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => plot._fullData.length)"
)
TEXTS = "texts => texts.map(text => text.textContent)"
CLIPPED = """() => {
  const wide = document.documentElement.clientWidth;
  return [...document.querySelectorAll('svg text')]
    .map(text => [text.textContent, text.getBoundingClientRect()])
    .filter(([said, box]) => box.width && (box.left < -1 || box.right > wide + 1))
    .map(([said]) => said);
}"""


@dataclass
class Opened:
    """A page as it was drawn, and what went wrong with it.

    Attributes:
        page: The page of Playwright.
        faults: Errors and warnings of the console, uncaught exceptions.
        requests: Addresses of the network that the page asked for.
    """

    page: Page
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def traces(self) -> list[int]:
        """Traces of each figure of plotly on the page."""
        return list(self.page.evaluate(TRACES))

    def texts(self, within: str = "body") -> list[str]:
        """Read what is written in the drawings within the element of a CSS selector."""
        return list(self.page.eval_on_selector_all(f"{within} svg text", TEXTS))

    @property
    def clipped(self) -> list[str]:
        """What is written in drawings and reaches over the edge of the window."""
        return list(self.page.evaluate(CLIPPED))

    def count(self, selector: str) -> int:
        """Count the elements that a CSS selector finds."""
        return self.page.locator(selector).count()

    def hover(self, selector: str) -> str:
        """Move the mouse to the middle of the first element, and read what pops up."""
        element = self.page.locator(selector).first
        element.evaluate("element => element.scrollIntoView({block: 'center'})")
        box = element.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x - 2, y)
        self.page.mouse.move(x, y, steps=3)
        pop_up = self.page.locator(".hoverlayer .hovertext").first
        pop_up.wait_for(state="attached", timeout=5000)
        return pop_up.text_content() or ""


class Window:
    """Opens pages in Chromium, each in a window of its own."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._pages: list[Page] = []

    def open(
        self, html: str | Path, *, width: int = WIDE, height: int = 900, dark: bool = False
    ) -> Opened:
        """Draw a page and wait until its figures are there.

        Args:
            html: The page, or the file that holds it.
            width: Width of the window in pixels.
            height: Height of the window in pixels.
            dark: Whether the reader prefers a dark page.
        """
        page = self._browser.new_page(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        self._pages.append(page)
        opened = Opened(page)
        page.on("console", lambda said: _keep(opened.faults, said.type, said.text))
        page.on("pageerror", lambda error: opened.faults.append(str(error)))
        page.on("request", lambda request: _keep_request(opened.requests, request.url))
        # Nothing leaves the machine, whatever a page asks for.
        page.route("http*://**", lambda route: route.abort())
        if isinstance(html, str):
            page.set_content(html)
        else:
            page.goto(html.absolute().as_uri())
        page.wait_for_function(SETTLED)
        return opened

    def close(self) -> None:
        """Close all pages."""
        for page in self._pages:
            page.close()
        self._pages.clear()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium, started once; the test is skipped where it or Playwright is absent."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def window(chromium: Browser) -> Iterator[Window]:
    """A window of Chromium, whose pages are closed after the test."""
    opened = Window(chromium)
    yield opened
    opened.close()


def _keep(faults: list[str], kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        faults.append(f"{kind}: {text}")


def _keep_request(requests: list[str], url: str) -> None:
    if not url.startswith(("data:", "file:", "blob:", "about:")):
        requests.append(url)
