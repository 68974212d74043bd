"""What a build of the model shows, whatever the format it is written down in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.analysis.causes.simulated.graphs import STEPS, Vertex

if TYPE_CHECKING:
    from datetime import datetime

    from tests.analysis.causes.simulated.solver import Solved

PULL = ("sha256:" + "ab" * 32, "extracting sha256:" + "ab" * 32)
Transfer = tuple[str, str | None]  # name, error
BAD_END = 'process "/bin/sh -c x" did not complete successfully: exit code: 1'


@dataclass
class Shown:
    """What a build shows beside its steps."""

    at: datetime
    session: int
    dockerfile_bytes: int
    context_bytes: int
    pulled: set[Vertex]  # bases
    pushed: str
    booted: bool = False
    imports: list[Transfer] = field(default_factory=list)
    exports: list[Transfer] = field(default_factory=list)


def groups(solved: Solved) -> dict[tuple[int, int], list[Vertex]]:
    """Instruction vertices by step."""
    found: dict[tuple[int, int], list[Vertex]] = {}
    for vertex in solved.graph:
        if vertex.kind in STEPS:
            found.setdefault(vertex.step, []).append(vertex)
    return found


def outcome_of(solved: Solved, members: list[Vertex]) -> str | None:
    """Outcome of a step: hit only if all its vertices are."""
    outcomes = [solved.status.get(vertex) for vertex in members]
    return next((one for one in ("failed", "canceled", "run", "hit") if one in outcomes), None)
