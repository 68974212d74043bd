"""What is known of the plain printer, one test for each fact."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from cachestats.schema import FactKind, StepKind
from tests.logs.logs import (
    BLOB,
    BUILD,
    EXTRACT,
    LOADED,
    PULL,
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

if TYPE_CHECKING:
    from collections.abc import Callable


class TestNumbers:
    def test_number_is_given_at_first_print_and_is_not_that_of_the_dockerfile(self) -> None:
        said = steps("""\
            #6 [5/6] COPY . .
            #6 DONE 0.1s

            #9 [2/6] RUN apk add curl
            #9 DONE 4.0s
            """)
        assert {no: row["index"] for no, row in said.items()} == {6: 5, 9: 2}

    def test_name_printed_again_after_the_printer_moved_on_is_the_same_step(self) -> None:
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

    def test_blank_lines_between_blocks_may_be_lost(self) -> None:
        log = BUILD.replace("\n\n", "\n")
        assert outcomes(log) == {1: "done", 2: "done", 3: "cached", 4: "done"}

    def test_log_that_starts_inside_a_step_has_lost_its_name(self) -> None:
        said = step("""\
            #17 39.89 Cached:    0 cached, 1 total
            #17 44.89
            #17 DONE 44.9s
            """)
        assert (said["name"], said["kind"]) == (None, StepKind.OTHER)
        assert (said["outcome"], said["duration_s"]) == ("done", 44.9)

    def test_ellipsis_without_a_number_is_none_of_the_printer(self) -> None:
        assert outcomes("#1 [1/1] RUN make\n#1 DONE 1.0s\n\n...\n") == {1: "done"}


class TestDriver:
    @pytest.mark.parametrize("driver", ["docker", "docker-container", "remote", "kubernetes"])
    def test_driver_line_is_evidence_and_no_step(self, driver: str) -> None:
        log = f'#0 building with "lab3" instance using {driver} driver\n\n{BUILD}'
        assert run(log)["driver"] == driver
        assert sorted(steps(log)) == [1, 2, 3, 4]

    def test_booting_buildkit_means_that_the_job_made_its_builder(self) -> None:
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

    def test_booting_has_a_numbering_of_its_own_without_a_driver_line_too(self) -> None:
        log = f"#1 [internal] booting buildkit\n#1 DONE 3.0s\n\n{BUILD}"
        assert sorted(steps(log)) == [0, 1, 2, 3, 4]

    def test_builder_that_was_there_is_not_booted(self) -> None:
        assert not run(BUILD)["builder_booted"]


class TestEnds:
    def test_each_has_its_words(self) -> None:
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

    def test_log_that_ends_first_leaves_the_step_and_the_run_open(self) -> None:
        log = "#4 [2/2] RUN make\n#4 0.102 cc main.c\n"
        assert (step(log)["outcome"], run(log)["outcome"]) == ("open", "open")

    def test_done_repeated_is_taken_last_never_added(self) -> None:
        said = step("""\
            #12 exporting to image
            #12 exporting layers 2.2s done
            #12 DONE 2.2s

            #12 exporting to image
            #12 pushing layers 0.4s done
            #12 DONE 2.9s
            """)
        assert said["duration_s"] == 2.9

    def test_done_0_0s_is_not_cached(self) -> None:
        said = step("#9 [3/8] WORKDIR /srv/billing\n#9 DONE 0.0s\n")
        assert (said["outcome"], said["duration_s"]) == ("done", 0.0)

    def test_step_never_evaluated_is_absent(self) -> None:
        said = steps("""\
            #6 [build 1/5] FROM docker.io/library/golang:1.23
            #6 DONE 0.0s

            #7 [build 5/5] RUN go build ./...
            #7 CACHED
            """)
        assert [row["index"] for row in said.values()] == [1, 5]

    def test_error_of_a_canceled_context_is_no_failure(self) -> None:
        errors = {
            'process "/bin/sh -c make" did not complete successfully: exit code: 1': "failed",
            "process did not complete: exit code: 137: context canceled": "canceled",
            "Canceled: context canceled": "canceled",
            "process \"grep 'context canceled' a\" did not complete: exit code: 1": "failed",
            "context canceled": "canceled",
        }
        logs = [f"#4 [2/2] RUN make\n#4 0.1 cc main.c\n#4 ERROR: {error}\n" for error in errors]
        assert [step[4][0] for step in ends(*logs)] == list(errors.values())
        assert [run["outcome"] for run in runs(*logs)] == list(errors.values())

    @pytest.mark.parametrize("seconds", ["***.9", "1***.3", "0.***"])
    def test_time_of_an_end_may_be_masked(self, seconds: str) -> None:
        said = step(f"#3 [2/3] RUN npm ci\n#3 DONE {seconds}s\n")
        assert (said["outcome"], said["duration_s"]) == ("done", None)

    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    @pytest.mark.parametrize(
        ("last", "end"),
        [
            ("0.245 hello#5 DONE 0.3s", ("done", 0.3)),
            ("0.245 hello#6 DONE 0.3s", ("open", None)),
            ("0.245 #5 DONE 0.3s", ("open", None)),
            ("0.245 hello#5 DONE 0.3s\n#5 DONE 4.0s", ("done", 4.0)),
        ],
    )
    def test_end_may_stand_behind_output_without_a_line_feed(
        self, last: str, end: tuple[str, float | None], wrap: Callable[[str], str]
    ) -> None:
        """As the printer did until 2022."""
        log = f"#5 [2/4] RUN printf\n#5 0.1 a\n#5 {last}\n\n#6 [3/4] COPY a b\n#6 DONE 0.1s\n"
        assert ends(wrap(log)) == [{5: end, 6: ("done", 0.1)}]

    def test_interrupt_cancels_the_run(self) -> None:
        log = """\
            #11 [app 2/2] RUN /opt/venv/bin/python -m jobs.selftest
            #11 3.169 simulating hour 3
            #11 CANCELED
            ERROR: failed to build: failed to solve: Canceled: context canceled
            """
        assert (step(log)["outcome"], run(log)["outcome"]) == ("canceled", "canceled")

    def test_step_canceled_beside_a_failed_one_leaves_the_run_failed(self) -> None:
        log = """\
            #12 [validate 4/4] RUN python -m worker.validate
            #12 ERROR: process "/bin/sh -c python -m worker.validate" did not complete: exit code: 3

            #13 [train 4/4] RUN python -m worker.train
            #13 1.118 epoch  30 loss 0.3459
            #13 CANCELED
            """
        assert outcomes(log) == {12: "failed", 13: "canceled"}
        assert run(log)["outcome"] == "failed"


class TestOutput:
    def test_output_that_imitates_a_control_line_ends_no_step(self) -> None:
        texts = [
            *("DONE 3.2s", "CACHED", "CANCELED", "ERROR: no version satisfies it", "..."),
            *("#8 CACHED", "#8 DONE 99.9s", "#1 [internal] load build definition from Dockerfile"),
            *("[1/4] Resolving packages...", "[2/2] RUN make", f"{BLOB} 7MB / 7MB 0.1s done"),
            'building with "default" instance using docker driver',
        ]
        logs = [
            f"#8 [2/2] RUN docker build .\n#8 {second} {text}\n#8 DONE 3.2s\n"
            for second, text in product(("0.628", "39.89", "8654.0"), texts)
        ]
        assert ends(*logs) == [{8: ("done", 3.2)}] * len(logs)
        assert {(run["outcome"], run["driver"]) for run in runs(*logs)} == {("done", None)}

    def test_output_without_an_end_leaves_the_step_open(self) -> None:
        assert step("#8 [2/2] RUN docker build .\n#8 3.2 DONE 3.2s\n")["outcome"] == "open"

    def test_output_cut_in_a_line_by_a_switch_goes_on_without_a_number(self) -> None:
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
    def test_a_carriage_return_is_no_line_break(self, forged: str) -> None:
        log = BUILD.replace("Collecting flask==3.0.3", f"(Reading ... 5%\r{forged}\rdone")
        assert ends(log) == ends(BUILD)


class TestStatusLines:
    def test_each_is_neither_a_name_nor_an_end(self) -> None:
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

    @pytest.mark.parametrize(
        "line",
        [
            "naming to docker.io/acme/web:1 done",
            "naming to docker.io/acme/web:1",
            f"writing image {BLOB} done",
            "exporting layers",
            f"exporting manifest {BLOB} done",
            f"exporting manifest list {BLOB} done",
            f"exporting config {BLOB}",
            f"exporting attestation manifest {BLOB} done",
            "pushing layers 0.2s",
            "pushing layers done",
            "pushing manifest for ghcr.io/acme/web:1",
            "unpacking to docker.io/acme/web:1",
            "rewriting layers with source-date-epoch 0 (1970-01-01 00:00:00 +0000 UTC)",
            "preparing layers for inline cache done",
            "preparing build cache for export",
            f"writing layer {BLOB} done",
            f"writing config {BLOB}",
            f"writing cache image manifest {BLOB} done",
            f"writing cache manifest {BLOB}",
            "sending cache export",
            "sending tarball 0.3s",
            "inferred cache manifest type: application/vnd.oci.image.index.v1+json done",
            "found 13 layers in cache",
            "copying files 12.3MB",
            "merging done",
            "reading from stdin 995B done",
        ],
    )
    def test_none_is_the_name_of_a_step_whose_name_a_cut_log_lost(self, line: str) -> None:
        assert step(f"#7 {line}\n#7 DONE 0.3s\n")["name"] is None

    @pytest.mark.parametrize(
        "name",
        [
            "exporting to image",
            "exporting cache to registry",
            "exporting cache",
            "pushing layers/web:1 with docker",
            "pushing manifest:1 with docker",
            "preparing layers for inline cache",
            "merging manifest list ghcr.io/acme/web:1",
            "importing to docker",
            "sending tarball",
            "copying to docker",
            "resolving provenance for metadata file",
            "merge (a, b)",
        ],
    )
    def test_names_that_begin_alike_are_names(self, name: str) -> None:
        assert step(f"#7 {name}\n#7 DONE 0.3s\n")["name"] == name

    def test_a_warning_is_a_fact_and_its_step_ends_well(self) -> None:
        log = "#1 [internal] load build definition\n#1 WARN: JSONArgs: no shell (line 3)\n#1 DONE\n"
        assert [fact["text"] for fact in facts(FactKind.WARNING, log)] == [
            "WARN: JSONArgs: no shell (line 3)"
        ]
        assert step(log)["outcome"] == "done"

    def test_context_has_a_size(self) -> None:
        sizes = {"2B": 2, "649B": 649, "1.10kB": 1100, "12.3MB": 12_300_000, "2.5GB": 2.5e9}
        logs = [
            f"#6 [internal] load build context\n#6 transferring context: {size} 0.1s done\n"
            for size in sizes
        ]
        said = facts(FactKind.CONTEXT_BYTES, *logs)
        assert [fact["value"] for fact in said] == pytest.approx(list(sizes.values()))
        assert {(fact["step_no"], fact["line"]) for fact in said} == {(6, 2)}

    def test_dockerignore_is_no_context(self) -> None:
        assert facts(FactKind.CONTEXT_BYTES, LOADED) == []

    def test_dockerfile_has_a_size(self) -> None:
        assert [fact["value"] for fact in facts(FactKind.DOCKERFILE_BYTES, LOADED)] == [354]

    def test_base_that_was_pulled_is_a_fact(self) -> None:
        log = f"#9 [1/8] FROM localhost:5000/debian:12\n{PULL}\n{EXTRACT}\n#9 DONE 6.7s\n"
        assert [fact["value"] for fact in facts(FactKind.BASE_PULLED, log)] == [140.62e6]
        assert facts(FactKind.LAYER_PULLED, log) == []

    def test_base_that_was_there_is_none(self) -> None:
        log = "#5 [1/8] FROM localhost:5000/debian:12\n#5 resolve localhost:5000/debian:12 done\n"
        assert facts(FactKind.BASE_PULLED, log) == []


class TestOldPrinters:
    CUT = "[1/4] FROM docker.io/library/busybox@sha256:a8cf7ff6367c2afa2a90acd081b4..."

    def test_name_was_cut_to_72_characters(self) -> None:
        said = step(f"#4 {self.CUT}\n#4 ...\n\n#4 {self.CUT}\n#4 CACHED\n")
        assert (said["name"], said["kind"], said["outcome"]) == (self.CUT, "from", "cached")

    def test_a_cut_name_and_the_whole_one_are_two_forms_of_one(self) -> None:
        whole = self.CUT.replace("...", "b4c2d1e3f4a5968778695a4b3c2d1e0f9a8b7c6d")
        log = f"#4 {self.CUT}\n#4 ...\n\n#4 {whole}\n#4 CACHED\n"
        assert step(log)["outcome"] == "cached"
        assert run(log)["warnings"] == []

    def test_digest_under_the_name_is_that_of_the_vertex_and_no_pull(self) -> None:
        said = step(f"#5 [2/4] WORKDIR /app\n#5 {BLOB}\n#5 DONE 0.5s\n")
        assert (said["digest"], said["name"]) == (BLOB, "[2/4] WORKDIR /app")
        assert (said["outcome"], said["duration_s"]) == ("done", 0.5)

    def test_pull_is_no_vertex_digest(self) -> None:
        assert step(f"#9 [1/2] FROM debian\n{PULL}\n#9 DONE 0.5s\n")["digest"] is None

    def test_earliest_printer_has_completed_and_duration_for_done(self) -> None:
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

    def test_earliest_printer_says_cached_true(self) -> None:
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
