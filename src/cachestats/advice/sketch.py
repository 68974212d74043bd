"""A Dockerfile made from logs, where there is none at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats.advice.dockerfile import Dockerfile, parse
from cachestats.errors import UsageError
from cachestats.schema import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cachestats.advice.history import History, Layer, Run

__all__ = ["VOLATILE", "sketch"]

VOLATILE = "CACHESTATS_VOLATILE"
"""Name of the ARG that stands for a value that no log names."""


def sketch(history: History) -> Dockerfile | None:
    """Write down the instructions that the newest complete run shows.

    ARG, ENV and all else that becomes no step are not in a log. Where causes say that one of them
    changed, an ARG of the name `VOLATILE` stands above the step that shows it.

    Args:
        history: The runs of a project.

    Returns:
        A Dockerfile of one image of the project; None if no run shows a readable one.
    """
    run = max(history.runs, key=lambda one: len(one.ran), default=None)
    if run is None or not run.ran:
        return None
    layers = [history.layers[layer] for layer in run.ran]
    image = layers[0].image
    lines = [
        line
        for stage, base, body in _stages(history, run, [x for x in layers if x.image == image])
        for line in (f"FROM {base}" + (f" AS {stage}" if stage else ""), *body)
    ]
    try:
        return parse("\n".join(lines) + "\n")
    except UsageError:
        return None


def _stages(
    history: History, run: Run, layers: list[Layer]
) -> Iterable[tuple[str | None, str, list[str]]]:
    """Stages with what they are built on, those first that others are built on."""
    by_stage: dict[str | None, list[Layer]] = {}
    for layer in layers:
        by_stage.setdefault(layer.stage, []).append(layer)
    stage_of = {run.ran[x.layer_id].step_no: x.stage for x in layers}
    parents = {step.step_no: step.parents for step in run.steps}
    needs: dict[str | None, set[str | None]] = {}
    bases: dict[str | None, str] = {}
    for stage, members in by_stage.items():
        members.sort(key=lambda one: (one.index or 0, one.layer_id))
        above = {
            stage_of[parent]
            for one in members
            for parent in parents.get(run.ran[one.layer_id].step_no, ())
            if parent in stage_of
        } - {stage}
        first = parents.get(run.ran[members[0].layer_id].step_no, ())
        built_on = [stage_of[p] for p in first if p in stage_of and stage_of[p] != stage]
        from_text = history.bases.get(stage)
        if from_text is None and built_on and built_on[0]:
            bases[stage] = built_on[0]
        else:
            bases[stage] = _image(from_text or next(iter(history.bases.values()), "scratch"))
        needs[stage] = above
    changed = _changed_above(history)
    for stage in _in_order(needs):
        body: list[str] = []
        for one in by_stage[stage]:
            if one.layer_id in changed:
                body.append(f"ARG {VOLATILE}")
            body.append(_one_line(one.text))
        yield stage, bases[stage], body


def _image(text: str) -> str:
    return text.removeprefix("FROM ").split("@sha256:")[0].split(" ")[0]


def _one_line(text: str) -> str:
    """A heredoc is printed by its first line only; what it holds is not known."""
    return " ".join(text.split()).replace("<<", "")


def _changed_above(history: History) -> frozenset[str]:
    return frozenset(
        layer
        for run in history.runs
        for layer, ran in run.ran.items()
        if ran.cause == Cause.ENVIRONMENT_CHANGE
    )


def _in_order(needs: Mapping[str | None, set[str | None]]) -> list[str | None]:
    ordered: list[str | None] = []
    left = dict(needs)
    while left:
        ready = [stage for stage, above in left.items() if not above - set(ordered)] or [*left]
        ordered.append(ready[0])
        del left[ready[0]]
    return ordered
