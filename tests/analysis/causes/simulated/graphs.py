"""The graph of a build: a Dockerfile as vertices, equal ones solved as one."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.analysis.causes.simulated.dockerfiles import (
    Dockerfile,
    Env,
    Given,
    Op,
    Stage,
    expanded,
    with_env,
)

CONTEXT = "[internal] load build context"
STEPS = ("op", "merge")


@dataclass(eq=False)
class Vertex:
    name: str
    kind: str  # from, context, op, merge
    key: tuple[object, ...]
    inputs: list[Vertex] = field(default_factory=list)
    step: tuple[int, int] = (-1, 0)
    op: Op | None = None
    env: Env = ()

    @property
    def below(self) -> Vertex | None:
        """What the vertex stands on."""
        return self.inputs[0] if self.inputs and self.kind in STEPS else None

    @property
    def source(self) -> Vertex:
        """What a COPY --from copies from."""
        return next(one for one in reversed(self.inputs) if one.kind != "context")

    @property
    def step_name(self) -> str:
        return self.name.replace("] LINK ", "] ", 1)


class Graph:
    """The vertices that the last stage of a Dockerfile needs, parents first."""

    def __init__(self, dockerfile: Dockerfile, given: Given) -> None:
        self.dockerfile, self.given = dockerfile, given
        self.names = {s.name: n for n, s in enumerate(dockerfile.stages) if s.name}
        self.context = Vertex(CONTEXT, "context", ())
        self.known: dict[tuple[object, ...], Vertex] = {}
        self.ends: dict[int, tuple[Vertex | None, Env]] = {}
        for number, stage in enumerate(dockerfile.stages):
            self.ends[number] = self._stage(number, stage)
        self.vertices: list[Vertex] = []
        last = self.ends[len(dockerfile.stages) - 1][0]
        if last:
            self._need(last)

    def _need(self, vertex: Vertex) -> None:
        if vertex not in self.vertices:
            for parent in vertex.inputs:
                self._need(parent)
            self.vertices.append(vertex)

    def _once(self, vertex: Vertex) -> Vertex:
        """BuildKit solves equal vertices as one, under one of their names."""
        files = vertex.op.reads if vertex.op and vertex.kind == "op" else ()
        return self.known.setdefault((vertex.kind, vertex.key, tuple(vertex.inputs), files), vertex)

    def _stage(self, number: int, stage: Stage) -> tuple[Vertex | None, Env]:
        has_from = stage.base not in self.names and stage.base != "scratch"
        total = sum(op.has_step for op in stage.ops) + has_from
        here: Vertex | None = None
        env: Env = ()
        if stage.base in self.names:
            here, env = self.ends[self.names[stage.base]]
        elif has_from:
            digest = self.given.bases[stage.base]
            name = f"{self._prefix(number, 1, total)} FROM docker.io/{stage.base}@sha256:{digest}"
            here = self._once(Vertex(name, "from", (stage.base, digest), step=(number, 0)))
        index = int(has_from)
        for op in stage.ops:
            if not op.has_step:
                env = with_env(env, op, self.given.args)
                continue
            index += 1
            here = self._step((number, index), self._prefix(number, index, total), op, (here, env))
        return here, env

    def _prefix(self, number: int, index: int, total: int) -> str:
        label = self.dockerfile.label(number)
        spot = f"{index:>{len(str(total))}}/{total}"
        return f"[{label} {spot}]" if label else f"[{spot}]"

    def _step(
        self, step: tuple[int, int], prefix: str, op: Op, above: tuple[Vertex | None, Env]
    ) -> Vertex:
        here, env = above
        text = expanded(op.text, env)
        name = f"{prefix} {op.kind} {text}"
        inputs = [here] if here and not op.link else []
        if op.source and (source := self.ends[self.names[op.source]][0]):
            inputs.append(source)
        if op.reads:
            inputs.append(self.context)
        key = (op.kind, op.text, op.body, env) if op.kind == "RUN" else (op.kind, text)
        vertex = self._once(Vertex(name, "op", key, inputs, step, op, env))
        if not (op.link and here):
            return vertex
        merged = name.replace("] ", "] LINK ", 1)
        return self._once(Vertex(merged, "merge", ("merge",), [here, vertex], step, op))
