from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from cachestats.logs.text import sniff
from cachestats.logs.wrappers import GUESSED, WRAPPERS, unwrapped
from tests.lab import LAB

if TYPE_CHECKING:
    from pathlib import Path

from cachestats.logs.wrappers import Wrapper

LOG = b"""\
#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 488B done
#1 DONE 0.0s

#2 [1/2] RUN make
#2 0.389 #1 [internal] load build definition from Dockerfile
#2 0.400 done
#2 DONE 1.2s

#3 [2/2] COPY . .
#3 CACHED
"""
SAMPLES = [(wrapper, sample) for wrapper in WRAPPERS for sample in wrapper.samples]
NAMES = [f"{wrapper.name}-{number}" for number, (wrapper, _) in enumerate(SAMPLES)]
WHAT_A_WRAPPER_LEAVES = ("step_no", "name", "outcome", "cached_as", "duration_s", "restore_s")


def wrapped(log: bytes, prefix: bytes) -> bytes:
    return b"".join(prefix + line for line in log.splitlines(keepends=True))


def steps(folder: Path, log: bytes) -> list[tuple[object, ...]]:
    (folder / "a.log").write_bytes(log)
    return cs.parse(folder / "a.log").steps.select(WHAT_A_WRAPPER_LEAVES).rows()


@pytest.mark.parametrize(("wrapper", "sample"), SAMPLES, ids=NAMES)
def test_a_sample_is_of_its_wrapper(wrapper: Wrapper, sample: bytes) -> None:
    assert re.fullmatch(wrapper.prefix, sample)
    first = next(other for other in WRAPPERS if re.fullmatch(other.prefix, sample))
    assert first.name == wrapper.name


@pytest.mark.parametrize(("wrapper", "sample"), SAMPLES, ids=NAMES)
def test_a_wrapper_changes_no_step(tmp_path: Path, wrapper: Wrapper, sample: bytes) -> None:
    found = unwrapped(wrapped(LOG, sample))
    assert (found and found.wrapper, found and found.warning) == (wrapper.name, None)
    assert steps(tmp_path, wrapped(LOG, sample)) == steps(tmp_path, LOG)


@pytest.mark.parametrize("prefix", [b"", b"2026-11-24T03:39:25.0000000Z "])
@pytest.mark.parametrize("code", [b"\x1b[0m", b"\x1b[0m\x1b[K"])
def test_terminal_codes_behind_lines_change_no_step(
    tmp_path: Path, code: bytes, prefix: bytes
) -> None:
    log = wrapped(LOG.replace(b"\n", code + b"\n"), prefix)
    assert steps(tmp_path, log) == steps(tmp_path, LOG)


def test_terminal_codes_in_output_are_left_where_they_are() -> None:
    text = LOG.replace(b"done\n", b"made in 0.1s\x1b[0m\n")
    assert sniff(0, text).data == text


@pytest.mark.parametrize("nanoseconds", [1_234_567, 123_456_700, 123_456_789, 0])
def test_times_may_leave_out_zeros_at_their_end(tmp_path: Path, nanoseconds: int) -> None:
    """As Go writes them: `kubectl logs --timestamps`."""
    lines = LOG.splitlines(keepends=True)
    fractions = [
        f".{nanoseconds + number:09}".rstrip("0").rstrip(".") for number, _ in enumerate(lines)
    ]
    times = [f"2026-11-24T03:39:25{fraction}Z ".encode() for fraction in fractions]
    log = b"".join(time + line for time, line in zip(times, lines, strict=True))
    assert len(set(map(len, times))) > 1
    assert steps(tmp_path, log) == steps(tmp_path, LOG)


@pytest.mark.parametrize("prefix", [b"~~ ci ~~ ", b"(x) "])
def test_a_wrapper_that_nobody_listed_is_guessed_and_said(tmp_path: Path, prefix: bytes) -> None:
    (tmp_path / "a.log").write_bytes(wrapped(LOG, prefix))
    assert cs.parse(tmp_path / "a.log").runs["warnings"].to_list() == [[GUESSED]]
    assert steps(tmp_path, wrapped(LOG, prefix)) == steps(tmp_path, LOG)


@pytest.mark.parametrize(
    ("prefix", "start"),
    [
        (b"[2019-08-02T18:12:52.300Z] ", "2019-08-02 18:12:52.300000"),
        (b"\x1b_bk;t=1700000000123\x07", "2023-11-14 22:13:20.123000"),
        (b"2023-10-06T00:17:09.669794202Z stdout F ", "2023-10-06 00:17:09.669794"),
        (b"2026-06-05T11:59:09Z 00O ", "2026-06-05 11:59:09"),
    ],
)
def test_the_time_of_a_wrapper_is_that_of_the_run(
    tmp_path: Path, prefix: bytes, start: str
) -> None:
    (tmp_path / "a.log").write_bytes(wrapped(LOG, prefix))
    run = cs.parse(tmp_path / "a.log").runs.row(0, named=True)
    assert (run["started_at_basis"], str(run["started_at"])[: len(start)]) == ("log", start)


def test_section_marks_and_colours_of_gitlab(tmp_path: Path) -> None:
    mark = b"section_start:1594758868:step_script\r\x1b[0K\x1b[32;1m$ docker build .\x1b[0;m\n"
    ended = b"section_end:1594758868:step_script\r\x1b[0K"
    colours = b"\x1b[0K" + LOG.replace(b"#2 [1/2]", b"\x1b[0;m#2 [1/2]")
    assert steps(tmp_path, mark + colours + ended) == steps(tmp_path, LOG)


TIME = b"2026-11-24T03:39:25.0000000Z "
COLOURED = LOG.replace(b"0.400 done", b"0.400 \x1b[32mgreen\x1b[0m done\x1b[0m")


def run_id(folder: Path, log: bytes) -> str:
    (folder / "a.log").write_bytes(log)
    return str(cs.parse(folder / "a.log").runs["run_id"].item())


@pytest.mark.parametrize(
    ("wrapper", "prefix"),
    [
        (b"build\tBuild image\t", TIME),
        (b"build\tBuild image\t", b""),
        (b"web-1  | ", b""),
        (b"\x1b[36mweb-1  | \x1b[0m", b""),
    ],
)
@pytest.mark.parametrize("error", [b"", b"\x1b[31mERROR: failed to solve: x\x1b[0m\n"])
def test_a_wrapper_leaves_what_a_program_coloured(
    tmp_path: Path, wrapper: bytes, prefix: bytes, error: bytes
) -> None:
    raw = wrapped(COLOURED + (error if b"\x1b" not in wrapper else b""), prefix)
    assert run_id(tmp_path, wrapped(raw, wrapper)) == run_id(tmp_path, raw)


@pytest.mark.parametrize("prefix", [TIME, b"", b"build\tBuild\t" + TIME])
@pytest.mark.parametrize("code", [b"\x1b[36m", b"\x1b[0K\x1b[36m"])
def test_colours_around_lines_are_taken_off_and_those_in_output_left(
    tmp_path: Path, prefix: bytes, code: bytes
) -> None:
    some = COLOURED.replace(b"#2 DONE 1.2s", code + b"#2 DONE 1.2s\x1b[0m")
    outside = COLOURED.replace(b"green\x1b[0m done\x1b[0m", b"green done")
    every = re.sub(rb"(?m)^#.*$", lambda line: code + line[0] + b"\x1b[0m", outside)
    assert run_id(tmp_path, wrapped(some, prefix)) == run_id(tmp_path, wrapped(COLOURED, prefix))
    assert run_id(tmp_path, wrapped(every, prefix)) == run_id(tmp_path, wrapped(outside, prefix))


def test_a_code_behind_an_end_that_shares_its_line_with_output_hides_nothing(
    tmp_path: Path,
) -> None:
    plain = LOG.replace(b"#2 0.400 done\n#2 DONE", b"#2 0.400 done #2 DONE")
    log = plain.replace(b"1.2s\n", b"1.2s\x1b[0m\n")
    assert steps(tmp_path, log) == steps(tmp_path, plain)


@pytest.mark.skipif(not LAB.exists(), reason="the lab is not beside the project")
@pytest.mark.parametrize(("wrapper", "sample"), SAMPLES, ids=NAMES)
def test_every_wrapper_of_every_lab_log(tmp_path: Path, wrapper: Wrapper, sample: bytes) -> None:
    bare, dressed = tmp_path / "bare", tmp_path / wrapper.name.replace("/", "-")
    for number, path in enumerate(sorted(LAB.glob("runs/*/*/plain.log"))):
        for folder, prefix in ((bare, b""), (dressed, sample)):
            folder.mkdir(exist_ok=True)
            (folder / f"{number}.log").write_bytes(wrapped(path.read_bytes(), prefix))
    of_log = [
        cs.parse(folder)
        .runs.join(cs.parse(folder).steps, on="run_id")
        .sort("source", "step_no")
        .with_columns(source=cs.Runs.source.col.str.extract(r"(\d+\.log)$"))
        .select("source", *WHAT_A_WRAPPER_LEAVES)
        .rows()
        for folder in (bare, dressed)
    ]
    assert of_log[0] == of_log[1]
