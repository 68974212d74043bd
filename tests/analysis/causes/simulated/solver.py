"""The cache of the model: keys of operations and inputs, contents of what is copied, results."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from tests.analysis.causes.simulated.dockerfiles import Given, digest_of
from tests.analysis.causes.simulated.graphs import STEPS, Vertex


@dataclass
class Results:
    """What a cache holds: key to identity and content."""

    held: dict[str, tuple[str, str]] = field(default_factory=dict)

    def drop(self, key: str | None) -> None:
        for one, (identity, _) in list(self.held.items()):
            if one == key or identity == digest_of(key):
                del self.held[one]


@dataclass
class Solved:
    """How a build went."""

    graph: list[Vertex]
    status: dict[Vertex, str]  # hit, run, failed, canceled; absent: never reached
    keys: dict[Vertex, str]
    order: list[Vertex]  # as executed

    @property
    def ended_badly(self) -> bool:
        return bool({"failed", "canceled"} & set(self.status.values()))

    @property
    def misses(self) -> list[Vertex]:
        """Vertices that were executed to an end."""
        return [vertex for vertex in self.order if self.status[vertex] != "canceled"]


@dataclass(frozen=True)
class Fate:
    """What befalls a build: whether it looks at no cache, which step ends badly and how."""

    no_cache: bool = False
    failing: int | None = None
    outcome: str = "failed"
    nonce: object = 0


class BuildError(Exception):
    """A step ended badly."""


class Solver:
    """One build."""

    def __init__(
        self, graph: list[Vertex], given: Given, caches: list[Results], fate: Fate
    ) -> None:
        self.given, self.caches, self.fate = given, caches, fate
        self.solved = Solved(graph, {}, {}, [])
        self.ids: dict[Vertex, str] = {}
        self.content: dict[Vertex, str] = {}
        self.stored: dict[Vertex, set[str]] = {}

    def solve(self) -> Solved:
        """Get the last vertex; whatever a hit stands on is a hit too, if nothing else is known."""
        with suppress(BuildError):
            self._need(self.solved.graph[-1])
        status = self.solved.status
        for vertex in reversed(self.solved.graph):
            if status.get(vertex) == "hit":
                for parent in vertex.inputs:
                    status.setdefault(parent, "hit")
        return self.solved

    def _held(self, key: str) -> tuple[str, str] | None:
        if self.fate.no_cache:
            return None
        return next((cache.held[key] for cache in self.caches if key in cache.held), None)

    def _look(self, vertex: Vertex) -> str:
        """Find the identity of a vertex, and whether it hits, without its result if possible."""
        if vertex in self.ids:
            return self.ids[vertex]
        ids = {parent: self._look(parent) for parent in vertex.inputs}
        key = digest_of(vertex.kind, vertex.key, list(ids.values()), self._files(vertex))
        found = (digest_of(key), key) if vertex.kind not in STEPS else self._held(key)
        keys = [key]
        if not found and vertex.kind == "op" and vertex.op and vertex.op.source:
            # A copy is known by what it copies, too.
            source = vertex.source
            self._need(source)
            others = [one for parent, one in ids.items() if parent is not source]
            keys.append(digest_of(vertex.key, others, self._files(vertex), self.content[source]))
            found = self._held(keys[-1])
            if found:
                self.caches[0].held[key] = found
        self.solved.keys[vertex] = keys[-1]
        if not found:
            self.stored[vertex] = set(keys)
        self.ids[vertex], self.content[vertex] = found or (digest_of(key), self._made(vertex, key))
        return self.ids[vertex]

    def _files(self, vertex: Vertex) -> list[tuple[str, int]]:
        if not vertex.op or vertex.kind != "op":
            return []
        return [(name, self.given.files[name][0]) for name in vertex.op.reads]

    def _made(self, vertex: Vertex, key: str) -> str:
        """The content that a vertex adds."""
        op = vertex.op
        if vertex.kind == "merge" or op is None:
            return self.content[vertex.inputs[1]]
        if op.kind == "RUN":
            return digest_of(op.text) if op.steady else digest_of(key, self.fate.nonce)
        if op.source:
            return self.content[vertex.source]
        if op.reads:
            return digest_of(self._files(vertex))
        return self.content.get(vertex.below, "") if vertex.below else ""

    def _need(self, vertex: Vertex) -> None:
        """Get the result of a vertex, from the cache or by executing it."""
        status = self.solved.status
        if vertex in status:
            return
        self._look(vertex)
        if vertex not in self.stored:
            status[vertex] = "hit"
            return
        for parent in vertex.inputs:
            self._need(parent)
        self.solved.order.append(vertex)
        if vertex.op and vertex.op.uid == self.fate.failing and vertex.kind == "op":
            status[vertex] = self.fate.outcome
            raise BuildError
        status[vertex] = "run"
        for key in self.stored[vertex]:
            self.caches[0].held[key] = (self.ids[vertex], self.content[vertex])


def standing_on(graph: list[Vertex], gone: Vertex) -> set[Vertex]:
    """A vertex and all whose result holds its own."""
    found = {gone}
    for vertex in graph:
        on = vertex.inputs if vertex.kind == "merge" else [vertex.below]
        if found & set(on):
            found.add(vertex)
    return found
