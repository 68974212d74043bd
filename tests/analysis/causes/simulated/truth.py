"""Why each root of a build of the model missed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.analysis.causes.simulated.dockerfiles import Given
    from tests.analysis.causes.simulated.graphs import Vertex
    from tests.analysis.causes.simulated.shown import Transfer
    from tests.analysis.causes.simulated.solver import Solved

# The model cannot say why, as where a result of a stage that hit is used for the first time.
UNDECIDED = "undecided"


@dataclass(frozen=True)
class Conditions:
    """What a build was done under."""

    first: bool
    cold: bool
    no_cache: bool
    imports: list[Transfer]
    imported: bool


@dataclass
class Memory:
    """What was built before, over all builders."""

    tried: dict[str, str] = field(default_factory=dict)
    last: dict[int, tuple[Vertex, Given, str | None]] = field(default_factory=dict)
    graph: list[Vertex] = field(default_factory=list)
    given: Given | None = None
    gone: set[str | None] = field(default_factory=set)

    def keep(self, solved: Solved, given: Given) -> None:
        for vertex in solved.order:
            self.tried[solved.keys[vertex]] = solved.status[vertex]
        for vertex in solved.status:
            if vertex.kind == "op" and vertex.op:
                self.last[vertex.op.uid] = (vertex, given, solved.keys.get(vertex))
        self.graph, self.given = solved.graph, given

    def roots(self, solved: Solved, given: Given, under: Conditions) -> dict[str, set[str]]:
        """Labels of each root by the name of its step; any of them is right."""
        missed = set(solved.order)
        found: dict[str, set[str]] = {}
        for vertex in solved.misses:
            if not set(vertex.inputs) & missed:
                labels = self._why(vertex, solved, given, under)
                found.setdefault(vertex.step_name, set()).update(labels)
        return found

    def _why(self, vertex: Vertex, solved: Solved, given: Given, under: Conditions) -> set[str]:
        key = solved.keys[vertex]
        tried = self.tried.get(key)
        if under.first:
            return {"first-build"}
        if under.cold and not under.imported:
            silent = any(error is None for _, error in under.imports)
            if silent:
                return {"cold"} | self._changed(vertex, given)
            return {"import-failed"} if under.imports else {"cold"}
        if tried == "run":
            why = "no-cache" if under.no_cache else "cold" if under.cold else "evicted"
            if why == "evicted" and key not in self.gone:
                why = UNDECIDED
            return {why} | self._looks(vertex, key, given)
        if tried:
            return {"previous-failure"} | self._looks(vertex, key, given)
        return self._changed(vertex, given) | ({"no-cache"} if under.no_cache else set())

    def _looks(self, vertex: Vertex, key: str, given: Given) -> set[str]:
        """What no log can tell from the truth: older keys come back, other files were sent."""
        op = vertex.op
        read = {name for one in self.graph if one.op for name in one.op.reads}
        files = self.given.files if self.given else {}
        sent = any(given.files[name] != files.get(name) for name in read)
        looks = {"content"} if op and op.reads and sent else set()
        if vertex.kind == "merge" or op is None or op.uid not in self.last:
            return looks
        if self.last[op.uid][2] == key:
            return looks
        return self._changed(vertex, given) - {UNDECIDED}

    def _changed(self, vertex: Vertex, given: Given) -> set[str]:
        """What differs from the last build that reached the instruction."""
        op = vertex.op
        if vertex.kind == "merge" or op is None:
            return self._merged(vertex)
        if op.uid not in self.last:
            return {"instruction"}
        then, given_then, _ = self.last[op.uid]
        labels: set[str] = set()
        if then.op and (then.op.text, then.op.body) != (op.text, op.body):
            labels.add("instruction")
        if any(given.files[name] != given_then.files.get(name) for name in op.reads):
            labels.add("content")
        if op.kind == "RUN":
            labels |= _environment(vertex, then, given, given_then)
        elif vertex.name.split("] ", 1)[1] != then.name.split("] ", 1)[1]:
            labels.add("build-arg")
        labels |= _bases(vertex, then)
        parents = [[one.op and one.op.uid for one in each.inputs] for each in (vertex, then)]
        return labels or {"instruction" if parents[0] != parents[1] else UNDECIDED}

    def _merged(self, vertex: Vertex) -> set[str]:
        """What changed below a `COPY --link` whose copy hit."""
        uid = vertex.op.uid if vertex.op else None
        then = [one for one in self.graph if one.kind == "merge" and one.op and one.op.uid == uid]
        if not then:
            return {"instruction"}
        return _bases(vertex, then[0]) or {UNDECIDED}


def _environment(vertex: Vertex, then: Vertex, given: Given, given_then: Given) -> set[str]:
    passed = {name for name, value in given.args.items() if given_then.args.get(name) != value}
    differ = {name for name, _ in set(vertex.env) ^ set(then.env)}
    labels = {"build-arg"} if differ & passed else set()
    names = [[name for name, _ in one.env] for one in (vertex, then)]
    return labels | ({"instruction"} if differ - passed or names[0] != names[1] else set())


def _bases(vertex: Vertex, then: Vertex) -> set[str]:
    now, before = ([p.key for p in one.inputs if p.kind == "from"] for one in (vertex, then))
    if now == before:
        return set()
    same_image = [key[0] for key in now] == [key[0] for key in before]
    return {"base-image" if same_image else "instruction"}
