"""What has misled other readers of build logs, as far as it is a matter of decoding."""

from __future__ import annotations

import re

import pytest

from cachestats.schema import FactKind
from tests.logs.logs import (
    BLOB,
    ends,
    facts,
    github,
    outcomes,
    parsed,
    rawjson,
    run,
    runs,
    step,
    steps,
    steps_of_each,
    vertex,
)

BUILD = """\
#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 354B done
#1 DONE 0.1s

#2 [base 1/3] FROM localhost:5000/debian-python:12
#2 CACHED

#3 [base 2/3] RUN python3 -m venv /opt/venv
#3 1.000 creating
#3 DONE 6.1s

#4 exporting to image
#4 DONE 0.5s
"""


def test_last_state_does_not_win() -> None:
    said = step("#3 [2/3] WORKDIR /app\n#3 CACHED\n\n#3 [2/3] WORKDIR /app\n#3 DONE 4.1s\n")
    assert (said["outcome"], said["cached_as"]) == ("cached", "hit")


def test_done_repeated_is_not_added_up() -> None:
    again = "\n#3 [base 2/3] RUN python3 -m venv /opt/venv\n#3 DONE 6.4s\n"
    assert steps(BUILD + again)[3]["duration_s"] == 6.4


def test_from_and_overhead_are_no_layers() -> None:
    assert [no for no, row in steps(BUILD).items() if row["layer_id"]] == [3]
    assert [no for no, row in steps(BUILD).items() if row["kind"] == "instruction"] == [3]


def test_a_step_never_started_is_no_miss() -> None:
    log = rawjson(vertex("[1/2] RUN a", (0.0, 1.0)), vertex("[2/2] RUN b"))
    assert outcomes(log) == {1: "done", 2: "not_needed"}
    assert steps(log)[2]["duration_s"] is None


@pytest.mark.parametrize("log", [BUILD, rawjson(vertex("[base 2/3] RUN make", (0.0, 1.0)))])
def test_runs_are_joined_neither_by_number_nor_by_digest(log: str) -> None:
    other = log.replace("#3 ", "#7 ").replace("sha256:", "sha256:0")
    (layer,), (same,) = (
        {row["layer_id"] for row in said.values() if row["layer_id"]}
        for said in (steps(log), steps(other))
    )
    assert layer == same


def test_recap_after_an_error_is_not_counted_twice() -> None:
    log = """\
#3 [2/2] RUN make
#3 0.294 make: *** No targets specified
#3 ERROR: executor failed running [/bin/sh -c make]: exit code: 2
------
 > [2/2] RUN make:
#3 0.294 make: *** No targets specified
------
"""
    assert (outcomes(log), len(facts(FactKind.ERROR, log))) == ({3: "failed"}, 1)


def test_job_file_and_step_files_of_a_github_archive_are_one_run() -> None:
    before, after = (
        "##[group]Run actions/checkout@v4\nHEAD is now at 3f2c1ab\n",
        "Post job cleanup.\n",
    )
    job = github(f"{before}{BUILD}{after}")
    lines = job.splitlines(keepends=True)
    of_build = "".join(lines[2 : 2 + BUILD.count("\n")])
    step_files = [f"\ufeff{text}" for text in ("".join(lines[:2]), of_build, lines[-1])]
    (said,) = runs(job, *step_files)
    assert (said["warnings"], len(steps_of_each(job, *step_files)[0])) == ([], 4)


def test_several_builds_in_one_log_are_not_merged() -> None:
    second = BUILD.replace("DONE 6.1s", "DONE 7.2s")
    assert ends(f"{BUILD}\n{second}") == [*ends(BUILD), *ends(second)]


def test_tail_of_a_canceled_run_is_no_miss() -> None:
    log = """\
        #3 [2/3] RUN make
        #3 0.1 cc main.c
        #3 CANCELED

        #4 [a 1/1] RUN npm ci
        #4 0.1 npm warn
        ERROR: failed to build: failed to solve: Canceled: context canceled
        """
    assert outcomes(log) == {3: "canceled", 4: "open"}
    assert run(log)["outcome"] == "canceled"


def test_sum_of_parallel_steps_is_no_wall_time() -> None:
    log = """\
        #3 [a 1/1] RUN make a
        #3 DONE 10.0s

        #4 [b 1/1] RUN make b
        #4 DONE 10.8s

        #5 exporting to image
        #5 DONE 1.0s
        """
    assert run(log)["wall_est_s"] == pytest.approx(11.8)
    assert run(log)["wall_s"] is None


def test_stage_waits_for_those_it_copies_from() -> None:
    log = """\
        #3 [tools 1/1] RUN make tools
        #3 DONE 10.0s

        #4 [build 1/2] RUN ./configure
        #4 DONE 1.0s

        #5 [build 2/2] RUN --mount=from=tools,target=/tools make
        #5 DONE 2.0s

        #6 [app 1/2] RUN useradd app
        #6 DONE 11.0s

        #7 [app 2/2] COPY --chown=app --from=build /a /b
        #7 DONE 0.5s

        #8 [docs 1/1] COPY --from=nginx /etc/nginx /etc
        #8 DONE 0.1s
        """
    assert run(log)["wall_est_s"] == pytest.approx(12.5)


def test_metadata_of_images_is_loaded_side_by_side() -> None:
    log = """\
        #1 [internal] load build definition from Dockerfile
        #1 DONE 0.2s

        #2 [internal] load metadata for docker.io/library/alpine:3
        #2 DONE 1.5s

        #3 [internal] load metadata for docker.io/library/golang:1
        #3 DONE 1.0s

        #4 [2/2] RUN make
        #4 DONE 5.0s
        """
    assert run(log)["wall_est_s"] == pytest.approx(6.7)


@pytest.mark.parametrize(
    "reads",
    [
        "COPY . .",
        "ADD --chown=app src /src",
        "RUN --mount=target=. make",
        "RUN --mount=type=cache,target=/c --mount=type=bind,source=src,target=/src make",
    ],
)
def test_a_stage_waits_for_the_context_where_it_first_reads_it(reads: str) -> None:
    log = f"""\
        #1 [internal] load build context
        #1 DONE 20.0s

        #2 [build 1/3] RUN --mount=type=cache,target=/c --mount=from=tools,target=/t apk add go
        #2 DONE 8.0s

        #3 [build 2/3] {reads}
        #3 DONE 1.0s

        #4 [build 3/3] COPY . /later
        #4 DONE 2.0s

        #5 [docs 1/1] RUN build-docs
        #5 DONE 21.0s
        """
    assert run(log)["wall_est_s"] == pytest.approx(23.0)


def test_a_context_that_nobody_waits_for_is_loaded_all_the_same() -> None:
    log = """\
        #1 [internal] load build context
        #1 DONE 20.0s

        #2 [1/1] COPY --from=nginx /etc/nginx /etc
        #2 DONE 8.0s
        """
    assert run(log)["wall_est_s"] == pytest.approx(20.0)


@pytest.mark.parametrize(
    "text", ["#3 CACHED", "CACHED", "DONE 0.1s", "#9 [2/2] RUN x", "#3 DONE 0.1s"]
)
def test_output_that_imitates_buildkit_changes_nothing(text: str) -> None:
    assert ends(BUILD.replace("creating", text)) == ends(BUILD)


def test_vertex_shared_by_bake_targets_is_counted_once() -> None:
    log = """\
        #2 [web internal] load build definition from Dockerfile
        #2 DONE 0.0s

        #7 [web base 2/2] RUN npm ci
        #7 1.000 added 73 packages
        #7 ...

        #7 [api base 2/2] RUN npm ci
        #7 DONE 3.3s
        """
    assert ends(log) == [{2: ("done", 0.0), 7: ("done", 3.3)}]
    assert run(log)["warnings"] == []


def test_merge_within_one_bake_is_no_hit() -> None:
    said = steps("""\
        #7 [web base 2/2] RUN npm ci
        #7 1.000 added 73 packages
        #7 DONE 3.3s

        #8 [api base 2/2] RUN npm ci
        #8 CACHED
        """)
    assert said[8]["cached_as"] == "merged"


def test_skipped_below_a_failure_is_no_hit() -> None:
    said = steps("""\
        #7 [ 7/17] COPY composer.json composer.lock ./
        #7 ERROR: failed to calculate checksum of ref 59y6::jxeh: "/composer.lock": not found

        #8 [ 8/17] RUN composer install
        #8 CACHED
        """)
    assert said[8]["cached_as"] == "skipped"


def test_stage_without_from_begins_when_another_has_ended() -> None:
    log = """\
        #4 [base 1/2] FROM docker.io/library/debian:12
        #4 CACHED

        #5 [base 2/2] RUN apt-get install -y gcc
        #5 DONE 10.0s

        #6 [train 1/2] RUN python train.py
        #6 DONE 4.0s

        #7 [train 2/2] RUN python check.py
        #7 DONE 1.0s
        """
    assert run(log)["wall_est_s"] == pytest.approx(15.0)


def test_stage_that_shares_its_first_steps_begins_behind_them() -> None:
    log = """\
        #4 [train 1/4] FROM docker.io/library/debian:12
        #4 CACHED

        #5 [train 2/4] COPY a b
        #5 DONE 2.0s

        #6 [train 3/4] RUN python train.py
        #6 DONE 4.0s

        #7 [serve 3/3] RUN python check.py
        #7 DONE 9.0s
        """
    assert run(log)["wall_est_s"] == pytest.approx(11.0)


def test_stages_that_seem_to_wait_for_each_other_take_no_longer_than_all_their_steps() -> None:
    log = """\
        #4 [a 1/2] FROM docker.io/library/debian:12
        #4 CACHED

        #5 [a 2/2] COPY --from=c /x /x
        #5 DONE 2.0s

        #6 [b 1/1] RUN make
        #6 DONE 4.0s

        #7 [c 1/1] COPY --from=b /x /x
        #7 DONE 1.0s
        """
    assert run(log)["wall_est_s"] <= 7.0


SECRET = "hunter2hunter2hunter2"  # noqa: S105 - of a test
USES = [
    "NPM_TOKEN={} npm ci",
    "export AWS_SECRET_ACCESS_KEY={} && make",
    "DB_PASSWORD='{}' ./migrate",
    'PASSWD="{}" ./migrate',
    "API_KEY={} make",
    "npm config set //packages.example.org/:_authToken={}",
    "pip install --index-url https://ci:{}@packages.example.org/simple app",
    "git clone https://x-access-token:{}@github.com/o/r.git",
    'curl -H "Authorization: Bearer {}" https://example.org',
    "docker login --username ci --password {}",
    "docker login -u ci --password={}",
    "curl --api-token {} https://example.org",
    'echo {{"apiKey": "{}"}} > c.json',
    "psql postgresql://app:{}@db/app",
    'DB_PASSWORD="a b"{} ./migrate',
    "DB_PASSWORD='a'b'{}' ./migrate",
    'DB_PASSWORD="a \\" {}" ./migrate',
    'DB_PASSWORD="{}\\" ./migrate',
    "docker login -u ci -p {} ghcr.io",
    "helm registry login r.example.org -u ci -p '{}'",
    "sshpass -p {} ssh ci@example.org",
    "curl -fsSL -u ci:{} https://example.org/a.tgz",
    'curl --user "ci:{}" https://example.org/a.tgz',
    "wget --header='X-Api-Key: {}' https://example.org",
    "npm config set //registry.npmjs.org/:_authToken {}",
    "echo '//registry.npmjs.org/:_authToken={}' > .npmrc",
    "DB_PASS={} ./migrate",
    "MYSQL_PWD={} ./migrate",
    "az storage copy 'AccountName=a;AccountKey={};EndpointSuffix=x'",
    "curl 'https://a.blob.example.org/c/f?sv=2024-01-01&sig={}&se=2026'",
    "curl 'https://b.example.org/f?X-Amz-Signature={}'",
    "echo '-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Blb{}\\n-----END OPENSSH PRIVATE KEY-----' > k",
    "echo '-----BEGIN RSA PRIVATE KEY----- MII{}",
    '["sh", "-c", "DB_PASSWORD=\\"a b {}\\" ./migrate"]',
]


def leaks(*logs: str) -> set[tuple[str, str]]:
    """Names of the tables that hold a secret, and the secret."""
    said = parsed(*logs)
    tables = {
        "runs": said.runs,
        "steps": said.steps,
        "cache_io": said.cache_io,
        "facts": said.facts,
        "rejects": said.rejects,
    }
    return {
        (t, found) for t in tables for found in re.findall(rf"{SECRET}\d*", tables[t].write_json())
    }


def test_secret_of_a_build_arg_is_kept_nowhere() -> None:
    texts = [use.format(f"{SECRET}{number}") for number, use in enumerate(USES)]
    logs = [
        f"""\
#4 [internal] load metadata for https://ci:{SECRET}@localhost:5000/debian:12
#4 WARN: Undefined: {text} (line 3)
#4 DONE 0.1s

#5 importing cache manifest from https://ci:{SECRET}@localhost:5000/cache:main
#5 ERROR: failed to configure registry cache importer: {text}: not found

#6 [2/3] RUN --mount=type=secret,id=x,env=X {text}
#6 0.1 {text}
#6 ERROR: process "/bin/sh -c {text}" did not complete successfully: exit code: 1
------
 > [2/3] RUN {text}:
------
ERROR: failed to build: failed to solve: process "/bin/sh -c {text}" did not complete: 1
"""
        for text in texts
    ]
    objects = [
        rawjson(vertex(f"[2/3] RUN {text}", (0.0, 1.0), error=f"{text}: failed")) for text in texts
    ]
    assert leaks(*logs, *objects) == set()


def test_secret_in_the_name_of_a_stage_is_kept_nowhere() -> None:
    log = f"#4 [TOKEN={SECRET} A_TOKEN={SECRET} 1/1] RUN a\n#4 DONE 0.1s\n"
    assert leaks(log) == set()
    (step,) = parsed(log).steps.rows(named=True)
    assert (step["target"], step["stage"]) == ("TOKEN=***", "A_TOKEN=***")


def test_secret_in_a_reference_is_kept_nowhere() -> None:
    log = f"""\
#4 importing cache manifest from ci:{SECRET}@reg.io/x:y
#4 DONE 0.1s

#5 exporting to image
#5 pushing manifest for ci:{SECRET}@reg.io/x:y@{BLOB} 0.1s done
#5 DONE 0.1s
"""
    assert leaks(log) == set()
    assert parsed(log).cache_io["ref"].to_list() == ["ci:***@reg.io/x:y"]


def test_leaks_are_seen() -> None:
    log = f"#6 [2/3] RUN echo {SECRET}\n#6 ERROR: {SECRET}\n"
    assert leaks(log) == {("steps", SECRET), ("facts", SECRET)}


def test_secret_behind_the_name_of_a_warning_is_kept_nowhere() -> None:
    log = f"#4 [1/1] RUN a\n#4 WARN: SecretsUsedInArgOrEnv: A_TOKEN='{SECRET}' make\n#4 DONE\n"
    assert leaks(log) == set()


def test_warning_of_secrets_holds_none_and_is_kept() -> None:
    text = 'WARN: SecretsUsedInArgOrEnv: Do not use ARG or ENV (ARG "NPM_TOKEN") (line 3)'
    log = f"#4 [1/1] RUN a\n#4 {text}\n#4 DONE 0.1s\n"
    assert [fact["text"] for fact in facts(FactKind.WARNING, log)] == [text]


def test_secret_that_shows_by_its_form_is_kept_nowhere() -> None:
    tokens = [
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2" * 9,
        "glpat-" + "a1B2" * 5,
        "AKIA" + "A1B2" * 4,
        "npm_" + "a1B2" * 9,
        "pypi-" + "a1B2" * 9,
        "xoxb-" + "1234-" * 3 + "abcd",
        "glrt-" + "a1B2" * 5,
        "sk_live_" + "a1B2" * 6,
        "rk_test_" + "a1B2" * 6,
        "AIza" + "a1B2c3_" * 5,
        "hf_" + "aBcD" * 9,
        "dckr_pat_" + "a1B-" * 7,
        "dop_v1_" + "a1b2" * 16,
        "SG." + "a1B2" * 5 + "ab." + "a1B2" * 10 + "abc",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlMTIz",
    ]
    logs = [f"#6 [2/3] RUN ./deploy {token} prod\n#6 CACHED\n" for token in tokens]
    assert set(parsed(*logs).steps["text"]) == {"RUN ./deploy *** prod"}


def test_what_only_names_a_secret_is_kept() -> None:
    texts = [
        "RUN --mount=type=secret,id=registry_token,target=/run/secrets/registry_token python train",
        "RUN --mount=type=secret,id=npm_token npm ci",
        "COPY tokens.py secrets.py task-scheduler-deployment-tools/ ./",
        f"COPY --from=base@{BLOB} /a /b",
        "RUN pip install secretstorage==3.3.3 tokenizers==0.19.1",
        "RUN BYPASS_CACHE=1 NO_PASSTHROUGH=1 OLD_PWD=/a make",
        "RUN mkdir -p login && mkdir -p /srv/login && cp -p a b",
        "RUN chsh -s /usr/sbin/nologin -p x",
        "RUN curl -fsSL -o /tmp/a.tgz https://example.org/a.tgz && useradd -u 1000 ci",
        "RUN test -f mask_live_data && echo hf_hub SG.x",
    ]
    logs = [f"#6 [2/3] {text}\n#6 CACHED\n" for text in texts]
    assert parsed(*logs).steps["text"].to_list() == texts
