from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from cachestats.report.markdown import CUT, markdown
from cachestats.report.model import Diff
from tests.builders import runs, steps
from tests.figures.tables import HOSTILE, MONDAY, misses
from tests.report.weeks import Given

if TYPE_CHECKING:
    from cachestats.report.weekly import WeeklyReport

ROWS = range(len(HOSTILE))


@cache
def hostile() -> WeeklyReport:
    """Report of a week whose projects, stages, branches and layers are all hostile text."""
    ids = [f"r{n}" for n in ROWS]
    texts = [f"RUN {text}" for text in HOSTILE]
    layers = [f"l{n}" for n in ROWS]
    given = Given(
        runs=runs(
            run_id=ids,
            project=HOSTILE,
            branch=HOSTILE,
            commit=HOSTILE,
            started_at=[MONDAY] * len(ids),
        ),
        steps=steps(
            run_id=ids, layer_id=layers, text=texts, stage=HOSTILE, duration_s=[9.0] * len(ids)
        ),
        misses=misses(
            run_id=ids,
            project=HOSTILE,
            stage=HOSTILE,
            layer_id=layers,
            text=texts,
            cost_s=[9.0] * len(ids),
        ),
    )
    return given.report()


def test_hostile_text_is_no_markup() -> None:
    text = hostile().to_markdown()
    assert "<" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    # A pipe or a line end in a cell would break its table.
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) > len(HOSTILE)
    assert all(line.endswith(" |") for line in rows)


def test_what_is_too_long_is_cut_at_a_line_with_a_note() -> None:
    document = hostile().document
    whole = markdown(document)
    cut = markdown(document, limit=1500)
    assert len(cut.encode()) <= 1500
    assert cut.endswith(CUT)
    assert whole.startswith(cut.removesuffix(CUT))
    assert markdown(document, limit=len(whole.encode())) == whole


@pytest.mark.parametrize("limit", range(2600, 4000, 100))
@pytest.mark.parametrize("fence", ["```", "`````"])
def test_a_diff_that_is_cut_ends(limit: int, fence: str) -> None:
    document = hostile().document
    held = "`" * (len(fence) - 1)
    diff = Diff(path="Dockerfile", text="\n".join(f"-RUN {n} {held}" for n in range(2000)))
    plan = document.plan.model_copy(update={"diffs": (diff,)})
    text = markdown(document.model_copy(update={"plan": plan}), limit=limit)
    assert len(text.encode()) <= limit
    fences = re.findall(r"^`{3,}", text, re.MULTILINE)
    assert fences in ([], [fence, fence])


def test_no_text_ends_the_block_of_a_diff() -> None:
    document = hostile().document
    diff = Diff(path="Dockerfile", text="-RUN a\n```\n# heading\n+RUN b")
    plan = document.plan.model_copy(update={"diffs": (diff,)})
    text = markdown(document.model_copy(update={"plan": plan}))
    assert "````diff\n-RUN a\n```\n# heading\n+RUN b\n````" in text
