"""The report as one HTML page, and its first screen for a notebook."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from cachestats import units
from cachestats.escaping import visible
from cachestats.report import wording
from cachestats.report.charts import charts, for_script
from cachestats.report.footnotes import footnotes
from cachestats.report.spark import heights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachestats.report.history import Drawn
    from cachestats.report.model import ReportDocument

__all__ = ["page", "summary"]

CODE = re.compile(r"`([^`]+)`")
BAR_WIDTH, BAR_GAP, BAR_HEIGHT, LEAST_HEIGHT = 7, 2, 22, 1.5
HEADER_LINES = 2
DIFF_KINDS = {"+": "added", "-": "removed", "@": "hunk"}


def page(document: ReportDocument, drawn: Drawn) -> str:
    """Write a page that needs nothing else: styles, scripts and figures stand in it.

    The page forbids itself every request and every script but its own two, whose hashes it
    names, so that text of a log could do nothing even if it were not escaped.

    Args:
        document: Every number.
        drawn: What the figures draw.
    """
    from cachestats.figures import CONFIG

    library, own = _plotly(), _read("figures.js")
    return (
        _environment()
        .get_template("page.html")
        .render(
            report=document,
            footnotes=footnotes(document),
            charts=charts(drawn),
            config=Markup(for_script(CONFIG)),  # noqa: S704 - escaped for where it stands
            styles=Markup(_read("style.css")),  # noqa: S704 - our own file
            scripts=[Markup(library), Markup(own)],  # noqa: S704 - plotly's and our own
            hashes=[_hash(library), _hash(own)],
        )
    )


def summary(document: ReportDocument) -> str:
    """Write the first screen and the plan, without figures, for a cell of a notebook."""
    styles = Markup(_read("style.css"))  # noqa: S704 - our own file
    return _environment().get_template("summary.html").render(report=document, styles=styles)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("cachestats.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Any] = {
        "change": units.change,
        "code": _code,
        "count": units.count,
        "diff": _diff,
        "ratio": units.ratio,
        "ranged": wording.ranged,
        "seconds": units.seconds,
        "shown": visible,
        "spark": _spark,
        "unbroken": _unbroken,
        "when": units.when,
        "words": wording.words,
    }
    made.filters |= filters
    made.globals["say"] = wording
    return made


@cache
def _plotly() -> str:
    return (resources.files("plotly") / "package_data" / "plotly.min.js").read_text("utf-8")


@cache
def _read(name: str) -> str:
    return (resources.files("cachestats.report") / "templates" / name).read_text("utf-8")


@cache
def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _unbroken(text: str) -> str:
    """Let no line end between a number and its percent sign."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def _code(text: str) -> Markup:
    """Set what stands in backticks as code; all else is escaped."""
    parts = CODE.split(visible(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )


def _diff(text: str) -> list[tuple[str, str]]:
    """Part a diff into lines, each with what it is; the first two name the files."""
    return [
        ("hunk" if number < HEADER_LINES else DIFF_KINDS.get(line[:1], "same"), visible(line))
        for number, line in enumerate(text.splitlines())
    ]


def _spark(values: Sequence[float | None]) -> Markup:
    """Draw numbers as small bars; what they say must stand beside them."""
    step = BAR_WIDTH + BAR_GAP
    bars = Markup("").join(
        Markup('<rect x="{}" y="{:g}" width="{}" height="{:g}"/>').format(
            place * step, round(BAR_HEIGHT - tall, 1), BAR_WIDTH, round(tall, 1)
        )
        for place, height in enumerate(heights(values))
        if height is not None
        for tall in [max(height * BAR_HEIGHT, LEAST_HEIGHT)]
    )
    return Markup('<svg class="spark" width="{}" height="{}" aria-hidden="true">{}</svg>').format(
        len(values) * step - BAR_GAP, BAR_HEIGHT, bars
    )
