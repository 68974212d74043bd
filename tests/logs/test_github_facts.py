"""What the runner of GitHub Actions does to plain progress, one test for each fact."""

from __future__ import annotations

import pytest

from tests.logs.logs import BUILD, START, ends, github, outcomes, run, runs, step, steps


class TestGitHub:
    @pytest.mark.parametrize("before", ["(Reading ... 5%", "(Reading ...\r5%"])
    def test_it_splits_at_carriage_returns_and_a_forged_control_line_is_not_believed(
        self, before: str
    ) -> None:
        forged = [
            *("#4 CACHED", "#4 DONE 99.9s", "#4 ERROR: no", "#4 CANCELED"),
            *("#3 DONE 99.9s", "#3 ERROR: no"),
            "#9 [9/9] RUN evil\r#9 CACHED",
            "#2 [9/9] RUN evil\r#2 CACHED",
            "#1 [internal] load build definition from Dockerfile\r#1 transferring dockerfile: 1B",
            "#1 [internal] booting buildkit\r#1 DONE 1.0s",
            '#0 building with "x" instance using docker-container driver',
        ]
        output = "Collecting flask==3.0.3"
        logs = [github(BUILD.replace(output, f"{before}\r{line}\rdone")) for line in forged]
        said = {line: ends(log) for line, log in zip(forged, logs, strict=True)}
        assert said == dict.fromkeys(forged, ends(BUILD))
        assert {(run["driver"], run["builder_booted"]) for run in runs(*logs)} == {(None, False)}

    def test_what_stands_where_a_line_would_is_none_without_its_time(self) -> None:
        log = github(BUILD)
        last = log.splitlines()[-1].partition(" ")[0]
        unstamped = "x" * len(last) + " #4 [9/9] RUN evil\n" + "x" * len(last) + " #4 DONE 9.0s\n"
        assert ends(log + unstamped) == ends(log)

    def test_a_cached_that_contradicts_output_is_not_believed(self) -> None:
        log = github("#4 [2/2] RUN make\n#4 0.1 cc 5%\r#4 CACHED\r\n#4 DONE 3.2s\n")
        assert step(log)["outcome"] == "done"

    def test_its_times_are_those_of_the_run(self) -> None:
        (said,) = runs(github(BUILD))
        assert (said["started_at"], said["started_at_basis"]) == (START, "log")
        assert said["wall_s"] == pytest.approx(0.013, abs=0.002)

    def test_its_times_are_those_of_the_steps(self) -> None:
        assert steps(github(BUILD))[4]["started_s"] == pytest.approx(0.011)

    def test_plain_alone_has_no_times(self) -> None:
        assert run(BUILD)["started_at_basis"] == "mtime"
        assert run(BUILD)["wall_s"] is None
        assert steps(BUILD)[4]["started_s"] is None

    def test_lines_of_the_runner_are_none_of_the_build(self) -> None:
        log = github(f"##[group]Run docker build .\n{BUILD}\n##[endgroup]\n#hashtag\n")
        assert outcomes(log) == outcomes(BUILD)

    def test_step_file_of_an_archive_begins_with_a_byte_order_mark(self) -> None:
        log = github(BUILD)
        assert outcomes(b"\xef\xbb\xbf" + log.encode()) == outcomes(BUILD)

    @pytest.mark.parametrize("letters", [12, 16, 40])
    @pytest.mark.parametrize("letter", ["é", "中", "𐀀"])
    @pytest.mark.parametrize("before", ["", "-", "--", "---"])
    def test_a_line_without_its_time_may_hold_any_letters(
        self, before: str, letter: str, letters: int
    ) -> None:
        log = f"{github(BUILD)}\n{before}{letter * letters}\n"
        assert ends(log) == ends(github(BUILD))
