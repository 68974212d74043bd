"""The model of BuildKit that predictions are held against."""

from __future__ import annotations

from random import Random

import pytest

from cachestats.analysis import exprs as ex
from cachestats.schema import Steps
from tests.advice.simulated.happening import STYLES, histories
from tests.advice.simulated.pairs import PAIRS, Pair, Side
from tests.advice.simulated.solver import Built, Event, Project
from tests.logs.logs import parsed

ORDERS = PAIRS[0]
COMMIT = Event(edits=("app/main.py",), new_sha=True)
PIP, TEST = "requirements.txt", "-v"
ALL_PAIRS = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)


def built(pair: Pair, side: Side, event: Event) -> Built:
    """The build of an event after a first one on a fresh builder that exports its cache."""
    project = Project(side.text, pair.files, Random(1))  # noqa: S311 (no secret)
    project.build(Event(cold=True, writes=True))
    return project.build(event)


def executed(*logs: str) -> tuple[list[str], float]:
    """Which RUNs logs show as executed, by their last word; and what all steps took."""
    steps = parsed(*logs).steps.filter(ex.IS_LAYER, ex.IS_MISS)
    runs = steps.filter(Steps.text.col.str.starts_with("RUN"))
    last_words = [text.split()[-1] for text in runs[Steps.text.name]]
    return last_words, float(steps[Steps.duration_s.name].sum())


@pytest.mark.parametrize(
    ("event", "before", "after"),
    [
        pytest.param(Event(), [], [], id="nothing"),
        pytest.param(COMMIT, ["libpq-dev", "/opt/venv", PIP, TEST], [TEST], id="commit"),
        pytest.param(Event(edits=COMMIT.edits), [PIP, TEST], [TEST], id="the same commit"),
        pytest.param(Event(edits=(PIP,)), [PIP, TEST], [PIP, TEST], id="manifest"),
        pytest.param(Event(cold=True, reads="ok"), [], [], id="import"),
        pytest.param(Event(evict="pip"), [PIP, TEST], [PIP, TEST], id="evicted"),
        pytest.param(Event(edits=COMMIT.edits, fails="pip"), [PIP], [TEST], id="fails"),
    ],
)
def test_what_an_event_makes_miss(event: Event, before: list[str], after: list[str]) -> None:
    sides = ORDERS.before, ORDERS.after
    found = [executed(built(ORDERS, side, event).log)[0] for side in sides]
    assert found == [before, after]


@pytest.mark.parametrize(
    "event",
    [
        Event(cold=True),
        Event(no_cache=True),
        Event(new_base=True),
        Event(cold=True, reads="missing"),
    ],
    ids=["cold", "no cache", "base", "import fails"],
)
def test_what_makes_all_miss(event: Event) -> None:
    assert len(executed(built(ORDERS, ORDERS.before, event).log)[0]) == 4


@ALL_PAIRS
@pytest.mark.parametrize("style", STYLES)
def test_the_logs_tell_what_was_executed_and_how_long(pair: Pair, style: str) -> None:
    # Plain progress says of no failed step how long it took.
    made = [one for one in histories(pair, style, 7, runs=8).before if "boom" not in one.log]
    logs, times = [one.log for one in made], [one.machine_s for one in made]
    assert executed(*logs)[1] == pytest.approx(sum(times))


@ALL_PAIRS
def test_on_a_commit_the_better_dockerfile_executes_less(pair: Pair) -> None:
    commit = Event(edits=pair.sources[:1], new_sha=True)
    before, after = (built(pair, side, commit) for side in (pair.before, pair.after))
    assert after.machine_s < before.machine_s
    assert set(executed(after.log)[0]) < set(executed(before.log)[0])


@ALL_PAIRS
def test_other_packages_are_printed_once_the_manifest_changed(pair: Pair) -> None:
    """As otherwise nothing in a log could tell whether it had."""
    same, other = (
        built(pair, pair.before, Event(edits=edits, no_cache=True)).log
        for edits in ((), pair.manifests)
    )
    said = [
        [line for line in log.splitlines() if "Successfully" in line or "go: down" in line]
        for log in (same, other)
    ]
    # npm prints no more than how many there are.
    assert (said[0] == said[1]) is pair.name.startswith("npm")
