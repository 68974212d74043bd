from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachestats.analysis.causes.roots import walk


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    """Missed parents of each missed step, all of them earlier; none for a root."""
    size = draw(st.integers(1, 12))
    return [
        sorted(draw(st.sets(st.integers(0, step - 1), max_size=3))) if step else []
        for step in range(size)
    ]


def above(graph: list[list[int]], step: int) -> set[int]:
    if not graph[step]:
        return {step}
    return set().union(*(above(graph, parent) for parent in graph[step]))


@given(graphs())
def test_roots_are_the_misses_above_that_have_no_missed_parent(graph: list[list[int]]) -> None:
    pattern = ";".join(",".join(map(str, parents)) or "r" for parents in graph)
    assert walk(pattern) == [sorted(above(graph, step)) for step in range(len(graph))]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("r;r|0;1", [[0], [1], [0, 1]]),
        ("r;r;1|0;2", [[0], [1], [1], [0, 1]]),
        ("r;r|0;r|1;2", [[0], [1], [2], [0, 1, 2]]),
        ("r;r|0;1;r|2;3", [[0], [1], [0, 1], [3], [0, 1, 3]]),
    ],
)
def test_what_a_link_is_merged_with_counts_for_the_steps_below(
    pattern: str, found: list[list[int]]
) -> None:
    assert walk(pattern) == found


def test_steps_that_are_each_others_parent_end() -> None:
    assert len(walk("1;0")) == len(walk("r|1;0")) == 2
