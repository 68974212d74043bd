"""The numbers of a report of four runs that one can add up by hand."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from cachestats.analysis.filters import Filters
from cachestats.schema import Cause, Confidence, MissClass, MissRows, Outcome
from cachestats.settings import Price, Settings
from tests.builders import runs, steps
from tests.figures.tables import MONDAY, WEEK, misses
from tests.report.weeks import Given

DAY = timedelta(days=1)
PRICED = Settings(
    prices=(Price(runner="big", price_per_minute=0.6, since=date(2026, 1, 1), rounded=False),)
)
RUNS = runs(
    run_id=["before", "first", "second", "other"],
    project=["shop", "shop", "shop", "blog"],
    branch=["main", "main", "fix", "main"],
    commit=["c0", "c1", "c2", "c3"],
    started_at=[MONDAY - DAY, MONDAY, MONDAY + DAY, MONDAY + DAY],
    wall_s=[10.0, 60.0, 30.0, 5.0],
    outcome=[Outcome.DONE, Outcome.DONE, Outcome.FAILED, Outcome.DONE],
    runner=["big", "big", "big", None],
)
STEPS = steps(
    run_id=["before", "first", "second", "other", "other"],
    step_no=[1, 1, 1, 1, 2],
    layer_id=["l1", "l1", "l1", "l2", "l3"],
    text=["RUN make", "RUN make", "RUN make", "RUN hugo", "COPY . ."],
    outcome=[Outcome.DONE, Outcome.DONE, Outcome.DONE, Outcome.CACHED, Outcome.DONE],
    duration_s=[10.0, 60.0, 30.0, None, 5.0],
)


def missed() -> pl.DataFrame:
    return misses(
        run_id=["before", "first", "second", "other"],
        project=["shop", "shop", "shop", "blog"],
        started_at=[MONDAY - DAY, MONDAY, MONDAY + DAY, MONDAY + DAY],
        layer_id=["l1", "l1", "l1", "l3"],
        text=["RUN make", "RUN make", "RUN make", "COPY . ."],
        cost_s=[10.0, 60.0, 30.0, 5.0],
        cause=[Cause.COLD_BUILDER] * 3 + [Cause.CONTENT_CHANGE],
        confidence=[Confidence.HIGH, Confidence.HIGH, Confidence.LOW, Confidence.HIGH],
        **{"class": [MissClass.AVOIDABLE] * 3 + [MissClass.LEGITIMATE]},
    )


GIVEN = Given(runs=RUNS, steps=STEPS, misses=missed())


def test_headline() -> None:
    head = GIVEN.report().document.headline
    assert (head.runs, head.failed_runs, head.projects) == (3, 1, 2)
    assert (head.waste_s, head.avoidable_s, head.structural_s) == (90.0, 90.0, 0.0)
    assert (head.per_run_s, head.waste_ratio) == (30.0, round(90 / 95, 6))
    assert (head.ratios.hits, head.ratios.misses, head.ratios.hits_without_baseline) == (1, 3, 1)
    assert head.last_week.per_run_s == head.four_weeks.per_run_s == 10.0
    assert (head.last_week.verdict, head.last_week.change_ratio) == ("worse", 2.0)
    assert head.last_week.weeks == ("2026-W44",)


def test_money_is_wall_minutes_times_the_price() -> None:
    money = GIVEN.report(PRICED).document.headline.money
    assert (money.minutes, money.minutes_priced, money.currency) == (1.5, 1.5, "USD")
    assert (money.low, money.mid, money.high) == pytest.approx((0.9, 0.9, 0.9))


def test_without_a_price_there_is_no_amount() -> None:
    money = GIVEN.report().document.headline.money
    assert (money.mid, money.minutes_unpriced) == (None, 1.5)


def test_layers_by_waste() -> None:
    (layer,) = GIVEN.report().document.layers
    assert (layer.rank, layer.project, layer.stage, layer.text) == (
        1,
        "shop",
        "builder",
        "RUN make",
    )
    assert (layer.waste_s, layer.waste_ratio, layer.runs, layer.misses) == (90.0, 1.0, 2, 2)


def test_what_got_worse_since_which_commit() -> None:
    (change,) = GIVEN.report().document.worse
    assert (change.per_run_s, change.before_per_run_s, change.added_s) == (45.0, 10.0, 70.0)
    assert (change.run_id, change.commit, change.cause) == ("first", "c1", "cold_builder")


def test_projects_most_waste_first() -> None:
    shop, blog = GIVEN.report().document.projects
    assert (shop.project, shop.runs, shop.failed_runs, shop.waste_s) == ("shop", 2, 1, 90.0)
    assert (shop.per_run_s, shop.change_ratio, shop.verdict) == (45.0, 3.5, "worse")
    assert shop.weeks == (None,) * 6 + (10.0, 45.0)
    assert (blog.waste_s, blog.verdict, blog.spark) == (0.0, "unknown", "·······▁")


def test_method() -> None:
    method = GIVEN.report().document.method
    assert (method.runs, method.history_runs, method.undated_runs, method.rejects) == (3, 4, 2, 3)
    assert (method.baseline_ratio, method.unknown_ratio, method.new_projects) == (0.0, 0.0, 1)
    assert [(one.name, one.seconds) for one in method.confidences] == [
        ("high", 60.0),
        ("low", 30.0),
    ]
    assert method.formats == {"plain": 3}


def test_waste_is_as_sure_as_the_cause_of_its_root() -> None:
    cascade = misses(
        run_id=["first", "first"],
        step_no=[1, 2],
        confidence=[Confidence.LOW, Confidence.CERTAIN],
        is_root=[True, False],
        cost_s=[1.0, 9.0],
    )
    method = Given(runs=RUNS, steps=STEPS, misses=cascade).report().document.method
    assert [(one.name, one.seconds) for one in method.confidences] == [("low", 10.0)]


def test_a_report_says_what_it_leaves_out() -> None:
    report = Given(runs=RUNS, steps=STEPS, where=Filters(project="<shop>", branch="main")).report()
    assert report.document.filters.model_dump(exclude_none=True) == {
        "project": "<shop>",
        "branch": "main",
    }
    assert "Only project &lt;shop&gt;, branch main." in report.to_html()
    assert "\nOnly project &lt;shop&gt;, branch main.\n" in report.to_markdown()
    assert "Only project <shop>, branch main." in report.sentences()
    whole = GIVEN.report()
    assert "Only " not in whole.to_markdown() + "".join(whole.sentences())


def test_one_of_several_causes_is_not_said_to_be_all() -> None:
    several = missed().with_columns(
        pl.Series(
            "root_cause", [Cause.COLD_BUILDER] * 2 + [Cause.EVICTED, Cause.CONTENT_CHANGE]
        ).cast(MissRows.root_cause.dtype)
    )
    report = Given(runs=RUNS, steps=STEPS, misses=several).report()
    assert report.document.layers[0].cause_ratio == round(60 / 90, 6)
    assert "mostly cold builder (67 %)" in report.to_markdown()
    assert "mostly cold builder (67\N{NO-BREAK SPACE}%)" in report.to_html()
    assert "mostly" not in GIVEN.report().to_markdown()


def test_no_remote_cache_is_said_of_the_days_looked_at() -> None:
    said = "No run of the 28 days up to the end of the week reads or writes a remote cache."
    report = GIVEN.report()
    assert said in report.to_markdown()
    assert said in report.to_html()


def test_filters_choose_what_is_reported() -> None:
    given = Given(runs=RUNS, steps=STEPS, misses=missed(), where=Filters(branch="main"))
    document = given.report().document
    assert (document.headline.runs, document.headline.waste_s) == (2, 60.0)


def test_the_worst_project_has_the_barcode() -> None:
    report = GIVEN.report()
    assert report.document.worst_project == "shop"
    assert set(report._drawn.cells["project"]) == {"shop"}  # noqa: SLF001


def test_a_week_without_runs_is_all_zeros() -> None:
    later = RUNS.with_columns(pl.col("started_at") - WEEK * 2)
    document = Given(runs=later, steps=STEPS).report().document
    assert (document.headline.runs, document.headline.waste_s, document.projects) == (0, 0.0, ())
    assert document.headline.per_run_s is None


def test_no_runs_at_all() -> None:
    report = Given(runs=RUNS.clear(), steps=STEPS.clear()).report()
    assert report.document.headline.last_week.verdict == "unknown"
    assert "No run started in this week." in report.to_markdown()
    assert "No run started in this week." in report.to_html()


@pytest.mark.parametrize("how", ["to_html", "to_markdown", "to_json", "_repr_html_"])
def test_rows_in_any_order_give_the_same_bytes(how: str) -> None:
    turned = Given(
        runs=RUNS.sort("run_id"), steps=STEPS.sort("duration_s"), misses=missed().reverse()
    )
    assert getattr(turned.report(), how)() == getattr(GIVEN.report(), how)()
