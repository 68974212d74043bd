"""Small logs, written in the tests that read them, and what they decode to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any

import cachestats as cs
from cachestats.schema import FactKind, Facts, Rejects, Runs, Steps

START = datetime(2026, 11, 24, 3, 39, 25, tzinfo=UTC)
PROJECT = cs.RunFacts(project="p")
BLOB = "sha256:c435624055ac86c2208b7803e3fc7f205bedd8f15f43596301ffc07c68ae3431"

PULL = f"#9 {BLOB} 140.62MB / 140.62MB 0.6s done"
EXTRACT = f"#9 extracting {BLOB} 5.5s done"

LOADED = """\
#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 354B done
#1 DONE 0.0s

#2 [internal] load .dockerignore
#2 transferring context: 74B done
#2 DONE 0.0s
"""
BUILD = f"""{LOADED}
#3 [1/2] FROM localhost:5000/debian-python:12
#3 CACHED

#4 [2/2] RUN pip install flask
#4 0.672 Collecting flask==3.0.3
#4 DONE 3.2s
"""

Row = dict[str, Any]


@cache
def parsed(*logs: str | bytes, given: cs.RunFacts = PROJECT) -> cs.Parsed:
    """Decode logs, each a file of its own, in the order given; text may be indented."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder, f"{number}.log") for number in range(len(logs))]
        for path, log in zip(paths, logs, strict=True):
            path.write_bytes(log if isinstance(log, bytes) else dedent(log).encode())
        return cs.parse(*paths, given=given)


def runs(*logs: str | bytes, given: cs.RunFacts = PROJECT) -> list[Row]:
    return parsed(*logs, given=given).runs.to_dicts()


def run(log: str | bytes, given: cs.RunFacts = PROJECT) -> Row:
    (only,) = runs(log, given=given)
    return only


def steps_of_each(*logs: str | bytes) -> list[dict[int, Row]]:
    """Steps by number, of each run of logs that are decoded together."""
    rows = parsed(*logs).steps
    return [
        {row[Steps.step_no.name]: row for row in rows.filter(Steps.run_id.col == run_id).to_dicts()}
        for run_id in parsed(*logs).runs[Runs.run_id.name]
    ]


def steps(log: str | bytes) -> dict[int, Row]:
    """Steps of a log that holds one run, by number."""
    (only,) = steps_of_each(log)
    return only


def step(log: str | bytes) -> Row:
    (only,) = steps(log).values()
    return only


def ends(*logs: str | bytes) -> list[dict[int, tuple[str, float | None]]]:
    """Outcome and duration of each step, for each run of logs that are decoded together."""
    return [
        {no: (row[Steps.outcome.name], row[Steps.duration_s.name]) for no, row in said.items()}
        for said in steps_of_each(*logs)
    ]


def outcomes(log: str | bytes) -> dict[int, str]:
    return {no: row[Steps.outcome.name] for no, row in steps(log).items()}


def facts(kind: FactKind, *logs: str | bytes) -> list[Row]:
    """Facts of one kind, in the order of logs that are decoded together and of their lines."""
    return parsed(*logs).facts.filter(Facts.kind.col == kind).to_dicts()


def cache_io(log: str | bytes) -> list[Row]:
    return parsed(log).cache_io.to_dicts()


def rejects(log: str | bytes) -> list[tuple[int | None, str]]:
    return parsed(log).rejects.select(Rejects.line.name, Rejects.reason.name).rows()


def digest(name: str) -> str:
    """Digest of a vertex, made up from its name."""
    return f"sha256:{sha256(name.encode()).hexdigest()}"


def vertex(
    name: str, at: tuple[float, ...] = (), inputs: tuple[str, ...] = (), **fields: object
) -> Row:
    """One update of a vertex: announced, started, or started and completed, in seconds."""
    times = {key: clock(second) for key, second in zip(("started", "completed"), at, strict=False)}
    links = {"inputs": [digest(parent) for parent in inputs]} if inputs else {}
    return {"digest": digest(name), **links, "name": name, **times, **fields}


def status(name: str, identity: str, at: tuple[float, float], size: int = 0) -> Row:
    """A finished status of a vertex, such as a blob being pulled."""
    started, completed = map(clock, at)
    times = {"timestamp": completed, "started": started, "completed": completed}
    amount = {"total": size, "current": size} if size else {"current": 0}
    return {"id": identity, "vertex": digest(name), **amount, **times}


def rawjson(*updates: Row, **lists: list[Row]) -> str:
    """One line of rawjson."""
    return json.dumps({"vertexes": list(updates)} | lists, separators=(",", ":")) + "\n"


def clock(second: float) -> str:
    return (START + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")


def github(log: str) -> str:
    """Put GitHub's time before each line, as its runner does: it splits at `\\r`, too."""
    lines = dedent(log).replace("\r", "\n").removesuffix("\n").split("\n")
    moments = [START + timedelta(milliseconds=number) for number in range(len(lines))]
    return "".join(
        f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z {line}\n"
        for moment, line in zip(moments, lines, strict=True)
    )
