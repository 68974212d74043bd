"""Which instruction of a Dockerfile a layer of the logs is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from cachestats.redact import REDACTED, redacted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachestats.advice.dockerfile.model import Dockerfile, Instruction, Stage

__all__ = ["Layer", "match"]

_VALUE = re.compile(rf"\$(?:\{{[^}}]*\}}|\w+)|{re.escape(REDACTED)}")
_STAGE_NUMBER = re.compile(r"stage-(\d+)")
_CUT = "..."
_CUT_AT_LEAST = 12


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
    text: str  # as a log would have it, secrets redacted
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
    counted = [
        (stage, position, one)
        for stage in file.stages
        for position, one in enumerate(_counted(stage), start=1)
    ]
    codes = pl.Series("code", [_plain(one.code) for *_, one in counted], pl.String)
    texts = codes.to_frame().select(redacted(pl.col("code"))).to_series()
    return [
        Place(one, stage.index, stage.name, position, text, _pattern(one, text))
        for (stage, position, one), text in zip(counted, texts, strict=True)
    ]


def _counted(stage: Stage) -> list[Instruction]:
    """The instructions that BuildKit counts: a stage on another stage has no FROM step."""
    steps = [one for one in (stage.start, *stage.body) if one.is_step]
    return [one for one in steps if one.keyword != "FROM" or stage.parent is None]


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
        if not _VALUE.search(place.text) and place.text.startswith(start):
            return True
    return place.pattern.fullmatch(text) is not None


def _plain(text: str) -> str:
    """The text with single blanks, its keyword in capitals, without what BuildKit puts before."""
    words = text.removeprefix("[ONBUILD] ").removeprefix("ONBUILD ").removeprefix("LINK ").split()
    return " ".join([words[0].upper(), *words[1:]]) if words else ""


def _pattern(one: Instruction, text: str) -> re.Pattern[str]:
    if one.keyword == "FROM":
        # Names are printed in full, with the digest that they meant.
        return re.compile(rf"FROM (?:\S+/)?{_any(one.words[0])}(?::latest)?(?:@\S+)?")
    first_line = r"(?: \(.*\))?" if one.heredocs else ""
    return re.compile(_any(text) + first_line, re.DOTALL)


def _any(text: str) -> str:
    """A pattern for the text in which variables, and the values of secrets, may be anything."""
    pattern = ".*".join(re.escape(part) for part in _VALUE.split(text))
    # Of a variable without a value two blanks are left, which are one by then.
    return pattern.replace(r"\ .*\ ", r"\ (?:.*\ )?")
