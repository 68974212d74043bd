from __future__ import annotations

import pytest

from tests.logs.logs import run, runs, step, steps

NAME = f"[1/2] FROM docker.io/library/ubuntu@sha256:{'f3d28607' * 8}"
SHORT = f"{NAME[:72]}..."


def attributes(no: int, name: str, *rest: str) -> str:
    """Lines of one vertex; `rest` is of the form `started=5`, or any other line."""
    lines = [name if len(name) <= 72 else f"{name[:72]}..."]
    lines += [f"      digest: sha256:{'2f' * 32}", f'        name: "{name}"']
    for one in rest:
        key, _, value = one.partition("=")
        time = f"2018-08-31 19:07:{float(value):012.9f} +0000 UTC" if value[:1].isdigit() else value
        lines.append(f"{key + ':':>13} {time}" if value else one)
    return "".join(f"#{no} {line}\n" for line in lines)


MAKE = attributes(1, "[2/2] RUN make", "started=5.25", "0.125 cc", "completed=7.75")


def test_a_step_that_was_completed_is_done() -> None:
    said = step(MAKE)
    assert (said["name"], said["outcome"], said["duration_s"]) == ("[2/2] RUN make", "done", 2.5)
    assert (said["digest"], said["line"]) == (f"sha256:{'2f' * 32}", 1)


def test_a_run_starts_and_ends_with_its_steps() -> None:
    said = run(attributes(1, "a", "started=5.5", "completed=6") + "\n\n" + MAKE.replace("#1", "#2"))
    assert (said["format"], said["started_at_basis"], said["wall_s"]) == ("plain", "log", 2.5)
    assert said["started_at"].isoformat() == "2018-08-31T19:07:05.250000+00:00"


def test_the_name_is_whole_where_the_header_is_short() -> None:
    assert SHORT in attributes(1, NAME)
    assert step(attributes(1, NAME, "started=1", "completed=2"))["name"] == NAME


@pytest.mark.parametrize("place", [40, NAME.index(" FROM")])
def test_a_name_that_was_wrapped_is_joined(place: int) -> None:
    wrapped = f"{NAME[:place]}\n{NAME[place:].lstrip()}"
    log = attributes(1, NAME, "started=1", "completed=2").replace(f'"{NAME}"', f'"{wrapped}"')
    assert step(log)["name"] == NAME


@pytest.mark.parametrize(
    ("rest", "outcome", "duration_s"),
    [
        (["started=1", "completed=2", "cached=true"], "cached", None),
        (["started=1", "completed=3", 'error="exit code: 1"'], "failed", 2.0),
        (["started=1", "completed=3", 'error="rpc error: context canceled"'], "canceled", 2.0),
        (["started=1"], "open", None),
        (["started=1", "completed=2", "started=3"], "open", None),
        ([], "open", None),
        (["started=1", "completed=2", "started=4", "completed=5"], "done", 2.0),
        (["started=1", "completed=4", "started=2", "completed=5"], "done", 4.0),
        (["started=1", "completed=2", "completed=4"], "done", 3.0),
    ],
)
def test_attributes_tell_the_end(rest: list[str], outcome: str, duration_s: float | None) -> None:
    said = steps(MAKE + attributes(2, "[3/3] RUN test", *rest))[2]
    assert (said["outcome"], said["duration_s"]) == (outcome, duration_s)


def test_a_step_goes_on_under_its_short_name() -> None:
    first = attributes(1, NAME, "started=1")
    second = attributes(2, "b", "started=1.5", "completed=1.75")
    last = f"#1 {SHORT}\n#1    completed: 2018-08-31 19:07:04 +0000 UTC\n"
    said = steps(first + second + last)
    assert [(one["name"], one["duration_s"]) for one in said.values()] == [(NAME, 3.0), ("b", 0.25)]


@pytest.mark.parametrize("blanks", ["", "\n\n"])
def test_blank_lines_between_steps_may_be_lost(blanks: str) -> None:
    load = attributes(1, "a", "started=1", "completed=2", "transferring context: 2B done")
    assert len(steps(load + blanks + MAKE.replace("#1", "#2"))) == 2


def test_numbers_that_start_again_are_another_build() -> None:
    load = "[internal] load build definition from Dockerfile"
    builds = [
        attributes(1, load, f"started={at}", f"completed={at + 1}")
        + attributes(2, "b", f"started={at + 1}", f"completed={at + 3}").replace("2f", "3f")
        for at in (1, 11)
    ]
    assert [one["wall_s"] for one in runs("\n\n".join(builds))] == [3.0, 3.0]


def test_what_a_ci_system_puts_before_each_line_does_not_matter() -> None:
    assert step("".join(f"[job] | {line}\n" for line in MAKE.splitlines()))["duration_s"] == 2.5
