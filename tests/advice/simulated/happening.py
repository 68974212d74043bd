"""What happens to a project from build to build, drawn at random."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tests.advice.simulated.pairs import NOTES, Pair, Side
from tests.advice.simulated.solver import Built, Event, Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
FAILING = "unittest|pytest|npm test|npm run|go build"
EVICTED = ("pip|npm ci|mod download", "apt-get|npm run|go build")
SETTING, PACKAGE = "setting", "package"

# How often what happens, by how the team builds.
STYLES: Mapping[str, Mapping[str, float]] = {
    # One builder that keeps its cache.
    "warm": {"source": 12, "nothing": 2, "manifest": 2, "notes": 1},
    # Fresh builders with a remote cache that each of them writes.
    "runners": {"source": 10, "nothing": 2, "manifest": 2},
    # All that the lab does.
    "lab": {
        "source": 7,
        "nothing": 1,
        "manifest": 1.5,
        "notes": 1,
        SETTING: 0.7,
        PACKAGE: 0.7,
        "base": 1,
        "no cache": 1,
        "cold": 1,
        "written": 1,
        "imported": 1.5,
        "import fails": 1,
        "evicted": 1,
        "fails": 0.7,
        "same commit": 1,
    },
}


class Histories(NamedTuple):
    """The builds of one project on both Dockerfiles, from the same commits."""

    before: list[Built]
    after: list[Built]


def histories(pair: Pair, style: str, seed: int, runs: int = 20) -> Histories:
    """Draw what happens, and build both Dockerfiles of a pair."""
    rng = Random(f"{pair.name}{style}{seed}")  # noqa: S311 (no secret)
    kinds = STYLES[style]
    first = Event(new_sha=True, cold=True, writes=style == "runners")
    drawn = rng.choices(list(kinds), list(kinds.values()), k=runs - 1)
    events = [first, *(_event(pair, kind, rng, style) for kind in drawn)]
    return Histories(
        _built(pair, pair.before, events, f"{seed}before"),
        _built(pair, pair.after, events, f"{seed}after"),
    )


def _built(pair: Pair, side: Side, events: Iterable[Event], seed: str) -> list[Built]:
    project = Project(side.text, pair.files, Random(seed))  # noqa: S311 (no secret)
    found = []
    for number, event in enumerate(events):
        kind = event.dockerfile
        text = side.edited(kind, number, project.text) if kind else None
        found.append(project.build(replace(event, dockerfile=text)))
    return found


def _event(pair: Pair, kind: str, rng: Random, style: str) -> Event:
    made = _EVENTS[kind](pair, rng)
    return replace(made, cold=True, reads="ok", writes=True) if style == "runners" else made


def _edit(pair: Pair, rng: Random) -> Event:
    return Event(edits=(rng.choice(pair.sources),), new_sha=True)


_EVENTS: Mapping[str, Callable[[Pair, Random], Event]] = {
    "source": _edit,
    "nothing": lambda _pair, _rng: Event(),
    "manifest": lambda pair, _rng: Event(edits=pair.manifests, new_sha=True),
    "notes": lambda _pair, _rng: Event(edits=(NOTES,), new_sha=True),
    "same commit": lambda pair, rng: replace(_edit(pair, rng), new_sha=False),
    SETTING: lambda _pair, _rng: Event(dockerfile=SETTING),
    PACKAGE: lambda _pair, _rng: Event(dockerfile=PACKAGE),
    "base": lambda _pair, _rng: Event(new_base=True),
    "no cache": lambda _pair, _rng: Event(no_cache=True),
    "cold": lambda pair, rng: replace(_edit(pair, rng), cold=True),
    "written": lambda pair, rng: replace(_edit(pair, rng), writes=True),
    "imported": lambda pair, rng: replace(
        _edit(pair, rng), new_sha=rng.random() < 0.5, cold=True, reads="ok", writes=True
    ),
    "import fails": lambda _pair, _rng: Event(cold=True, reads="missing"),
    "evicted": lambda _pair, rng: Event(evict=rng.choice(EVICTED)),
    "fails": lambda pair, rng: replace(_edit(pair, rng), fails=FAILING),
}


def write(builds: Iterable[Built], folder: Path) -> None:
    """Write logs as `saving.py` of the lab gives them: a commit that is new in each run."""
    for number, one in enumerate(builds, 1):
        place = folder / f"{number:03}"
        place.mkdir(parents=True)
        (place / "build.log").write_text(one.log, "utf-8")
        meta = {
            "project": folder.name,
            "branch": "main",
            "commit": place.name,
            "started_at": (START + timedelta(hours=number)).isoformat(),
        }
        (place / "meta.json").write_text(json.dumps(meta), "utf-8")
