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
