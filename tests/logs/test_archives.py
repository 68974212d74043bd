from __future__ import annotations

import gzip
import io
import os
import sys
import zipfile
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import cachestats as cs
from cachestats.logs.source import Content, Source, find_sources, kept, members, read
from tests.logs.packing import CHANGED, COMPRESSIONS, TIME, build_log, tarred, zipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _tarred_and(compress: Callable[[bytes], bytes]) -> Callable[[dict[str, bytes]], bytes]:
    return lambda files: compress(tarred(files))


PACKED: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": zipped,
    "tar": tarred,
    "tgz": lambda files: tarred(files, "w:gz"),
    **{f"tar.{suffix}": _tarred_and(compress) for suffix, compress in COMPRESSIONS.items()},
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(path: Path, data: bytes) -> list[tuple[Source, Content]]:
    """Logs of an archive, with what they hold, and the archive itself."""
    path.write_bytes(data)
    ((archive,), faults) = find_sources([path.name])
    assert faults == []
    return [(source, read(source)) for source in map(kept, members(archive))]


def contents(path: Path, data: bytes) -> dict[str, Content]:
    return {source.name: content for source, content in found(path, data)}


@pytest.mark.parametrize("suffix", PACKED)
def test_an_archive_is_like_a_folder(here: Path, suffix: str) -> None:
    files = {
        "2.log": b"two",
        "./web/main/1.log": b"one",
        "web\\10.log.gz": gzip.compress(b"ten"),
        "web/notes.md": b"no log",
        ".git/1.log": b"no log",
    }
    logs = found(here / f"a.{suffix}", PACKED[suffix](files))
    name = f"a.{suffix}"
    assert {source.name: content for source, content in logs} == {
        f"{name}/2.log": Content(b"two"),
        f"{name}/web/main/1.log": Content(b"one"),
        f"{name}/web/10.log.gz": Content(b"ten"),
        name: Content(b""),
    }
    assert [source.folder for source, _ in logs] == [None, "web", "web", None]
    assert [source.is_archive for source, _ in logs] == [False, False, False, True]
    assert {source.modified_at for source, _ in logs[:-1]} == {TIME}
    assert [source.size_bytes for source, _ in logs[:2]] == [3, 3]


@pytest.mark.parametrize("suffix", ["zip", "tgz"])
def test_sidecars_lie_beside_logs_and_archives(here: Path, suffix: str) -> None:
    (here / "meta.json").write_text("{}")
    files = {"web/7.log": b"", "web/7.meta.json": b"{}", "meta.json": b"{}", "web/meta.json": b"{}"}
    ((source, _), _) = found(here / f"a.{suffix}", PACKED[suffix](files))
    assert [str(sidecar) for sidecar in source.sidecars] == [
        "meta.json",
        f"a.{suffix}/web/meta.json",
        f"a.{suffix}/web/7.meta.json",
    ]


def test_github_log_archive_tells_the_job_and_no_project(here: Path) -> None:
    files = {
        "0_build (a, 1).txt": b"",
        "build (a, 1)/3_Build image.txt": b"",
        "build (a, 1)/system.txt": b"",
        "web/1.log": b"",
    }
    logs = found(here / "logs.zip", zipped(files))
    assert [(source.folder, source.job) for source, _ in logs[:-1]] == [
        (None, "build (a, 1)"),
        (None, "build (a, 1)"),
        (None, "build (a, 1)"),
        ("web", None),
    ]


@pytest.mark.parametrize(
    ("name", "path", "folder"),
    [
        ("logs.tgz", "logs/web/1.log", "web"),
        ("logs.tgz", "logs/1.log", None),
        ("all.tgz", "logs/web/1.log", "logs"),
        ("web.tgz", "web/web/1.log", "web"),
    ],
)
def test_a_folder_packed_under_its_own_name_is_the_one_given(
    here: Path, name: str, path: str, folder: str | None
) -> None:
    ((source, _), _) = found(here / name, PACKED["tgz"]({path: b""}))
    assert source.folder == folder


@pytest.mark.parametrize("outer", ["zip", "tar.zst"])
@pytest.mark.parametrize("inner", ["zip", "tgz"])
def test_an_archive_in_an_archive_is_opened_once(here: Path, outer: str, inner: str) -> None:
    pack, name = PACKED[inner], f"run.{inner}"
    deepest = pack({"c.log": b""})
    files = {"a.log": b"a", f"web/{name}": pack({"b.log": b"b", f"x/{name}": deepest})}
    logs = contents(here / f"o.{outer}", PACKED[outer](files))
    assert logs == {
        f"o.{outer}/a.log": Content(b"a"),
        f"o.{outer}/web/{name}/b.log": Content(b"b"),
        f"o.{outer}/web/{name}/x/{name}": Content(b"", "an archive in an archive in an archive"),
        f"o.{outer}": Content(b""),
    }


@pytest.mark.parametrize("shape", ["zip", "tar"])
def test_of_two_entries_with_one_path_the_last_counts(here: Path, shape: str) -> None:
    out = io.BytesIO()
    if shape == "zip":
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("a.log", "old")
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr("a.log", "old, and new")
        data = out.getvalue()
    else:
        data = tarred({"a.log": b"old"}).rstrip(b"\0")
        data += b"\0" * (-len(data) % 512) + tarred({"a.log": b"old, and new"})
    assert [content for _, content in found(here / "a.bin", data)] == [
        Content(b"old, and new"),
        Content(b""),
    ]


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("changed", [0, 315_532_800])
def test_a_time_that_is_none_is_that_of_the_archive(
    here: Path, pack: Callable[..., bytes], changed: int
) -> None:
    if pack is zipped and not changed:
        pytest.skip("a zip begins in 1980")
    logs = found(here / "a.zip", pack({"a.log": b""}, changed=changed))
    at = datetime.fromtimestamp(os.stat("a.zip").st_mtime, UTC)
    known = datetime.fromtimestamp(changed, UTC) if pack is tarred and changed else at
    assert [source.modified_at for source, _ in logs] == [known, at]


def test_a_time_of_unix_is_preferred_in_a_zip(here: Path) -> None:
    info = zipfile.ZipInfo("a.log", (2026, 11, 24, 12, 0, 0))
    info.extra = b"\x0a\0\x01\0\0UT\x05\0\x01" + CHANGED.to_bytes(4, "little")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, b"")
    ((source, _), _) = found(here / "a.zip", out.getvalue())
    assert source.modified_at == TIME


@pytest.mark.parametrize("suffix", ["tar", "tgz", "tar.zst", "tar.xz"])
def test_of_an_archive_that_is_cut_the_rest_is_read(here: Path, suffix: str) -> None:
    noise = Random(1).randbytes(900_000)  # noqa: S311 - no secret
    whole = PACKED[suffix]({"1.log": b"one", "2.log": noise, "3.log": b"three"})
    name = f"a.{suffix}"
    logs = contents(here / name, whole[: len(whole) // 2])
    second = logs[f"{name}/2.log"]
    assert logs[f"{name}/1.log"] == Content(b"one")
    assert second.fault == "cut short"
    assert second.data
    assert noise.startswith(second.data)
    assert (logs[name].fault or "").startswith("cut short")
    assert f"{name}/3.log" not in logs


@pytest.mark.parametrize("suffix", ["tgz", "tar.zst", "tar.xz", "tar.bz2"])
def test_an_archive_may_be_cut_behind_its_last_log(here: Path, suffix: str) -> None:
    name, whole = f"a.{suffix}", PACKED[suffix]({"1.log": b"one"})
    logs = contents(here / name, whole[:-2])
    assert logs[name].fault == "cut short: its compressed data has no end"


def test_a_damaged_header_in_a_tar_is_not_its_end(here: Path) -> None:
    data = bytearray(tarred({"1.log": b"one", "2.log": b"two", "3.log": b"three"}))
    data[1024] ^= 1
    logs = contents(here / "a.tar", bytes(data))
    assert logs == {"a.tar/1.log": Content(b"one"), "a.tar": Content(b"", "damaged")}


def test_a_zip_that_is_cut_is_a_fault(here: Path) -> None:
    logs = contents(here / "a.zip", zipped({"1.log": b"one"})[:-10])
    assert logs == {"a.zip": Content(b"", "a zip that is damaged, or cut short")}


def test_a_damaged_member_of_a_zip_is_a_fault_of_its_own(here: Path) -> None:
    data = zipped({"1.log": b"one", "2.log": b"two"}, zipfile.ZIP_STORED)
    logs = contents(here / "a.zip", data.replace(b"one", b"ono", 1))
    assert logs == {
        "a.zip/1.log": Content(b"", "Bad CRC-32 for file '1.log'"),
        "a.zip/2.log": Content(b"two"),
        "a.zip": Content(b""),
    }


def test_an_encrypted_member_of_a_zip_is_a_fault(here: Path) -> None:
    data = bytearray(zipped({"1.log": b"one"}))
    for start in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data[start] |= 1
    assert contents(here / "a.zip", bytes(data))["a.zip/1.log"] == Content(b"", "encrypted")


def test_a_zip_that_lies_about_its_size_is_not_expanded(here: Path) -> None:
    data = bytearray(zipped({"1.log": b"one"}))
    start = data.index(b"PK\x01\x02") + 24
    data[start : start + 4] = (0xFFFFFFF0).to_bytes(4, "little")
    fault = contents(here / "a.zip", bytes(data))["a.zip/1.log"].fault
    assert fault == "expands to more than 2,000 times its size"


def test_what_is_no_archive_in_spite_of_its_name_is_a_log(here: Path) -> None:
    assert contents(here / "a.zip", build_log(1)) == {"a.zip": Content(build_log(1))}


def test_an_archive_is_told_by_its_content(here: Path) -> None:
    assert list(contents(here / "artifact", zipped({"a.log": b""}))) == [
        "artifact/a.log",
        "artifact",
    ]
    assert list(contents(here / "a.bin", zipped({"a.log": b""}))) == ["a.bin/a.log", "a.bin"]
    assert list(contents(here / "a.zip", tarred({"a.log": b""}))) == ["a.zip/a.log", "a.zip"]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([zipped, tarred, PACKED["tgz"], PACKED["tar.zst"]]),
    st.integers(0, 5_000),
    st.binary(min_size=1, max_size=9),
)
def test_no_damage_is_an_error(
    tmp_path_factory: pytest.TempPathFactory,
    pack: Callable[[dict[str, bytes]], bytes],
    at: int,
    noise: bytes,
) -> None:
    data = pack({"1.log": b"one" * 200, "2.log": b"two", "i.zip": zipped({"3.log": b""})})
    at %= len(data)
    path = tmp_path_factory.mktemp("damaged") / "a.bin"
    path.write_bytes(data[:at] + noise + data[at + len(noise) :])
    ((archive,), _) = find_sources([path])
    for source in map(kept, members(archive)):
        assert read(source).data is not None


class TestStdin:
    @pytest.fixture
    def piped(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], dict[str, Content]]:
        def read_from(data: bytes) -> dict[str, Content]:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
            ((stdin,), _) = find_sources(["-"])
            return {source.name: read(source) for source in map(kept, members(stdin))}

        return read_from

    @pytest.mark.parametrize("log", [b"", b"#1 CACHED\n", b"#1 0.1 long\n" * 200_000])
    def test_is_a_log(self, piped: Callable[[bytes], dict[str, Content]], log: bytes) -> None:
        assert piped(log) == {"-": Content(log)}

    @pytest.mark.parametrize("compress", COMPRESSIONS.values(), ids=COMPRESSIONS)
    def test_may_be_compressed(
        self,
        piped: Callable[[bytes], dict[str, Content]],
        compress: Callable[[bytes], bytes],
    ) -> None:
        assert piped(compress(build_log(1))) == {"-": Content(build_log(1))}

    @pytest.mark.parametrize("suffix", PACKED)
    def test_may_be_an_archive(
        self, piped: Callable[[bytes], dict[str, Content]], suffix: str
    ) -> None:
        logs = piped(PACKED[suffix]({"web/a.log": b"a" * 3_000_000}))
        assert logs == {"-/web/a.log": Content(b"a" * 3_000_000), "-": Content(b"")}

    def test_that_is_an_archive_is_ingested_without_being_a_log(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = tarred({"a.log": build_log(1)}, "w:gz")
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        did = cs.open_store(tmp_path / "store", create=True).ingest("-")
        assert (did.files, did.runs_added, did.rejects) == (1, 1, ())


def ingested(store: cs.Store, *paths: str, **options: str) -> tuple[int, int, int, int]:
    """Ingest, and return logs found, logs unchanged, bytes read and runs in the store."""
    did = store.ingest(*paths, **options)  # type: ignore[arg-type]
    return did.files, did.unchanged, did.bytes, store.runs().collect().height


def test_a_github_log_archive_is_one_run_for_each_build(here: Path) -> None:
    step = b"2026-11-24T03:39:25.1234567Z #1 [1/1] RUN make\n2026-11-24T03:39:26.1234567Z #1 DONE"
    files = {"0_build.txt": step, "build/3_Build image.txt": step}
    (here / "logs.zip").write_bytes(zipped(files))
    store = cs.open_store("store", create=True)
    store.ingest("logs.zip")
    runs = store.runs().select("project", "job", "source").collect()
    assert runs.rows() == [(None, "build", "logs.zip/0_build.txt")]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("suffix", PACKED)
class TestIngest:
    def test_reads_an_archive_once_and_of_one_that_grew_what_is_new(
        self, here: Path, suffix: str
    ) -> None:
        store = cs.open_store("store", create=True)
        files = {f"web/{no}.log": build_log(no) for no in range(3)}
        size = len(build_log(0))
        (here / f"a.{suffix}").write_bytes(PACKED[suffix](files))
        assert ingested(store, f"a.{suffix}") == (3, 0, 3 * size, 3)
        assert ingested(store, f"a.{suffix}") == (3, 3, 0, 3)
        files["web/3.log"] = build_log(3)
        (here / f"a.{suffix}").write_bytes(PACKED[suffix](files))
        assert ingested(store, f"a.{suffix}") == (4, 3, size, 4)

    def test_does_not_open_an_archive_that_is_as_it_was(self, here: Path, suffix: str) -> None:
        path, store = here / f"a.{suffix}", cs.open_store("store", create=True)
        path.write_bytes(PACKED[suffix]({"1.log": build_log(1), "2.log": b"no build"}))
        did = store.ingest(path.name)
        time = path.stat().st_mtime_ns
        path.write_bytes(b"?" * path.stat().st_size)
        os.utime(path, ns=(time, time))
        again = store.ingest(path.name)
        assert (again.files, again.unchanged, again.runs_known) == (2, 2, 1)
        assert again.rejects == did.rejects != ()

    def test_takes_facts_from_the_path_and_beside_it(self, here: Path, suffix: str) -> None:
        files = {
            "web/main/1.log": build_log(1),
            "api/dev/2.log": build_log(2),
            "api/dev/2.meta.json": b'{"branch": "said"}',
        }
        (here / f"a.{suffix}").write_bytes(PACKED[suffix](files))
        store = cs.open_store("store", create=True)
        template = f"a.{suffix}/{{project}}/{{branch}}/*.log"
        store.ingest("a." + suffix, path_template=template)
        runs = store.runs().select("source", "project", "branch").sort("source").collect()
        assert runs.rows() == [
            (f"a.{suffix}/api/dev/2.log", "api", "said"),
            (f"a.{suffix}/web/main/1.log", "web", "main"),
        ]

    def test_reads_it_again_with_other_facts(self, here: Path, suffix: str) -> None:
        (here / f"a.{suffix}").write_bytes(PACKED[suffix]({"web/1.log": build_log(1)}))
        store = cs.open_store("store", create=True)
        ingested(store, f"a.{suffix}")
        ingested(store, f"a.{suffix}", path_template="{branch}/*.log")
        assert store.runs().collect()["branch"].to_list() == ["web"]
