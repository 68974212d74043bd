"""Nothing that a log holds stops the logs beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

import cachestats as cs
from cachestats.logs import apart, batch
from cachestats.logs.source import read
from tests.logs.logs import BUILD, ends, parsed, runs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OTHER = BUILD.replace("flask", "django")
HEAD = "#1 [internal] load build definition from Dockerfile\n#1 DONE 0.1s\n\n"
INSTALL = f"{HEAD}#2 [2/2] RUN apt-get install -y gcc\n"
NUMBERS = {
    "end behind output": f"{HEAD}#2 [2/2] RUN make\n#2 0.5 order#99999999999 DONE 1.2s\n",
    "download": f"""{INSTALL}\
#2 0.5 The following NEW packages will be installed:
#2 0.5   gcc libc
#2 0.6 0 upgraded, 99999999999999999999 newly installed, 0 to remove and 0 not upgraded.
#2 0.7 Need to get 99999999999999999999 GB of archives.
#2 0.8 Fetched 99999999999999999999 GB in 1s (3 MB/s)
#2 0.9 Setting up gcc (1.2) ...
#2 DONE 1.0s
""",
    "first of two builds": f"{INSTALL}#2 DONE 9999999999999.9s\n\n{INSTALL}#2 DONE 1.0s\n",
    "time of Buildkite": "".join(
        f"\x1b_bk;t={'9' * 17}\x07{line}\n" for line in OTHER.splitlines()
    ),
    "longer time of Buildkite": "".join(
        f"\x1b_bk;t={'9' * 30}\x07{line}\n" for line in OTHER.splitlines()
    ),
    "step": f"{HEAD}#{'9' * 30} [2/2] RUN make\n#{'9' * 30} DONE 1.0s\n",
    "time of output": f"{HEAD}#2 [2/2] RUN make\n#2 {'9' * 30}.5 text\n#2 DONE 1.0s\n",
}


@pytest.mark.parametrize("log", NUMBERS.values(), ids=NUMBERS)
def test_no_number_is_too_large(log: str) -> None:
    assert ends(log, BUILD)[-1] == ends(BUILD)[0]
    assert len(runs(log, BUILD)) > 1
    assert parsed(log, BUILD).rejects.is_empty()


@pytest.mark.parametrize(
    "line",
    [
        "#2 DONE ٢.٢s",
        "#2 transferring context: ٢.٢kB",
        "#2 extracting sha256:2f ٢.٢s done",
        "#2 0.5 order#2 DONE ٢.٢s",
        "#2 ٢.٢ text",
        "#٢ DONE 1.0s",
        "#2 0.5 Need to get ٣ B/741 kB of archives.",
        "#2 0.5 Fetched ٢ kB in ٢s (3 MB/s)",
        "#3 [stage ٢/٢] RUN make",
    ],
)
def test_digits_of_other_scripts_are_text(line: str) -> None:
    assert parsed(f"{INSTALL}{line}\n", BUILD).rejects.is_empty()


def fails_on(text: bytes) -> object:
    """Make a `decode_batch` that cannot bear a text."""

    def decode(jobs: Sequence[batch.Job]) -> batch.Batch:
        if any(text in (read(job.source).data or b"") for job in jobs):
            raise pl.exceptions.ComputeError("too much: TOKEN=hunter2hunter2")
        return batch.decode_batch(jobs)

    return decode


@pytest.mark.parametrize("bad", [(3,), (0, 8), range(9)], ids=["one", "two", "all"])
def test_a_log_that_decoding_fails_on_is_a_reject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: Sequence[int]
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for number in range(9):
        text = BUILD.replace("flask", "poison" if number in bad else f"flask{number}")
        (logs / f"{number}.log").write_text(text, "utf-8")
    monkeypatch.setattr(apart, "decode_batch", fails_on(b"poison"))
    store = cs.open_store(tmp_path / "store", create=True)
    done = store.ingest(logs)
    assert (done.runs_added, len(done.rejects)) == (9 - len(bad), len(bad))
    assert [one.source.rpartition("/")[2] for one in done.rejects] == [f"{n}.log" for n in bad]
    assert {one.reason for one in done.rejects} == {f"{apart.FAULT}too much: TOKEN=***"}
    again = store.ingest(logs)
    assert (again.runs_added, len(again.rejects)) == (0, len(bad))
