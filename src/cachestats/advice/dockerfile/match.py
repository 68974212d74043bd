"""Which instruction of a Dockerfile a layer of the logs is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachestats.advice.dockerfile.model import Dockerfile, Instruction

__all__ = ["Layer", "match"]

_VARIABLE = re.compile(r"\$(?:\{[^}]*\}|\w+)")
_STAGE_NUMBER = re.compile(r"stage-(\d+)")
_CUT = "..."
_CUT_AT_LEAST = 12
_MASK = "***"  # what secrets are replaced by


class Layer(NamedTuple):
    """What a log says of a layer: `[stage index/n] text`; any of the first two may be null."""

    stage: str | None
    position: int | None
    text: str


class Place(NamedTuple):
    """An instruction that becomes a step, and where."""

    instruction: Instruction
    stage: int
    name: str | None
    position: int  # among the counted instructions of its stage, from 1
    pattern: re.Pattern[str]


def match(file: Dockerfile, layers: Iterable[Layer]) -> list[int | None]:
    """Find the instruction of each layer.

    Args:
        file: A Dockerfile.
        layers: Layers as logs name them; several may be one instruction (targets, platforms).

    Returns:
        For each layer the index of its instruction, or null if none reads like it. Variables
        stand for any text. Of equal instructions the one in the layer's stage is taken, then
        the one nearest to its place.
    """
    places = _places(file)
    return [_found(places, layer) for layer in layers]


def _places(file: Dockerfile) -> list[Place]:
    places: list[Place] = []
    for stage in file.stages:
        position = 0
        for one in (stage.start, *stage.body):
            if one.is_step and not (one.keyword == "FROM" and stage.parent is not None):
                position += 1
                places.append(Place(one, stage.index, stage.name, position, _pattern(one)))
    return places


def _found(places: list[Place], layer: Layer) -> int | None:
    text = _plain(layer.text)
    known = [place for place in places if _reads_like(place, text)]
    if not known:
        return None
    return min(known, key=lambda place: _distance(place, layer)).instruction.index


def _distance(place: Place, layer: Layer) -> tuple[bool, int, int]:
    number = _STAGE_NUMBER.fullmatch(layer.stage or "")
    if layer.stage is None:
        is_other = place.name is not None
    elif number and place.name is None:
        is_other = int(number.group(1)) != place.stage
    else:
        is_other = layer.stage.lower() != place.name
    apart = 0 if layer.position is None else abs(place.position - layer.position)
    return is_other, apart, place.instruction.index


def _reads_like(place: Place, text: str) -> bool:
    if text.endswith(_CUT) and len(text) >= _CUT_AT_LEAST:
        start = text.removesuffix(_CUT).rstrip()
        said = _plain(place.instruction.code)
        if "$" not in said and said.startswith(start):
            return True
    return place.pattern.fullmatch(text) is not None


def _plain(text: str) -> str:
    """The text with single blanks, its keyword in capitals, without what BuildKit puts before."""
    words = text.removeprefix("[ONBUILD] ").removeprefix("ONBUILD ").removeprefix("LINK ").split()
    return " ".join([words[0].upper(), *words[1:]]) if words else ""


def _pattern(one: Instruction) -> re.Pattern[str]:
    if one.keyword == "FROM":
        # Names are printed in full, with the digest that they meant.
        return re.compile(rf"FROM (?:\S+/)?{_any(one.words[0])}(?::latest)?(?:@\S+)?")
    first_line = r"(?: \(.*\))?" if one.heredocs else ""
    return re.compile(_any(_plain(one.code)) + first_line, re.DOTALL)


def _any(text: str) -> str:
    """A pattern for the text in which variables, and the values of secrets, may be anything."""
    pattern = ".*".join(re.escape(part) for part in _VARIABLE.split(text))
    # Of a variable without a value two blanks are left, which are one by then.
    return pattern.replace(r"\ .*\ ", r"\ (?:.*\ )?")
