"""Savings predicted from simulated builds of bad Dockerfiles, beside what good ones saved."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from cachestats.advice.advise import Tables, advised
from cachestats.advice.document import SuggestionKind
from cachestats.api.answers import lineages
from tests.advice.simulated.happening import STYLES, histories, write
from tests.advice.simulated.pairs import PAIRS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachestats.advice.document import Saving
    from tests.advice.simulated.happening import Histories
    from tests.advice.simulated.pairs import Pair

SEEDS = (0, 1)
KINDS = frozenset(
    SuggestionKind(kind)
    for kind in ("reorder", "split_copy", "cache_mount", "bind_mount", "move_volatile")
)


@dataclass(frozen=True)
class Predicted:
    """A saving as it was predicted and as it was, seconds."""

    name: str
    true: float
    said: Saving

    @property
    def error(self) -> float:
        """As a share of the truth."""
        return abs(self.said.mid - self.true) / self.true

    @property
    def is_covered(self) -> bool:
        """Whether the range holds the truth."""
        return self.said.low <= self.true <= self.said.high

    @property
    def width(self) -> float:
        """Of the range, as a share of the truth."""
        return (self.said.high - self.said.low) / self.true


@dataclass(frozen=True)
class Measures:
    """Machine and wall time over all histories."""

    machine: list[Predicted]
    wall: list[Predicted]


@pytest.fixture(scope="module")
def measures(tmp_path_factory: pytest.TempPathFactory) -> Measures:
    folder = tmp_path_factory.mktemp("pairs")
    built = {
        f"{pair.name} {style} {seed}": histories(pair, style, seed)
        for pair in PAIRS
        for style in STYLES
        for seed in SEEDS
    }
    for name, both in built.items():
        write(both.before, folder / "logs" / name)
    store = cs.open_store(folder / "store", create=True)
    store.ingest(folder / "logs")
    tables = Tables(
        runs=store.runs().collect(),
        steps=store.steps().collect(),
        facts=store.facts().collect(),
        cache_io=store.cache_io().collect(),
        misses=cs.misses(store).collect(),
        lineages=lineages(store).collect(),
        ledger=cs.ledger(store).collect(),
    )
    machine, wall = [], []
    for name, both in built.items():
        newest = both.before[-1].dockerfile
        found = advised(tables.of(name), dockerfile=newest, kinds=KINDS).combined
        machine.append(Predicted(name, saved(both, "machine_s"), found.machine_s))
        wall.append(Predicted(name, saved(both, "wall_s"), found.wall_s))
    return Measures(machine, wall)


def saved(both: Histories, what: str) -> float:
    before, after = (sum(getattr(one, what) for one in side) for side in both)
    return float(before - after)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_good_dockerfile_of_each_pair_saves(pair: Pair, measures: Measures) -> None:
    mine = [one for one in measures.machine if one.name.split()[0] == pair.name]
    assert len(mine) == len(STYLES) * len(SEEDS)
    assert min(one.true for one in mine) > 20


def test_ranges_are_in_order_and_predict_a_saving(measures: Measures) -> None:
    for one in (*measures.machine, *measures.wall):
        assert one.said.low <= one.said.mid <= one.said.high, one
        assert one.said.mid > 0, one


@pytest.mark.parametrize(
    ("what", "error", "covered", "width"), [("machine", 0.09, 0.9, 0.42), ("wall", 0.13, 0.78, 0.4)]
)
def test_predictions_are_near_and_their_ranges_hold_the_truth(
    measures: Measures, what: str, error: float, covered: float, width: float
) -> None:
    found: Sequence[Predicted] = getattr(measures, what)
    assert fmean(one.error for one in found) <= error, list(worst(found))
    assert fmean(one.is_covered for one in found) >= covered, list(worst(found))
    assert fmean(one.width for one in found) <= width


def worst(found: Sequence[Predicted]) -> Iterator[str]:
    """The predictions that are furthest off."""
    for one in sorted(found, key=lambda each: -each.error)[:5]:
        yield f"{one.name}: {one.true:.0f} s, said {one.said}"
