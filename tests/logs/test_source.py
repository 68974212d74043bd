from __future__ import annotations

import io
import os
import subprocess
import sys
from datetime import UTC, datetime
from threading import Thread
from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from cachestats.logs.source import Content, Fault, Source, find_sources, read
from cachestats.logs.source.search import _modified_at

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(*paths: str, text: str = "") -> None:
    for path in paths:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def names(*given: str) -> list[str]:
    sources, faults = find_sources(given)
    assert faults == []
    return [source.name for source in sources]


@pytest.mark.usefixtures("here")
class TestFolder:
    def test_is_searched_to_any_depth_in_natural_order(self) -> None:
        write("logs/b/10.log", "logs/b/9.log", "logs/a/main/x/1.log", "logs/2.log", "logs/10.log")
        assert names("logs") == [
            "logs/2.log",
            "logs/10.log",
            "logs/a/main/x/1.log",
            "logs/b/9.log",
            "logs/b/10.log",
        ]

    @pytest.mark.parametrize(
        "name",
        [
            *("a.log", "a.LOG", "a.txt", "a.out", "a.json", "a.jsonl", "a.rawjson", "4711"),
            *("a.log.gz", "a.txt.zst", "a.json.xz", "4711.bz2", "a.LOG.GZ", "a.dockerbuild"),
        ],
    )
    def test_holds_logs_by_name(self, name: str) -> None:
        write(f"logs/{name}")
        assert names("logs") == [f"logs/{name}"]

    @pytest.mark.parametrize(
        "name",
        [
            *("meta.json", "a.meta.json", "manifest.toml", "README.md", "README", "Dockerfile"),
            *(".a.log", ".git/a.log", "table/_delta_log/0.json", "a.parquet"),
            *("a.parquet.gz", "a.meta.json.gz", "README.txt.gz", ".a.zip"),
        ],
    )
    def test_holds_other_things(self, name: str) -> None:
        write(f"logs/{name}")
        assert names("logs") == []

    @pytest.mark.parametrize(
        "name", ["a.zip", "a.tar", "a.tar.gz", "a.TGZ", "a.tar.zst", "a.tar.xz", "a.tar.bz2"]
    )
    def test_holds_archives_by_name(self, name: str) -> None:
        write("logs/a.log", f"logs/{name}")
        sources, _ = find_sources(["logs"])
        assert {source.name: source.is_archive for source in sources} == {
            "logs/a.log": False,
            f"logs/{name}": True,
        }

    def test_that_is_a_github_log_archive_unpacked_tells_the_job(self) -> None:
        write("logs/web/0_build it.txt", "logs/web/build it/3_Build image.txt")
        write("logs/web/1_test.txt", "logs/web/other/3_Build image.txt")
        sources, _ = find_sources(["logs"])
        assert [(source.name, source.folder, source.job) for source in sources] == [
            ("logs/web/0_build it.txt", "web", "build it"),
            ("logs/web/1_test.txt", "web", None),
            ("logs/web/build it/3_Build image.txt", "web", "build it"),
            ("logs/web/other/3_Build image.txt", "web", None),
        ]

    def test_holds_no_logs_but_files(self) -> None:
        os.makedirs("logs/folder.log")
        os.mkfifo("logs/pipe.log")
        assert names("logs") == []

    @pytest.mark.parametrize("given", [".", "./", "logs/.."])
    def test_that_is_the_working_directory_leaves_no_trace_in_names(self, given: str) -> None:
        write("a.log", "logs/b.log")
        assert names(given) == ["a.log", "logs/b.log"]

    def test_gives_the_first_folder_below_it(self) -> None:
        write("logs/1.log", "logs/web/2.log", "logs/web/main/3.log")
        sources, _ = find_sources(["logs"])
        assert [source.folder for source in sources] == [None, "web", "web"]

    def test_with_a_loop_of_links_ends(self) -> None:
        write("logs/web/1.log")
        os.symlink("..", "logs/web/up")
        os.symlink("self", "logs/self")
        sources, faults = find_sources(["logs"])
        assert [source.name for source in sources] == ["logs/web/1.log"]
        assert faults == [Fault("logs/self", "too many levels of symbolic links")]

    def test_with_a_dangling_link_goes_on(self) -> None:
        write("logs/1.log")
        os.symlink("gone.log", "logs/0.log")
        sources, faults = find_sources(["logs"])
        assert [source.name for source in sources] == ["logs/1.log"]
        assert faults == [Fault("logs/0.log", "no such file or directory")]

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_that_is_closed_is_a_fault(self) -> None:
        write("logs/open/1.log", "logs/shut/2.log")
        os.chmod("logs/shut", 0)
        sources, faults = find_sources(["logs"])
        assert [source.name for source in sources] == ["logs/open/1.log"]
        assert faults == [Fault("logs/shut", "permission denied")]

    def test_without_files_gives_nothing(self) -> None:
        os.mkdir("logs")
        assert find_sources(["logs"]) == ([], [])


@pytest.mark.usefixtures("here")
class TestFile:
    @pytest.mark.parametrize("name", ["a.log", "build.step", "Dockerfile", ".hidden", "a[1].log"])
    def test_is_taken_whatever_its_name(self, name: str) -> None:
        write(name)
        assert names(name) == [name]

    @pytest.mark.parametrize(
        ("name", "is_archive"),
        [("a.log", False), ("a.log.gz", False), ("4711", True), ("a.zip", True), ("a.bin", True)],
    )
    def test_may_be_an_archive_by_its_name(self, name: str, *, is_archive: bool) -> None:
        write(name)
        ((source,), _) = find_sources([name])
        assert source.is_archive is is_archive

    def test_that_is_a_sidecar_is_none(self) -> None:
        write("a.log", "a.meta.json", "meta.json")
        assert names("a.log", "a.meta.json", "meta.json") == ["a.log"]

    def test_has_size_time_and_a_normal_name(self, here: Path) -> None:
        write("logs/a.log", text="four")
        os.utime("logs/a.log", (0, 1_800_000_000.25))
        changed = datetime(2027, 1, 15, 8, 0, 0, 250_000, UTC)
        path = f"{here}/logs/../logs/a.log"
        ((source,), _) = find_sources([path])
        assert source == Source(f"{here}/logs/a.log", path, None, 4, changed)

    @pytest.mark.parametrize(
        ("given", "reason"),
        [
            ("gone.log", "no such file or directory"),
            ("a.log/b.log", "not a directory"),
            ("*.zip", "no file matches"),
        ],
    )
    def test_that_is_not_there_is_a_fault(self, given: str, reason: str) -> None:
        write("a.log")
        sources, faults = find_sources([given, "a.log"])
        assert [source.name for source in sources] == ["a.log"]
        assert faults == [Fault(given, reason)]

    def test_name_that_is_no_text_is_escaped(self) -> None:
        with open(b"logs-\xff.log", "wb"):
            assert names(".") == [r"logs-\xff.log"]


@pytest.mark.usefixtures("here")
class TestSameFile:
    @pytest.mark.parametrize(
        ("given", "found"),
        [
            (["logs/a.log", "logs/a.log"], ["logs/a.log"]),
            (["logs/a.log", "./logs/../logs/a.log"], ["logs/a.log"]),
            (["logs", "logs/a.log"], ["logs/a.log"]),
            (["logs/a.log", "logs"], ["logs/a.log"]),
            (["link.log", "logs"], ["link.log"]),
            (["logs", "alias"], ["logs/a.log"]),
            (["logs", "."], ["logs/a.log"]),
            (["*/*.log", "logs"], ["logs/a.log"]),
        ],
    )
    def test_is_one_source(self, given: list[str], found: list[str]) -> None:
        write("logs/a.log")
        os.symlink("logs/a.log", "link.log")
        os.symlink("logs", "alias")
        if "*/*.log" in given:
            os.unlink("alias")
        assert names(*given) == found

    def test_passed_over_in_a_folder_is_taken_when_given(self) -> None:
        write("logs/a.log", "logs/notes.md")
        assert names("logs", "logs/notes.md") == ["logs/a.log", "logs/notes.md"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("logs/*.log", ["logs/2.log", "logs/10.log"]),
        ("logs/**/*.log", ["logs/2.log", "logs/10.log", "logs/web/1.log"]),
        ("logs/**", ["logs/2.log", "logs/10.log", "logs/web/1.log"]),
        ("logs/*", ["logs/2.log", "logs/10.log", "logs/web/1.log"]),
        ("logs/*.step", ["logs/a.step"]),
        ("logs/[0-9].log", ["logs/2.log"]),
    ],
)
def test_glob_that_no_shell_expanded(pattern: str, found: list[str]) -> None:
    write("logs/10.log", "logs/2.log", "logs/a.step", "logs/web/1.log", "logs/notes.md")
    assert names(pattern) == found


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("given", ["logs", "logs/7.log", "logs/*.log"])
@pytest.mark.parametrize(
    ("files", "found"),
    [
        ([], []),
        (["7.meta.json"], ["7.meta.json"]),
        (["7.log.meta.json"], ["7.log.meta.json"]),
        (["meta.json"], ["meta.json"]),
        (
            ["7.meta.json", "8.meta.json", "7.log.meta.json", "meta.json"],
            ["meta.json", "7.meta.json", "7.log.meta.json"],
        ),
        (["7.log.gz.meta.json"], []),
        (["x/meta.json"], []),
    ],
)
def test_sidecars_the_weakest_first(given: str, files: list[str], found: list[str]) -> None:
    write("logs/7.log", *(f"logs/{file}" for file in files))
    ((source,), _) = find_sources([given])
    assert list(source.sidecars) == [f"logs/{name}" for name in found]


def test_what_is_no_file_is_a_fault_where_a_glob_found_it_and_read_where_it_is_given(
    here: Path,
) -> None:
    """To read a pipe that nobody writes to takes for ever."""
    write("l/a.log")
    os.mkfifo("l/pipe.log")
    sources, faults = find_sources(["l/*.log"])
    assert [source.name for source in sources] == ["l/a.log"]
    assert faults == [Fault("l/pipe.log", "neither a file nor a folder")]
    assert names("l/pipe.log", str(here / "l")) == ["l/pipe.log", f"{here}/l/a.log"]
    assert find_sources(["l/*.log", "l/pipe.log"])[0][-1].name == "l/pipe.log"


def test_read_returns_all_bytes(here: Path) -> None:
    (here / "a.log").write_bytes(b"#1 DONE 0.1s\r\n\xff")
    ((source,), _) = find_sources(["a.log"])
    assert read(source) == Content(b"#1 DONE 0.1s\r\n\xff")


@pytest.mark.parametrize("size", [0, 1, 999, 3_000_000])
def test_read_follows_a_file_that_changed_since(here: Path, size: int) -> None:
    write("a.log", text="#" * 1000)
    ((source,), _) = find_sources(["a.log"])
    (here / "a.log").write_bytes(b"!" * size)
    assert read(source) == Content(b"!" * size)


def test_read_says_why_it_cannot(here: Path) -> None:
    write("a.log")
    ((source,), _) = find_sources(["a.log"])
    (here / "a.log").unlink()
    assert read(source) == Content(None, "no such file or directory")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_read_of_a_closed_file(here: Path) -> None:
    write("a.log")
    (here / "a.log").chmod(0)
    ((source,), _) = find_sources(["a.log"])
    assert read(source) == Content(None, "permission denied")


def test_read_takes_a_pipe_to_its_end(here: Path) -> None:
    os.mkfifo("pipe")
    ((source,), _) = find_sources(["pipe"])
    text = b"#1 DONE 0.1s\n" * 10_000
    writer = Thread(target=(here / "pipe").write_bytes, args=[text])
    writer.start()
    assert read(source) == Content(text)
    writer.join()


def test_stdin_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"#1 CACHED\n")))
    ((source,), faults) = find_sources(["-", "-"])
    assert (source, faults) == (Source("-", None, None, 0, None), [])
    assert read(source) == Content(b"#1 CACHED\n")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["7.log.gz", "7.tar.gz", "7.zip"])
def test_sidecars_of_what_is_packed_are_named_with_or_without_how(name: str) -> None:
    write(f"logs/{name}", "logs/7.meta.json", f"logs/{name}.meta.json")
    ((source,), _) = find_sources(["logs"])
    assert list(source.sidecars) == ["logs/7.meta.json", f"logs/{name}.meta.json"]


def test_an_unknown_kind_of_uri_is_a_fault() -> None:
    reason = "ftp:// is unknown; use s3://, gs://, az:// or https://"
    assert find_sources(["ftp://ci/logs"]) == ([], [Fault("ftp://ci/logs", reason)])


@pytest.mark.usefixtures("here")
def test_logs_on_this_machine_need_no_library_of_another_kind() -> None:
    write("logs/a.log", "logs/b.log.gz")
    program = "import sys; import cachestats as cs; cs.parse('logs'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert not {b"obstore", b"backports.zstd", b"compression.zstd"} & set(done.stdout.split())


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="only Linux has such a file")
def test_what_can_be_opened_and_not_read_stops_nothing(tmp_path: Path) -> None:
    log = tmp_path / "good.log"
    log.write_text("#1 [1/1] RUN make\n#1 DONE 1.0s\n", "utf-8")
    said = cs.parse("/proc/self/mem", log)
    assert said.runs["source"].to_list() == [str(log)]
    assert said.rejects.select("source", "reason").rows() == [
        ("/proc/self/mem", "input/output error")
    ]


@pytest.mark.parametrize(("seconds", "known"), [(2**40, False), (1_700_000_000, True)])
def test_a_time_that_no_calendar_has_is_not_known(seconds: int, *, known: bool) -> None:
    stat = os.stat_result((0,) * 7 + (seconds,) * 3)
    assert (_modified_at(stat) is not None) is known
