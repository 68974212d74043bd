"""What stays the same: `layer_id` over many runs, `run_id` of a log read twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

import cachestats as cs
from tests.logs.logs import PROJECT, github, parsed, rawjson, run, runs, step, steps, vertex

NOON = cs.RunFacts(project="p", started_at=datetime(2026, 11, 24, 12, tzinfo=UTC))


def layer(name: str, project: str = "p") -> str:
    (layer_id,) = ids(name, project=project)
    return layer_id


def ids(*names: str, project: str = "p") -> list[str]:
    """Layers of steps that are each in a run of their own, decoded together."""
    given = cs.RunFacts(project=project)
    logs = [f"{_step(name)}#5 exporting {number}\n" for number, name in enumerate(names)]
    return parsed(*logs, given=given).steps.drop_nulls("layer_id")["layer_id"].to_list()


def layers(*names: str) -> dict[str, str]:
    """Layers of one run, by the name of their step."""
    log = "\n".join(_step(name, no) for no, name in enumerate(names, 2))
    return {row["name"]: row["layer_id"] for row in steps(log).values()}


def _step(name: str, no: int = 4) -> str:
    return f"#{no} {name}\n#{no} DONE 1.0s\n"


class TestLayer:
    def test_renumbering_of_its_stage_does_not_change_it(self) -> None:
        brackets = ("[builder 3/12]", "[builder  4/13]", "[builder 10/13]")
        assert len(set(ids(*(f"{bracket} RUN make" for bracket in brackets)))) == 1

    @pytest.mark.parametrize(
        "tokens",
        [
            ("3f2c1ab", "9b8d7e6", "189d2d5171be", "1234567", "3f2c1ab" * 5 + "3f2c1"),
            ("sha-3f2c1ab", "sha-9b8d7e6"),
            ("6fa459ea-ee8a-3ca4-894e-db77e160355e", "16fd2706-8baf-433b-82eb-8c7fada847da"),
            ("2026-11-24", "2027-01-02", "2026-11-24T03:39:25Z", "2027-01-02T10:00:00+01:00"),
            ("2026-11-24 03:39", "2027-01-02 10:00"),
            ("20261124T033925Z", "20270102T100000Z"),
            ("03:39:25", "10:00:00"),
            ("1.2.3", "1.10.0", "v1.2.3", "v2.0.0", "1.2.4-rc1", "2026.11.24"),
            ("flask==3.0.3", "flask==3.1.0"),
            ("4711234", "4711999", "20261124", "20270102"),
        ],
        ids=lambda tokens: tokens[0],
    )
    def test_volatile_tokens_do_not_change_it(self, tokens: tuple[str, ...]) -> None:
        assert len(set(ids(*(f"[2/2] RUN VALUE={token} make" for token in tokens)))) == 1

    def test_small_numbers_and_other_words_do(self) -> None:
        texts = [
            *("make t1", "make t2", "make -j4", "make -j8", "python3 a.py", "python2 a.py"),
            *("sleep 1", "sleep 12", "make abc123", "make abc124", "echo 3f2c1ab", "echo 1.2.3"),
        ]
        assert len(set(ids(*(f"[2/2] RUN {text}" for text in texts)))) == len(texts)

    def test_stage_target_platform_and_text_do(self) -> None:
        names = [
            "[builder 2/2] RUN make",
            "[app 2/2] RUN make",
            "[2/2] RUN make",
            "[web builder 2/2] RUN make",
            "[linux/arm64 builder 2/2] RUN make",
            "[linux/amd64->arm64 builder 2/2] RUN make",
            "[builder 2/2] RUN make all",
            "[builder 2/2] COPY make .",
        ]
        assert len(set(ids(*names))) == len(names)

    def test_target_is_not_taken_for_a_stage(self) -> None:
        bake = steps("#2 [web internal] load x\n#2 DONE 0.0s\n\n#4 [web 2/2] RUN make\n#4 CACHED\n")
        assert bake[4]["layer_id"] != layer("[web 2/2] RUN make")

    def test_project_does(self) -> None:
        assert layer("[2/2] RUN make", "p") != layer("[2/2] RUN make", "q")

    def test_equal_texts_are_told_apart_by_their_order_in_the_stage(self) -> None:
        said = layers(*(f"[{n}/4] RUN <<EOF (set -eux...)" for n in (2, 3, 4)))
        assert len(set(said.values())) == 3

    def test_texts_that_differ_in_volatile_tokens_alone_are_equal_ones(self) -> None:
        one = layers("[2/3] RUN get 3f2c1ab", "[3/3] RUN get 9b8d7e6")
        other = layers("[2/3] RUN get 9b8d7e6", "[3/3] RUN get 3f2c1ab")
        assert list(one.values()) == list(other.values())
        assert len(set(one.values())) == 2

    def test_order_of_arrival_does_not_change_it(self) -> None:
        names = ["[2/4] RUN <<EOF (a...)", "[3/4] RUN <<EOF (a...)", "[4/4] RUN b"]
        assert layers(*names) == layers(*reversed(names))

    def test_equal_texts_of_two_stages_are_counted_apart(self) -> None:
        alone = layers("[b 2/2] RUN make")
        assert layers("[a 2/2] RUN make", "[b 2/2] RUN make")["[b 2/2] RUN make"] in alone.values()

    def test_secret_is_no_part_of_it(self) -> None:
        one, other = ids("[2/2] RUN NPM_TOKEN=abc npm ci", "[2/2] RUN NPM_TOKEN=xyz npm ci")
        assert one == other

    def test_number_and_outcome_do_not_change_it(self) -> None:
        ends = ("CACHED", "DONE 4.0s", "ERROR: exit code: 1", "CANCELED")
        logs = [f"#{no} [2/2] RUN make\n#{no} {end}\n" for no, end in enumerate(ends, 5)]
        assert set(parsed(*logs).steps["layer_id"]) == {layer("[2/2] RUN make")}

    def test_digest_does_not_change_it(self) -> None:
        said = step(rawjson(vertex("[2/2] RUN make", (0.0, 1.0))))
        assert said["layer_id"] == layer("[2/2] RUN make")


BUILD = """\
#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 354B done
#1 DONE 0.1s

#3 [base 2/3] RUN make
#3 0.672 Collecting flask
#3 0.735 Collecting jinja
#3 0.782 Done
#3 DONE 6.1s
"""


def run_id(log: str, given: cs.RunFacts = PROJECT) -> str:
    return str(run(log, given)["run_id"])


class TestRun:
    def test_name_of_the_log_does_not_change_it(self) -> None:
        (said,) = runs(BUILD, BUILD)
        assert said["run_id"] == run_id(BUILD)

    @pytest.mark.parametrize(
        "other",
        [
            BUILD.replace("\n", "\r\n"),
            BUILD.removesuffix("\n"),
            f"\n{BUILD}\n\n",
            f"\ufeff{BUILD}",
            BUILD.replace("#3 DONE", "level=info\n#3 DONE").join(["$ docker build .\n", "bye\n"]),
            BUILD.replace("\n\n", "\n"),
        ],
        ids=["CRLF", "no last line feed", "blank lines", "BOM", "noise", "no blank lines"],
    )
    def test_line_ends_and_lines_of_others_do_not_change_it(self, other: str) -> None:
        assert run_id(other) == run_id(BUILD)

    def test_prefix_of_its_ci_does_not_change_it(self) -> None:
        assert run_id(github(BUILD), NOON) == run_id(BUILD, NOON)

    def test_facts_that_are_no_identity_do_not_change_it(self) -> None:
        assert run_id(BUILD, replace(PROJECT, branch="main", runner="large")) == run_id(BUILD)

    def test_every_line_of_the_printer_changes_it(self) -> None:
        lines = [line for line in BUILD.splitlines() if line and "Collecting" not in line]
        changed = [BUILD.replace(line, f"{line}0") for line in lines]
        assert len({said["run_id"] for said in runs(BUILD, *changed)}) == 1 + len(changed)

    @pytest.mark.parametrize(
        ("old", "new"),
        [("0.782 Done", "0.781 Done"), ("Collecting flask", "Collect f"), ("0.735", "0.736")],
        ids=["last line", "shorter", "as long"],
    )
    def test_output_of_programs_changes_it(self, old: str, new: str) -> None:
        assert run_id(BUILD.replace(old, new)) != run_id(BUILD)

    def test_project_changes_it(self) -> None:
        assert run_id(BUILD, cs.RunFacts(project="q")) != run_id(BUILD)

    def test_start_that_is_given_changes_it(self) -> None:
        later = cs.RunFacts(project="p", started_at=datetime(2026, 11, 24, 13, tzinfo=UTC))
        ids = {run_id(BUILD), run_id(BUILD, NOON), run_id(BUILD, later)}
        assert len(ids) == 3

    def test_start_that_the_log_tells_changes_it(self) -> None:
        log = github(BUILD)
        assert run_id(log) != run_id(log.replace("2026-11-24", "2026-11-25"))

    def test_identical_texts_without_a_time_are_one_run_with_a_warning(self) -> None:
        (said,) = runs(BUILD, BUILD)
        assert len(said["warnings"]) == 1

    def test_identical_builds_of_one_log_are_one_run_with_a_warning(self) -> None:
        (said,) = runs(f"{BUILD}\n{BUILD}")
        assert len(said["warnings"]) == 1

    @pytest.mark.parametrize("log", [github(BUILD), rawjson(vertex("[1/1] RUN a", (0.0, 1.0)))])
    def test_identical_texts_with_a_time_are_one_run_without(self, log: str) -> None:
        (said,) = runs(log, log)
        assert said["warnings"] == []

    def test_vertices_make_that_of_rawjson(self) -> None:
        one, other = (rawjson(vertex("[1/1] RUN a", (0.0, end))) for end in (1.0, 1.5))
        assert run_id(one) != run_id(other)
        assert run_id(f"WARNING: no git\n{one}") == run_id(one)

    def test_plain_and_rawjson_of_one_build_are_two_runs(self) -> None:
        assert len(runs(BUILD, rawjson(vertex("[base 2/3] RUN make", (0.0, 6.1))))) == 2
