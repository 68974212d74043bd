"""What depends on somebody being there: progress, Ctrl-C, streams that are closed or full."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import cachestats as cs
from cachestats.cli.progress import progress_bar

MORE_THAN_A_PIPE_HOLDS = b"#1 [internal] load\n" * 100_000


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with progress_bar() as tell:
        assert tell is not None
        tell(cs.Progress(files=1, files_total=2, bytes=5_000_000, bytes_total=9_000_000))
    assert "1 of 2 logs" in terminal.getvalue()
    assert "5.0/9.0 MB" in terminal.getvalue()


def test_no_progress_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", pipe := io.StringIO())
    with progress_bar() as tell:
        assert tell is None
    assert pipe.getvalue() == ""


@pytest.mark.parametrize("command", [["parse", "-"], ["ingest", "-", "--store", "store"]])
def test_ctrl_c_ends_the_wait_for_stdin(tmp_path: Path, command: list[str]) -> None:
    program = [sys.executable, "-c", "from cachestats.cli.app import app; app()", *command]
    with subprocess.Popen(
        program, cwd=tmp_path, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdin is not None
        running.stdin.write(MORE_THAN_A_PIPE_HOLDS)  # returns once it is being read
        running.stdin.flush()
        time.sleep(0.5)  # between two reads a signal goes unnoticed until the next one ends
        running.send_signal(signal.SIGINT)
        try:
            assert running.wait(timeout=10) == 130
        finally:
            running.kill()


def shell(command: str, store: Path) -> subprocess.CompletedProcess[str]:
    program = f'"{sys.executable}" -m cachestats {command.format(store=store)}'
    return subprocess.run(
        ["/bin/sh", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="needs a shell")
class TestStreams:
    def test_closed_input_is_empty(self, store: Path) -> None:
        done = shell('ingest - --store "{store}" <&-', store)
        assert done.returncode == 3
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize("command", ["runs", "report"])
    def test_closed_output_swallows_the_answer(self, store: Path, command: str) -> None:
        done = shell(f'{command} --store "{{store}}" >&-', store)
        assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    @pytest.mark.parametrize("command", ["runs", "layers --format json", "report"])
    def test_full_disk_is_told(self, store: Path, command: str) -> None:
        done = shell(f'{command} --store "{{store}}" >/dev/full', store)
        assert done.returncode == 2
        assert done.stderr == "error: cannot write the answer: No space left on device\n"
