from __future__ import annotations

import pytest

from cachestats.logs.tty import LOSSY
from cachestats.schema import FactKind
from tests.logs.logs import ends, facts, github, outcomes, run, runs, step, steps, steps_of_each

SCREEN = """\
[+] Building 12.3s (6/6) FINISHED                                    docker-container:ci
 => [internal] load build definition from Dockerfile                                 0.0s
 => => transferring dockerfile: 353B                                                 0.0s
 => CACHED [1/4] FROM docker.io/library/python:3.13                                  0.0s
 => CACHED [2/4] WORKDIR /app                                                        4.5s
 => => extracting sha256:c435624055ac86c2208b7803e3fc7f205bedd8f15f43596301ffc07c68  4.4s
 => [3/4] COPY . .                                                                   0.1s
 => ERROR [4/4] RUN make                                                             2.5s
 => CANCELED [web 2/2] RUN sleep 60                                                  7.0s
------
 > [4/4] RUN make:
#8 0.049 make: not found
------
ERROR: failed to solve: exit code: 127
"""


def test_words_tell_the_ends_and_none_is_done() -> None:
    assert ends(SCREEN) == [
        {
            1: ("done", 0.0),
            2: ("cached", None),
            3: ("cached", None),
            4: ("done", 0.1),
            5: ("failed", 2.5),
            6: ("canceled", 7.0),
        }
    ]


def test_a_hit_with_a_time_was_pulled() -> None:
    assert [steps(SCREEN)[no]["restore_s"] for no in (2, 3)] == [None, 4.5]


def test_a_run_has_the_wall_time_driver_and_error_of_its_screen() -> None:
    said = run(SCREEN)
    assert (said["format"], said["wall_s"], said["driver"]) == ("tty", 12.3, "docker-container")
    assert (said["outcome"], said["warnings"]) == ("failed", [LOSSY])
    assert steps(SCREEN)[5]["error"] is None


def test_rows_below_a_step_are_its_statuses() -> None:
    (size,) = facts(FactKind.DOCKERFILE_BYTES, SCREEN)
    assert (size["value"], size["step_no"], size["line"]) == (353.0, 1, 3)


def test_a_pull_below_a_step_does_not_make_it_a_hit() -> None:
    pull = f" => => extracting sha256:{'2f' * 32}  1.0s\n"
    assert step(f"[+] Building 3.0s (1/1) FINISHED\n => [2/2] RUN make  2.5s\n{pull}")[
        "outcome"
    ] == ("done")


@pytest.mark.parametrize(
    ("row", "seconds"),
    [
        (" => [2/2] RUN make   2.5s", 2.5),
        ("=> [2/2] RUN make 2.5s", 2.5),
        ("    => [2/2] RUN make                   2.5s ", 2.5),
        (" => [2/2] RUN make   2.5ss", 2.5),
        (" => [2/2] RUN make   2.5초", 2.5),
        (" => [2/2] RUN make", None),
        ("\x1b[34m => [2/2] RUN make            2.5s\x1b[0m", 2.5),
        (" => [2/2] RUN make  2.5s => => transferring context: 2B       ", 2.5),
        (" => [2/2] RUN make  2.5s[+] Building 3.0s (4/9)     ", 2.5),
    ],
)
def test_a_row_in_its_variants(row: str, seconds: float | None) -> None:
    said = step(f"[+] Building 2.6s (1/1) FINISHED\n{row}\n")
    assert (said["name"], said["duration_s"]) == ("[2/2] RUN make", seconds)


FRAMES = """\
[+] Building 0.2s (1/3)
 => [internal] load build definition from Dockerfile  0.0s
 => [2/3] RUN make                                    0.1s
 => => # cc -c main.c
[+] Building 2.9s (1/3)
 => [2/3] RUN make                                    2.8s
"""


def test_the_last_screen_counts_and_a_step_that_scrolled_off_stays() -> None:
    assert ends(FRAMES) == [{1: ("done", 0.0), 2: ("done", 2.8)}]
    assert [one["line"] for one in steps(FRAMES).values()] == [2, 3]


def test_a_screen_that_was_drawn_sooner_is_of_another_build() -> None:
    other = FRAMES.replace("make", "test")
    assert ends(FRAMES + other) == [*ends(FRAMES), *ends(other)]


def test_on_the_last_screen_nothing_runs() -> None:
    log = "[+] Building 1.1s (1/1) FINISHED\n => [1/2] RUN a 1.0s\n => [2/2] RUN b 0.1s\n"
    assert outcomes(log) == {1: "done", 2: "done"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([" => [1/3] RUN a 1.0s", " => [2/3] RUN b 1.0s"], {1: "done", 2: "open"}),
        ([" => [1/3] RUN a 1.0s", " => CACHED [2/3] RUN b 0.0s"], {1: "open", 2: "cached"}),
        ([" => [1/3] RUN a 1.0s"], {1: "done"}),
        ([" => [1/3] RUN a 1.0s", " => => # cc -c main.c"], {1: "open"}),
    ],
)
def test_on_a_screen_that_is_not_the_last_the_last_steps_run(
    rows: list[str], expected: dict[int, str]
) -> None:
    assert outcomes("\n".join(["[+] Building 1.1s (1/3)", *rows])) == expected


@pytest.mark.parametrize("second", ["0.1s (1/1) FINISHED", "0.1s (0/1)", "12.3s (1/1) FINISHED"])
def test_a_screen_behind_the_last_is_of_another_build(second: str) -> None:
    log = f"{SCREEN}[+] Building {second}\n => [2/2] RUN make  0.1s\n"
    assert [len(said) for said in ends(log)] == [6, 1]
    assert [one["outcome"] for one in runs(log)][:1] == ["failed"]


def test_a_builder_that_is_booted_belongs_to_the_build_behind_it() -> None:
    booting = "[+] Building 5.0s (1/1) FINISHED\n => [internal] booting buildkit  5.0s\n"
    log = booting + "[+] Building 0.3s (1/1) FINISHED\n => [1/1] RUN make  0.2s\n"
    assert run(log)["builder_booted"]
    assert ends(log) == [{0: ("done", 5.0), 1: ("done", 0.2)}]


def test_equal_names_are_steps_of_their_own() -> None:
    row = " => cp -a /src/go /dest/  0.{}s\n"
    log = "[+] Building 1.0s (2/2) FINISHED\n" + row.format(3) + row.format(2)
    assert ends(log) == [{1: ("done", 0.3), 2: ("done", 0.2)}]


def test_times_of_github_change_no_step() -> None:
    assert ends(github(FRAMES)) == ends(FRAMES)


def test_arrows_of_other_programs_are_no_steps() -> None:
    assert runs("irb> 1 + 1\n => 2\n => [1, 2]\n[+] Running 1/1\n => done 0.1s\n") == []


PLAIN = "#1 [1/2] FROM alpine\n#1 CACHED\n\n#2 [2/2] RUN make\n#2 DONE 3.0s\n"


def told(text: str, column: str) -> dict[str, object]:
    """What the runs of a log say, by their format."""
    return {str(one["format"]): one[column] for one in runs(text)}


@pytest.mark.parametrize("before", [True, False])
def test_a_screen_beside_plain_progress_is_a_build_of_its_own(*, before: bool) -> None:
    text = f"{SCREEN}\n{PLAIN}" if before else f"{PLAIN}\n{SCREEN}"
    assert told(text, "outcome") == {"plain": "done", "tty": "failed"}
    assert told(text, "warnings") == {"plain": [], "tty": [LOSSY]}
    alone = [steps(PLAIN), steps(SCREEN)]
    assert sorted(map(len, steps_of_each(text))) == sorted(map(len, alone))


def test_an_error_of_plain_progress_is_none_of_the_screen_below() -> None:
    done = SCREEN.partition(" => ERROR")[0]
    text = f"{PLAIN}ERROR: failed to solve: exit code: 1\n{done}"
    assert told(text, "outcome")["tty"] == "done"


def test_a_screen_in_the_output_of_a_step_is_no_build() -> None:
    inner = "".join(f"#2 0.5 {line}\n" for line in SCREEN.splitlines())
    text = PLAIN.replace("#2 DONE", f"{inner}#2 DONE")
    assert set(told(text, "outcome")) == {"plain"}
    assert len(steps(text)) == 2
