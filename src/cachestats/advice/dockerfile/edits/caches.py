"""Cache mounts for package managers, and nothing that defeats them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.edits.commands import with_flags, without
from cachestats.advice.dockerfile.edits.model import Edit, EditKind, Refusal, Where
from cachestats.advice.dockerfile.files import is_within
from cachestats.advice.dockerfile.installs import Installation, installation
from cachestats.advice.dockerfile.manager import Cache
from cachestats.advice.dockerfile.managers import APT
from cachestats.advice.dockerfile.model import Part
from cachestats.advice.dockerfile.parse import instruction
from cachestats.advice.dockerfile.scope import scopes
from cachestats.advice.dockerfile.shell import chain, normal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachestats.advice.dockerfile.edits.model import Attempt, Hints
    from cachestats.advice.dockerfile.manager import Manager
    from cachestats.advice.dockerfile.model import Dockerfile, Instruction
    from cachestats.advice.dockerfile.scope import Scope
    from cachestats.advice.dockerfile.shell import Command

__all__ = ["cache_mount"]

KIND = EditKind.CACHE_MOUNT
_ROOT = frozenset({None, "root", "0", "root:root", "0:0"})
_KEEP = (
    "echo 'Binary::apt::APT::Keep-Downloaded-Packages \"true\";' > /etc/apt/apt.conf.d/keep-cache"
)
_DOCKER_CLEAN = "RUN rm -f /etc/apt/apt.conf.d/docker-clean"


def cache_mount(file: Dockerfile, hints: Hints) -> Iterator[Attempt]:
    """Try to give each installation the cache mounts of its managers.

    Args:
        file: A Dockerfile.
        hints: Not used; all edits take the same.

    Yields:
        For each RUN that installs packages and lacks a mount, or defeats one, the file with
        that mended, or why it is left.
    """
    del hints
    around = scopes(file)
    for run in file.instructions:
        found = installation(run) if run.keyword == "RUN" and around[run.index].is_posix else None
        if found is None:
            continue
        for manager in found.managers:
            attempt = _mounted(file, run, found, manager, around[run.index])
            if attempt:
                yield attempt


def _mounted(
    file: Dockerfile, run: Instruction, found: Installation, manager: Manager, scope: Scope
) -> Attempt | None:
    flags = [cache.flag for cache in _caches(manager, scope) if not _has(run, cache)]
    words, commands = _defeats(run, manager)
    needs_hook = manager is APT and not _has_no_docker_clean(file, run)
    if not (flags or words or commands or needs_hook):
        return None
    reason = _reason_against(file, run, manager, scope)
    changed = without(file, run, words=words, commands=commands) if words or commands else run
    if reason is None and changed is None:
        reason = "what defeats the cache is not plain to take out"
    if reason is not None or changed is None:
        return Refusal(
            kind=KIND,
            reason=f"line {run.first_line} gets no cache mount for {manager.name}: {reason}",
            where=Where.of(run),
        )
    listed = list(file.instructions)
    listed[run.index] = with_flags(file, changed, flags)
    if needs_hook:
        listed[run.index : run.index + 1] = _with_hook(file, listed[run.index])
    checks = _checks(file, run, found, manager, needs_hook=needs_hook)
    title = f"Keep the cache of {manager.name} between builds in line {run.first_line}"
    return file.with_instructions(listed), Edit(
        kind=KIND, title=title, checks=checks, where=Where.of(run)
    )


def _caches(manager: Manager, scope: Scope) -> tuple[Cache, ...]:
    set_to = scope.env.get(manager.cache_variable or "")
    return (Cache(target=set_to),) if set_to else manager.caches


def _has(run: Instruction, cache: Cache) -> bool:
    return any(
        mount["type"] in {"cache", "tmpfs"} and is_within(cache.target, mount.get("target", "-"))
        for mount in run.mounts
    )


def _defeats(run: Instruction, manager: Manager) -> tuple[dict[str, str], list[Command]]:
    """The words and the commands of a RUN that empty the cache or turn it off."""
    words: dict[str, str] = {}
    commands: list[Command] = []
    flags = dict(manager.defeating_flags)
    for command in chain(run) or ():
        plain = normal(command)
        text = " ".join(plain)
        if re.search(manager.installs, text):
            words |= {word: flags[word] for word in plain if word in flags}
        elif re.search(manager.defeating_commands, text):
            commands.append(command)
        elif plain[:1] == ("rm",):
            gone = [w for w in plain[1:] if re.search(manager.defeating_paths, w)]
            kept = tuple(word for word in command if word not in gone)
            words |= dict.fromkeys(gone, "")
            if gone and all(word.startswith("-") for word in kept[1:]):
                commands.append(kept)
    return words, commands


def _reason_against(
    file: Dockerfile, run: Instruction, manager: Manager, scope: Scope
) -> str | None:
    reasons = (
        _has_result(manager),
        _is_elsewhere(manager, scope),
        _is_taken(file, run, manager),
        _shares_lists(file, run) if manager is APT else None,
    )
    return next(filter(None, reasons), None)


def _has_result(manager: Manager) -> str | None:
    place = manager.caches[0].target
    reason = f"later steps need what is in {place}; mount it in each of them as well"
    return reason if manager.is_result else None


def _is_elsewhere(manager: Manager, scope: Scope) -> str | None:
    if scope.user not in _ROOT:
        return f"it runs as {scope.user}, whose cache is elsewhere"
    if scope.env.get("HOME", "/root") != "/root" or "XDG_CACHE_HOME" in scope.env:
        return "HOME or XDG_CACHE_HOME is set"
    off = [name for name in manager.off_switches if scope.env.get(name)]
    return f"{off[0]} is set" if off else None


def _is_taken(file: Dockerfile, run: Instruction, manager: Manager) -> str | None:
    copies = [one for one in file.instructions if _takes(one, file, run, manager)]
    return f"line {copies[0].first_line} copies from it" if copies else None


def _shares_lists(file: Dockerfile, run: Instruction) -> str | None:
    """Whether a RUN of the stages on its path installs without `apt-get update`."""
    family = _family(file, run.stage or 0)
    for one in file.instructions:
        if one.keyword == "RUN" and one.stage in family and (commands := chain(one)):
            texts = [" ".join(normal(command)) for command in commands]
            installs = any(re.search(APT.installs, text) for text in texts)
            updates = any(re.search(r"^apt(?:-get)? (?:-\S+ )*update\b", text) for text in texts)
            if installs != updates:
                return f"apt-get update and the installation are apart in line {one.first_line}"
    return None


def _takes(one: Instruction, file: Dockerfile, run: Instruction, manager: Manager) -> bool:
    """Whether a COPY takes files of the cache out of the stage."""
    source = one.flag("from") if one.keyword == "COPY" else None
    stage = file.stage_of(source, one.stage or 0) if source else None
    return (
        stage is not None
        and stage == run.stage
        and any(is_within(path, cache.target) for path in one.sources for cache in manager.caches)
    )


def _family(file: Dockerfile, stage: int) -> set[int]:
    """The stages that this one is built on, itself, and those that are built on it."""
    below = {other.index for other in file.stages if stage in file.ancestry(other.index)}
    return below | file.ancestry(stage)


def _has_no_docker_clean(file: Dockerfile, run: Instruction) -> bool:
    """Whether the hook of Debian's images that empties apt's cache was dealt with."""
    above = [
        one
        for one in file.instructions[: run.index + 1]
        if one.stage in file.ancestry(run.stage or 0) and one.keyword == "RUN"
    ]
    return any("docker-clean" in one.text for one in above)


def _with_hook(file: Dockerfile, run: Instruction) -> list[Instruction]:
    uses_apt = any(normal(command)[:1] == ("apt",) for command in chain(run) or ())
    text = f"{_DOCKER_CLEAN}; {_KEEP}" if uses_apt else _DOCKER_CLEAN
    added = replace(instruction(file, text), stage=run.stage, gap=run.gap, part=Part.ADDED)
    return [added, replace(run, gap="")]


def _checks(
    file: Dockerfile, run: Instruction, found: Installation, manager: Manager, *, needs_hook: bool
) -> tuple[str, ...]:
    checks = list(manager.checks) if manager.name in {"dnf", "yum"} else []
    if needs_hook:
        checks.append(
            "images built on this one keep the packages that apt downloads: docker-clean is gone"
        )
    later = [
        one
        for one in file.instructions[run.index + 1 :]
        if one.stage == run.stage and one.keyword == "RUN" and installation(one) is None
    ]
    if manager is APT and later and not found.touched:
        checks.append(f"line {later[0].first_line} wants no lists of apt: they leave the image")
    return tuple(checks)
