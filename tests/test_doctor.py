"""What `doctor` says of logs whose every line is known."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any

import pytest

import cachestats as cs
from tests.cli.conftest import COLD, HEAD, WARM
from tests.logs.records import build, record, stream, vertex

if TYPE_CHECKING:
    from pathlib import Path

LOG = HEAD + COLD
STAMP = "2026-11-24T05:39:25.0000000Z "
STAMPED = "".join(f"{STAMP}{line}\n" for line in LOG.splitlines())
RAWJSON = (
    '{"vertexes":[{"digest":"sha256:2f","name":"[1/1] RUN make",'
    '"started":"2026-11-24T05:39:25Z","completed":"2026-11-24T05:39:27Z"}]}\n'
)
RECORD = record(build(stream(vertex("[1/1] RUN make", 0.0, 2.0))))
SCREEN = "[+] Building 2.5s (1/1) FINISHED\n => [2/2] RUN make   2.5s\n"


def told(path: Path, text: str | bytes, template: str | None = None) -> dict[str, Any]:
    """The row of a log with this text."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return cs.doctor(path, path_template=template).files.row(0, named=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LOG, ("none", "plain", 18, 1.0)),
        (STAMPED, ("GitHub", "plain", 18, 1.0)),
        (STAMPED.replace("\n", "\r\n"), ("GitHub", "plain", 18, 1.0)),
        (LOG.replace("#", "Step #0: #"), ("Cloud Build", "plain", 18, 1.0)),
        (LOG.encode("utf-16"), ("none", "plain", 18, 1.0)),
        (RAWJSON, ("none", "rawjson", 1, 1.0)),
        (LOG + RAWJSON, ("none", "plain, rawjson", 19, 1.0)),
        (SCREEN, ("none", "tty", 2, None)),
        (RECORD, (None, "dockerbuild", None, None)),
        ("hello\n#12 sha256:0123", (None, None, 2, 0.0)),
        ("", (None, None, 0, None)),
    ],
    ids=range(11),
)
def test_how_a_log_is_written(
    tmp_path: Path, text: str | bytes, expected: tuple[str | int | float | None, ...]
) -> None:
    row = told(tmp_path / "a.log", text)
    assert tuple(row[name] for name in ("wrapper", "format", "lines", "understood")) == expected


@pytest.mark.parametrize(
    "line",
    [
        "#2 CACHED",
        "#5 DONE 70.0s",
        "#5 ...",
        "#5 ERROR: process did not complete",
        "#5 WARN: the cache is old",
        "#5 1.5 #6 [build 2/4] of a build in a RUN",
        "#6 exporting to image",
        "#6 pushing layers 1.2s done",
        "#6 sha256:0123 1.2MB / 3.4MB 0.5s",
        "#7 resolve docker.io/library/python:3.12 0.1s done",
        "#1       digest: sha256:2f10ef7338b6eebaf1b072752d0d936c3d38c4383476a3985824ff70398569fa",
    ],
)
def test_lines_that_are_understood(tmp_path: Path, line: str) -> None:
    assert told(tmp_path / "a.log", f"{LOG}\n{line}\n")["understood"] == 1.0


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("#5 ***.54 Progress: resolved 1", "#5 ***.54 Progress: resolved 1"),
        ("#5 NPM_TOKEN=0123456789abcdef", "#5 NPM_TOKEN=***"),
        ('{"vertexes":[{"digest":"sha2', '{"vertexes":[{"digest":"sha2'),
        (f"#5 {'x' * 1000}", f"#5 {'x' * 116}…"),
    ],
    ids=str,
)
def test_the_first_line_that_is_not_understood(tmp_path: Path, line: str, shown: str) -> None:
    row = told(tmp_path / "a.log", f"{LOG}{line}\n")
    assert (row["first_strange_line"], row["first_strange_text"]) == (19, shown)
    assert row["understood"] == 1 - 1 / row["buildkit_lines"]


def test_a_name_of_no_known_form_is_understood_as_its_step(tmp_path: Path) -> None:
    row = told(tmp_path / "a.log", f"{LOG}\n#6 detect the language\n#6 DONE 0.1s\n")
    assert row["understood"] == 1.0


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ("#1 pulling image moby/buildkit:v0.30.0 2.6s done\n", ["moby/buildkit:v0.30.0"]),
        ("github.com/docker/buildx v0.34.1 e0b0e77d\n", ["buildx v0.34.1"]),
        ('  "buildkit": "v0.30.0",\nBuildKit version: v0.30.0\n', ["buildkit v0.30.0"]),
        ("#5 0.5 github.com/docker/buildx v0.1.0\n", []),
        ("#9 [1/2] FROM docker.io/moby/buildkit:v0.12.0\n", []),
    ],
)
def test_versions_are_those_of_the_builder(tmp_path: Path, text: str, versions: list[str]) -> None:
    assert told(tmp_path / "a.log", LOG + text)["versions"] == versions


@pytest.mark.parametrize(
    ("text", "template", "expected"),
    [
        (LOG, None, (1, 1, 1)),
        (LOG + HEAD + WARM, None, (2, 2, 2)),
        (STAMPED, None, (1, 0, 1)),
        (LOG, "{project}.log", (1, 1, 0)),
    ],
    ids=["bare", "two builds", "with times", "with a template"],
)
def test_what_is_not_known_of_the_runs(
    tmp_path: Path, text: str, template: str | None, expected: tuple[int, int, int]
) -> None:
    row = told(tmp_path / "web.log", text, template)
    found = row["runs"], row["runs_without_start"], row["runs_without_project"]
    assert found == expected


def test_every_input_has_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(LOG)
    (tmp_path / "old.log").write_text("Step 1/2 : FROM busybox\n ---> Running in 53563f0e940e\n")
    with tarfile.open(tmp_path / "logs.tar", "w") as archive:
        archive.add(tmp_path / "a.log", "b.log")
    rows = cs.doctor(tmp_path, tmp_path / "none.log").files
    names = rows["source"].str.split(tmp_path.as_posix() + "/").list.last()
    assert dict(zip(names, rows["reason"], strict=True)) == {
        "a.log": None,
        "logs.tar/b.log": None,
        "old.log": "output of Docker's legacy builder, not of BuildKit",
        "none.log": "no such file or directory",
    }
    assert rows["runs"].to_list() == [1, 1, 0, None]


def test_a_part_that_is_rejected_is_named(tmp_path: Path) -> None:
    row = told(tmp_path / "a.log", f'{RAWJSON}{{"vertexes":[{{"digest":1\n')
    assert row["runs"] == 1
    assert row["reason"].startswith("line 2: ")


def test_it_reads_what_an_ingest_reads(tmp_path: Path) -> None:
    told(tmp_path / "a.log", LOG + RAWJSON + STAMPED)
    ingested = cs.open_store(tmp_path / "store", create=True).ingest(tmp_path / "a.log")
    assert cs.doctor(tmp_path / "a.log").files["runs"].to_list() == [ingested.runs_added]


def test_nothing_to_read(tmp_path: Path) -> None:
    files = cs.doctor(tmp_path).files
    assert (len(files), files.schema) == (0, cs.DoctorRows.dtypes())
