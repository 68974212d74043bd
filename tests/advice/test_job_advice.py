"""What is suggested for the job around the build, from logs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import cachestats as cs

if TYPE_CHECKING:
    from pathlib import Path

    from cachestats.advice.document import Advice, Suggestion

DIGEST = "ab" * 32
REF = "registry.example/team/cache:main"
BASE = f"[1/3] FROM docker.io/library/alpine@sha256:{DIGEST}"
PULL = [f"sha256:{DIGEST} 3.6MB / 3.6MB 0.2s done", "DONE 2.0s"]
STEPS = ("[2/3] RUN apk add git", "[3/3] RUN make")


def plain(*blocks: tuple[str, list[str]]) -> str:
    """Write blocks as BuildKit prints them."""
    numbered = enumerate([("[internal] booting buildkit", ["DONE 1.0s"]), *blocks], 1)
    out = ['#0 building with "ci" instance using docker-container driver', ""]
    for number, (name, lines) in numbered:
        out += [f"#{number} {name}", *(f"#{number} {line}" for line in lines), ""]
    return "\n".join(out) + "\n"


def built(*, importing: str | None, hit: bool, context: list[str] | None = None) -> str:
    """The log of a fresh builder that imports a cache, which holds its layers or not."""
    ends = [["CACHED"], ["CACHED"]] if hit else [["DONE 20.0s"], ["DONE 10.0s"]]
    imported = [(f"importing cache manifest from {importing}", ["DONE 0.2s"])] if importing else []
    exporting = "GitHub Actions Cache" if importing == "gha" else "registry"
    exported = [f"writing cache manifest to {importing}"] if exporting == "registry" else []
    return plain(
        *imported,
        *([("[internal] load build context", context)] if context else []),
        (BASE, ["CACHED"] if hit else PULL),
        *zip(STEPS, ends, strict=True),
        *([(f"exporting cache to {exporting}", [*exported, "DONE 0.5s"])] if importing else []),
    )


def advice(tmp_path: Path, logs: dict[str, list[str]], *kinds: str) -> Advice:
    """Ingest the logs of projects, a day apart, and ask what to change."""
    for project, texts in logs.items():
        for day, text in enumerate(texts, 1):
            folder = tmp_path / "logs" / project / str(day)
            folder.mkdir(parents=True)
            (folder / "build.log").write_text(text, "utf-8")
            facts = {"project": project, "branch": "main", "started_at": f"2026-11-{day:02}T08:00Z"}
            (folder / "meta.json").write_text(json.dumps(facts | {"commit": f"{day}" * 7}), "utf-8")
    store = cs.open_store(tmp_path / "store", create=True)
    store.ingest(tmp_path / "logs")
    return cs.advise(store, kinds=kinds)


def only(found: Advice) -> Suggestion:
    assert len(found.suggestions) == 1, [one.id for one in found.suggestions]
    return found.suggestions[0]


def test_a_gha_scope_whose_imports_are_empty_by_turns_wants_one_of_its_own(tmp_path: Path) -> None:
    runs = [built(importing="gha", hit=hit) for hit in (True, False, True, False, True, True)]
    one = only(advice(tmp_path, {"web": runs}, "cache_scope"))
    assert one.id == "web/cache_scope/gha"
    assert one.rationale == (
        "2 of 6 imports of gha were empty",
        "these runs executed 1m 00s that it did not hold",
        "imports between them gave hits: something else writes it, or it was evicted",
    )
    assert one.machine_s.low <= 60.0 <= one.machine_s.high


def test_a_reference_that_two_projects_export_to_wants_one_each(tmp_path: Path) -> None:
    runs = [built(importing=REF, hit=hit) for hit in (False, True, False)]
    found = advice(tmp_path, {"api": runs, "web": runs}, "cache_scope")
    assert {one.id for one in found.suggestions} == {
        f"{project}/cache_scope/{REF}" for project in ("api", "web")
    }
    assert f"{REF} is also exported to by web" in found.suggestions[0].rationale
    total = sum(one.wall_s.mid for one in found.suggestions)
    assert found.combined.wall_s.mid == pytest.approx(total, abs=0.2)


@pytest.mark.parametrize(
    "hits",
    [(False, True, True, True), (False, False, False), (False, True, False, False), (True, True)],
    ids=str,
)
def test_an_import_that_is_empty_once_or_always_says_nothing_of_others(
    tmp_path: Path, hits: tuple[bool, ...]
) -> None:
    runs = [built(importing="gha", hit=hit) for hit in hits]
    assert advice(tmp_path, {"web": runs}, "cache_scope").suggestions == ()


def test_a_large_slow_context_wants_a_dockerignore(tmp_path: Path) -> None:
    slow = ["transferring context: 812.50MB 9.6s done", "DONE 10.0s"]
    runs = [built(importing=None, hit=False, context=slow)] * 2
    runs[1] = runs[1].replace("812.50MB", "900.00MB")
    found = advice(tmp_path, {"web": runs}, "dockerignore")
    one = only(found)
    assert one.rationale == (
        "2 of 2 runs sent a context in 20.0 s",
        "the largest had 900.0 MB",
    )
    assert (one.wall_s.low, one.wall_s.mid, one.wall_s.high) == (0.0, 10.0, 18.0)
    assert one.machine_s == type(one.machine_s)()
    assert found.combined.wall_s == one.wall_s
    assert found.combined.machine_s == one.machine_s


@pytest.mark.parametrize(
    "context",
    [
        ["transferring context: 2.50MB 9.6s done", "DONE 10.0s"],
        ["transferring context: 812.50MB 0.2s done", "DONE 0.3s"],
        None,
    ],
    ids=["small", "quick", "none"],
)
def test_other_contexts_do_not(tmp_path: Path, context: list[str] | None) -> None:
    runs = [built(importing=None, hit=False, context=context)]
    assert advice(tmp_path, {"web": runs}, "dockerignore").suggestions == ()
