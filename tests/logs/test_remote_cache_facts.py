"""What is known of remote caches, one test for each fact."""

from __future__ import annotations

from typing import Any

import pytest

from cachestats.schema import FactKind
from tests.logs.logs import BLOB, cache_io, facts, outcomes, rawjson, run, steps, vertex

REF = "localhost:5000/orders-cache:main"
MISSING = f"failed to configure registry cache importer: {REF}: not found"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def imported(source: str, end: str = "DONE 0.0s") -> str:
    return f"#4 importing cache manifest from {source}\n#4 {end}\n\n"


def exported(name: str, end: str = "DONE 0.4s") -> str:
    return f"""#15 {name}
#15 preparing build cache for export 0.1s done
#15 writing layer {BLOB} 0.0s done
#15 writing cache image manifest sha256:{"c2" * 32} 0.0s done
#15 {end}
"""


def built(*, inline: bool = False) -> str:
    line = "#14 preparing layers for inline cache 0.2s done\n" if inline else ""
    return f"""#14 exporting to image
#14 exporting layers 0.2s done
{line}#14 pushing manifest for localhost:5000/orders:189d2d5171be@sha256:{"14" * 32} 0.0s done
#14 DONE 0.5s

"""


def io(log: str) -> list[tuple[Any, ...]]:
    keys = ("direction", "backend", "ref", "mode", "outcome", "duration_s")
    return [tuple(row[key] for key in keys) for row in cache_io(log)]


class TestImport:
    @pytest.mark.parametrize("source", [REF, "ghcr.io/My-Org/repo:main", "user/app"])
    def test_registry_has_a_reference(self, source: str) -> None:
        log = imported(source, f"inferred cache manifest type: {MANIFEST} done\n#4 DONE 0.3s")
        assert io(log) == [("import", "registry", source, None, "done", 0.3)]
        assert MANIFEST in facts(FactKind.CACHE_STATUS, log)[0]["text"]

    @pytest.mark.parametrize("backend", ["gha", "local", "s3", "azblob"])
    def test_number_after_the_colon_is_volatile(self, backend: str) -> None:
        first, second = (io(imported(f"{backend}:{n}")) for n in (8680939905724665080, 97262))
        assert first == second == [("import", backend, backend, None, "done", 0.0)]

    def test_azure_says_what_it_found(self) -> None:
        log = imported("azblob:97262", "found 13 layers in cache\n#4 DONE 0.2s")
        assert [fact["text"] for fact in facts(FactKind.CACHE_STATUS, log)] == [
            "found 13 layers in cache"
        ]

    @pytest.mark.parametrize(
        ("source", "error"),
        [
            (REF, MISSING),
            ("gha:97262", "failed to parse error response 503: <html><body>: invalid character"),
            ("gha:97262", "maximum timeout reached: resource_exhausted"),
            ("gha:97262", "The token has expired"),
        ],
    )
    @pytest.mark.parametrize(
        "recap", ["", "------\n > importing cache manifest from {}:\n------\n"]
    )
    def test_one_that_fails_never_fails_the_run(self, recap: str, source: str, error: str) -> None:
        log = imported(source, f"ERROR: {error}") + built() + recap.format(source)
        assert [row[4] for row in io(log)] == ["failed"]
        assert run(log)["outcome"] == "done"
        assert [fact["text"] for fact in facts(FactKind.ERROR, log)] == [error]

    def test_lines_of_an_azure_error_without_a_number_are_no_steps(self) -> None:
        error = (
            "ERROR: GET https://x.blob.core.windows.net/c\n-----\nRESPONSE 403: Forbidden\n-----"
        )
        log = imported("azblob:97262", error) + built()
        assert outcomes(log) == {4: "failed", 14: "done"}
        assert run(log)["outcome"] == "done"

    def test_each_of_several_is_a_row(self) -> None:
        log = imported(REF) + imported("gha:97262").replace("#4", "#5")
        assert [row[1:3] for row in io(log)] == [("registry", REF), ("gha", "gha")]

    def test_run_without_one_has_none(self) -> None:
        assert io(built()) == []


class TestExport:
    @pytest.mark.parametrize(
        ("name", "backend"),
        [
            ("exporting cache to registry", "registry"),
            ("exporting to GitHub Actions Cache", "gha"),
            ("exporting to GitHub cache", "gha"),
            ("exporting cache to client directory", "local"),
            ("exporting cache to Amazon S3", "s3"),
            ("exporting cache to Azure Blob Storage", "azblob"),
            ("exporting cache", "other"),
        ],
    )
    def test_each_backend_has_its_words(self, name: str, backend: str) -> None:
        assert io(exported(name)) == [("export", backend, None, None, "done", 0.4)]

    def test_reference_is_that_of_the_one_import_of_its_backend(self) -> None:
        log = imported("localhost:5000/other:1") + exported("exporting to GitHub Actions Cache")
        assert [row[2] for row in io(log)] == ["localhost:5000/other:1", None]
        log = imported(REF) + exported("exporting cache to registry")
        assert [row[2] for row in io(log)] == [REF, REF]

    def test_statuses_are_facts(self) -> None:
        said = [fact["text"] for fact in facts(FactKind.CACHE_STATUS, exported("exporting cache"))]
        assert any(text.startswith("preparing build cache for export") for text in said)
        assert any(text.startswith("writing cache image manifest") for text in said)

    @pytest.mark.parametrize(
        "status",
        [
            "inferred cache manifest type: application/vnd.oci.image.index.v1+json",
            "found 3 layers in cache",
            "preparing build cache for export",
            "sending cache export",
            "writing cache manifest",
            "writing cache image manifest",
            "preparing layers for inline cache",
        ],
    )
    def test_each_of_them_is_one_and_its_last_line_counts(self, status: str) -> None:
        log = f"#3 exporting cache\n#3 {status} 0.1s\n#3 {status} 0.2s done\n#3 DONE 0.3s\n"
        said = facts(FactKind.CACHE_STATUS, log)
        assert [(fact["text"], fact["value"]) for fact in said] == [(f"{status} 0.2s done", 0.2)]

    ERROR = "ERROR: error writing layer blob: permission_denied"

    def test_one_that_fails_fails_the_run_by_the_final_error(self) -> None:
        last = "ERROR: failed to build: failed to solve: error writing layer blob\n"
        log = built() + exported("exporting to GitHub Actions Cache", self.ERROR) + last
        assert (io(log)[0][4], run(log)["outcome"]) == ("failed", "failed")

    def test_one_that_fails_and_is_ignored_does_not(self) -> None:
        log = built() + exported("exporting to GitHub Actions Cache", self.ERROR)
        assert (io(log)[0][4], run(log)["outcome"]) == ("failed", "done")

    def test_push_that_fails_fails_the_run(self) -> None:
        log = built().replace("DONE 0.5s", "ERROR: failed to push localhost:5000/orders: denied")
        assert run(log)["outcome"] == "failed"

    def test_mode_is_printed_nowhere(self) -> None:
        assert io(exported("exporting cache to registry"))[0][3] is None


class TestInline:
    def test_it_is_a_line_of_the_export_of_the_image_and_always_min(self) -> None:
        assert io(built(inline=True)) == [
            ("export", "inline", "localhost:5000/orders", "min", "done", 0.2)
        ]

    def test_import_from_the_image_that_holds_it_is_inline_too(self) -> None:
        log = imported("localhost:5000/orders:4383d27ba444") + built(inline=True)
        assert [row[:2] for row in io(log)] == [("import", "inline"), ("export", "inline")]

    def test_import_from_elsewhere_is_of_a_registry(self) -> None:
        log = imported(REF) + built(inline=True)
        assert [row[1] for row in io(log)] == ["registry", "inline"]

    def test_import_without_any_export_looks_like_that_of_a_registry(self) -> None:
        assert [row[1] for row in io(imported("localhost:5000/orders:1") + built())] == ["registry"]


class TestRawjson:
    def test_steps_are_told_by_the_same_names(self) -> None:
        log = rawjson(
            vertex(
                "importing cache manifest from gha:97262", (0.0, 0.5), error="token has expired"
            ),
            vertex("[2/2] RUN make", (1.0, 2.0)),
            vertex("exporting cache to registry", (2.0, 2.5)),
        )
        assert io(log) == [
            ("import", "gha", "gha", None, "failed", 0.5),
            ("export", "registry", None, None, "done", 0.5),
        ]
        assert run(log)["outcome"] == "done"


def test_cache_steps_have_no_layer() -> None:
    log = imported(REF) + exported("exporting cache to registry")
    assert [row["layer_id"] for row in steps(log).values()] == [None, None]


def test_pushed_image_is_a_fact_without_its_digest() -> None:
    assert [fact["text"] for fact in facts(FactKind.PUSHED_REF, built())] == [
        "localhost:5000/orders:189d2d5171be"
    ]


@pytest.mark.parametrize(
    ("reference", "named"),
    [
        (f"a/b:1@sha256:{'14' * 32}", ["a/b:1"]),
        ("u@h/b@sha256:14", ["u@h/b"]),
        ("a@sha256:14@sha256:15", ["a@sha256:14"]),
        ("@sha256:14", ["@sha256:14"]),
        ("a@sha256:xy", ["a@sha256:xy"]),
        ("a\tb", []),
    ],
)
def test_only_the_digest_at_the_end_of_a_reference_is_left_out(
    reference: str, named: list[str]
) -> None:
    log = f"#14 exporting to image\n#14 naming to {reference} done\n#14 DONE 0.5s\n"
    assert [fact["text"] for fact in facts(FactKind.PUSHED_REF, log)] == named
