"""What is known of vertex names, one test for each fact."""

from __future__ import annotations

from typing import Any

import pytest

from cachestats.schema import FactKind
from tests.logs.logs import Row, cache_io, facts, parsed, rawjson, run, steps, steps_of_each, vertex

MOUNTED = (
    "[stage-0 4/6] RUN --mount=type=cache,target=/var/cache/npm "
    "    --mount=type=bind,source=package.json,target=package.json     npm ci"
)


def named(*names: str) -> list[Row]:
    """Steps of one run that have these names, in their order."""
    return list(steps(_log(*names)).values())


def _log(*names: str) -> str:
    return "\n".join(f"#{no} {name}\n#{no} DONE 0.1s\n" for no, name in enumerate(names, 2))


def place(step: Row) -> tuple[Any, ...]:
    return tuple(step[key] for key in ("target", "platform", "stage", "index", "total"))


class TestBracket:
    def test_platform_stage_and_index(self) -> None:
        places = {
            "[2/7]": (None, None, None, 2, 7),
            "[ 2/17]": (None, None, None, 2, 17),
            "[stage-0 2/9]": (None, None, "stage-0", 2, 9),
            "[builder  2/12]": (None, None, "builder", 2, 12),
            "[py3.12-build 10/12]": (None, None, "py3.12-build", 10, 12),
            "[linux/arm64 2/5]": (None, "linux/arm64", None, 2, 5),
            "[linux/arm64 builder 2/5]": (None, "linux/arm64", "builder", 2, 5),
            "[linux/arm/v7 builder 2/5]": (None, "linux/arm/v7", "builder", 2, 5),
            "[windows/amd64 builder 2/5]": (None, "windows/amd64", "builder", 2, 5),
            "[windows(10.0.20348.1)/amd64 build 2/5]": (None, "windows/amd64", "build", 2, 5),
            "[web windows(10.0.1+win32k)/arm64 sh 2/5]": ("web", "windows/arm64", "sh", 2, 5),
            "[linux/amd64->arm64 build 2/5]": (None, "linux/amd64->arm64", "build", 2, 5),
            "[linux/amd64->386 bundle 3/4]": (None, "linux/amd64->386", "bundle", 3, 4),
            "[linux/amd64->arm/v6 build 2/37]": (None, "linux/amd64->arm/v6", "build", 2, 37),
            "[web builder 2/5]": ("web", None, "builder", 2, 5),
            "[web linux/arm64 builder 2/5]": ("web", "linux/arm64", "builder", 2, 5),
            "[web linux/amd64->arm64 sh  2/15]": ("web", "linux/amd64->arm64", "sh", 2, 15),
        }
        said = named(*(f"{bracket} RUN make" for bracket in places))
        assert dict(zip(places, map(place, said), strict=True)) == places
        assert {(step["kind"], step["instruction"]) for step in said} == {("instruction", "RUN")}

    @pytest.mark.parametrize(
        "teller",
        [
            "[frontend internal] load build definition from Dockerfile.frontend",
            "[frontend] exporting to image",
            "[frontend auth] library/node:pull token for registry-1.docker.io",
        ],
    )
    def test_lone_word_is_a_target_where_another_line_says_so(self, teller: str) -> None:
        step, _ = named("[frontend  1/11] COPY . .", teller)
        assert place(step) == ("frontend", None, None, 1, 11)

    def test_lone_word_is_a_stage_where_no_line_says_otherwise(self) -> None:
        step, _ = named("[frontend  1/11] COPY . .", "[internal] load build definition")
        assert place(step) == (None, None, "frontend", 1, 11)

    def test_a_target_may_be_called_as_a_kind_of_step(self) -> None:
        names = {
            "[auth internal] load build definition from Dockerfile": ("internal", "auth", None),
            "[auth auth] library/node:pull token for ghcr.io": ("auth", "auth", None),
            "[web auth] library/node:pull token for ghcr.io": ("auth", "web", None),
            "[context internal] load .dockerignore": ("internal", "context", None),
            "[web context deps] load from client": ("source", "web", None),
            "[auth] exporting to image": ("export", "auth", None),
            "[auth] resolving provenance for metadata file": ("internal", "auth", None),
            "[auth 3/3] RUN npm ci": ("instruction", "auth", None),
            "[auth builder 3/3] RUN npm ci": ("instruction", "auth", "builder"),
            "[web internal 3/3] RUN npm ci": ("instruction", "web", "internal"),
            "[linux/arm64 internal] load metadata for debian": ("internal", None, None),
        }
        said = named(*names)
        columns = ("kind", "target", "stage")
        assert [tuple(step[name] for name in columns) for step in said] == list(names.values())

    def test_a_stage_may_be_called_as_a_kind_of_step(self) -> None:
        said = named("[internal 2/3] RUN a", "[context 2/3] RUN a", "[auth 2/3] RUN a")
        assert [step["stage"] for step in said] == ["internal", "context", "auth"]
        assert {step["target"] for step in said} == {None}

    def test_mounts_are_options_of_run_and_not_of_what_it_runs(self) -> None:
        said = named(
            '[2/3] RUN --network=none --mount=source="a b",target=/x --mount=type=tmpfs podman run '
            "--mount=type=bind,source=/a",
            "[2/3] COPY --from=a b --mount=c",
            "[2/3] ONBUILD RUN --mount=type=ssh git clone x",
        )
        assert [step["mounts"] for step in said] == [
            ['source="a b",target=/x', "type=tmpfs"],
            [],
            ["type=ssh"],
        ]

    def test_target_of_one_run_is_a_stage_of_another(self) -> None:
        bake = _log(
            "[web internal] load build definition", "[web 1/2] COPY a .", "[api 1/2] COPY b ."
        )
        first, second = steps_of_each(bake, _log("[web 1/2] COPY a ."))
        assert [(row["target"], row["stage"]) for row in first.values() if row["index"]] == [
            ("web", None),
            (None, "api"),
        ]
        assert [(row["target"], row["stage"]) for row in second.values()] == [(None, "web")]

    def test_vertex_of_two_targets_bears_two_names_and_is_one_step(self) -> None:
        log = """\
            #2 [frontend internal] load build definition from Dockerfile.frontend
            #2 DONE 0.0s

            #3 [backend internal] load build definition from Dockerfile.backend
            #3 DONE 0.0s

            #18 [backend  2/11] WORKDIR /app
            #18 ...

            #18 [frontend  2/11] WORKDIR /app
            #18 DONE 0.1s
            """
        assert (steps(log)[18]["outcome"], steps(log)[18]["duration_s"]) == ("done", 0.1)
        assert (sorted(steps(log)), run(log)["warnings"]) == ([2, 3, 18], [])

    def test_name_is_as_printed_and_text_without_its_bracket(self) -> None:
        (step,) = named("[builder  2/12] RUN cd backend &&     NODE_OPTIONS=x npm ci")
        assert step["name"] == "[builder  2/12] RUN cd backend &&     NODE_OPTIONS=x npm ci"
        assert step["text"] == "RUN cd backend &&     NODE_OPTIONS=x npm ci"


class TestInstructions:
    def test_those_that_hit_or_miss(self) -> None:
        texts = {
            "RUN make": "RUN",
            "RUN <<EOF (set -eu...)": "RUN",
            "COPY --link worker/ worker/": "COPY",
            "ADD https://example.org/a.tgz /": "ADD",
            "WORKDIR /srv": "WORKDIR",
            "[ONBUILD] COPY package.json .": "COPY",
            "[ONBUILD] RUN npm ci": "RUN",
            "ONBUILD COPY --from=deps a b": "COPY",
            "ONBUILD RUN npm ci": "RUN",
        }
        said = named(*(f"[build 2/5] {text}" for text in texts))
        assert {step["text"]: step["instruction"] for step in said} == texts
        assert {step["kind"] for step in said} == {"instruction"}
        assert None not in {step["layer_id"] for step in said}

    def test_version_of_the_platform_is_none_of_the_layer(self) -> None:
        names = [f"[windows(10.0.{build})/amd64 2/3] RUN dir" for build in (17763, 20348)]
        said = [step for rows in steps_of_each(*map(_log, names)) for step in rows.values()]
        assert [step["name"] for step in said] == names
        assert len({step["layer_id"] for step in said}) == 1

    @pytest.mark.parametrize("end", ["CACHED", "DONE 6.7s"])
    def test_from_is_evidence_and_never_a_hit_or_miss(self, end: str) -> None:
        base = "localhost:5000/debian:12@sha256:" + "d5" * 32
        log = f"#5 [1/8] FROM {base}\n#5 {end}\n"
        (step,) = steps(log).values()
        assert (step["kind"], step["layer_id"]) == ("from", None)
        assert [fact["text"] for fact in facts(FactKind.BASE_DIGEST, log)] == [base]

    def test_from_without_a_digest_is_no_evidence(self) -> None:
        assert facts(FactKind.BASE_DIGEST, "#5 [1/8] FROM debian:12\n#5 CACHED\n") == []

    def test_mounts_of_a_run(self) -> None:
        (step,) = named(MOUNTED)
        assert step["mounts"] == [
            "type=cache,target=/var/cache/npm",
            "type=bind,source=package.json,target=package.json",
        ]

    def test_step_without_mounts_has_none(self) -> None:
        (step,) = named("[2/2] RUN make")
        assert step["mounts"] == []

    def test_heredocs_print_one_line_and_stay_separate_layers(self) -> None:
        said = named(*[f"[{n}/9] RUN <<EOF (set -eux...)" for n in (3, 4, 5)])
        assert len({step["layer_id"] for step in said}) == 3

    @pytest.mark.parametrize("bracket", ["[1/2] STEP 3/6:", "STEP 2/8:", "Step 3/7 :"])
    def test_steps_of_other_builders_are_none_of_buildkit(self, bracket: str) -> None:
        assert parsed(f"{bracket} RUN make\n ---> Using cache\n").runs.is_empty()


class TestOtherSteps:
    @pytest.mark.parametrize(
        ("kind", "names"),
        [
            (
                "internal",
                [
                    "[internal] load build definition from Dockerfile",
                    "[internal] load .dockerignore",
                    "[internal] load metadata for docker.io/library/python:3.12-slim",
                    "[internal] load build context",
                    "[internal] load remote build context",
                    "[internal] load git source https://github.com/docker/buildx.git#master",
                    "[internal] waiting for connection",
                    "[internal] setting cache mount permissions",
                    "[internal] preparing inline document",
                    "[internal] load local bake definitions",
                    "[internal] load Dockerfile",
                    "[web internal] load build context",
                    "[linux/arm64 internal] load metadata for docker.io/library/php:8.3",
                    "resolving provenance for metadata file",
                    "[frontend] resolving provenance for metadata file",
                ],
            ),
            (
                "auth",
                [
                    "[auth] library/node:pull token for registry-1.docker.io",
                    "[auth] a:pull b:pull token for ghcr.io",
                    "[recruit auth] library/node:pull token for registry-1.docker.io",
                ],
            ),
            (
                "source",
                [
                    "resolve image config for docker-image://docker.io/docker/dockerfile:1",
                    "docker-image://docker.io/docker/dockerfile:1@sha256:" + "9b" * 32,
                    "[context deps] load metadata for docker.io/library/alpine",
                    "[context deps] docker.io/library/alpine@sha256:" + "9b" * 32,
                    "[context src] load from client",
                ],
            ),
            (
                "cache_import",
                [
                    "importing cache manifest from ghcr.io/My-Org/repo:main",
                    "importing cache manifest from gha:8680939905724665080",
                    "[web] importing cache manifest from ghcr.io/my-org/web:main",
                ],
            ),
            (
                "cache_export",
                [
                    "exporting cache to registry",
                    "exporting to GitHub Actions Cache",
                    "exporting to GitHub cache",
                    "exporting cache to client directory",
                    "exporting cache to Amazon S3",
                    "exporting cache to Azure Blob Storage",
                    "exporting cache",
                    "[web] exporting cache to registry",
                ],
            ),
            (
                "export",
                [
                    "exporting to image",
                    "exporting to docker image format",
                    "exporting to oci image format",
                    "exporting to client directory",
                    "exporting to client tarball",
                    "[frontend] exporting to image",
                    "preparing layers for inline cache",
                    "merging manifest list ghcr.io/my-org/web:main",
                    "pushing ghcr.io/my-org/web:main with docker",
                    "importing to docker",
                    "sending tarball",
                ],
            ),
        ],
    )
    def test_they_are_no_instructions(self, kind: str, names: list[str]) -> None:
        said = named(*names)
        assert {step["name"]: step["kind"] for step in said} == dict.fromkeys(names, kind)
        assert {(step["layer_id"], step["instruction"], step["index"]) for step in said} == {
            (None, None, None)
        }

    def test_booting_the_builder_is_internal(self) -> None:
        log = f"#1 [internal] booting buildkit\n#1 DONE 3.0s\n\n{_log('[1/1] RUN make')}"
        kinds = {step["name"]: step["kind"] for step in steps(log).values()}
        assert kinds["[internal] booting buildkit"] == "internal"

    def test_target_before_them_is_told(self) -> None:
        said = named(
            "[web internal] load build context", "[web] exporting to image", "[internal] load x"
        )
        assert [step["target"] for step in said] == ["web", "web", None]

    @pytest.mark.parametrize("name", ["copy /context /", "mkdir /foo", "local://context", "x"])
    def test_what_is_none_of_these_is_no_instruction(self, name: str) -> None:
        (step,) = named(name)
        assert step["layer_id"] is None
        assert cache_io(_log(name)) == []

    def test_rawjson_has_the_same_names(self) -> None:
        names = ["[ 2/17] RUN make", "[web builder 2/5] COPY . .", "exporting to image"]
        said = steps(rawjson(*(vertex(name, (n, n + 1)) for n, name in enumerate(names))))
        columns = ("name", "kind", "target", "stage", "index", "total", "text", "layer_id")
        assert [[row[key] for key in columns] for row in said.values()] == [
            [row[key] for key in columns] for row in named(*names)
        ]

    @pytest.mark.parametrize("name", ["[2/3] RUN echo {}", "[web] exporting to {}", "copy {}"])
    def test_a_line_feed_in_a_name_of_rawjson_ends_what_is_printed(self, name: str) -> None:
        said = steps(rawjson(vertex(name.format("a\nb && make\n"), (0.0, 1.0))))[1]
        printed = steps(_log(name.format("a")))[2]
        columns = ("name", "kind", "target", "index", "text", "instruction", "layer_id")
        assert [said[key] for key in columns] == [printed[key] for key in columns]

    def test_a_secret_with_a_line_feed_in_it_is_redacted(self) -> None:
        name = '[2/3] RUN make TOKEN="hunter2\nmore"'
        said = steps(rawjson(vertex(name, (0.0, 1.0))))[1]
        assert (said["name"], said["text"]) == ("[2/3] RUN make TOKEN=***", "RUN make TOKEN=***")
