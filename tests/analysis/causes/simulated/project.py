"""A random project of the model: its Dockerfile, files, arguments, and what is done to them."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from tests.analysis.causes.simulated.dockerfiles import Dockerfile, Given, Op, Stage, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = ("make", "build", "test", "lint", "pack", "index", "train", "fetch", "setup", "check")
FILES = ("requirements.txt", "src/app.py", "src/lib.py", "tests/t.py", "config.json")
READS = (FILES[:1], FILES[1:3], FILES[3:4], FILES[4:], FILES)
BIND = "--mount=type=bind,source=requirements.txt,target=/tmp/r.txt     "
CHANNELS = ("stable", "beta", "nightly", "canary")


class Project:
    """What one builds, and the changes that one makes to it."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = Random(seed)  # noqa: S311
        self.uids = count()
        largest = rng.choice([200, 2_000, 50_000])
        self.files = {name: (0, rng.randint(50, largest)) for name in FILES}
        self.bases = {name: digest_of(seed, name) for name in ("debian:12", "python:3.13")}
        self.args = {"GIT_SHA": self._sha(), "CHANNEL": "stable"}
        self.uses_commit = rng.random() < 0.5
        self.dockerfile = self._dockerfile()
        self.changes: tuple[tuple[Callable[[], str], float], ...] = (
            (self.edit_file, 8),
            (self.new_arg, 1),
            (self.edit, 2),
            (self.add, 1),
            (self.remove, 1),
            (self.swap, 0.5),
            (self.add_env, 1),
            (self.rename, 0.7),
            (self.base_update, 1),
            (lambda: "nothing", 4),
        )

    def given(self) -> Given:
        return Given(dict(self.files), dict(self.args), dict(self.bases))

    def change(self) -> list[str]:
        """Do one thing or two, and commit that, usually."""
        rng = self.rng
        changes, weights = zip(*self.changes, strict=True)
        said = [change() for change in rng.choices(changes, weights, k=rng.choice([1, 1, 1, 1, 2]))]
        if said != ["nothing"] and rng.random() < 0.85:
            self.args["GIT_SHA"] = self._sha()
            said.append("commit")
        return said

    def _sha(self) -> str:
        return f"{self.rng.getrandbits(160):040x}"

    def _run(self) -> Op:
        rng = self.rng
        if rng.random() < 0.1:
            return Op(next(self.uids), "RUN", "<<EOF (set -eu...)", body=f"echo {rng.random()}")
        one, two, three, four = (rng.choice(WORDS) for _ in range(4))
        text = f"{one} --{two}-{three} /opt/{four}{rng.randint(1, 9)}"
        if self.uses_commit and rng.random() < 0.1:
            text += " --rev ${GIT_SHA}"
        if rng.random() < 0.1:
            text += " --channel=${CHANNEL}"
        steady = rng.random() < 0.3
        if rng.random() < 0.15:
            return Op(next(self.uids), "RUN", BIND + text, READS[0], steady=steady)
        return Op(next(self.uids), "RUN", text, steady=steady)

    def _copy(self, source: str | None = None) -> Op:
        rng = self.rng
        link = rng.random() < 0.25
        flag = "--link " if link else ""
        if source:
            text = f"{flag}--from={source} /out{rng.randint(1, 9)} /out"
            return Op(next(self.uids), "COPY", text, source=source, link=link)
        reads = rng.choice(READS)
        what = ". ." if reads == FILES else f"{reads[0].split('/')[0]} /srv/"
        return Op(next(self.uids), "COPY", flag + what, reads, link=link)

    def _op(self, names: list[str]) -> Op:
        kind = self.rng.random()
        if kind < 0.55:
            return self._run()
        if kind < 0.8:
            return self._copy()
        if kind < 0.9 and names:
            return self._copy(self.rng.choice(names))
        return Op(next(self.uids), "WORKDIR", f"/w/{self.rng.choice(WORDS)}")

    def _dockerfile(self) -> Dockerfile:
        rng = self.rng
        stages: list[Stage] = []
        for number in range(rng.choice([1, 1, 2, 3, 4])):
            stages.append(self._stage(number, [stage.name for stage in stages if stage.name]))
        last = stages[-1]
        copies = [self._copy(stage.name) for stage in stages[:-1] if rng.random() < 0.7]
        name = None if rng.random() < 0.5 else last.name
        stages[-1] = replace(last, name=name, ops=(*last.ops, *copies))
        return Dockerfile(tuple(stages))

    def _stage(self, number: int, names: list[str]) -> Stage:
        rng = self.rng
        base = rng.choice([*self.bases, *names, *names])
        ops = [self._op(names) for _ in range(rng.randint(1, 5))]
        if number and rng.random() < 0.1:
            base = "scratch"
            ops = [op for op in ops if op.kind != "RUN"] or [self._copy()]
        if self.uses_commit and rng.random() < 0.6:
            ops.insert(rng.randint(0, len(ops)), Op(next(self.uids), "ARG", "GIT_SHA=dev"))
        if rng.random() < 0.4:
            ops.insert(0, Op(next(self.uids), "ARG", "CHANNEL=stable"))
        return Stage(f"s{number}{rng.choice(WORDS)}", base, tuple(ops))

    # Changes; each says what it did.

    def edit_file(self) -> str:
        name = self.rng.choice(FILES)
        version, size = self.files[name]
        self.files[name] = (version + 1, max(20, size + self.rng.randint(-20, 60)))
        return f"edit {name}"

    def new_arg(self) -> str:
        self.args["CHANNEL"] = self.rng.choice(CHANNELS)
        return "new argument"

    def base_update(self) -> str:
        name = self.rng.choice(list(self.bases))
        self.bases[name] = digest_of(self.bases[name])
        return f"update {name}"

    def edit(self) -> str:
        ops, at, number = self._place()
        op = ops[at]
        if op.body:
            ops[at] = replace(op, body=f"{op.body} more")
        else:
            more = f" {self.rng.choice(WORDS)}" if op.kind == "RUN" else "x"
            ops[at] = replace(op, text=op.text + more)
        return self._replace(ops, number, f"edit instruction {op.text}")

    def add(self) -> str:
        ops, at, number = self._place()
        op = self._run()
        ops.insert(at + self.rng.randint(0, 1), op)
        return self._replace(ops, number, f"add {op.text}")

    def remove(self) -> str:
        ops, at, number = self._place()
        if sum(op.has_step for op in ops) == 1:
            return "nothing to remove"
        return self._replace(ops, number, f"remove {ops.pop(at).text}")

    def swap(self) -> str:
        ops, at, number = self._place()
        other = self.rng.randrange(len(ops))
        ops[at], ops[other] = ops[other], ops[at]
        return self._replace(ops, number, "swap")

    def add_env(self) -> str:
        ops, at, number = self._place()
        text = f"LEVEL_{self.rng.randint(1, 9)}={self.rng.choice(WORDS)}"
        ops.insert(at, Op(next(self.uids), "ENV", text))
        return self._replace(ops, number, "add environment")

    def rename(self) -> str:
        stages = self.dockerfile.stages
        old = self.rng.choice(stages).name
        if old is None:
            return "nothing to rename"
        new = f"{old}x"

        def renamed(name: str | None) -> str | None:
            return new if name == old else name

        def copying(op: Op) -> Op:
            text = op.text.replace(f"--from={old} ", f"--from={new} ")
            return replace(op, source=renamed(op.source), text=text)

        self.dockerfile = Dockerfile(
            tuple(
                Stage(
                    renamed(stage.name),
                    renamed(stage.base) or "",
                    tuple(copying(op) for op in stage.ops),
                )
                for stage in stages
            )
        )
        return f"rename {old}"

    def _place(self) -> tuple[list[Op], int, int]:
        """The instructions of a random stage, and which of those that have a step to change."""
        number = self.rng.randrange(len(self.dockerfile.stages))
        ops = list(self.dockerfile.stages[number].ops)
        at = self.rng.choice([n for n, op in enumerate(ops) if op.has_step])
        return ops, at, number

    def _replace(self, ops: list[Op], number: int, said: str) -> str:
        stages = list(self.dockerfile.stages)
        stages[number] = replace(stages[number], ops=tuple(ops))
        self.dockerfile = Dockerfile(tuple(stages))
        return said
