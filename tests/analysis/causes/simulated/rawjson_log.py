"""Builds of the model as rawjson: one object with final states, as from history."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.analysis.causes.simulated.dockerfiles import digest_of
from tests.analysis.causes.simulated.graphs import STEPS, Vertex
from tests.analysis.causes.simulated.shown import BAD_END, PULL, Shown

if TYPE_CHECKING:
    from tests.analysis.causes.simulated.solver import Solved

ERRORS = {"failed": BAD_END, "canceled": f"{BAD_END[:-1]}37: context canceled"}


def rawjson(solved: Solved, shown: Shown) -> str:
    return _Writer(solved, shown).text()


class _Writer:
    def __init__(self, solved: Solved, shown: Shown) -> None:
        self.solved, self.shown = solved, shown
        self.vertexes: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.logs: list[dict[str, Any]] = []
        self.ticks = 0
        self.digests: dict[Vertex, str] = {}
        for vertex in solved.graph:
            self.digests[vertex] = self._digest(vertex)

    def _digest(self, vertex: Vertex) -> str:
        session = self.shown.session if vertex.kind == "context" else None
        reads = vertex.op.reads if vertex.op else ()
        inputs = [self.digests[parent] for parent in vertex.inputs]
        return "sha256:" + digest_of(vertex.kind, vertex.key, reads, session, inputs)

    def text(self) -> str:
        shown = self.shown
        if shown.booted:
            self._add("[internal] booting buildkit")
        loaded = self._add("[internal] load build definition from Dockerfile")
        self._status(loaded, "transferring dockerfile:", shown.dockerfile_bytes)
        self._add("[internal] load .dockerignore")
        for name, error in shown.imports:
            self._add(f"importing cache manifest from {name}", error=error)
        executed = {vertex: n for n, vertex in enumerate(self.solved.order)}
        for vertex in sorted(self.solved.graph, key=lambda one: executed.get(one, -1)):
            self._vertex(vertex)
        if not self.solved.ended_badly:
            image = self._add("exporting to image")
            self._status(image, f"naming to {shown.pushed}")
            for name, error in shown.exports:
                self._add(name, error=error)
        document = {"vertexes": self.vertexes, "statuses": self.statuses, "logs": self.logs}
        return json.dumps(document) + "\n"

    def _times(self) -> dict[str, str]:
        self.ticks += 1
        start = self.shown.at + timedelta(milliseconds=100 * self.ticks)
        end = start + timedelta(milliseconds=90)
        return {
            key: f"{time:%Y-%m-%dT%H:%M:%S.%f}Z"
            for key, time in (("started", start), ("completed", end))
        }

    def _add(self, name: str, digest: str | None = None, **more: object) -> str:
        digest = digest or "sha256:" + digest_of(name, self.shown.session)
        told = {key: value for key, value in more.items() if value is not None}
        self.vertexes.append({"digest": digest, "name": name, **self._times(), **told})
        return digest

    def _status(self, vertex: str, name: str, current: int = 0, total: int = 0) -> None:
        times = self._times()
        status = {"id": name, "vertex": vertex, "current": current, "total": total}
        self.statuses.append({**status, "timestamp": times["started"], **times})

    def _vertex(self, vertex: Vertex) -> None:
        digest, state = self.digests[vertex], self.solved.status.get(vertex)
        more: dict[str, Any] = {"inputs": [self.digests[parent] for parent in vertex.inputs]}
        if vertex.op and vertex.op.link:
            more["progressGroup"] = {"id": f"g{vertex.step}", "name": vertex.step_name}
        if state is None:
            self.vertexes.append({"digest": digest, "name": vertex.name, **more})
            return
        cached = True if state == "hit" and vertex.kind in STEPS else None
        self._add(vertex.name, digest, cached=cached, error=ERRORS.get(state), **more)
        if vertex.kind == "context":
            self._status(digest, "transferring context:", self.shown.context_bytes)
        if vertex in self.shown.pulled:
            self._status(digest, PULL[0], 30_000_000, 30_000_000)
            self._status(digest, PULL[1])
        if state == "run" and vertex.op and vertex.op.kind == "RUN":
            data = base64.b64encode(b"working\n").decode()
            log = {"vertex": digest, "stream": 1, "data": data}
            self.logs.append({**log, "timestamp": self._times()["started"]})
