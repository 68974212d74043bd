"""What runs would have taken otherwise: downloads, pulls and exports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cachestats.advice.replay import Change
from cachestats.schema import Cause
from tests.advice.told import SECONDS, Told, below, hit, root

CONTENT, COLD = Cause.CONTENT_CHANGE, Cause.COLD_BUILDER
COPY_FIRST = "FROM alpine\nCOPY src src\nRUN apk add git\nRUN make\n"
SPLIT = "FROM python\nCOPY . /app/\nRUN pip install -r /app/requirements.txt\nRUN make\n"


def saved(told: Told, change: Change) -> tuple[float, float, float]:
    """Machine time that a change would have saved."""
    machine, _ = told.replayed().saved(change)
    return machine.low, machine.mid, machine.high


def test_a_cache_mount_spares_the_download_and_nothing_on_a_fresh_builder() -> None:
    told = Told(SPLIT)
    told.ran({2: root(CONTENT), 3: below(CONTENT, 2, download_s=4.0), 4: below(CONTENT, 2)})
    told.ran({2: root(COLD), 3: below(COLD, 2), 4: below(COLD, 2)}, pulled_base_s=5.0)
    change = Change(file=told.file, cached=frozenset({told.index(3)}))
    low, mid, high = saved(told, change)
    assert mid == 4.0
    assert low < mid < high


def test_what_hits_on_a_fresh_builder_has_to_be_pulled() -> None:
    told = Told(COPY_FIRST)
    lines = {2: root(CONTENT), 3: below(CONTENT, 2), 4: below(CONTENT, 2)}
    told.ran(lines)
    warm = told.replayed().saved(told.change(1, 3, 2, 4))[1]
    told.runs.clear()
    told.ran(lines, pulled_base_s=3.0, imports=frozenset({"gha"}))
    # Nothing was ever pulled in these runs: layers are taken to be as large as their base.
    cold = told.replayed().saved(told.change(1, 3, 2, 4))[1]
    assert warm.mid - cold.mid == 3.0


@pytest.mark.parametrize(
    ("download_s", "mid", "best"),
    [(0.0, 3.0, 10.0), (4.0, 4.0, 10.0), (14.0, 14.0, 14.0), (40.0, 20.0, 20.0)],
)
def test_a_cache_mount_spares_what_the_log_tells_or_a_share(
    download_s: float, mid: float, best: float
) -> None:
    told = Told(SPLIT)
    install = replace(below(CONTENT, 2, download_s=download_s), seconds=20.0)
    told.ran({2: root(CONTENT), 3: install, 4: below(CONTENT, 2)})
    low, likely, high = saved(told, Change(file=told.file, cached=frozenset({told.index(3)})))
    assert likely == pytest.approx(mid)
    # Six tenths of the way to nothing, eight tenths to the best, and as much doubt at both ends.
    doubt = 0.4 * mid - low
    assert doubt > 0
    assert high == pytest.approx(mid + 0.8 * (best - mid) + doubt)


def cured(told: Told, restore_s: float, cause: Cause) -> tuple[float, float]:
    """Wall time saved if a cause were cured: as is likely, and if one is hopeful, widened."""
    told.restore_s = restore_s
    wall = told.replayed().saved(Change(file=told.file, cured=frozenset({cause})))[1]
    return wall.mid, wall.high


COLD_RUN = {2: root(COLD), 3: below(COLD, 2), 4: below(COLD, 2, cause=Cause.INSTRUCTION_EDIT)}


def test_a_fresh_builder_that_goes_on_to_execute_something_pulls_what_hits() -> None:
    told = Told(COPY_FIRST)
    told.ran(COLD_RUN, pulled_base_s=3.0)
    # Of 20 s, 8 - 3 go to pulling what hits, or else as long again as its base image.
    assert cured(told, 8.0, COLD)[0] == 15.0
    assert cured(told, 0.0, COLD)[0] == 17.0
    assert cured(told, 2.0, COLD)[0] == 20.0
    assert cured(told, 8.0, COLD)[1] > 15.0 + 0.8 * 5.0


def test_a_fresh_builder_that_executes_nothing_pulls_nothing() -> None:
    told = Told(COPY_FIRST)
    told.ran({2: root(COLD), 3: below(COLD, 2), 4: below(COLD, 2)}, pulled_base_s=3.0)
    assert cured(told, 8.0, COLD)[0] == 30.0


def test_a_warm_builder_pulls_nothing() -> None:
    told = Told(COPY_FIRST)
    told.ran(COLD_RUN, imports=frozenset({"gha"}))
    assert cured(told, 8.0, COLD)[0] == 20.0


def test_a_fresh_builder_without_a_cache_pulls_nothing() -> None:
    told = Told(COPY_FIRST)
    lines = {2: root(CONTENT), 3: below(CONTENT, 2), 4: below(CONTENT, 2)}
    told.ran(lines, pulled_base_s=3.0)
    assert told.replayed().saved(told.change(1, 3, 2, 4))[1].mid == SECONDS


def test_what_is_not_built_need_not_be_exported() -> None:
    told = Told(COPY_FIRST)
    told.ran({2: root(CONTENT), 3: hit(), 4: below(CONTENT, 2)}, export_s=2.0)
    told.ran({2: root(CONTENT), 3: below(CONTENT, 2), 4: below(CONTENT, 2)}, export_s=6.0)
    machine, wall = told.replayed().saved(told.change(1, 3, 2, 4))
    assert (machine.mid, wall.mid) == (SECONDS, SECONDS + 4.0)


def test_where_nothing_is_built_any_more_only_the_hopeful_expect_no_export() -> None:
    told = Told(COPY_FIRST)
    told.ran({2: root(COLD), 3: below(COLD, 2), 4: below(COLD, 2)}, export_s=6.0)
    mid, high = cured(told, 0.0, COLD)
    assert mid == 30.0
    assert high > 30.0 + 0.8 * 6.0


def test_layers_of_a_stage_that_the_image_is_not_built_on_hardly_count_for_its_export() -> None:
    told = Told("FROM alpine AS a\nCOPY x x\nRUN a\nFROM alpine\nRUN b\nCOPY --from=a /y /y\n")
    lines = {2: root(CONTENT), 3: below(CONTENT, 2), 5: root(Cause.EVICTED), 6: below(CONTENT, 2)}
    told.ran({2: hit(), 3: hit(), 5: hit(), 6: root(CONTENT)}, export_s=2.0)
    told.ran(lines, export_s=8.0)
    wall = told.replayed().saved(told.change(1, 3, 2, 4, 5, 6))[1]
    # The stage is not waited for. Of 12 s of work between 2 s and 8 s, its 20 s are two.
    assert wall.mid == pytest.approx(8.0 - (2.0 + 6.0 * 11 / 12))
