from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from cachestats.logs.batch import Job, decode_batch
from cachestats.logs.identity import digests
from cachestats.logs.packages import PACKAGE_MANAGERS
from cachestats.logs.source import find_sources
from tests.lab import LAB

if TYPE_CHECKING:
    from pathlib import Path

    from cachestats.logs.packages import Manager

NAMES = [f"{manager.name}-{number}" for number, manager in enumerate(PACKAGE_MANAGERS)]


def said(path: Path, *outputs: str) -> list[str]:
    steps = [
        f"#{no} [{no}/9] RUN install {no}\n"
        + "".join(f"#{no} 0.{at:03} {line}\n" for at, line in enumerate(output.splitlines()))
        + f"#{no} DONE 1.0s\n\n"
        for no, output in enumerate(outputs, 2)
    ]
    path.write_text("".join(steps), "utf-8")
    found = cs.parse(path).facts.filter(cs.Facts.kind.col == cs.FactKind.PACKAGE_SET)
    return found["text"].to_list()


@pytest.mark.parametrize("manager", PACKAGE_MANAGERS, ids=NAMES)
def test_a_sample_is_read(tmp_path: Path, manager: Manager) -> None:
    packages, (size, seconds) = manager.packages, manager.downloaded
    if isinstance(packages, int):
        told = f"{manager.name} {packages} packages"
    else:
        (fingerprint,) = digests(["\n".join(sorted(packages))])
        told = f"{manager.name} {len(packages)} packages {fingerprint}"
    told += " downloaded" if manager.downloaded != (None, None) else ""
    told += "" if size is None else f" {size} B"
    told += "" if seconds is None else f" in {seconds} s"
    assert told in said(tmp_path / "a.log", manager.sample)


def test_the_same_set_has_the_same_fingerprint_in_any_order(tmp_path: Path) -> None:
    one, other, newer = said(
        tmp_path / "a.log",
        "Successfully installed a-1.0 b-2.0",
        "Successfully installed b-2.0 a-1.0",
        "Successfully installed a-1.1 b-2.0",
    )
    assert one == other != newer
    assert re.fullmatch(r"pip 2 packages [0-9a-f]{20}", one)


def rawjson(*pieces: tuple[str, bytes]) -> str:
    time = "2026-11-24T03:16:12.5Z"
    vertexes = [
        {"digest": digest, "name": f"[{no}/9] RUN {no}", "started": time, "completed": time}
        for no, digest in enumerate(dict(pieces), 2)
    ]
    output = [
        {"logs": [{"vertex": digest, "stream": 1, "data": b64encode(data).decode()}]}
        for digest, data in pieces
    ]
    for update in output:
        update["logs"][0]["timestamp"] = time
    objects = [{"vertexes": vertexes}, *output]
    return "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in objects)


def test_a_line_goes_on_in_the_next_object_of_its_vertex(tmp_path: Path) -> None:
    one, other = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    log = rawjson(
        (one, b"Successfully installed a-1.0 "),
        (other, b"Successfully installed c-3.0\n"),
        (one, b"b-2.0\n"),
    )
    (tmp_path / "cut.log").write_text(log, "utf-8")
    facts = cs.parse(tmp_path / "cut.log").facts
    texts = facts.filter(cs.Facts.kind.col == cs.FactKind.PACKAGE_SET)["text"]
    whole = said(tmp_path / "a.log", "Successfully installed a-1.0 b-2.0")
    assert sorted(texts)[1] == whole[0]


def test_a_line_that_is_cut_goes_on_in_no_other_log(tmp_path: Path) -> None:
    one, other = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    cut, whole = tmp_path / "1.log", tmp_path / "2.log"
    cut.write_text(rawjson((one, b"Setting up jq (1.6-2.1) ...\nSetting up ")), "utf-8")
    whole.write_text(rawjson((one, b"Setting up zip (3.0-13) ...\n"), (other, b"")), "utf-8")
    alone = [text for log in (cut, whole) for text in cs.parse(log).facts["text"]]
    assert cs.parse(tmp_path).facts["text"].to_list() == alone


@pytest.mark.parametrize("number", ["", "#8 "], ids=["today", "of 2021"])
def test_a_download_that_is_told_again_behind_an_error_is_counted_once(
    tmp_path: Path, number: str
) -> None:
    output = "2.300 Need to get 62.8 MB of archives.\n{}5.301 Fetched 62.8 MB in 3s (20.0 MB/s)\n"
    log = tmp_path / "a.log"
    log.write_text(
        f"#8 [2/4] RUN apt-get install -y curl\n#8 {output.format('#8 ')}"
        "#8 6.301 Setting up curl (7.74.0-1.3+deb11u7) ...\n"
        "#8 ERROR: executor failed running [/bin/sh -c apt-get install]: exit code: 100\n------\n"
        f" > [2/4] RUN apt-get install -y curl:\n{number}{output.format(number)}------\n",
        "utf-8",
    )
    (found,) = cs.parse(log).facts.filter(cs.Facts.kind.col == cs.FactKind.PACKAGE_SET)["text"]
    assert "62800000 B" in found


@pytest.mark.parametrize("data", [b"Successfully installed \xff\xfe", b"Setting up \0" * 9])
def test_hostile_output_stops_nothing(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.log").write_text(rawjson(("sha256:" + "a" * 64, data)), "utf-8")
    (tmp_path / "b.log").write_bytes(b"#1 [1/1] RUN x\n#1 0.1 " + data + b"\n#1 DONE 1.0s\n")
    assert cs.parse(tmp_path).runs.height == 2


def test_evidence_changes_neither_runs_nor_steps(tmp_path: Path) -> None:
    said(tmp_path / "a.log", *(manager.sample for manager in PACKAGE_MANAGERS))
    (source,), _ = find_sources([tmp_path / "a.log"])
    with_it, without = (decode_batch([Job(source)], evidence=on).tables for on in (True, False))
    assert with_it.facts.height > without.facts.height
    assert with_it.runs.equals(without.runs)
    assert with_it.steps.equals(without.steps)


@pytest.mark.skipif(not LAB.exists(), reason="the lab is not beside the project")
def test_plain_and_rawjson_of_a_build_tell_the_same_sets() -> None:
    found = [cs.parse(*sorted(LAB.glob(f"runs/*/*/{form}.log"))) for form in ("plain", "rawjson")]
    sets = [
        parsed.facts.filter(cs.Facts.kind.col == cs.FactKind.PACKAGE_SET)
        .join(parsed.runs, on="run_id")
        .join(parsed.steps.select("run_id", "step_no", "name"), on=["run_id", "step_no"])
        .with_columns(build=cs.Runs.source.col.str.replace(r"/\w+\.log$", ""))
        .select("build", "name", cs.Facts.value.name, cs.Facts.text.name)
        .sort("build", "name", "text")
        for parsed in found
    ]
    assert sets[0].height > 50
    assert sets[0].equals(sets[1])
