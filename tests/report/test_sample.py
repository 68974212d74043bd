"""The report of the sample logs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from cachestats.schema import TrendRows
from tests.report.conftest import WEEK

if TYPE_CHECKING:
    from cachestats.schema import Column

GOLDEN = Path(__file__).parents[1] / "golden" / "report" / "sample_logs.md"


def test_golden_markdown(sample_report: cs.WeeklyReport, *, update_golden: bool) -> None:
    made = sample_report.to_markdown()
    if update_golden:
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(made, "utf-8")
    assert made == GOLDEN.read_text("utf-8")


def test_the_document_is_versioned_and_can_be_read_back(sample_report: cs.WeeklyReport) -> None:
    text = sample_report.to_json()
    assert json.loads(text)["schema_version"] == 1
    assert cs.ReportDocument.model_validate_json(text) == sample_report.document


def test_the_same_store_gives_the_same_bytes(
    sample_store: cs.Store, sample_report: cs.WeeklyReport
) -> None:
    again = cs.weekly_report(sample_store, week=WEEK, settings=cs.Settings())
    assert again.to_html() == sample_report.to_html()
    assert again.to_json() == sample_report.to_json()


@pytest.mark.parametrize(
    "column",
    [
        TrendRows.runs,
        TrendRows.hit_ratio,
        TrendRows.time_ratio,
        TrendRows.docker_ratio,
        TrendRows.waste_s,
        TrendRows.cost_s,
    ],
    ids=lambda column: column.name,
)
def test_weeks_are_what_trend_says(
    sample_store: cs.Store, sample_report: cs.WeeklyReport, column: Column
) -> None:
    told = cs.trend(sample_store).collect()[column.name].to_list()
    assert sample_report._drawn.trend[column.name].to_list() == pytest.approx(told)  # noqa: SLF001


def test_later_runs_change_nothing(sample_store: cs.Store) -> None:
    document = cs.weekly_report(sample_store, week="2026-W45", settings=cs.Settings()).document
    assert document.method.history_runs < sample_store.runs().collect().height
    assert max(document.headline.last_week.weeks) < "2026-W45"


def test_a_dockerfile_gives_the_diff(sample_store: cs.Store, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(DOCKERFILE, "utf-8")
    report = cs.weekly_report(
        sample_store, week=WEEK, dockerfiles={"orders-api": path}, settings=cs.Settings()
    )
    (diff,) = report.document.plan.diffs
    assert diff.path == path.as_posix().removeprefix("/")
    assert diff.text.startswith(f"--- a{path.as_posix()}\n")
    assert f"--- a{path}" in report.to_markdown()


def test_one_project_alone(sample_store: cs.Store) -> None:
    where = cs.Filters(project="billing")
    document = cs.weekly_report(
        sample_store, week=WEEK, settings=cs.Settings(), where=where
    ).document
    assert [row.project for row in document.projects] == ["billing"]
    assert {fix.project for fix in document.plan.fixes} == {"billing"}


DOCKERFILE = """\
FROM debian-python:12
ARG COMMIT=none
ENV COMMIT=$COMMIT
RUN apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev \\
    python3-dev libffi-dev
RUN python3 -m venv /opt/venv
WORKDIR /srv/orders
COPY . .
RUN pip install -r requirements.txt
"""


@pytest.mark.parametrize("every", ["", "1x", "week", "-1w", "0d", "1w2d", "99999d"])
def test_trend_refuses_what_is_no_period(sample_store: cs.Store, every: str) -> None:
    with pytest.raises(cs.UsageError, match="is no period such as 1d, 1w or 1mo"):
        cs.trend(sample_store, every=every)


@pytest.mark.parametrize("every", ["12h", "1d", "1w", "1mo", "1q", "1y"])
def test_trend_of_any_period_counts_each_run_once(sample_store: cs.Store, every: str) -> None:
    told = cs.trend(sample_store, every=every).collect()
    dated = sample_store.runs().drop_nulls(cs.Runs.started_at.name).collect()
    assert told[cs.TrendRows.runs.name].sum() == dated.height


def test_layers_of_the_week_have_the_hit_ratios_of_the_report(
    sample_store: cs.Store, sample_report: cs.WeeklyReport
) -> None:
    week = sample_report.document.week
    where = cs.Filters(since=week.since_at, until=week.until_at)
    of_steps = where.steps(sample_store.steps(), sample_store.runs())
    found = cs.hit_ratio(cs.layers(sample_store, where=where), of_steps).collect().to_dicts()[0]
    said = sample_report.document.headline.ratios
    for name in ("hits", "misses", "saved_s", "time_ratio", "hits_without_baseline"):
        assert found[name] == pytest.approx(getattr(said, name), abs=1e-5), name


def test_a_branch_hits_what_another_branch_executed(sample_store: cs.Store) -> None:
    """A report of one branch knows the baselines of all, as `layers` does."""
    where = cs.Filters(branch="main")
    report = cs.weekly_report(sample_store, week=WEEK, settings=cs.Settings(), where=where)
    week = report.document.week
    within = cs.Filters(branch="main", since=week.since_at, until=week.until_at)
    saved = cs.layers(sample_store, where=within).collect()["saved_s"].sum()
    assert report.document.headline.ratios.saved_s == pytest.approx(saved, abs=1e-5)


def test_the_ledger_figure_has_the_order_of_the_table(sample_report: cs.WeeklyReport) -> None:
    drawn = sample_report._drawn.ledger  # noqa: SLF001
    nets = drawn["net_s"].abs().to_list()
    assert nets == sorted(nets, reverse=True)
    assert drawn["ref"].to_list() == [cache.ref for cache in sample_report.document.caches]


def test_savings_of_several_projects_can_be_told_apart(sample_store: cs.Store) -> None:
    found = cs.advise(sample_store)
    titles = found.savings()["title"].to_list()
    assert titles[:-1] == [f"{one.project}: {one.title}" for one in found.suggestions]
    of_one = cs.advise(sample_store, where=cs.Filters(project="billing"))
    assert of_one.savings()["title"][0] == of_one.suggestions[0].title
