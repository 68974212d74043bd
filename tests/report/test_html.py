from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from cachestats.report.charts import for_script
from cachestats.report.model import Diff
from tests.figures.tables import HOSTILE
from tests.report.test_markdown import hostile

if TYPE_CHECKING:
    from collections.abc import Callable


KINDS = ["hunk", "hunk", "hunk", "removed", "added"]


class Tags(HTMLParser):
    """Collects tags and attributes as a browser's parser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def page() -> Tags:
    return Tags(hostile().to_html())


def test_no_tag_comes_from_a_log(page: Tags) -> None:
    assert not {"a", "b", "img", "iframe", "i", "object", "link"} & set(page.tags)
    scripts = [tag for tag in page.tags if tag == "script"]
    # Two of ours, the configuration, and each figure in both themes.
    assert len(scripts) == 2 + 1 + 2 * len([v for k, v in page.attributes if v == "plot"])


def test_no_attribute_is_a_handler_or_leads_elsewhere(page: Tags) -> None:
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")} | {"href", "src"} & names


def test_text_of_a_log_stands_there_as_text(page: Tags) -> None:
    assert "RUN <script>alert(1)</script>" in page.text
    assert "RUN %{x} and %{customdata}" in page.text
    assert "\x1b" not in page.text
    assert "\u202e" not in page.text


@pytest.mark.parametrize("text", [*HOSTILE, "</script><script>", "<!--", "]]>", "{{7*7}}"])
def test_json_in_a_script_cannot_end_it(text: str) -> None:
    made = for_script({"text": text})
    assert "<" not in made
    assert json.loads(made) == {"text": text}


def test_the_page_forbids_itself_all_but_its_own_scripts() -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', hostile().to_html())
    assert policy.startswith("default-src 'none'; ")
    assert policy.count("'sha256-") == 2
    assert "unsafe-inline'; script" not in policy.partition("script-src")[2]


def test_every_figure_is_there_in_both_themes(sample_report: cs.WeeklyReport) -> None:
    html = sample_report.to_html()
    for name in ("trend", "savings", "layers", "barcode", "ledger"):
        assert html.count(f'id="{name}"') == 1
        for theme in ("light", "dark"):
            assert html.count(f'<script type="application/json" id="{name}-{theme}">') == 1


def test_headings_go_down_one_level_at_a_time(sample_report: cs.WeeklyReport) -> None:
    tags = [int(tag[1]) for tag in Tags(sample_report.to_html()).tags if re.fullmatch(r"h\d", tag)]
    assert tags[0] == 1
    assert tags.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(tags))


def test_the_page_is_small(sample_report: cs.WeeklyReport) -> None:
    assert len(sample_report.to_html().encode()) < 8_000_000


def test_a_notebook_shows_the_first_screen_without_figures(
    sample_report: cs.WeeklyReport,
) -> None:
    html = sample_report._repr_html_()
    assert "Better than last week?" in html
    assert "<script" not in html
    assert len(html) < 100_000


@pytest.mark.parametrize(
    "write", [cs.WeeklyReport.to_html, cs.WeeklyReport._repr_html_, cs.WeeklyReport.to_markdown]
)
def test_braces_are_no_template(write: Callable[[cs.WeeklyReport], str]) -> None:
    report = hostile()
    plan = report.document.plan
    braces = tuple(
        fix.model_copy(update={"title": "{{7*7}} {% raw %} `{{ 7 }}`"}) for fix in plan.fixes[:1]
    )
    assert braces
    document = report.document.model_copy(
        update={"plan": plan.model_copy(update={"fixes": braces})}
    )
    said = write(cs.WeeklyReport(document=document, _drawn=report._drawn))  # noqa: SLF001
    assert "49" not in said.partition("Do first")[2][:400]
    assert "7*7" in said.replace("\\", "")


def test_the_names_of_files_in_a_diff_are_no_lines_of_it(sample_report: cs.WeeklyReport) -> None:
    diff = Diff(path="Dockerfile", text="--- a/x\n+++ b/x\n@@ -1 +1 @@\n-RUN a\n+RUN b\n")
    plan = sample_report.document.plan.model_copy(update={"diffs": (diff,)})
    changed = replace(
        sample_report, document=sample_report.document.model_copy(update={"plan": plan})
    )
    kinds = re.findall(r'<span class="(\w+)">(.)', changed.to_html().partition("<pre")[2])
    assert kinds[:5] == [(k, c) for k, c in zip(KINDS, "-+@-+", strict=True)]


def test_no_line_ends_before_a_percent_sign(sample_report: cs.WeeklyReport) -> None:
    text = Tags(sample_report.to_html()).text
    assert re.search("[0-9]\N{NO-BREAK SPACE}%", text)
    assert not re.search("[0-9] %", text.partition("Is it getting better?")[0])
