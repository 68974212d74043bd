"""Which of the layers that a Dockerfile lost is each of those that it gained."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz import fuzz

from cachestats.schema import Link
from cachestats.volatile import masked_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Layer", "aligned"]

# Below this likeness a pair of texts is no edit of one by the other. Two commands of different
# purpose that share a manager (`apt-get install -y …`) have about 0.5.
ALIKE = 0.55
# A layer that was edited and moved past another one needs to be more like itself.
MOVED_ALIKE = 0.85
CUT_AT_LEAST = 20
_UNNAMED = re.compile(r"stage-\d+")


class Layer(NamedTuple):
    """What alignment sees of a layer; `images` are all that its run builds."""

    image: int
    stage: str | None
    instruction: str
    text: str
    images: frozenset[int] = frozenset()


Pair = tuple[int, int, Link, float]


def aligned(new: Sequence[Layer], gone: Sequence[Layer]) -> list[Pair]:
    """Pair new layers with the lost ones that they are.

    In this order: the same text under another name of the stage; a text that an old version cut;
    then, within a stage, the most similar texts of the same instruction in the same order, and
    last those that were moved. A layer of another platform or target is another one, unless both
    runs build both: a step that two images share is named for one of them, now this, now that.

    Args:
        new: Layers in the order of the Dockerfile.
        gone: Layers that were there before and are not any more, likewise.

    Returns:
        Index in `new`, index in `gone`, how they are linked, likeness from 0 to 1; no index
        occurs twice.
    """
    pairs: list[Pair] = []
    mine, theirs = dict(enumerate(new)), dict(enumerate(gone))

    def take(found: Iterator[Pair]) -> None:
        for pair in found:
            if pair[0] in mine and pair[1] in theirs:
                del mine[pair[0]], theirs[pair[1]]
                pairs.append(pair)

    take(_renamed(mine, theirs))
    take(_cut(mine, theirs))
    stages = _stage_names(new, gone, pairs)
    take(_edited(mine, theirs, stages))
    take(_moved(mine, theirs, stages))
    return pairs


def _renamed(mine: dict[int, Layer], theirs: dict[int, Layer]) -> Iterator[Pair]:
    """Pair equal texts, those of the likest place first."""
    texts: dict[str, list[int]] = {}
    for index, layer in theirs.items():
        texts.setdefault(masked_text(layer.text), []).append(index)
    for index, layer in list(mine.items()):
        found = texts.get(masked_text(layer.text), [])
        if fit := [other for other in found if _one_image(layer, theirs[other])]:
            best = min(fit, key=lambda other: _apart(layer, theirs[other]))
            found.remove(best)
            yield index, best, Link.RENAMED, 1.0


def _one_image(one: Layer, other: Layer) -> bool:
    """Whether two layers are of one image, or of two that may share them in both runs."""
    return one.image == other.image or (one.image in other.images and other.image in one.images)


def _apart(one: Layer, other: Layer) -> tuple[bool, bool]:
    return _plain_stage(one.stage) != _plain_stage(other.stage), one.image != other.image


def _plain_stage(stage: str | None) -> str | None:
    """The name of a stage that has one: `stage-0` and none are both unnamed."""
    return None if stage is None or _UNNAMED.fullmatch(stage) else stage


def _cut(mine: dict[int, Layer], theirs: dict[int, Layer]) -> Iterator[Pair]:
    for index, layer in list(mine.items()):
        for other, earlier in list(theirs.items()):
            if not _one_image(layer, earlier):
                continue
            short, full = sorted((layer.text, earlier.text), key=len)
            start = short.removesuffix("...").rstrip()
            if short.endswith("...") and len(start) >= CUT_AT_LEAST and full.startswith(start):
                yield index, other, Link.CUT, 1.0
                break


def _stage_names(
    new: Sequence[Layer], gone: Sequence[Layer], pairs: Sequence[Pair]
) -> dict[str | None, str | None]:
    """The earlier name of each stage that was renamed."""
    return {new[mine].stage: gone[theirs].stage for mine, theirs, _, _ in pairs}


def _same_stage(one: Layer, other: Layer, stages: dict[str | None, str | None]) -> bool:
    names = {_plain_stage(one.stage), _plain_stage(stages.get(one.stage, one.stage))}
    return one.image == other.image and _plain_stage(other.stage) in names


def _likeness(one: Layer, other: Layer) -> float:
    if one.instruction != other.instruction:
        return 0.0
    return fuzz.ratio(masked_text(one.text), masked_text(other.text)) / 100


def _edited(
    mine: dict[int, Layer], theirs: dict[int, Layer], stages: dict[str | None, str | None]
) -> Iterator[Pair]:
    """Pair in order, stage by stage, for the greatest likeness in all."""
    ordered = sorted(mine.items(), key=lambda item: str(item[1][:2]))
    for _, group in groupby(ordered, key=lambda item: item[1][:2]):
        rows = sorted(group)
        columns = [
            item for item in sorted(theirs.items()) if _same_stage(rows[0][1], item[1], stages)
        ]
        for row, column, score in _in_order(
            [[_likeness(one, other) for _, other in columns] for _, one in rows]
        ):
            yield rows[row][0], columns[column][0], Link.EDITED, score


def _in_order(likeness: Sequence[Sequence[float]]) -> Iterator[tuple[int, int, float]]:
    """Find the pairs of an alignment of two sequences with the greatest sum of likeness."""
    height, width = len(likeness), len(likeness[0])
    best = [[0.0] * (width + 1) for _ in range(height + 1)]
    for i in range(height - 1, -1, -1):
        for j in range(width - 1, -1, -1):
            score = likeness[i][j]
            paired = best[i + 1][j + 1] + score if score >= ALIKE else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    i = j = 0
    while i < height and j < width:
        score = likeness[i][j]
        if score >= ALIKE and best[i][j] == best[i + 1][j + 1] + score:
            yield i, j, score
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1


def _moved(
    mine: dict[int, Layer], theirs: dict[int, Layer], stages: dict[str | None, str | None]
) -> Iterator[Pair]:
    scored = [
        (_likeness(one, other), index, earlier)
        for index, one in mine.items()
        for earlier, other in theirs.items()
        if _same_stage(one, other, stages)
    ]
    for score, index, earlier in sorted(scored, key=lambda item: (-item[0], item[1:])):
        if score >= MOVED_ALIKE:
            yield index, earlier, Link.EDITED, score
