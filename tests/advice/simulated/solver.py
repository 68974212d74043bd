"""BuildKit in small: a Dockerfile, commits and caches in; who hit, seconds and plain logs out.

Times are drawn, so that two Dockerfiles built from the same commits differ by noise as well, and
each layer has a size of its own that its export takes time for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile import parse
from tests.advice.simulated import logs
from tests.advice.simulated.steps import Given, Vertex, digest, steps_of
from tests.advice.simulated.work import export_s, work_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

PULL_S, LOOK_S, EXPORT_S, UNPACK_S_PER_S = 5.0, 0.1, 0.1, 0.5
CACHE_EXPORT_S, CACHED_SHARE = 0.2, 0.3
NOISE = 0.12


@dataclass(frozen=True, kw_only=True)
class Event:
    """What is different in one build.

    Attributes:
        edits: Files that changed.
        new_sha: Whether it is built from another commit.
        cold: Whether its builder is fresh.
        no_cache: Whether it must not use a cache.
        new_base: Whether the tag of its base image moved.
        evict: Pattern of the RUN whose layer is gone, with all below it.
        fails: Pattern of the RUN that fails.
        writes: Whether it exports to a remote cache.
        reads: Whether it imports from it, `ok` or `missing`.
        dockerfile: Text of the Dockerfile from here on.
    """

    edits: tuple[str, ...] = ()
    new_sha: bool = False
    cold: bool = False
    no_cache: bool = False
    new_base: bool = False
    evict: str | None = None
    fails: str | None = None
    writes: bool = False
    reads: str | None = None
    dockerfile: str | None = None


@dataclass(frozen=True)
class Built:
    """One build: its log, what it really took, and the Dockerfile that it was built from."""

    log: str
    machine_s: float
    wall_s: float
    dockerfile: str


class Project:
    """A project over time: its files, its builder, its caches."""

    def __init__(self, text: str, files: Iterable[str], rng: Random) -> None:
        self.text, self.rng = text, rng
        self.files = dict.fromkeys(files, 0)
        self.base, self.sha = digest("base"), digest("1")[:12]
        self.local: set[str] = set()
        self.remote: set[str] = set()
        self.mounts: set[str] = set()
        self.sent: dict[str, int] = {}
        self.has_base = False

    def build(self, event: Event) -> Built:
        """Build what is there once the event happened."""
        self._happen(event)
        given = Given(self.base, self.sha, self.files)
        vertices = steps_of(parse(self.text), given)
        failed = self._execute(vertices, self._held(vertices, event), event.fails)
        is_pulled = not self.has_base and any(v.status in {"run", "failed"} for v in vertices)
        if is_pulled:
            _restore(vertices)
        end = _placed(vertices, LOOK_S * (2 if event.reads else 1), is_pulled=is_pulled)
        exports = [] if failed else list(self._exports(vertices, event))
        blocks = [
            *self._before(vertices, event, is_pulled=is_pulled),
            *self._context(vertices, given),
            *(logs.step(v) for v in vertices if v.status != "never"),
            *(block for block, _ in exports),
        ]
        self._keep(vertices)
        return Built(
            logs.plain_log(blocks, failed=failed),
            sum(v.seconds for v in vertices),
            end + sum(seconds for _, seconds in exports),
            self.text,
        )

    def _happen(self, event: Event) -> None:
        self.text = event.dockerfile or self.text
        if event.new_sha:
            self.sha = digest(self.sha)[:12]
        for name in event.edits:
            self.files[name] += 1
        if event.new_base:
            self.base = digest(self.base)
        if event.cold:
            self.local, self.mounts, self.sent, self.has_base = set(), set(), {}, False

    def _held(self, vertices: list[Vertex], event: Event) -> set[str]:
        """Keys that this build finds in a cache."""
        imported = self.remote if event.reads == "ok" else set[str]()
        held = set[str]() if event.no_cache else self.local | imported
        if event.evict:
            gone = _evicted(event.evict, vertices)
            self.local -= gone
            held -= gone
        return held

    def _execute(self, vertices: list[Vertex], held: set[str], fails: str | None) -> bool:
        """Give each step its status and its time; whether one failed."""
        for at, vertex in enumerate(vertices):
            if vertex.key in held:
                continue
            vertex.status = "run"
            self._work(vertex)
            if fails and re.search(fails, vertex.one.code):
                vertex.status, vertex.seconds = "failed", vertex.seconds / 2
                for later in vertices[at + 1 :]:
                    later.status = "never"
                return True
        return False

    def _work(self, vertex: Vertex) -> None:
        one = vertex.one
        work = work_of(one)
        if work is None:
            vertex.seconds = round(self.rng.uniform(0.0, 0.1), 1)
            return
        mounts = {mount["target"] for mount in one.mounts if mount["type"] == "cache"}
        share = work.mounted if mounts and mounts <= self.mounts else 1.0
        self.mounts |= mounts
        vertex.seconds = round(work.seconds * self._noise() * share, 1)
        vertex.lines = work.printed(one.code, self.files)

    def _before(
        self, vertices: list[Vertex], event: Event, *, is_pulled: bool
    ) -> Iterator[logs.Block]:
        yield logs.definition(self.text)
        if event.reads:
            yield logs.importing(is_found=event.reads == "ok")
        # What restored layers bring, the base image among it, need not be pulled as well.
        restores = any(v.restored for v in vertices)
        yield logs.base(parse(self.text), self.base, PULL_S if is_pulled and not restores else 0.0)

    def _context(self, vertices: list[Vertex], given: Given) -> Iterator[logs.Block]:
        read = {path for v in vertices for path in given.read_by(v.one)}
        new = [path for path in read if self.sent.get(path) != self.files[path]]
        self.sent |= {path: self.files[path] for path in read}
        if read:
            yield logs.context((60 * len(read) + 2000 * len(new)) / 1000)

    def _exports(self, vertices: list[Vertex], event: Event) -> Iterator[tuple[logs.Block, float]]:
        last = vertices[-1].one.stage
        new = [v.one for v in vertices if v.status == "run"]
        image = EXPORT_S + sum(export_s(one) for one in new if one.stage == last)
        image = round(image * self._noise(), 1)
        yield logs.image_export(self.sha, image), image
        if event.writes:
            cache = round(CACHE_EXPORT_S + CACHED_SHARE * sum(export_s(one) for one in new), 1)
            yield logs.cache_export(cache), cache
            self.remote |= {v.key for v in vertices}

    def _keep(self, vertices: list[Vertex]) -> None:
        self.local |= {v.key for v in vertices if v.status in {"hit", "run"}}
        self.has_base |= any(v.status == "run" for v in vertices)

    def _noise(self) -> float:
        return self.rng.lognormvariate(0, NOISE)


def _evicted(pattern: str, vertices: list[Vertex]) -> set[str]:
    gone: list[Vertex] = []
    for vertex in vertices:
        is_it = vertex.one.keyword == "RUN" and re.search(pattern, vertex.one.code)
        if is_it or any(above in gone for above in vertex.inputs):
            gone.append(vertex)
    return {vertex.key for vertex in gone}


def _restore(vertices: list[Vertex]) -> None:
    """Pull the layers that hit, together, with the last of them."""
    hits = [v for v in vertices if v.status == "hit"]
    if hits:
        size = sum(export_s(v.one) for v in hits)
        hits[-1].restored = round(PULL_S + UNPACK_S_PER_S * size, 1)


def _placed(vertices: list[Vertex], begin: float, *, is_pulled: bool) -> float:
    """Say of each step when it ends, and of the last when."""
    wait = begin + (max(PULL_S, *(v.restored for v in vertices)) if is_pulled else 0.0)
    for vertex in vertices:
        vertex.end = max([wait, *(v.end for v in vertex.inputs)]) + vertex.seconds
    return max((v.end for v in vertices), default=wait)
