"""What depends on somebody being there: progress and Ctrl-C."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from cachestats.cli.progress import progress_bar

if TYPE_CHECKING:
    from pathlib import Path

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
