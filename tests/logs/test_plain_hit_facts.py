"""How plain progress shows hits and misses, one test for each fact."""

from __future__ import annotations

import pytest

from tests.logs.logs import BLOB, EXTRACT, PULL, run, step, steps, steps_of_each

HIT = ("cached", "hit")


class TestHits:
    @pytest.mark.parametrize(
        "name",
        [
            "[4/7] WORKDIR /srv/orders",
            "[app 2/2] RUN python -m jobs.selftest",
            "[2/3] COPY . .",
            "[2/3] RUN uv pip install --link-mode=copy -r requirements.txt",
        ],
    )
    def test_layer_that_was_pulled_is_a_hit_in_all_its_forms(self, name: str) -> None:
        forms = [
            f"#9 CACHED\n\n#9 {name}\n{PULL}\n{EXTRACT}\n#9 DONE 11.2s\n",
            f"{PULL}\n{EXTRACT}\n#9 DONE 11.2s\n",
            f"{PULL}\n#9 DONE 6.2s\n\n#9 {name}\n{EXTRACT}\n#9 DONE 11.2s\n",
            f"{PULL}\n#9 DONE 6.2s\n\n#9 {name}\n{EXTRACT}\n#9 DONE 11.2s\n#9 CACHED\n",
        ]
        said = [step[9] for step in steps_of_each(*(f"#9 {name}\n{form}" for form in forms))]
        assert [(row["outcome"], row["cached_as"]) for row in said] == [HIT] * 4
        assert [(row["duration_s"], row["restore_s"]) for row in said] == [(None, 11.2)] * 4

    def test_cached_and_later_done_is_a_hit(self) -> None:
        said = step("#8 [3/4] RUN make\n#8 CACHED\n\n#8 [3/4] RUN make\n#8 DONE 4.1s\n")
        assert (said["outcome"], said["cached_as"]) == HIT
        assert (said["duration_s"], said["restore_s"]) == (None, 4.1)

    def test_cached_twice_is_one_hit(self) -> None:
        said = step("#6 [3/3] RUN make\n#6 CACHED\n\n#6 [3/3] RUN make\n#6 CACHED\n")
        assert (said["outcome"], said["restore_s"]) == ("cached", None)

    def test_status_lines_may_come_before_cached(self) -> None:
        said = step("#5 [2/5] ADD https://example.org/a.tgz /\n#5 resolve a 0.0s done\n#5 CACHED\n")
        assert said["outcome"] == "cached"

    def test_run_with_output_that_pulled_a_lazy_base_was_executed(self) -> None:
        said = step(f"#9 [2/8] RUN make\n{PULL}\n{EXTRACT}\n#9 7.134 cc main.c\n#9 DONE 9.4s\n")
        assert (said["outcome"], said["duration_s"]) == ("done", 9.4)

    @pytest.mark.parametrize(("end", "outcome"), [("", "done"), ("#9 CACHED\n\n", "cached")])
    def test_pull_of_a_copy_link_can_belong_to_its_merge(self, end: str, outcome: str) -> None:
        name = "#9 [validate 3/4] COPY --link worker/ worker/\n"
        assert step(f"{name}{end}{name if end else ''}{PULL}\n#9 DONE 9.0s\n")["outcome"] == outcome

    def test_base_that_was_pulled_is_no_hit(self) -> None:
        said = step(f"#9 [1/8] FROM localhost:5000/debian:12\n{PULL}\n{EXTRACT}\n#9 DONE 6.7s\n")
        assert (said["kind"], said["outcome"], said["duration_s"]) == ("from", "done", 6.7)

    @pytest.mark.parametrize("output", ["", "#7 0.672 Collecting flask==3.0.3\n"])
    def test_blob_not_found_and_then_executed_is_a_miss(self, output: str) -> None:
        name = "#7 [5/8] RUN pip install -r requirements.txt\n"
        log = f"{name}#7 ERROR: blob {BLOB}: not found\n\n{name}{output}#7 DONE 3.2s\n"
        said = step(log)
        assert (said["outcome"], said["duration_s"], said["restore_s"]) == ("done", 3.2, None)
        assert run(log)["outcome"] == "done"

    @pytest.mark.parametrize("name", ["[2/4] COPY a b", "[2/4] RUN true", "[2/4] WORKDIR /srv"])
    @pytest.mark.parametrize("cached", ["", "#9 CACHED\n\n"])
    def test_blob_whose_pull_failed_was_not_restored(self, name: str, cached: str) -> None:
        name, lost = f"#9 {name}\n", f"#9 {BLOB} 0B / 9.00MB 0.2s\n#9 ERROR: blob {BLOB}: not found"
        said = step(f"{name}{cached}{name if cached else ''}{lost}\n\n{name}#9 DONE 0.3s\n")
        assert (said["outcome"], said["duration_s"], said["restore_s"]) == ("done", 0.3, None)

    def test_error_behind_cached_takes_the_hit_back(self) -> None:
        name = "#7 [2/8] RUN make\n"
        log = f"{name}#7 CACHED\n\n{name}#7 ERROR: blob {BLOB}: not found\n\n{name}#7 DONE 6.1s\n"
        assert step(log)["outcome"] == "done"

    def test_step_skipped_since_an_input_failed_is_cached_but_no_hit(self) -> None:
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

    def test_merge_within_one_bake_is_cached_but_no_hit(self) -> None:
        said = steps("""\
            #7 [web base 2/2] RUN npm ci
            #7 1.000 added 73 packages
            #7 DONE 3.3s

            #8 [api base 2/2] RUN npm ci
            #8 CACHED
            """)
        assert [row["outcome"] for row in said.values()] == ["done", "cached"]
        assert [row["cached_as"] for row in said.values()] == [None, "merged"]

    @pytest.mark.parametrize(
        ("executed", "cached", "standing"),
        [
            ("[api 2/5] COPY a .", "[web 2/7] COPY a .", "merged"),
            ("[api deps 2/5] COPY a .", "[web base 2/5] COPY a .", "merged"),
            ("[api 2/5] COPY a .", "[web 3/7] COPY a .", "hit"),
            ("[api 2/5] COPY b .", "[web 2/7] COPY a .", "hit"),
            ("[api 2/5] COPY a .", "[api tests 2/7] COPY a .", "hit"),
        ],
    )
    def test_stages_of_two_targets_that_begin_alike_are_merged(
        self, executed: str, cached: str, standing: str
    ) -> None:
        loaded = "[{} internal] load .dockerignore\n#{} DONE 0.0s\n\n"
        log = f"#2 {loaded.format('api', 2)}#3 {loaded.format('web', 3)}"
        said = steps(f"{log}#6 {executed}\n#6 DONE 0.1s\n\n#8 {cached}\n#8 CACHED\n")
        assert (said[6]["cached_as"], said[8]["cached_as"]) == (None, standing)

    @pytest.mark.parametrize(
        ("base", "standing"), [("debian:12", "merged"), ("alpine:3", "hit"), (None, "merged")]
    )
    def test_stages_are_merged_as_long_as_they_are_the_same(
        self, base: str | None, standing: str
    ) -> None:
        first = f"#4 [web 1/7] FROM {base}\n#4 CACHED\n\n" if base else ""
        said = steps(
            "#1 [api internal] load .dockerignore\n#1 DONE 0.0s\n\n"
            "#2 [web internal] load .dockerignore\n#2 DONE 0.0s\n\n"
            f"#3 [api 1/5] FROM debian:12\n#3 CACHED\n\n{first}"
            "#5 [api 2/5] COPY a .\n#5 DONE 0.1s\n\n#6 [api 3/5] RUN x\n#6 DONE 4.0s\n\n"
            "#7 [api 4/5] RUN y\n#7 DONE 4.0s\n\n#8 [web 2/7] COPY a .\n#8 CACHED\n\n"
            "#9 [web 3/7] RUN x\n#9 CACHED\n\n#10 [web 4/7] RUN z\n#10 CACHED\n"
        )
        found = [said[no]["cached_as"] for no in (8, 9, 10)]
        assert found == [standing, standing, "hit"]

    def test_what_copies_from_a_stage_that_broke_is_skipped_and_so_is_what_follows(self) -> None:
        said = steps("""\
            #5 [builder 1/3] FROM golang:1.22
            #5 CACHED

            #6 [builder 2/3] RUN go build -o /app .
            #6 1.2 main.go:3: undefined: x
            #6 ERROR: process "/bin/sh -c go build" did not complete successfully: exit code: 1

            #7 [tools 2/3] RUN --mount=from=builder,target=/b ls
            #7 CACHED

            #8 [stage-3 2/5] RUN adduser app
            #8 CACHED

            #9 [stage-3 3/5] COPY --chown=1 --from=tools /app /app
            #9 CACHED

            #10 [stage-3 4/5] RUN ls
            #10 CACHED

            #11 [docs 2/2] COPY --from=golang:1.22 /a /b
            #11 CACHED
            """)
        found = [said[no]["cached_as"] for no in range(7, 12)]
        assert found == ["skipped", "hit", "skipped", "skipped", "hit"]

    BASE = """\
#3 [base 1/2] FROM debian:12
#3 CACHED

#4 [base 2/2] RUN false
#4 ERROR: process "/bin/sh -c false" did not complete successfully: exit code: 1

"""
    APP = """\
#11 [app 1/2] COPY a b
#11 CACHED

#12 [app 2/2] RUN x
#12 CACHED

#13 [web 2/3] COPY --from=app b c
#13 CACHED

"""
    DEPS = "#1 [deps 1/2] FROM node:22\n#1 CACHED\n\n#2 [deps 2/2] RUN npm ci\n#2 CACHED\n\n"

    @pytest.mark.parametrize(
        ("log", "standing"),
        [
            (BASE + APP, "skipped"),
            (BASE + APP.replace("[app 1/2]", "[app 3/4]").replace("2/2", "4/4"), "skipped"),
            (BASE + APP.replace("[app 1/2]", "[app 2/3]").replace("2/2", "3/3"), "hit"),
            (BASE.replace("2/2", "2/3") + "#9 [base 3/3] RUN y\n#9 CACHED\n\n" + APP, "skipped"),
            # Which of both it stands on is not told.
            (DEPS + BASE + APP, "hit"),
            (DEPS.replace("#2 CACHED", "#2 DONE 1.0s") + BASE + APP, "skipped"),
            # It hit before that failed.
            (APP.replace("#1", "#2") + BASE, "hit"),
            (BASE.replace("#4 ERR", f"#4 ...\n\n{APP}#4 [base 2/2] RUN false\n#4 ERR"), "hit"),
            # Its own base, and none in the log.
            (BASE + "#9 [app 1/3] FROM alpine:3\n#9 CACHED\n\n" + APP, "hit"),
            (BASE.partition("\n\n")[2] + APP, "hit"),
        ],
    )
    def test_what_is_built_on_a_stage_that_broke_is_skipped(self, log: str, standing: str) -> None:
        said = {row["name"]: row["cached_as"] for row in steps(log).values()}
        found = {name: said[name] for name in said if name.startswith(("[app", "[web"))}
        found.pop("[app 1/3] FROM alpine:3", None)
        assert set(found.values()) == {standing}
