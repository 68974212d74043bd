from __future__ import annotations

from cachestats.advice.dockerfile import parents, parse


def graph(text: str) -> dict[int, list[int]]:
    return {step: [p for p, _ in above] for step, above in parents(parse(text)).items()}


def test_a_step_is_made_from_the_step_above() -> None:
    assert graph("FROM a\nENV x=1\nRUN b\nWORKDIR /c\n") == {0: [], 2: [0], 3: [2]}


def test_stages_hang_together_by_what_they_are_built_on_copy_and_mount() -> None:
    text = "FROM a AS b\nRUN c\nFROM b AS d\nRUN e\nFROM f\nCOPY --from=d /x /\n"
    text += "RUN --mount=from=b,target=/y --mount=from=image,target=/z g\nCOPY --from=0 /x /\n"
    assert graph(text) == {0: [], 1: [0], 3: [1], 4: [], 5: [4, 3], 6: [5, 1], 7: [6, 1]}


def test_a_linked_copy_does_not_depend_on_the_step_above() -> None:
    text = "FROM a\nRUN b\nCOPY --link c /c\nRUN d\nCOPY --link=false e /e\n"
    assert graph(text) == {0: [], 1: [0], 2: [], 3: [1, 2], 4: [3]}
    assert parents(parse(text))[3] == [
        (1, "the step above"),
        (2, "merged with the step above"),
    ]


def test_a_stage_alone_in_the_file_has_no_step() -> None:
    assert graph("FROM scratch\nCMD a\n") == {0: []}
