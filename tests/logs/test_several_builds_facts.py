"""How several builds in one log are told apart, one test for each fact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cachestats import RunFacts
from tests.logs.logs import BUILD, ends, github, outcomes, rawjson, run, runs, steps, vertex

if TYPE_CHECKING:
    from collections.abc import Callable

DRIVER = '#0 building with "default" instance using docker driver\n\n'
SHORT = "#1 [internal] load build definition from Dockerfile\n#1 DONE 0.0s\n\n"
WORKER = """\
#1 [internal] load build definition from Dockerfile-worker
#1 transferring dockerfile: 420B done
#1 DONE 0.0s

#2 [2/2] RUN go build ./...
#2 CACHED
"""

OTHER = WORKER.replace("go build", "go test")
AGAIN = BUILD.replace("DONE 3.2s", "DONE 4.0s")


class TestSeveralBuilds:
    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    @pytest.mark.parametrize("driver", [DRIVER, ""], ids=["#0", "no #0"])
    @pytest.mark.parametrize("second", [WORKER, AGAIN], ids=["other names", "same names"])
    def test_each_restarts_the_numbering(
        self, second: str, driver: str, wrap: Callable[[str], str]
    ) -> None:
        log = wrap(f"{driver}{BUILD}\n{driver}{second}")
        assert ends(log) == [*ends(BUILD), *ends(second)]

    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    @pytest.mark.parametrize("driver", [DRIVER, ""], ids=["#0", "no #0"])
    @pytest.mark.parametrize("second", [WORKER, AGAIN], ids=["other names", "same names"])
    @pytest.mark.parametrize("blank", ["\n\n", "\n"], ids=["blanks", "no blanks"])
    def test_a_command_may_stand_between_them_without_a_blank_line(
        self, second: str, driver: str, wrap: Callable[[str], str], blank: str
    ) -> None:
        log = f"##[endgroup]\n{driver}{BUILD}The push refers\n##[endgroup]\n{driver}{second}$ ls\n"
        assert ends(wrap(log.replace("\n\n", blank))) == [*ends(BUILD), *ends(second)]

    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    @pytest.mark.parametrize("driver", [DRIVER, ""], ids=["#0", "no #0"])
    def test_a_builder_may_be_set_up_in_another_part_of_the_log(
        self, driver: str, wrap: Callable[[str], str]
    ) -> None:
        boot = "#1 [internal] booting buildkit\n#1 DONE 4.0s\n##[endgroup]\n##[group]Build\n"
        (steps,) = ends(wrap(f"{boot}{driver}{BUILD}"))
        assert steps == {0: ("done", 4.0), **ends(BUILD)[0]}
        assert run(wrap(f"{boot}{driver}{BUILD}"))["driver"] == ("docker" if driver else None)

    @pytest.mark.parametrize("driver", [DRIVER, ""], ids=["#0", "no #0"])
    def test_a_run_is_the_same_whether_its_log_shows_the_boot_or_not(self, driver: str) -> None:
        boot = "#1 [internal] booting buildkit\n#1 DONE 4.0s\n##[endgroup]\n"
        job = github(f"{boot}{driver}{BUILD}")
        step = "".join(job.splitlines(keepends=True)[boot.count("\n") :])
        whole, part = run(job), run(step)
        assert (whole["builder_booted"], part["builder_booted"]) == (True, False)
        for name in ("run_id", "started_at", "wall_s", "wall_est_s"):
            assert whole[name] == part[name]
        assert steps(job)[0]["started_s"] is None
        assert steps(job)[1]["started_s"] == steps(step)[1]["started_s"]

    def test_what_the_client_says_is_of_the_build_before_it_in_either_format(self) -> None:
        built = rawjson(vertex("[1/1] RUN make", (0.0, 1.5)))
        failed = "ERROR: failed to build: failed to solve: failed to push: 403\n"
        boot = "#1 [internal] booting buildkit\n#1 DONE 4.0s\n"

        def told(log: str) -> list[tuple[str, str]]:
            return [(said["format"], said["outcome"]) for said in runs(log)]

        assert told(f"{BUILD}\n{built}{failed}") == [("plain", "done"), ("rawjson", "failed")]
        assert told(f"{BUILD}{failed}{built}") == [("plain", "failed"), ("rawjson", "done")]
        assert told(f"{built}{BUILD}{failed}") == [("plain", "failed"), ("rawjson", "done")]
        assert told(f"{boot}{built}{failed}") == [("rawjson", "failed")]

    def test_a_boot_that_no_build_follows_is_no_run(self) -> None:
        boot = "#1 [internal] booting buildkit\n#1 DONE 4.0s\n"
        assert runs(boot) == []
        assert ends(f"{BUILD}\n{boot}") == ends(BUILD)
        (failed,) = runs(boot.replace("DONE 4.0s", "ERROR: no space left on device"))
        assert failed["outcome"] == "failed"

    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    @pytest.mark.parametrize("driver", [DRIVER, ""], ids=["#0", "no #0"])
    def test_a_builder_of_two_nodes_boots_them_at_once(
        self, driver: str, wrap: Callable[[str], str]
    ) -> None:
        name = "[internal] booting buildkit\n"
        boots = (
            f"#1 {name}#1 pulling image\n#1 ...\n\n#2 {name}#2 pulling image\n#2 DONE 4.1s\n\n"
            f"#1 {name}#1 DONE 4.5s\nmulti\n"
        )
        assert ends(wrap(f"{boots}{driver}{BUILD}")) == [{0: ("done", 4.5), **ends(BUILD)[0]}]
        said = run(wrap(f"{boots}{driver}{BUILD}"))
        assert (said["builder_booted"], said["warnings"]) == (True, [])

    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    @pytest.mark.parametrize("before", ["", BUILD], ids=["alone", "behind another"])
    def test_a_builder_may_be_set_up_in_plain_for_a_build_in_rawjson(
        self, before: str, wrap: Callable[[str], str]
    ) -> None:
        boot = "#1 [internal] booting buildkit\n#1 DONE 4.0s\n##[endgroup]\n"
        built = rawjson(vertex("[1/1] RUN make", (0.0, 1.5)))
        *_, last = ends(wrap(f"{before}{boot}{built}"))
        assert last == {0: ("done", 4.0), 1: ("done", 1.5)}
        booted = [said["builder_booted"] for said in runs(wrap(f"{before}{boot}{built}"))]
        assert booted == [False] * bool(before) + [True]

    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    def test_the_next_may_stand_right_behind_an_error(self, wrap: Callable[[str], str]) -> None:
        log = wrap(f"{BUILD}ERROR: failed to build: failed to solve: exit code: 1\n{WORKER}")
        assert ends(log) == [*ends(BUILD), *ends(WORKER)]

    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    @pytest.mark.parametrize("recap", ["", "------\n > [internal] load git source:\n------\n"])
    @pytest.mark.parametrize("name", ["git source https://github.com/a/b.git#main", "remote x"])
    def test_one_that_fails_at_its_first_step_ends_there(
        self, name: str, recap: str, wrap: Callable[[str], str]
    ) -> None:
        begun = f"#1 [internal] load {name}\n#1 0.1 Initialized\n"
        failed = (
            f"{begun}#1 ERROR: failed to fetch remote: exit status 128\n{recap}"
            "ERROR: failed to build: failed to solve: failed to fetch remote\n"
        )
        good = f"{begun}#1 DONE 1.0s\n\n#2 [2/2] RUN make\n#2 0.1 a\n#2 DONE 1.0s\n"
        log = wrap(f"{failed}$ retry\n{failed.replace('128', '129')}$ retry\n{good}")
        assert [row["outcome"] for row in runs(log)] == ["failed", "failed", "done"]

    def test_each_has_its_own_driver(self) -> None:
        log = f"{DRIVER}{BUILD}\n{DRIVER.replace('docker driver', 'remote driver')}{WORKER}"
        assert [run["driver"] for run in runs(log)] == ["docker", "remote"]

    def test_builder_that_is_booted_belongs_to_the_build_that_follows(self) -> None:
        log = f"{BUILD}\n#1 [internal] booting buildkit\n#1 DONE 3.0s\n\n{DRIVER}{WORKER}"
        assert [run["builder_booted"] for run in runs(log)] == [False, True]

    def test_failure_ends_the_first(self) -> None:
        log = f"{BUILD}ERROR: failed to build: failed to solve: exit code: 1\n{DRIVER}{WORKER}"
        assert [run["outcome"] for run in runs(log)] == ["failed", "done"]

    def test_of_three_each_is_a_run(self) -> None:
        assert (
            len(
                runs(f"{DRIVER}{BUILD}\n{DRIVER}{WORKER}\n{DRIVER}{BUILD}\n#5 exporting to image\n")
            )
            == 3
        )

    def test_started_at_is_that_of_each(self) -> None:
        first, second = runs(github(f"{BUILD}\n{WORKER}"))
        assert second["started_at"] - first["started_at"] == timedelta(milliseconds=15)

    def test_name_printed_again_after_done_is_no_restart(self) -> None:
        assert len(runs(f"{BUILD}\n{SHORT}")) == 1

    def test_number_1_that_is_printed_late_is_no_restart(self) -> None:
        log = """\
            #3 [build 3/8] RUN job 3
            #3 0.123 text
            #3 ...

            #1 [build 1/8] RUN job 1
            #1 DONE 1.0s

            #2 [build 2/8] RUN job 2
            #2 DONE 2.0s

            #3 [build 3/8] RUN job 3
            #3 DONE 3.0s
            """
        assert ends(log) == [{1: ("done", 1.0), 2: ("done", 2.0), 3: ("done", 3.0)}]

    @pytest.mark.parametrize(
        "again", ["", "#2 [api internal] load .dockerignore\n#2 DONE 0.1s\n\n"]
    )
    def test_second_name_for_one_number_in_a_bake_is_no_restart(self, again: str) -> None:
        log = f"""\
#1 [web internal] load build definition from Dockerfile
#1 DONE 0.0s

#2 [web internal] load .dockerignore
#2 DONE 0.0s

#1 [api internal] load build definition from Dockerfile
#1 DONE 0.1s

{again}#3 [web 2/2] RUN make
#3 DONE 1.0s
"""
        assert outcomes(log) == {1: "done", 2: "done", 3: "done"}
        assert run(log)["warnings"] == []


class TestListsOfChanges:
    CHANGES = "#12 Fix the cache\n#4 Update README (#7)\n"

    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    @pytest.mark.parametrize("driver", [DRIVER, ""], ids=["#0", "no #0"])
    def test_they_change_nothing(self, driver: str, wrap: Callable[[str], str]) -> None:
        log = wrap(f"Changes:\n{self.CHANGES}\n{driver}{BUILD}Merged:\n{self.CHANGES}")
        assert ends(log) == ends(BUILD)
        assert (run(log)["outcome"], run(log)["warnings"]) == ("done", [])

    def test_names_of_other_frontends_are_none(self) -> None:
        log = f"{BUILD}\n#5 mkdir /x\n#5 DONE 0.1s\n\n#6 local://context\n"
        assert ends(log) == [{**ends(BUILD)[0], 5: ("done", 0.1), 6: ("open", None)}]


class TestInterleavedBuilds:
    LOG = """\
        #2 [internal] load build definition from Dockerfile
        #2 transferring dockerfile: 605B done
        #2 DONE 0.0s

        #3 [linux/amd64 internal] load metadata for docker.io/library/nginx:alpine

        #2 [internal] load build definition from Dockerfile
        #2 transferring dockerfile: 719B done
        #2 DONE 0.0s

        #3 [linux/amd64 internal] load metadata for docker.io/library/node:18-alpine
        #3 ...

        #4 [linux/arm64 internal] load metadata for docker.io/library/node:18-alpine
        #4 DONE 3.5s
        #3 DONE 3.4s

        #4 [linux/arm64 internal] load metadata for docker.io/library/nginx:alpine
        #4 DONE 3.5s
        """

    def test_they_are_warned_of(self) -> None:
        assert all("interleaved" in " ".join(said["warnings"]) for said in runs(self.LOG))

    def test_outcome_of_a_number_that_names_two_steps_is_not_guessed(self) -> None:
        assert outcomes(self.LOG)[3] == "open"

    def test_one_build_is_not(self) -> None:
        assert run(BUILD)["warnings"] == []


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class TestStartsOfBuildsWithoutTimes:
    def test_the_next_begins_when_those_before_have_ended_at_the_earliest(self) -> None:
        given = RunFacts(project="p", started_at=NOON)
        starts = [said["started_at"] for said in runs(f"{BUILD}\n{AGAIN}\n{WORKER}", given=given)]
        assert starts == [NOON, NOON + timedelta(seconds=3.2), NOON + timedelta(seconds=7.2)]

    def test_the_time_of_the_file_orders_them_too(self) -> None:
        first, second = (said["started_at"] for said in runs(f"{BUILD}\n{AGAIN}"))
        assert second - first == timedelta(seconds=3.2)

    def test_builds_that_took_no_time_are_in_order_too(self) -> None:
        given = RunFacts(project="p", started_at=NOON)
        first, second = (said["started_at"] for said in runs(f"{WORKER}\n{OTHER}", given=given))
        assert first < second

    def test_equal_builds_after_each_other_are_two_where_a_time_is_given(self) -> None:
        given = RunFacts(project="p", started_at=NOON)
        assert len(runs(f"{BUILD}\n{BUILD}", given=given)) == 2
        assert len(runs(f"{BUILD}\n{BUILD}")) == 1

    def test_a_log_that_grew_keeps_the_runs_that_it_had(self) -> None:
        given = RunFacts(project="p", started_at=NOON)
        before = [said["run_id"] for said in runs(f"{BUILD}\n{AGAIN}", given=given)]
        after = [said["run_id"] for said in runs(f"{BUILD}\n{AGAIN}\n{WORKER}", given=given)]
        assert after[:2] == before
