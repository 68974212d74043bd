from __future__ import annotations

import pytest

from cachestats.analysis.alignment import Layer, aligned
from cachestats.schema import Link


def run(text: str, stage: str | None = "build", image: int = 0, *beside: int) -> Layer:
    return Layer(image, stage, "RUN", f"RUN {text}", frozenset({image, *beside}))


def links(new: list[Layer], gone: list[Layer]) -> dict[int, tuple[int, Link]]:
    return {mine: (theirs, link) for mine, theirs, link, _ in aligned(new, gone)}


def test_an_edited_instruction_is_the_one_it_was() -> None:
    new = [run("apt-get install -y gcc libpq-dev libffi-dev")]
    gone = [run("apt-get install -y gcc libpq-dev"), run("npm ci --no-audit")]
    assert links(new, gone) == {0: (0, Link.EDITED)}


def test_another_command_is_another_layer() -> None:
    assert links([run("npm ci --no-audit")], [run("apt-get install -y gcc libpq-dev")]) == {}


def test_an_instruction_never_becomes_another_one() -> None:
    copy = Layer(0, "build", "COPY", "COPY requirements.txt .")
    assert links([copy], [run("requirements.txt .")]) == {}


def test_a_renamed_stage_keeps_its_layers_edited_ones_too() -> None:
    gone = [run("make all", "old"), run("pip install -r requirements.txt", "old")]
    new = [run("make all", "new"), run("pip install -q -r requirements.txt", "new")]
    assert links(new, gone) == {0: (0, Link.RENAMED), 1: (1, Link.EDITED)}


def test_no_stage_and_stage_0_are_one() -> None:
    assert links([run("make", "stage-0")], [run("make", None)]) == {0: (0, Link.RENAMED)}


def test_a_cut_text_is_the_whole_one() -> None:
    whole = "apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev"
    assert links([run(whole)], [run(whole[:50] + "...")]) == {0: (0, Link.CUT)}


def test_a_step_that_two_images_share_is_named_for_either() -> None:
    assert links([run("make", "build", 1, 0)], [run("make", "build", 0, 1)]) == {
        0: (0, Link.RENAMED)
    }


@pytest.mark.parametrize(("mine", "theirs"), [((), ()), ((0,), ()), ((), (1,))])
def test_what_another_image_alone_built_is_another_layer(
    mine: tuple[int, ...], theirs: tuple[int, ...]
) -> None:
    whole = "apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev"
    for text, earlier in [("make", "make"), (whole, whole[:50] + "...")]:
        assert links([run(text, "b", 1, *mine)], [run(earlier, "b", 0, *theirs)]) == {}


def test_ten_equal_heredocs_are_paired_in_their_order() -> None:
    gone = [run(f"<<EOF (echo {n})") for n in range(10)]
    new = [run(f"<<EOF (echo {n}!)") for n in range(10)]
    assert links(new, gone) == {n: (n, Link.EDITED) for n in range(10)}


def test_a_value_that_follows_the_commit_is_no_difference() -> None:
    new, gone = [run("build --rev 8bdd99b5624a", "b")], [run("build --rev 3c72661a6e46", "a")]
    assert links(new, gone) == {0: (0, Link.RENAMED)}


def test_a_moved_and_edited_layer_must_be_more_alike() -> None:
    long = "python -m compileall -q orders && python -m unittest -v tests.test_pricing"
    gone = [run(long), run("make one two three four")]
    new = [run("make one two three four five"), run(f"{long} tests.test_tax")]
    assert links(new, gone) == {0: (1, Link.EDITED), 1: (0, Link.EDITED)}


def test_nothing_in_nothing_out() -> None:
    assert aligned([], []) == aligned([run("x")], []) == aligned([], [run("x")]) == []
