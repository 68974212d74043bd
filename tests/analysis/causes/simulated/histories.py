"""Random histories of projects: what was changed, built where, with which cache; and the truth."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.analysis.causes.simulated.dockerfiles import Given, digest_of
from tests.analysis.causes.simulated.graphs import STEPS, Graph, Vertex
from tests.analysis.causes.simulated.plain_log import plain
from tests.analysis.causes.simulated.project import Project
from tests.analysis.causes.simulated.rawjson_log import rawjson
from tests.analysis.causes.simulated.shown import Shown, Transfer
from tests.analysis.causes.simulated.solver import Fate, Results, Solved, Solver, standing_on
from tests.analysis.causes.simulated.truth import Conditions, Memory

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
CACHES = ("none", "none", "registry-max", "registry-min", "gha", "inline")
SPECIAL = {"": 10, "cold": 1, "no-cache": 1, "evict": 1.5, "fail": 1, "cancel": 0.5}
EXPORTS = {
    "gha": "exporting to GitHub Actions Cache",
    "inline": "preparing layers for inline cache",
}


@dataclass
class Builder:
    cache: Results = field(default_factory=Results)
    synced: dict[str, int] = field(default_factory=dict)
    bases: set[tuple[object, ...]] = field(default_factory=set)


@dataclass
class Built:
    """One build: its logs, and the truth of its misses."""

    project: str
    number: int
    commit: str | None
    at: datetime
    plain: str
    rawjson: str
    roots: dict[str, set[str]]
    misses: set[str]
    change: str


class World:
    """A project, its builders and its caches over time."""

    def __init__(self, seed: int) -> None:
        self.source = Project(seed)
        self.rng = rng = self.source.rng
        self.project = f"p{seed}"
        self.tells_commit = self.source.uses_commit or rng.random() < 0.5
        self.tags_commit = rng.random() < 0.5
        self.cache = rng.choice(CACHES)
        self.always_cold = self.cache != "none" and rng.random() < 0.5
        self.boots = self.always_cold and rng.random() < 0.5
        self.builder, self.remote = Builder(), Results()
        self.exported = False
        self.memory = Memory()
        self.at = START
        self.broken: int | None = None

    def build(self, number: int) -> Built:
        first = number == 1
        said = [] if first else self.source.change()
        special = "" if first else self.rng.choices(list(SPECIAL), list(SPECIAL.values()))[0]
        cold = first or self.always_cold or special == "cold"
        self.at += timedelta(hours=self.rng.choice([1, 5, 20]))
        if cold:
            self.builder = Builder()
        given = self.source.given()
        graph = Graph(self.source.dockerfile, given).vertices
        if special == "evict":
            self._evict(graph, given)
        imports, imported = self._imports()
        fate = self._fate(special, graph, number)
        caches = [self.builder.cache, *([self.remote] if imported else [])]
        solved = Solver(graph, given, caches, fate).solve()
        shown = self._shown(solved, given, number, imports)
        shown.booted = self.boots and cold
        under = Conditions(first, cold, fate.no_cache, imports, imported)
        built = Built(
            self.project,
            number,
            given.args["GIT_SHA"] if self.tells_commit else None,
            self.at,
            plain(solved, shown, self.rng),
            rawjson(solved, shown),
            self.memory.roots(solved, given, under),
            {vertex.step_name for vertex in solved.misses},
            ", ".join([*said, special, "cold" if cold else "warm", self.cache]),
        )
        self.memory.keep(solved, given)
        if shown.exports and not solved.ended_badly:
            self._export(solved)
        return built

    def _evict(self, graph: list[Vertex], given: Given) -> None:
        """Drop a result of the builder, and with it all that stand on it."""
        probe = Results(dict(self.builder.cache.held))
        solved = Solver(graph, given, [probe], Fate(nonce="probe")).solve()
        hits = [one for one in graph if one.kind in STEPS and solved.status.get(one) == "hit"]
        if not hits:
            return
        for vertex in standing_on(graph, self.rng.choice(hits)):
            self.builder.cache.drop(solved.keys.get(vertex))
            self.memory.gone.add(solved.keys.get(vertex))

    def _imports(self) -> tuple[list[Transfer], bool]:
        rng = self.rng
        if self.cache == "none" or rng.random() < 0.1:
            return [], False
        fails = rng.random() < 0.1
        if self.cache == "gha":
            name = f"gha:{rng.getrandbits(60)}"
            if fails:
                return [(name, "failed to parse error response 503: <html></html>")], False
            return [(name, None)], self.exported and rng.random() < 0.9
        suffix = ":latest" if self.cache == "inline" else "-cache:main"
        name = f"localhost:5000/{self.project}{suffix}"
        if fails or not self.exported:
            return [
                (name, f"failed to configure registry cache importer: {name}: not found")
            ], False
        return [(name, None)], True

    def _fate(self, special: str, graph: list[Vertex], number: int) -> Fate:
        rng = self.rng
        failing, self.broken = self.broken, None
        uids = [one.op.uid for one in graph if one.op and one.op.kind == "RUN"]
        if special in {"fail", "cancel"} and uids:
            failing = rng.choice(uids)
            # Some stay broken for another run.
            self.broken = failing if rng.random() < 0.3 else None
        outcome = "canceled" if special == "cancel" else "failed"
        return Fate(special == "no-cache", failing, outcome, (number, self.project))

    def _shown(self, solved: Solved, given: Given, number: int, imports: list[Transfer]) -> Shown:
        builder = self.builder
        read = {name for one in solved.graph if one.op for name in one.op.reads}
        new = {name for name in read if builder.synced.get(name) != given.files[name][0]}
        sent = 40 + 55 * len(read) + sum(given.files[name][1] for name in new)
        builder.synced |= {name: given.files[name][0] for name in read}
        wanted = {one.below for one in solved.order if one.below and one.below.kind == "from"}
        pulled = {one for one in wanted if one.key not in builder.bases}
        builder.bases |= {one.key for one in pulled}
        tag = given.args["GIT_SHA"][:12] if self.tags_commit else "latest"
        exports: list[Transfer] = []
        if self.cache != "none" and self.rng.random() < 0.9:
            exports = [(EXPORTS.get(self.cache, "exporting cache to registry"), None)]
        return Shown(
            self.at,
            number,
            self.source.dockerfile.size,
            sent,
            pulled,
            f"localhost:5000/{self.project}:{tag}",
            imports=imports,
            exports=exports,
        )

    def _export(self, solved: Solved) -> None:
        """Write the results of all stages, or those that the last one stands on."""
        self.exported = True
        kept = set(solved.graph)
        if self.cache in {"registry-min", "inline"}:
            kept = set()
            vertex: Vertex | None = solved.graph[-1]
            while vertex:
                kept |= {vertex, *(vertex.inputs if vertex.kind == "merge" else [])}
                vertex = vertex.below
        keys = {solved.keys[one] for one in kept if one in solved.keys}
        ids = {digest_of(key) for key in keys}
        earlier = self.remote
        if self.rng.random() < 0.5:
            self.remote = Results()
        for cache in (self.builder.cache, earlier):
            for key, value in list(cache.held.items()):
                if key in keys or value[0] in ids:
                    self.remote.held[key] = value


def history(seed: int, runs: int) -> list[Built]:
    """Build a random project again and again."""
    world = World(seed)
    return [world.build(number) for number in range(1, runs + 1)]


def write(histories: list[list[Built]], folder: Path, form: str) -> None:
    """Write logs with sidecars, one folder a build."""
    for built in (one for history in histories for one in history):
        place = folder / built.project / f"{built.number:03}"
        place.mkdir(parents=True)
        (place / "build.log").write_text(getattr(built, form), "utf-8")
        meta = {"project": built.project, "branch": "main", "started_at": built.at.isoformat()}
        if built.commit:
            meta["commit"] = built.commit
        (place / "meta.json").write_text(json.dumps(meta), "utf-8")
