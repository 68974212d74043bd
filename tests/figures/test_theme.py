from __future__ import annotations

from itertools import combinations, starmap

import pytest

from cachestats.figures.theme import CONFIG, OTHER, figure, ink, key, nothing, palette
from cachestats.schema import Cause, Standing

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency" (2009): severity 1, on linear RGB.
SIGHTS = {
    "trichromat": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanope": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranope": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)
# A difference of 2 is just noticed when two patches touch; small cells need a multiple of that.
APART = 16

Vector = tuple[float, ...]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_can_be_told_apart(sight: str, *, dark: bool) -> None:
    seen = {value: _lab(colour, sight) for value, colour in palette(dark=dark).items()}
    calm = {OTHER, Standing.NOT_REACHED}  # never in one figure
    near = [
        (one, other, round(_distance(seen[one], seen[other])))
        for one, other in combinations(seen, 2)
        if {one, other} != calm and _distance(seen[one], seen[other]) < APART
    ]
    assert near == []


@pytest.mark.parametrize("dark", [False, True])
def test_misses_stand_off_the_paper(*, dark: bool) -> None:
    paper = _lab(ink("paper", dark=dark), "trichromat")
    colours = palette(dark=dark)
    assert all(_distance(_lab(colours[cause], "trichromat"), paper) > 2 * APART for cause in Cause)


def test_a_cause_has_one_colour() -> None:
    assert {cause: palette()[cause] for cause in Cause} == {
        cause: palette(dark=True)[cause] for cause in Cause
    }


def test_title_and_notes_are_in_the_figure() -> None:
    made = figure([], title="Waste", notes=["one", "two"], height=100, dark=False)
    assert made.layout.title.text == "Waste"
    assert made.layout.title.subtitle.text == "one<br>two"


def test_notes_make_the_figure_higher() -> None:
    heights = [
        figure([], title="", notes=["note"] * count, height=100, dark=False).layout.height
        for count in range(4)
    ]
    assert heights == sorted(set(heights))


def test_key_names_each_state_and_mark() -> None:
    written = "".join(key([Cause.EVICTED, Standing.HIT], dark=False, more=[("━", "#000", "path")]))
    assert written.count("■") == 2
    assert all(word in written for word in ("evicted", "hit", "━", "path"))


def test_key_of_many_states_has_lines_for_a_telephone() -> None:
    assert len(key(palette(), dark=False)) > 3


def test_nothing_says_why() -> None:
    made = nothing("Waste", dark=True, why="no waste")
    assert [annotation.text for annotation in made.layout.annotations] == ["no waste"]


def test_no_button_sends_a_figure_away() -> None:
    assert "sendChartToCloud" in nothing("", dark=False).layout.template.layout.modebar.remove
    assert CONFIG["showSendToCloud"] is False


def _lab(colour: str, sight: str) -> Vector:
    linear = [_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5)]
    seen = [min(1.0, max(0.0, value)) for value in _times(SIGHTS[sight], linear)]
    scaled = zip(_times(TO_XYZ, seen), WHITE, strict=True)
    x, y, z = starmap(_root, scaled)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _root(value: float, white: float) -> float:
    share = value / white
    return share ** (1 / 3) if share > 0.008856 else 7.787 * share + 16 / 116


def _times(matrix: tuple[Vector, ...], vector: list[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def _distance(one: Vector, other: Vector) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)
