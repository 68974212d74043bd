"""Why a cache cannot be mounted: something needs what would lie in the mount."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.edits.apt import shares_lists
from cachestats.advice.dockerfile.edits.removals import ROOT, is_at
from cachestats.advice.dockerfile.edits.takers import heirs, takes
from cachestats.advice.dockerfile.managers import APT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from cachestats.advice.dockerfile.manager import Manager
    from cachestats.advice.dockerfile.model import Dockerfile, Instruction
    from cachestats.advice.dockerfile.scope import Scope

__all__ = ["reason_against"]

_OFFLINE = re.compile(r"(?<!\S)--(?:offline|cacheonly|no-download)\b(?!=false)")
_REMOVAL = re.compile(r"\b(?:rm|find)\s[^;&|\n]*")
_READING = frozenset({"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD"})
_HOME = re.compile(r"~(?=/)|\$HOME\b|\$\{HOME\}")
# Poetry puts environments below its cache unless it is told otherwise.
_ELSEWHERE = re.compile(
    r"virtualenvs\.(?:create\s+(?:false|0)|in-project\s+(?:true|1)|path\s)|/bin/activate\b"
)
_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"0", "false"})


def reason_against(
    file: Dockerfile,
    run: Instruction,
    manager: Manager,
    targets: Sequence[str],
    scopes: Sequence[Scope],
) -> str | None:
    """Why a cache of a manager cannot be mounted in a RUN.

    Args:
        file: The Dockerfile.
        run: A RUN that installs with the manager.
        manager: The manager.
        targets: Where its cache is.
        scopes: The scope of each instruction.

    Returns:
        The first reason; null if nothing is known to need what is in the mount.
    """
    scope = scopes[run.index]
    reasons = (
        _has_result(manager),
        _is_elsewhere(run, manager, scope),
        _has_environments(file, run, scope) if manager.name == "poetry" else None,
        _is_mounted(run, scope, targets),
        _is_taken(file, run, scopes, targets),
        _is_read(file, run, targets),
        _is_needed_offline(file, run, manager),
        shares_lists(file, run) if manager is APT else None,
    )
    return next(filter(None, reasons), None)


def _has_result(manager: Manager) -> str | None:
    place = manager.caches[0].target
    reason = f"later steps need what is in {place}; mount it in each of them as well"
    return reason if manager.is_result else None


def _is_elsewhere(run: Instruction, manager: Manager, scope: Scope) -> str | None:
    if scope.user not in ROOT:
        return f"it runs as {scope.user}, whose cache is elsewhere"
    if scope.env.get("HOME", "/root") != "/root" or "XDG_CACHE_HOME" in scope.env:
        return "HOME or XDG_CACHE_HOME is set"
    off = [name for name in manager.off_switches if scope.env.get(name)]
    names = filter(None, ["HOME", "XDG_CACHE_HOME", manager.cache_variable, *manager.off_switches])
    off += [name for name in names if re.search(rf"\b{name}=", run.text)]
    return f"{off[0]} is set" if off else None


def _has_environments(file: Dockerfile, run: Instruction, scope: Scope) -> str | None:
    env = {name: value.lower() for name, value in scope.env.items()}
    is_told = (
        env.get("POETRY_VIRTUALENVS_CREATE") in _FALSE
        or env.get("POETRY_VIRTUALENVS_IN_PROJECT") in _TRUE
        or {"POETRY_VIRTUALENVS_PATH", "VIRTUAL_ENV"} & set(env)
        or any(_ELSEWHERE.search(one.text) for one in _above(file, run))
    )
    return None if is_told else "it may put the environment there, which the image needs"


def _above(file: Dockerfile, run: Instruction) -> Iterator[Instruction]:
    line = file.ancestry(run.stage or 0)
    return (
        one
        for one in file.instructions[: run.index + 1]
        if one.stage in line and one.keyword == "RUN"
    )


def _is_mounted(run: Instruction, scope: Scope, targets: Collection[str]) -> str | None:
    places = [
        mount["target"]
        for mount in run.mounts
        if mount["type"] not in {"cache", "tmpfs"} and "target" in mount
    ]
    known = [place for place in places if any(is_at(place, scope.cwd, t) for t in targets)]
    return f"it mounts something else at {known[0]}" if known else None


def _is_taken(
    file: Dockerfile, run: Instruction, scopes: Sequence[Scope], targets: Collection[str]
) -> str | None:
    stages = heirs(file, run.stage or 0)
    takers = (
        one for one in file.instructions if takes(file, one, scopes[one.index], stages, targets)
    )
    first = next(takers, None)
    how = "copies" if first and first.keyword == "COPY" else "mounts"
    return f"line {first.first_line} {how} from it" if first else None


def _is_read(file: Dockerfile, run: Instruction, targets: Collection[str]) -> str | None:
    """Whether a later instruction names the cache, other than to remove it."""
    stages = heirs(file, run.stage or 0)
    for one in file.instructions[run.index + 1 :]:
        if one.stage not in stages or one.keyword not in _READING:
            continue
        is_mounted = {mount.get("target") for mount in one.mounts} & set(targets)
        said = _HOME.sub("/root", _REMOVAL.sub("", _said(one)))
        if not is_mounted and any(target in said for target in targets):
            return f"line {one.first_line} names it"
    return None


def _said(one: Instruction) -> str:
    return "\n".join([*one.words, *(doc.content for doc in one.heredocs)])


def _is_needed_offline(file: Dockerfile, run: Instruction, manager: Manager) -> str | None:
    stages = heirs(file, run.stage or 0)
    for one in file.instructions[run.index :]:
        if one.keyword == "RUN" and one.stage in stages:
            is_its = re.search(rf"\b{manager.name}\b", _said(one))
            if is_its and _OFFLINE.search(_said(one)):
                return f"line {one.first_line} installs offline, from what the image has of it"
    return None
