"""What is known of the plain printer, one test for each fact."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cachestats.schema import FactKind, StepKind
from tests.logs.logs import (
    BLOB,
    START,
    ends,
    facts,
    github,
    outcomes,
    run,
    runs,
    step,
    steps,
    steps_of_each,
)

HIT = ("cached", "hit")
PULL = f"#9 {BLOB} 140.62MB / 140.62MB 0.6s done"
EXTRACT = f"#9 extracting {BLOB} 5.5s done"

LOADED = """\
#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 354B done
#1 DONE 0.0s

#2 [internal] load .dockerignore
#2 transferring context: 74B done
#2 DONE 0.0s
"""
BUILD = f"""{LOADED}
#3 [1/2] FROM localhost:5000/debian-python:12
#3 CACHED

#4 [2/2] RUN pip install flask
#4 0.672 Collecting flask==3.0.3
#4 DONE 3.2s
"""


class TestNumbers:
    def test_number_is_given_at_first_print_and_is_not_that_of_the_dockerfile(self):
        said = steps("""\
            #6 [5/6] COPY . .
            #6 DONE 0.1s

            #9 [2/6] RUN apk add curl
            #9 DONE 4.0s
            """)
        assert {no: row["index"] for no, row in said.items()} == {6: 5, 9: 2}

    def test_name_printed_again_after_the_printer_moved_on_is_the_same_step(self):
        said = steps("""\
            #8 [builder 2/3] RUN npm ci
            #8 0.521 npm warn
            #8 ...

            #9 [auth] library/node:pull token for registry-1.docker.io
            #9 DONE 0.0s

            #8 [builder 2/3] RUN npm ci
            #8 3.199 added 73 packages in 2s
            #8 DONE 3.3s
            """)
        assert {no: (row["outcome"], row["duration_s"]) for no, row in said.items()} == {
            8: ("done", 3.3),
            9: ("done", 0.0),
        }

    def test_blank_lines_between_blocks_may_be_lost(self):
        log = BUILD.replace("\n\n", "\n")
        assert outcomes(log) == {1: "done", 2: "done", 3: "cached", 4: "done"}

    def test_log_that_starts_inside_a_step_has_lost_its_name(self):
        said = step("""\
            #17 39.89 Cached:    0 cached, 1 total
            #17 44.89
            #17 DONE 44.9s
            """)
        assert (said["name"], said["kind"]) == (None, StepKind.OTHER)
        assert (said["outcome"], said["duration_s"]) == ("done", 44.9)

    def test_ellipsis_without_a_number_is_none_of_the_printer(self):
        assert outcomes("#1 [1/1] RUN make\n#1 DONE 1.0s\n\n...\n") == {1: "done"}


class TestDriver:
    @pytest.mark.parametrize("driver", ["docker", "docker-container", "remote", "kubernetes"])
    def test_driver_line_is_evidence_and_no_step(self, driver):
        log = f'#0 building with "lab3" instance using {driver} driver\n\n{BUILD}'
        assert run(log)["driver"] == driver
        assert sorted(steps(log)) == [1, 2, 3, 4]

    def test_booting_buildkit_means_that_the_job_made_its_builder(self):
        log = f"""\
#1 [internal] booting buildkit
#1 pulling image moby/buildkit:buildx-stable-1 2.6s done
#1 creating container buildx_buildkit_builder-38a795fb0 done
#1 DONE 3.0s

#0 building with "builder-38a795fb" instance using docker-container driver

{BUILD}"""
        assert run(log)["builder_booted"]
        assert steps(log)[0]["name"] == "[internal] booting buildkit"
        assert steps(log)[1]["name"] == "[internal] load build definition from Dockerfile"

    def test_booting_has_a_numbering_of_its_own_without_a_driver_line_too(self):
        log = f"#1 [internal] booting buildkit\n#1 DONE 3.0s\n\n{BUILD}"
        assert sorted(steps(log)) == [0, 1, 2, 3, 4]

    def test_builder_that_was_there_is_not_booted(self):
        assert not run(BUILD)["builder_booted"]


class TestEnds:
    def test_each_has_its_words(self):
        words = {
            "CACHED": ("cached", None),
            "DONE 1.2s": ("done", 1.2),
            "DONE 8654.8s": ("done", 8654.8),
            "DONE": ("done", None),
            "CANCELED": ("canceled", None),
            "ERROR: exit code 1": ("failed", None),
            'ERROR: process "/bin/sh -c make" did not complete: exit code: 2': ("failed", None),
            "...": ("open", None),
        }
        said = ends(*(f"#4 [2/2] RUN make\n#4 {line}\n" for line in words))
        assert dict(zip(words, (step[4] for step in said), strict=True)) == words

    def test_log_that_ends_first_leaves_the_step_and_the_run_open(self):
        log = "#4 [2/2] RUN make\n#4 0.102 cc main.c\n"
        assert (step(log)["outcome"], run(log)["outcome"]) == ("open", "open")

    def test_done_repeated_is_taken_last_never_added(self):
        said = step("""\
            #12 exporting to image
            #12 exporting layers 2.2s done
            #12 DONE 2.2s

            #12 exporting to image
            #12 pushing layers 0.4s done
            #12 DONE 2.9s
            """)
        assert said["duration_s"] == 2.9

    def test_done_0_0s_is_not_cached(self):
        said = step("#9 [3/8] WORKDIR /srv/billing\n#9 DONE 0.0s\n")
        assert (said["outcome"], said["duration_s"]) == ("done", 0.0)

    def test_step_never_evaluated_is_absent(self):
        said = steps("""\
            #6 [build 1/5] FROM docker.io/library/golang:1.23
            #6 DONE 0.0s

            #7 [build 5/5] RUN go build ./...
            #7 CACHED
            """)
        assert [row["index"] for row in said.values()] == [1, 5]

    def test_error_of_a_canceled_context_is_no_failure(self):
        errors = {
            'process "/bin/sh -c make" did not complete successfully: exit code: 1': "failed",
            "process did not complete: exit code: 137: context canceled": "canceled",
            "Canceled: context canceled": "canceled",
            "context canceled": "canceled",
        }
        logs = [f"#4 [2/2] RUN make\n#4 0.1 cc main.c\n#4 ERROR: {error}\n" for error in errors]
        assert [step[4][0] for step in ends(*logs)] == list(errors.values())
        assert [run["outcome"] for run in runs(*logs)] == list(errors.values())

    def test_interrupt_cancels_the_run(self):
        log = """\
            #11 [app 2/2] RUN /opt/venv/bin/python -m jobs.selftest
            #11 3.169 simulating hour 3
            #11 CANCELED
            ERROR: failed to build: failed to solve: Canceled: context canceled
            """
        assert (step(log)["outcome"], run(log)["outcome"]) == ("canceled", "canceled")

    def test_step_canceled_beside_a_failed_one_leaves_the_run_failed(self):
        log = """\
            #12 [validate 4/4] RUN python -m worker.validate
            #12 ERROR: process "/bin/sh -c python -m worker.validate" did not complete: exit code: 3

            #13 [train 4/4] RUN python -m worker.train
            #13 1.118 epoch  30 loss 0.3459
            #13 CANCELED
            """
        assert outcomes(log) == {12: "failed", 13: "canceled"}
        assert run(log)["outcome"] == "failed"


class TestHits:
    @pytest.mark.parametrize(
        "name",
        ["[4/7] WORKDIR /srv/orders", "[app 2/2] RUN python -m jobs.selftest", "[2/3] COPY . ."],
    )
    def test_layer_that_was_pulled_is_a_hit_in_all_its_forms(self, name):
        forms = [
            f"#9 CACHED\n\n#9 {name}\n{PULL}\n{EXTRACT}\n#9 DONE 11.2s\n",
            f"{PULL}\n{EXTRACT}\n#9 DONE 11.2s\n",
            f"{PULL}\n#9 DONE 6.2s\n\n#9 {name}\n{EXTRACT}\n#9 DONE 11.2s\n",
            f"{PULL}\n#9 DONE 6.2s\n\n#9 {name}\n{EXTRACT}\n#9 DONE 11.2s\n#9 CACHED\n",
        ]
        said = [step[9] for step in steps_of_each(*(f"#9 {name}\n{form}" for form in forms))]
        assert [(row["outcome"], row["cached_as"]) for row in said] == [HIT] * 4
        assert [(row["duration_s"], row["restore_s"]) for row in said] == [(None, 11.2)] * 4

    def test_cached_and_later_done_is_a_hit(self):
        said = step("#8 [3/4] RUN make\n#8 CACHED\n\n#8 [3/4] RUN make\n#8 DONE 4.1s\n")
        assert (said["outcome"], said["cached_as"]) == HIT
        assert (said["duration_s"], said["restore_s"]) == (None, 4.1)

    def test_cached_twice_is_one_hit(self):
        said = step("#6 [3/3] RUN make\n#6 CACHED\n\n#6 [3/3] RUN make\n#6 CACHED\n")
        assert (said["outcome"], said["restore_s"]) == ("cached", None)

    def test_status_lines_may_come_before_cached(self):
        said = step("#5 [2/5] ADD https://example.org/a.tgz /\n#5 resolve a 0.0s done\n#5 CACHED\n")
        assert said["outcome"] == "cached"

    def test_run_with_output_that_pulled_a_lazy_base_was_executed(self):
        said = step(f"#9 [2/8] RUN make\n{PULL}\n{EXTRACT}\n#9 7.134 cc main.c\n#9 DONE 9.4s\n")
        assert (said["outcome"], said["duration_s"]) == ("done", 9.4)

    @pytest.mark.parametrize(("end", "outcome"), [("", "done"), ("#9 CACHED\n\n", "cached")])
    def test_pull_of_a_copy_link_can_belong_to_its_merge(self, end, outcome):
        name = "#9 [validate 3/4] COPY --link worker/ worker/\n"
        assert step(f"{name}{end}{name if end else ''}{PULL}\n#9 DONE 9.0s\n")["outcome"] == outcome

    def test_base_that_was_pulled_is_no_hit(self):
        said = step(f"#9 [1/8] FROM localhost:5000/debian:12\n{PULL}\n{EXTRACT}\n#9 DONE 6.7s\n")
        assert (said["kind"], said["outcome"], said["duration_s"]) == ("from", "done", 6.7)

    @pytest.mark.parametrize("output", ["", "#7 0.672 Collecting flask==3.0.3\n"])
    def test_blob_not_found_and_then_executed_is_a_miss(self, output):
        name = "#7 [5/8] RUN pip install -r requirements.txt\n"
        log = f"{name}#7 ERROR: blob {BLOB}: not found\n\n{name}{output}#7 DONE 3.2s\n"
        said = step(log)
        assert (said["outcome"], said["duration_s"], said["restore_s"]) == ("done", 3.2, None)
        assert run(log)["outcome"] == "done"

    def test_error_behind_cached_takes_the_hit_back(self):
        name = "#7 [2/8] RUN make\n"
        log = f"{name}#7 CACHED\n\n{name}#7 ERROR: blob {BLOB}: not found\n\n{name}#7 DONE 6.1s\n"
        assert step(log)["outcome"] == "done"

    def test_step_skipped_since_an_input_failed_is_cached_but_no_hit(self):
        said = steps("""\
            #21 [stage-0  6/17] WORKDIR /var/www/html
            #21 CACHED

            #22 [stage-0  7/17] COPY composer.json composer.lock ./
            #22 ERROR: failed to calculate checksum of ref 59y6x::jxehc: "/composer.lock": not found

            #24 [stage-0  8/17] RUN composer install --no-dev
            #24 CACHED
            """)
        assert [row["outcome"] for row in said.values()] == ["cached", "failed", "cached"]
        assert [row["cached_as"] for row in said.values()] == ["hit", None, "skipped"]

    def test_merge_within_one_bake_is_cached_but_no_hit(self):
        said = steps("""\
            #7 [web base 2/2] RUN npm ci
            #7 1.000 added 73 packages
            #7 DONE 3.3s

            #8 [api base 2/2] RUN npm ci
            #8 CACHED
            """)
        assert [row["outcome"] for row in said.values()] == ["done", "cached"]
        assert [row["cached_as"] for row in said.values()] == [None, "merged"]


class TestOutput:
    @pytest.mark.parametrize("second", ["0.628", "39.89", "8654.0"])
    def test_output_that_imitates_a_control_line_ends_no_step(self, second):
        texts = [
            *("DONE 3.2s", "CACHED", "CANCELED", "ERROR: no version satisfies it", "..."),
            *("#8 CACHED", "#8 DONE 99.9s", "#1 [internal] load build definition from Dockerfile"),
            *("[1/4] Resolving packages...", "[2/2] RUN make", f"{BLOB} 7MB / 7MB 0.1s done"),
            'building with "default" instance using docker driver',
        ]
        logs = [
            f"#8 [2/2] RUN docker build .\n#8 {second} {text}\n#8 DONE 3.2s\n" for text in texts
        ]
        assert ends(*logs) == [{8: ("done", 3.2)}] * len(logs)
        assert {(run["outcome"], run["driver"]) for run in runs(*logs)} == {("done", None)}

    def test_output_without_an_end_leaves_the_step_open(self):
        assert step("#8 [2/2] RUN docker build .\n#8 3.2 DONE 3.2s\n")["outcome"] == "open"

    def test_output_cut_in_a_line_by_a_switch_goes_on_without_a_number(self):
        assert outcomes("""\
            #12 [validate 4/4] RUN python -m worker.validate
            #12 0.773 epoch   0 lo
            #12 ...

            #13 [runtime 1/5] COPY --from=deps /opt/venv /opt/venv
            #13 DONE 0.9s

            #12 [validate 4/4] RUN python -m worker.validate
            ss 0.6931
            #12 DONE 2.5s
            """) == {12: "done", 13: "done"}

    @pytest.mark.parametrize(
        "forged", ["#4 CACHED", "#4 ERROR: no", "#4 CANCELED", "#4 DONE 99.9s", "#9 [9/9] RUN evil"]
    )
    def test_a_carriage_return_is_no_line_break(self, forged):
        log = BUILD.replace("Collecting flask==3.0.3", f"(Reading ... 5%\r{forged}\rdone")
        assert ends(log) == ends(BUILD)


class TestGitHub:
    @pytest.mark.parametrize("before", ["(Reading ... 5%", "(Reading ...\r5%"])
    @pytest.mark.parametrize(
        "forged",
        [
            *("#4 CACHED", "#4 DONE 99.9s", "#4 ERROR: no", "#4 CANCELED"),
            *("#3 DONE 99.9s", "#3 ERROR: no"),
            "#9 [9/9] RUN evil\r#9 CACHED",
            "#2 [9/9] RUN evil\r#2 CACHED",
            "#1 [internal] load build definition from Dockerfile\r#1 transferring dockerfile: 1B",
            "#1 [internal] booting buildkit\r#1 DONE 1.0s",
            '#0 building with "x" instance using docker-container driver',
        ],
    )
    def test_it_splits_at_carriage_returns_and_a_forged_control_line_is_not_believed(
        self, before, forged
    ):
        log = github(BUILD.replace("Collecting flask==3.0.3", f"{before}\r{forged}\rdone"))
        assert ends(log) == ends(BUILD)
        assert (run(log)["driver"], run(log)["builder_booted"]) == (None, False)

    def test_a_cached_that_contradicts_output_is_not_believed(self):
        log = github("#4 [2/2] RUN make\n#4 0.1 cc 5%\r#4 CACHED\r\n#4 DONE 3.2s\n")
        assert step(log)["outcome"] == "done"

    def test_its_times_are_those_of_the_run(self):
        (said,) = runs(github(BUILD))
        assert (said["started_at"], said["started_at_basis"]) == (START, "log")
        assert said["wall_s"] == pytest.approx(0.013, abs=0.002)

    def test_its_times_are_those_of_the_steps(self):
        assert steps(github(BUILD))[4]["started_s"] == pytest.approx(0.011)

    def test_plain_alone_has_no_times(self):
        assert run(BUILD)["started_at_basis"] == "mtime"
        assert run(BUILD)["wall_s"] is None
        assert steps(BUILD)[4]["started_s"] is None

    def test_lines_of_the_runner_are_none_of_the_build(self):
        log = github(f"##[group]Run docker build .\n{BUILD}\n##[endgroup]\n#hashtag\n")
        assert outcomes(log) == outcomes(BUILD)

    def test_step_file_of_an_archive_begins_with_a_byte_order_mark(self):
        log = github(BUILD)
        assert outcomes(b"\xef\xbb\xbf" + log.encode()) == outcomes(BUILD)


class TestStatusLines:
    def test_each_is_neither_a_name_nor_an_end(self):
        lines = [
            "transferring context: 4.96MB 2.8s done",
            "transferring context:",
            "resolve docker.io/library/python:3.12-slim 0.0s done",
            f"{BLOB} 3.15MB / 48.50MB 0.1s",
            f"extracting {BLOB}",
            "reading from stdin 995B done",
            "merging 0.6s done",
            "WARN: NoEmptyContinuation: Empty continuation line (line 33)",
        ]
        said = steps_of_each(*(f"#6 [2/2] COPY . .\n#6 {line}\n#6 ...\n" for line in lines))
        assert [(step[6]["name"], step[6]["outcome"]) for step in said] == [
            ("[2/2] COPY . .", "open")
        ] * len(lines)

    def test_a_warning_is_a_fact_and_its_step_ends_well(self):
        log = "#1 [internal] load build definition\n#1 WARN: JSONArgs: no shell (line 3)\n#1 DONE\n"
        assert [fact["text"] for fact in facts(FactKind.WARNING, log)] == [
            "WARN: JSONArgs: no shell (line 3)"
        ]
        assert step(log)["outcome"] == "done"

    def test_context_has_a_size(self):
        sizes = {"2B": 2, "649B": 649, "1.10kB": 1100, "12.3MB": 12_300_000, "2.5GB": 2.5e9}
        logs = [
            f"#6 [internal] load build context\n#6 transferring context: {size} 0.1s done\n"
            for size in sizes
        ]
        said = facts(FactKind.CONTEXT_BYTES, *logs)
        assert [fact["value"] for fact in said] == pytest.approx(list(sizes.values()))
        assert {(fact["step_no"], fact["line"]) for fact in said} == {(6, 2)}

    def test_dockerignore_is_no_context(self):
        assert facts(FactKind.CONTEXT_BYTES, LOADED) == []

    def test_dockerfile_has_a_size(self):
        assert [fact["value"] for fact in facts(FactKind.DOCKERFILE_BYTES, LOADED)] == [354]

    def test_base_that_was_pulled_is_a_fact(self):
        log = f"#9 [1/8] FROM localhost:5000/debian:12\n{PULL}\n{EXTRACT}\n#9 DONE 6.7s\n"
        assert [fact["value"] for fact in facts(FactKind.BASE_PULLED, log)] == [140.62e6]
        assert facts(FactKind.LAYER_PULLED, log) == []

    def test_base_that_was_there_is_none(self):
        log = "#5 [1/8] FROM localhost:5000/debian:12\n#5 resolve localhost:5000/debian:12 done\n"
        assert facts(FactKind.BASE_PULLED, log) == []


class TestOldPrinters:
    CUT = "[1/4] FROM docker.io/library/busybox@sha256:a8cf7ff6367c2afa2a90acd081b4..."

    def test_name_was_cut_to_72_characters(self):
        said = step(f"#4 {self.CUT}\n#4 ...\n\n#4 {self.CUT}\n#4 CACHED\n")
        assert (said["name"], said["kind"], said["outcome"]) == (self.CUT, "from", "cached")

    def test_a_cut_name_and_the_whole_one_are_two_forms_of_one(self):
        whole = self.CUT.replace("...", "b4c2d1e3f4a5968778695a4b3c2d1e0f9a8b7c6d")
        log = f"#4 {self.CUT}\n#4 ...\n\n#4 {whole}\n#4 CACHED\n"
        assert step(log)["outcome"] == "cached"
        assert run(log)["warnings"] == []

    def test_digest_under_the_name_is_that_of_the_vertex_and_no_pull(self):
        said = step(f"#5 [2/4] WORKDIR /app\n#5 {BLOB}\n#5 DONE 0.5s\n")
        assert (said["digest"], said["name"]) == (BLOB, "[2/4] WORKDIR /app")
        assert (said["outcome"], said["duration_s"]) == ("done", 0.5)

    def test_pull_is_no_vertex_digest(self):
        assert step(f"#9 [1/2] FROM debian\n{PULL}\n#9 DONE 0.5s\n")["digest"] is None

    def test_earliest_printer_has_completed_and_duration_for_done(self):
        said = step(f"""\
            #5 [2/2] RUN echo 1
            #5       digest: {BLOB}
            #5         name: "[2/2] RUN echo 1"
            #5      started: 2026-05-28 01:24:05.003542905 +0000 UTC
            #5 0.125 1
            #5    completed: 2026-05-28 01:24:05.176216293 +0000 UTC
            #5     duration: 172.673388ms
            """)
        assert (said["name"], said["digest"]) == ("[2/2] RUN echo 1", BLOB)
        assert (said["outcome"], said["duration_s"]) == ("done", pytest.approx(0.173, abs=0.001))

    def test_earliest_printer_says_cached_true(self):
        said = step(f"""\
            #5 [2/2] RUN echo 1
            #5       digest: {BLOB}
            #5         name: "[2/2] RUN echo 1"
            #5      started: 2026-05-28 01:24:05.003542905 +0000 UTC
            #5    completed: 2026-05-28 01:24:05.003542905 +0000 UTC
            #5     duration: 0s
            #5       cached: true
            """)
        assert said["outcome"] == "cached"


FAILURE = """\
#10 [app 1/2] COPY jobs/ jobs/
#10 DONE 0.5s

#11 [app 2/2] RUN python -m jobs.selftest
#11 1.156 Traceback (most recent call last):
#11 1.160 AssertionError: prune planned 3 times, wanted 6
#11 ERROR: process "/bin/sh -c python -m jobs.selftest" did not complete: exit code: 1
"""
LAST_WORD = 'ERROR: failed to build: failed to solve: process "/bin/sh -c python" exit code: 1\n'


class TestFailures:
    @pytest.mark.parametrize("number", ["", "#0 ", "#11 "], ids=["today", "of 2022", "of 2021"])
    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    def test_recap_after_an_error_is_not_counted_twice(self, wrap, number):
        log = f"""{FAILURE}------
 > [app 2/2] RUN python -m jobs.selftest:
{number}1.156 Traceback (most recent call last):
{number}1.160 AssertionError: prune planned 3 times, wanted 6
------
Dockerfile:9
--------------------
   8 |     COPY jobs/ jobs/
   9 | >>> RUN python -m jobs.selftest
--------------------
{LAST_WORD}"""
        assert outcomes(wrap(log)) == {10: "done", 11: "failed"}
        assert run(wrap(log))["outcome"] == "failed"
        assert [fact["step_no"] for fact in facts(FactKind.ERROR, wrap(log))] == [11, None]

    def test_error_of_a_step_is_kept(self):
        log = FAILURE + LAST_WORD
        assert steps(log)[11]["error"].endswith("did not complete: exit code: 1")
        assert facts(FactKind.ERROR, log)[0]["line"] == 7

    def test_history_lacks_the_final_error_and_the_run_failed_all_the_same(self):
        assert run(FAILURE)["outcome"] == "failed"

    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    def test_final_error_fails_a_run_of_which_all_steps_are_done(self, wrap):
        words = [
            "ERROR: failed to build: failed to solve: dockerfile parse error on line 3",
            "ERROR: failed to solve: rpc error: code = Unknown desc = not found",
            "error: failed to solve: rpc error: code = Unknown desc = not found",
            "failed to solve: rpc error: code = Unknown desc = failed to load cache key",
            "failed to solve with frontend dockerfile.v0: failed to build LLB: exit code: 1",
            "executor failed running [/bin/sh -c make]: exit code: 1",
            "target ml-server: failed to receive status: rpc error: error reading from server: EOF",
            "Error: buildx failed with: ERROR: failed to solve: exit code: 1",
            "Error: buildx call failed with: ERROR: failed to solve: exit code: 1",
            "##[error]buildx failed with: ERROR: failed to build: failed to solve: exit code: 1",
        ]
        said = runs(
            *(wrap(f"{BUILD.replace('3.2s', f'{n}.0s')}{w}\n") for n, w in enumerate(words))
        )
        assert dict(zip(words, (run["outcome"] for run in said), strict=True)) == dict.fromkeys(
            words, "failed"
        )

    def test_program_that_prints_a_final_error_fails_no_run(self):
        log = BUILD.replace("Collecting flask==3.0.3", "ERROR: failed to solve: exit code: 1")
        assert run(log)["outcome"] == "done"


DRIVER = '#0 building with "default" instance using docker driver\n\n'
SHORT = "#1 [internal] load build definition from Dockerfile\n#1 DONE 0.0s\n\n"
WORKER = """\
#1 [internal] load build definition from Dockerfile-worker
#1 transferring dockerfile: 420B done
#1 DONE 0.0s

#2 [2/2] RUN go build ./...
#2 CACHED
"""

AGAIN = BUILD.replace("DONE 3.2s", "DONE 4.0s")


class TestSeveralBuilds:
    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    @pytest.mark.parametrize("driver", [DRIVER, ""], ids=["#0", "no #0"])
    @pytest.mark.parametrize("second", [WORKER, AGAIN], ids=["other names", "same names"])
    def test_each_restarts_the_numbering(self, second, driver, wrap):
        log = wrap(f"{driver}{BUILD}\n{driver}{second}")
        assert ends(log) == [*ends(BUILD), *ends(second)]

    def test_each_has_its_own_driver(self):
        log = f"{DRIVER}{BUILD}\n{DRIVER.replace('docker driver', 'remote driver')}{WORKER}"
        assert [run["driver"] for run in runs(log)] == ["docker", "remote"]

    def test_builder_that_is_booted_belongs_to_the_build_that_follows(self):
        log = f"{BUILD}\n#1 [internal] booting buildkit\n#1 DONE 3.0s\n\n{DRIVER}{WORKER}"
        assert [run["builder_booted"] for run in runs(log)] == [False, True]

    def test_failure_ends_the_first(self):
        log = f"{BUILD}{LAST_WORD}{DRIVER}{WORKER}"
        assert [run["outcome"] for run in runs(log)] == ["failed", "done"]

    def test_of_three_each_is_a_run(self):
        assert len(runs(f"{DRIVER}{BUILD}\n{DRIVER}{WORKER}\n{DRIVER}{BUILD}\n#5 exporting\n")) == 3

    def test_started_at_is_that_of_each(self):
        first, second = runs(github(f"{BUILD}\n{WORKER}"))
        assert second["started_at"] - first["started_at"] == timedelta(milliseconds=15)

    def test_name_printed_again_after_done_is_no_restart(self):
        assert len(runs(f"{BUILD}\n{SHORT}")) == 1

    def test_second_name_for_one_number_in_a_bake_is_no_restart(self):
        log = """\
            #1 [web internal] load build definition from Dockerfile
            #1 DONE 0.0s

            #2 [web internal] load .dockerignore
            #2 DONE 0.0s

            #1 [api internal] load build definition from Dockerfile
            #1 DONE 0.1s

            #3 [web 2/2] RUN make
            #3 DONE 1.0s
            """
        assert outcomes(log) == {1: "done", 2: "done", 3: "done"}
        assert run(log)["warnings"] == []


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

    def test_they_are_warned_of(self):
        assert all("interleaved" in " ".join(said["warnings"]) for said in runs(self.LOG))

    def test_outcome_of_a_number_that_names_two_steps_is_not_guessed(self):
        assert outcomes(self.LOG)[3] == "open"

    def test_one_build_is_not(self):
        assert run(BUILD)["warnings"] == []
