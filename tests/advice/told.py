"""Histories of a few runs, built by hand from a Dockerfile."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypedDict, Unpack

from cachestats.advice.dockerfile import Hints, parse
from cachestats.advice.evidence import Evidence
from cachestats.advice.history import History, Layer, Ran, Run
from cachestats.advice.replay import Change, Replay
from cachestats.advice.settings import Settings
from cachestats.analysis.schedule import Timed
from cachestats.schema import Cause, StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.advice.dockerfile import Dockerfile

SECONDS = 10.0


class OfRan(TypedDict, total=False):
    """What else may be told of a layer in a run."""

    cause: Cause
    packages: str
    is_exact: bool
    is_sure: bool
    download_s: float


class OfRun(TypedDict, total=False):
    """What else may be told of a run."""

    commit: str
    new_commit: bool
    export_s: float
    context: float
    quiet_context: float
    dockerfile_grew: float
    pulled_base_s: float
    imports: frozenset[str]


def hit(step: int = 0) -> Ran:
    """A layer that hit."""
    return Ran(step_no=step, seconds=None)


def root(of: Cause, step: int = 0, **told: Unpack[OfRan]) -> Ran:
    """A layer that missed as the first on its path."""
    made = Ran(step_no=step, seconds=SECONDS, cause=of, is_root=True, root_cause=of, root_step=step)
    return replace(made, **told)


def below(of: Cause, above: int, step: int = 0, **told: Unpack[OfRan]) -> Ran:
    """A layer that missed since one above it did, for this cause of its root."""
    made = Ran(step_no=step, seconds=SECONDS, root_cause=of, root_step=above)
    return replace(made, **told)


@dataclass
class Told:
    """Runs of a Dockerfile; what each of its steps did is told by the line of its instruction."""

    text: str
    runs: list[Run] = field(default_factory=list)
    restore_s: float = 0.0

    @property
    def file(self) -> Dockerfile:
        """The Dockerfile."""
        return parse(self.text)

    @property
    def places(self) -> dict[str, int]:
        """Index of the instruction of each layer; a layer is called by its line, `L3`."""
        return {
            f"L{one.first_line}": one.index
            for one in self.file.instructions
            if one.is_step and one.keyword != "FROM"
        }

    @property
    def history(self) -> History:
        """The runs; a layer that is no line of the Dockerfile is a RUN of its name."""
        file, places = self.file, self.places
        layers = {name: _layer(name, file, index) for name, index in places.items()}
        for name in dict.fromkeys(name for run in self.runs for name in run.ran):
            layers.setdefault(name, replace(_layer(name, file, None), text=f"RUN {name}"))
        return History(
            project="web",
            layers=layers,
            runs=tuple(self.runs),
            restore_s=self.restore_s,
        )

    def ran(self, lines: Mapping[int, Ran], **told: Unpack[OfRun]) -> Run:
        """Add a run by what the steps of these lines did."""
        ran = {
            f"L{line}": replace(one, step_no=line, root_step=line if one.is_root else one.root_step)
            for line, one in lines.items()
        }
        steps = [
            Timed(one.step_no, one.took_s, StepKind.INSTRUCTION, None, (one.step_no - 1,))
            for one in ran.values()
        ]
        if export := told.get("export_s", 0.0):
            steps.append(Timed(99, export, StepKind.EXPORT, None, ()))
        made = Run(run_id=f"run{len(self.runs)}", ran=ran, steps=tuple(steps))
        self.runs.append(replace(made, **told))
        return self.runs[-1]

    def evidence(self, hints: Hints | None = None) -> Evidence:
        """What the runs tell of the instructions."""
        return Evidence(self.history, self.file, self.places, hints or Hints())

    def settings(self, *volatile: int) -> Settings:
        """Which settings changed; those of these lines follow the commit."""
        return Settings(self.file, self.places, frozenset(map(self.index, volatile)))

    def index(self, line: int) -> int:
        """Index of the instruction that begins in a line."""
        return next(one.index for one in self.file.instructions if one.first_line == line)

    def line(self, index: int) -> int:
        """Line of an instruction."""
        return self.file.instructions[index].first_line

    def replayed(self, *volatile: int, hints: Hints | None = None) -> Replay:
        """The runs, to be replayed under changes."""
        indices = frozenset(map(self.index, volatile))
        return Replay(self.history, self.file, self.places, self.evidence(hints), indices)

    def change(self, *order: int) -> Change:
        """The same instructions in another order of lines."""
        return Change(file=self.file.arranged([self.index(line) for line in order], ()))


def _layer(name: str, file: Dockerfile, index: int | None) -> Layer:
    one = file.instructions[-1 if index is None else index]
    return Layer(
        layer_id=name,
        image=(None, None),
        stage=file.stages[one.stage or 0].name,
        index=index,
        instruction=one.keyword,
        text=" ".join(one.code.split()),
        baseline_s=SECONDS,
    )
