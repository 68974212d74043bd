"""What a RUN removes of the places that a mount would be at."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.edits.paths import alternatives, overlaps
from cachestats.advice.dockerfile.shell import chain, normal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cachestats.advice.dockerfile.model import Instruction
    from cachestats.advice.dockerfile.scope import Scope
    from cachestats.advice.dockerfile.shell import Command

__all__ = ["ROOT", "expansions", "is_at", "taken_away"]

ROOT = frozenset({None, "root", "0", "root:root", "0:0"})
_REMOVING = frozenset({"rm", "rmdir", "unlink", "mv", "shred"})
_FINDS = re.compile(
    r" -delete\b| -(?:exec|execdir|ok|okdir) (?:\S*/)?(?:rm|rmdir|unlink|mv|shred|\w*sh)\b"
)
# They run the command behind them, or may.
_WRAPPERS = frozenset(
    {"env", "exec", "command", "builtin", "time", "nice", "busybox", "!", "{"}
    | {"if", "then", "elif", "else", "while", "until", "do"}
)
_SCRIPT = re.compile(r"(?:^|[\s;&|(])(?:rm|rmdir|unlink|find)\s")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_NOWHERE = "$"  # a folder that nobody knows


def taken_away(run: Instruction, scope: Scope, paths: Collection[str]) -> str | None:
    """What a RUN may remove at, above or below some paths.

    Args:
        run: A RUN that is a plain chain of commands.
        scope: What holds above it.
        paths: Absolute paths.

    Returns:
        The first word, without quotes, that may name one of them, what holds it or what is in it,
        once the shell has expanded it; null if all that is removed is surely elsewhere.
    """
    variables = _variables(run, scope)
    cwd = scope.cwd
    hidden = "dotglob" in run.text
    for command in map(_plain, chain(run) or ()):
        if command[:1] in {("cd",), ("pushd",), ("popd",)}:
            cwd = _moved(command, cwd, variables)
        for word in _removed(command):
            places = expansions(word, variables)
            if any(is_at(place, cwd, path, hidden=hidden) for place in places for path in paths):
                return word
        script = next((word for word in command[1:] if _SCRIPT.search(word)), None)
        if script is not None:
            return script
    return None


def expansions(word: str, variables: Mapping[str, str]) -> Iterator[str]:
    """What a shell makes of a word, as far as variables are known; wildcards stay."""
    word = re.sub(r"^~([^/]*)", lambda m: "$" + (m[1] or "HOME"), word)
    text = _VARIABLE.sub(lambda m: variables.get(m[1] or m[2], m[0]), word)
    for one in text.split() or [text]:
        yield from alternatives(one)


def is_at(place: str, cwd: str | None, path: str, *, hidden: bool = True) -> bool:
    """Whether a place, in a folder that may be known, may be at, above or below a path."""
    known = [cwd] if cwd else map(str, PurePosixPath(path).parents)
    return any(overlaps(posixpath.join(one, place), path, hidden=hidden) for one in known)


def _variables(run: Instruction, scope: Scope) -> dict[str, str]:
    home = {"HOME": "/root"} if scope.user in ROOT else {}
    return {
        name: value
        for name, value in {**home, **scope.env}.items()
        # The command may give it another value.
        if name not in scope.args and not re.search(rf"\b{re.escape(name)}=", run.text)
    }


def _plain(command: Command) -> Command:
    words = normal(command)
    while words and (words[0] in _WRAPPERS or words[0].startswith("-")):
        words = normal(words[1:])
    return words


def _removed(command: Command) -> tuple[str, ...]:
    operands = tuple(word for word in command[1:] if not word.startswith("-"))
    if command[:1] == ("find",) and _FINDS.search(" ".join(command)):
        ends = [i for i, word in enumerate(command) if i and re.match(r"[-!(](?![HLPDO])", word)]
        roots = command[1 : min(ends, default=len(command))]
        return tuple(word for word in roots if not word.startswith("-")) or (".",)
    return operands if command and command[0] in _REMOVING else ()


def _moved(command: Command, cwd: str | None, variables: Mapping[str, str]) -> str | None:
    to = [place for word in command[1:] for place in expansions(word, variables)]
    if command[0] != "cd" or len(to) != 1 or re.search(r"[*?\[$]|^-", to[0]):
        return _NOWHERE
    # Below a folder that only the base image knows it is in another one of those.
    return posixpath.join(cwd or "/", to[0]) if cwd or to[0].startswith("/") else None
