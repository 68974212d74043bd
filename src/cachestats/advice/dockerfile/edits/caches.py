"""Cache mounts for package managers, and nothing that defeats them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.edits.apt import apt_checks, has_docker_clean, with_hook
from cachestats.advice.dockerfile.edits.commands import with_flags, without
from cachestats.advice.dockerfile.edits.losses import reason_against
from cachestats.advice.dockerfile.edits.model import Edit, EditKind, Refusal, Where
from cachestats.advice.dockerfile.edits.removals import is_at, taken_away
from cachestats.advice.dockerfile.files import is_within
from cachestats.advice.dockerfile.installs import Installation, installation
from cachestats.advice.dockerfile.manager import Cache
from cachestats.advice.dockerfile.managers import APT
from cachestats.advice.dockerfile.scope import scopes
from cachestats.advice.dockerfile.shell import chain, normal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachestats.advice.dockerfile.edits.model import Attempt, Hints
    from cachestats.advice.dockerfile.manager import Manager
    from cachestats.advice.dockerfile.model import Dockerfile, Instruction
    from cachestats.advice.dockerfile.scope import Scope
    from cachestats.advice.dockerfile.shell import Command

__all__ = ["cache_mount"]

KIND = EditKind.CACHE_MOUNT
_LINKS = (
    "yarn 2 and later links the packages into the project (nodeLinker: node-modules), or keeps its"
    " cache there: else the program runs them out of the cache, which leaves the image"
)


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
            attempt = _mounted(file, run, found, manager, around)
            if attempt:
                yield attempt


def _mounted(
    file: Dockerfile,
    run: Instruction,
    found: Installation,
    manager: Manager,
    around: Sequence[Scope],
) -> Attempt | None:
    scope = around[run.index]
    caches = _caches(manager, scope)
    targets = [cache.target for cache in caches]
    flags = [cache.flag for cache in caches if not _has(run, cache)]
    words, commands = _defeats(run, manager, targets)
    needs_hook = manager is APT and has_docker_clean(file, run)
    if not (flags or words or commands or needs_hook):
        return None
    changed = without(file, run, words=words, commands=commands) if words or commands else run
    reason = reason_against(file, run, manager, targets, around)
    if reason is None:
        reason = _defeated(run, changed, manager, scope, targets)
    if reason is not None or changed is None:
        return Refusal(
            kind=KIND,
            reason=f"line {run.first_line} gets no cache mount for {manager.name}: {reason}",
            where=Where.of(run),
        )
    listed = list(file.instructions)
    listed[run.index] = with_flags(file, changed, flags)
    if needs_hook:
        listed[run.index : run.index + 1] = with_hook(file, listed[run.index])
    return file.with_instructions(listed), Edit(
        kind=KIND,
        title=f"Keep the cache of {manager.name} between builds in line {run.first_line}",
        checks=tuple(_checks(file, run, found, manager, scope)),
        where=Where.of(run),
    )


def _caches(manager: Manager, scope: Scope) -> tuple[Cache, ...]:
    set_to = scope.env.get(manager.cache_variable or "")
    return (Cache(target=set_to),) if set_to else manager.caches


def _has(run: Instruction, cache: Cache) -> bool:
    return any(
        mount["type"] in {"cache", "tmpfs"} and is_within(cache.target, mount.get("target", "-"))
        for mount in run.mounts
    )


def _defeats(
    run: Instruction, manager: Manager, targets: Sequence[str]
) -> tuple[dict[str, str], list[Command]]:
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
            gone = [word for word in plain[1:] if _empties(word, manager, targets)]
            words |= dict.fromkeys(gone, "")
            if gone and all(word.startswith("-") or word in gone for word in plain[1:]):
                commands.append(tuple(word for word in command if word not in gone))
    return words, commands


def _empties(word: str, manager: Manager, targets: Sequence[str]) -> bool:
    """Whether an operand of rm is the cache, a part of it, or what is known to hold it."""
    is_named = re.search(manager.defeating_paths, word) and ".." not in word
    return bool(is_named) and any(is_at(_absolute(word), "/", target) for target in targets)


def _absolute(word: str) -> str:
    return re.sub(r"^~(?=/|$)", "/root", word)


def _defeated(
    run: Instruction,
    changed: Instruction | None,
    manager: Manager,
    scope: Scope,
    targets: Sequence[str],
) -> str | None:
    """Why the RUN would still empty the cache, or do something else than before."""
    words, _ = _defeats(run, manager, targets)
    commands = [normal(command) for command in chain(run) or ()]
    own = {c[0] for c in commands if c and re.search(manager.installs, " ".join(c))}
    meant = {True: own, False: {"rm"}}
    is_elsewhere = any(
        word in words and command[0] not in meant[word.startswith("-")]
        for command in commands
        for word in command
    )
    if changed is None or is_elsewhere:
        return "what defeats the cache is not plain to take out"
    gone = taken_away(changed, scope, targets)
    return f"it may remove what the mount holds, or where it is: {gone}" if gone else None


def _checks(
    file: Dockerfile, run: Instruction, found: Installation, manager: Manager, scope: Scope
) -> Iterator[str]:
    targets = [cache.target for cache in _caches(manager, scope)]
    if manager.name in {"dnf", "yum"}:
        yield from manager.checks
    if manager.name == "yarn" and not re.search(r"--(?:frozen|pure)-lockfile\b", run.text):
        yield _LINKS
    if manager is APT:
        yield from apt_checks(file, run, scope, needs_hook=has_docker_clean(file, run))
    for word in () if found.is_pure else _defeats(run, manager, targets)[0]:
        if word.startswith(("/", "~")) and not any(is_within(_absolute(word), t) for t in targets):
            yield f"nothing but caches is in {word}: what else there is stays in the image"
