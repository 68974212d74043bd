"""Against a real S3 server and a real web server, both of this very process."""

from __future__ import annotations

import time
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar

import boto3  # type: ignore[import-untyped]
import pytest
from moto.server import ThreadedMotoServer

import cachestats as cs
from cachestats.logs.source import Content, Fault, find_sources, kept, members, read, read_all
from tests.logs.packing import TIME, build_log, tarred, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    Put = Callable[[str, bytes], None]


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A new bucket, `ci-logs`."""
    for name, value in {
        "AWS_ENDPOINT": s3_server,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    s3 = boto3.resource("s3", endpoint_url=s3_server, region_name="us-east-1")
    bucket = s3.create_bucket(Bucket="ci-logs")
    yield bucket
    bucket.objects.delete()
    bucket.delete()
    s3.meta.client.close()


@pytest.fixture
def put(bucket: Any) -> Put:  # noqa: ANN401 - boto3 makes its classes at run time
    """Make an object in the bucket."""
    return lambda key, data: bucket.put_object(Key=key, Body=data)


def contents(*uris: str) -> dict[str, Content]:
    sources, faults = find_sources(uris)
    assert faults == []
    logs = chain.from_iterable(
        members(source) if source.is_archive else [source] for source in sources
    )
    return {log.name: read(kept(log)) for log in logs}


class TestBucket:
    def test_is_like_a_folder(self, put: Put) -> None:
        for key in ("10.log", "2.log", "web/ü x#%20?.log", "web/notes.md", ".git/1.log"):
            put(f"logs/{key}", key.encode())
        put("logs2/1.log", b"beside the prefix")
        sources, faults = find_sources(["s3://ci-logs/logs/"])
        assert faults == []
        assert [(s.name, s.folder, s.size_bytes) for s in sources] == [
            ("s3://ci-logs/logs/2.log", None, 5),
            ("s3://ci-logs/logs/10.log", None, 6),
            ("s3://ci-logs/logs/web/ü x#%20?.log", "web", 17),
        ]
        assert all(source.modified_at for source in sources)
        assert [read(source).data for source in sources] == [
            b"2.log",
            b"10.log",
            "web/ü x#%20?.log".encode(),
        ]

    def test_may_be_given_as_a_whole_and_twice(self, put: Put) -> None:
        put("1.log", b"one")
        assert contents("s3://ci-logs", "s3://ci-logs/", "s3://ci-logs/1.log") == {
            "s3://ci-logs/1.log": Content(b"one")
        }

    def test_without_logs_gives_nothing(self, put: Put) -> None:
        assert contents("s3://ci-logs") == {}
        put("docs/notes.md", b"")
        assert contents("s3://ci-logs/docs") == {}

    @pytest.mark.parametrize("key", ["logs/a.log", "logs/a.step", "top", "a#b?.log"])
    def test_object_is_taken_whatever_its_name(self, put: Put, key: str) -> None:
        put(key, b"one")
        put("logs/b.log", b"other")
        assert contents(f"s3://ci-logs/{key}") == {f"s3://ci-logs/{key}": Content(b"one")}

    @pytest.mark.parametrize("given", ["s3://ci-logs", "s3://ci-logs/web/7.log"])
    def test_holds_sidecars(self, put: Put, given: str) -> None:
        put("web/7.log", build_log(7))
        put("web/7.meta.json", b'{"branch": "said"}')
        assert cs.parse(given).runs["branch"].to_list() == ["said"]

    def test_holds_archives(self, put: Put) -> None:
        put("web/a.zip", zipped({"1.log": b"one"}))
        put("web/a.tgz", tarred({"2.log": b"two"}, "w:gz"))
        assert contents("s3://ci-logs") == {
            "s3://ci-logs/web/a.tgz/2.log": Content(b"two"),
            "s3://ci-logs/web/a.tgz": Content(b""),
            "s3://ci-logs/web/a.zip/1.log": Content(b"one"),
            "s3://ci-logs/web/a.zip": Content(b""),
        }

    def test_holds_many_archives_each_with_its_sidecar(self, put: Put) -> None:
        for no in range(9):
            put(f"{no}/a.zip", zipped({"1.log": build_log(no)}))
            put(f"{no}/a.meta.json", b'{"branch": "%d"}' % no)
        runs = cs.parse("s3://ci-logs").runs
        assert runs["branch"].to_list() == [str(no) for no in range(9)]

    def test_is_read_again_only_where_it_changed(self, put: Put, tmp_path: Path) -> None:
        store = cs.open_store(tmp_path / "store", create=True)
        put("1.log", build_log(1))
        put("a.tgz", tarred({"2.log": build_log(2)}, "w:gz"))
        for unchanged in (0, 2):
            did = store.ingest("s3://ci-logs")
            assert (did.files, did.unchanged, did.rejects) == (2, unchanged, ())
        put("1.log", build_log(10))
        assert store.ingest("s3://ci-logs").unchanged == 1
        assert store.runs().collect().height == 3

    def test_object_that_is_gone_is_a_fault(
        self,
        put: Put,
        bucket: Any,  # noqa: ANN401 - boto3 makes its classes at run time
    ) -> None:
        put("1.log", b"one")
        ((source,), _) = find_sources(["s3://ci-logs"])
        bucket.objects.delete()
        assert read(source) == Content(None, "no such object")


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("s3://ci-logs/none", "no such object"),
        ("s3://ci-logs-none/logs", "no such bucket"),
    ],
)
def test_what_is_not_there_is_a_fault(uri: str, reason: str) -> None:
    assert find_sources([uri]) == ([], [Fault(uri, reason)])


@pytest.mark.usefixtures("bucket")
def test_a_server_that_is_not_there_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:1")
    began = time.monotonic()
    fault = Fault("s3://ci-logs/logs", "cannot be reached: Connection refused")
    assert find_sources(["s3://ci-logs/logs"]) == ([], [fault])
    assert time.monotonic() - began < 10


def test_no_account_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    fault = Fault("az://ci/logs", "AZURE_STORAGE_ACCOUNT_NAME is not set")
    assert find_sources(["az://ci/logs"]) == ([], [fault])


class Handler(BaseHTTPRequestHandler):
    """A web server with a few odd ones among its pages."""

    asked: ClassVar[list[str]] = []
    at_once: ClassVar[list[int]] = [0]

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_GET(self) -> None:
        self.at_once.append(self.at_once[-1] + 1)
        if self.path.startswith("/slow"):
            time.sleep(0.05)
        self._answer(PAGES.get(self.path, self.path.encode()))
        self.at_once.append(self.at_once[-1] - 1)

    def _answer(self, page: bytes) -> None:
        self.asked.append(f"{self.command} {self.path}")
        only_get = self.path.startswith("/signed") and self.command != "GET"
        self.send_response(403 if only_get else STATUS.get(self.path, 200))
        if self.path == "/moved":
            self.send_header("Location", "/1.log")
        if self.path == "/1.log":
            self.send_header("Last-Modified", format_datetime(TIME, usegmt=True))
        self.send_header("Content-Length", str(len(PAGES.get(self.path, page))))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


PAGES = {
    "/1.log": build_log(1),
    "/artifact": zipped({"0_build.txt": b"one"}),
    "/a.tgz": tarred({"1.log": b"one"}, "w:gz"),
    "/signed.log?sig=a%2Fb%3D": b"signed",
    **dict.fromkeys(["/none.log", "/shut.log", "/ill.log", "/moved"], b""),
}
STATUS = {"/none.log": 404, "/shut.log": 403, "/ill.log": 418, "/moved": 302}


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class TestWeb:
    @pytest.mark.parametrize(
        ("path", "found"),
        [
            ("/1.log", {"/1.log": build_log(1)}),
            ("/signed.log?sig=a%2Fb%3D", {"/signed.log": b"signed"}),
            ("/artifact", {"/artifact/0_build.txt": b"one", "/artifact": b""}),
            ("/a.tgz", {"/a.tgz/1.log": b"one", "/a.tgz": b""}),
            ("/moved", {"/moved": build_log(1)}),
        ],
    )
    def test_holds_a_log_or_an_archive(self, web: str, path: str, found: dict[str, bytes]) -> None:
        assert contents(web + path) == {web + name: Content(log) for name, log in found.items()}

    @pytest.mark.parametrize(("path", "changed"), [("/1.log", TIME), ("/2.log", None)])
    def test_tells_when_a_log_changed(self, web: str, path: str, changed: datetime | None) -> None:
        ((source,), _) = find_sources([web + path])
        assert source.modified_at == changed

    def test_names_hold_no_secret(self, web: str) -> None:
        ((source,), _) = find_sources([web.replace("//", "//user:password@") + "/1.log?sig=x"])
        assert source.name == f"{web}/1.log"

    @pytest.mark.parametrize(
        ("path", "reason"),
        [
            ("/none.log", "no such object"),
            ("/shut.log", "access denied"),
            ("/ill.log", "the server answers 418 I'm a teapot"),
        ],
    )
    def test_what_is_not_given_is_a_fault(self, web: str, path: str, reason: str) -> None:
        assert contents(web + path) == {web + path: Content(None, reason)}

    def test_log_that_is_as_it_was_is_not_fetched(self, web: str, tmp_path: Path) -> None:
        store = cs.open_store(tmp_path / "store", create=True)
        assert store.ingest(f"{web}/1.log").unchanged == 0
        Handler.asked.clear()
        assert store.ingest(f"{web}/1.log").unchanged == 1
        assert Handler.asked == ["HEAD /1.log"]

    def test_many_logs_are_asked_for_at_once_and_given_in_order(self, web: str) -> None:
        sources, _ = find_sources(f"{web}/slow/{no}.log" for no in range(40))
        assert list(read_all(sources)) == [Content(b"/slow/%d.log" % no) for no in range(40)]
        assert max(Handler.at_once) > 5
