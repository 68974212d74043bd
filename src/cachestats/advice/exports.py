"""How long exports take, by what was built: learned from the runs of a project."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cachestats.advice.history import History, Run

__all__ = ["Exports"]

MISSED_S = 0.05
ELSEWHERE = 0.1


class Seen(NamedTuple):
    """Layers that were built in a run, and what its exports took."""

    layers: frozenset[str]
    export_s: float


class Exports:
    """Estimates what exporting some layers takes.

    Each layer has a size that no log tells. But runs that built fewer or more layers were seen: an
    export takes no less than those of the former and no more than those of the latter, and between
    the two by the time that the layers took to build. What is of no stage of the image counts
    little: only an export of all stages to a remote cache holds it.
    """

    def __init__(self, history: History, elsewhere: Collection[str] = ()) -> None:
        """Learn from the runs of a project.

        Args:
            history: The runs.
            elsewhere: Layers that are in stages which no image is built on.
        """
        self._weights = {
            name: one.baseline_s * (ELSEWHERE if name in elsewhere else 1.0)
            for name, one in history.layers.items()
        }
        seen: dict[frozenset[str], list[float]] = {}
        for run in history.runs:
            if run.export_s > 0:
                seen.setdefault(_built(run), []).append(run.export_s)
        self._seen = [Seen(layers, median(times)) for layers, times in seen.items()]
        self._least = min((one.export_s for one in self._seen), default=0.0)
        self._known: dict[tuple[frozenset[str], float], float] = {}

    def share(self, run: Run, left: Mapping[str, float], *, hopeful: bool = False) -> float:
        """Which share of a run's export is left if other layers are built.

        Args:
            run: The run.
            left: What each of its layers would have taken.
            hopeful: Whether it may fall below what any run was seen to take, down to nothing for
                no layers.

        Returns:
            0 to 1.
        """
        layers = _built(run)
        would_be = frozenset(
            name
            for name in run.ran
            if left.get(name, run.ran[name].took_s) > MISSED_S and name in layers
        )
        if would_be == layers or run.export_s <= 0:
            return 1.0
        least = 0.0 if hopeful else self._least
        was = max(self._estimate(layers, least), run.export_s)
        return min(self._estimate(would_be, least) / was, 1.0) if was > 0 else 1.0

    def _estimate(self, layers: frozenset[str], least: float) -> float:
        key = layers, least
        if key not in self._known:
            self._known[key] = self._between(layers, least)
        return self._known[key]

    def _between(self, layers: frozenset[str], floor: float) -> float:
        below = [one for one in self._seen if one.layers <= layers]
        above = [one for one in self._seen if one.layers >= layers]
        fewer = max(below, key=lambda one: (one.export_s, -self._work(one.layers)), default=None)
        more = min(above, key=lambda one: (one.export_s, self._work(one.layers)), default=None)
        least, most = (
            (fewer.export_s, self._work(fewer.layers)) if fewer else (floor, 0.0),
            (more.export_s, self._work(more.layers)) if more else None,
        )
        if most is None or most[1] <= least[1] or most[0] <= least[0]:
            return least[0] if most is None else min(least[0], most[0])
        share = (self._work(layers) - least[1]) / (most[1] - least[1])
        return least[0] + (most[0] - least[0]) * min(max(share, 0.0), 1.0)

    def _work(self, layers: frozenset[str]) -> float:
        return sum(self._weights.get(layer, 0.0) for layer in layers)


def _built(run: Run) -> frozenset[str]:
    return frozenset(name for name, ran in run.ran.items() if ran.took_s > MISSED_S)
