"""The build graph of the steps that a Dockerfile makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachestats.advice.dockerfile.model import Dockerfile, Instruction

__all__ = ["parents"]

Parents = list[tuple[int, str]]


def parents(file: Dockerfile) -> dict[int, Parents]:
    """Which steps each step is made from.

    Args:
        file: A Dockerfile.

    Returns:
        For each instruction that becomes a step, in order, the indices of those that it needs
        and why: the step above it (through stages; below a `COPY --link` that one too, as they
        are merged) and the last steps of stages that it copies or mounts from. A FROM of an
        image has none; a FROM of a stage is no step.
    """
    found: dict[int, Parents] = {}
    tops: list[Parents] = []
    for stage in file.stages:
        if stage.parent is None:
            found[stage.start.index] = []
            top: Parents = [(stage.start.index, "the step above")]
        else:
            top = [(index, f"stage {stage.base}") for index, _ in tops[stage.parent]]
        for one in stage.body:
            if not one.is_step:
                continue
            taken = list(_taken(file, one, tops))
            if one.keyword in {"COPY", "ADD"} and one.flag("link") not in {None, "false"}:
                found[one.index] = taken
                top = [*top, (one.index, "merged with the step above")]
            else:
                found[one.index] = list(dict([*reversed(taken), *reversed(top)]).items())[::-1]
                top = [(one.index, "the step above")]
        tops.append(top)
    return found


def _taken(file: Dockerfile, one: Instruction, tops: list[Parents]) -> Iterator[tuple[int, str]]:
    flag = one.flag("from") if one.keyword == "COPY" else None
    sources = [(flag, f"COPY --from={flag}")] if flag else []
    sources += [
        (mount["from"], f"--mount from={mount['from']}") for mount in one.mounts if "from" in mount
    ]
    for source, why in sources:
        stage = file.stage_of(source, one.stage or 0)
        if stage is not None:
            yield from ((index, why) for index, _ in tops[stage])
