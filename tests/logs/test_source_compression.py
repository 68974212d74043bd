from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

import cachestats as cs
from cachestats.logs.source import Content, find_sources, read
from cachestats.logs.source.compression import BOMB_BYTES, Expander, expanded
from tests.logs.packing import COMPRESSIONS, build_log, tarred, zipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOG = b"".join(b"#1 0.%d line\n" % no for no in range(1000))
each = pytest.mark.parametrize("compress", COMPRESSIONS.values(), ids=COMPRESSIONS)


def read_as(path: Path, data: bytes) -> Content:
    path.write_bytes(data)
    ((source,), _) = find_sources([path])
    return read(source)


@each
def test_a_compressed_log_is_told_by_how_it_begins(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    assert read_as(tmp_path / "a.log", compress(LOG)) == Content(LOG)


def test_a_log_that_only_its_name_calls_compressed_is_read(tmp_path: Path) -> None:
    assert read_as(tmp_path / "a.log.gz", LOG) == Content(LOG)


@each
def test_streams_may_follow_each_other(compress: Callable[[bytes], bytes]) -> None:
    assert expanded(compress(LOG) + compress(b"") + compress(LOG)) == Content(LOG * 2)


@each
def test_a_stream_may_be_padded(compress: Callable[[bytes], bytes]) -> None:
    assert expanded(compress(LOG) + b"\0" * 700) == Content(LOG)


@each
def test_other_bytes_behind_a_stream_are_a_fault(compress: Callable[[bytes], bytes]) -> None:
    fault = "its compressed data is followed by other bytes"
    assert expanded(compress(LOG) + b"other") == Content(LOG, fault)


@pytest.mark.parametrize("suffix", ["gz", "zst", "xz"])
def test_of_a_stream_that_is_cut_the_rest_is_read(suffix: str) -> None:
    whole = COMPRESSIONS[suffix](LOG)
    data, fault = expanded(whole[:-9])
    assert fault == "cut short: its compressed data has no end"
    assert data is not None
    assert LOG.startswith(data)
    assert data or suffix == "zst"  # of which a block is the least that can be read


@each
def test_a_damaged_stream_is_a_fault(compress: Callable[[bytes], bytes]) -> None:
    whole = bytearray(compress(LOG))
    whole[len(whole) // 2] ^= 0xFF
    assert expanded(bytes(whole)).fault


@pytest.mark.parametrize("suffix", ["zst", "xz", "bz2"])
def test_a_bomb_is_not_expanded(suffix: str) -> None:
    data, fault = expanded(COMPRESSIONS[suffix](bytes(BOMB_BYTES + (1 << 20))))
    assert fault == "expands to more than 2,000 times its size"
    assert len(data or b"") < 2 * BOMB_BYTES


@given(st.binary(max_size=300_000), st.integers(1, 300_000), st.sampled_from(list(COMPRESSIONS)))
@example(bytes(1 << 18), 1 << 18, "gz")
def test_what_is_read_does_not_depend_on_the_pieces(log: bytes, size: int, suffix: str) -> None:
    expander = Expander(io.BytesIO(COMPRESSIONS[suffix](log)))
    pieces = list(iter(lambda: expander.read(size), b""))
    assert max(map(len, pieces), default=0) <= size
    assert (b"".join(pieces), expander.fault) == (log, None)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (zipped({"1.log": LOG}), "zip"),
        (tarred({"1.log": LOG}), "tar"),
        (gzip.compress(tarred({"1.log": LOG}), mtime=0), "tar"),
    ],
)
def test_an_archive_by_the_name_of_a_log_is_a_fault(tmp_path: Path, data: bytes, kind: str) -> None:
    assert read_as(tmp_path / "a.log", data) == Content(b"", f"a {kind} archive under another name")


@pytest.mark.parametrize("name", ["a.dockerbuild", "a.log", "a.tar.gz"])
def test_a_build_record_is_one_log_and_stays_as_it_is(tmp_path: Path, name: str) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path in ("blobs/", "oci-layout", "blobs/1.log"):
            header = tarfile.TarInfo(path.rstrip("/"))
            header.type = tarfile.DIRTYPE if path.endswith("/") else tarfile.REGTYPE
            archive.addfile(header)
    assert read_as(tmp_path / name, out.getvalue()) == Content(out.getvalue())


@each
def test_a_compressed_log_that_is_as_it_was_is_not_read_again(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    path, store = tmp_path / "a.log.gz", cs.open_store(tmp_path / "store", create=True)
    path.write_bytes(compress(build_log(1)))
    assert store.ingest(path).unchanged == 0
    assert store.ingest(path).unchanged == 1
    path.write_bytes(compress(build_log(2)))
    assert store.ingest(path).unchanged == 0


def test_what_was_cut_is_kept_and_said(tmp_path: Path) -> None:
    path, store = tmp_path / "a.log.gz", cs.open_store(tmp_path / "store", create=True)
    path.write_bytes(gzip.compress(build_log(1))[:-4])
    for _ in range(2):
        did = store.ingest(path)
        reject = cs.Reject(str(path), None, "cut short: its compressed data has no end")
        assert did.rejects == (reject,)
    assert store.runs().collect().height == 1
