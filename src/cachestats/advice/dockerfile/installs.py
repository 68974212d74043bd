"""Which RUN is an installation by a known manager, and nothing else."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.housekeeping import HOUSEKEEPING, REDIRECTIONS
from cachestats.advice.dockerfile.managers import MANAGERS
from cachestats.advice.dockerfile.shell import Command, chain, normal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from cachestats.advice.dockerfile.manager import Manager
    from cachestats.advice.dockerfile.model import Instruction

__all__ = ["Installation", "Use", "installation"]

_LOCAL = re.compile(
    r"\.{1,2}|(?:\.{0,2}/|~|file:).*|.*\.(?:whl|deb|rpm|apk|tgz|tar\.gz|zip|pem|crt|cer|key|conf)"
)
# What Python's installers take for a path: `.[dev]`, `libs/x`, `x @ file:///x`, but no address.
_PYTHON_LOCAL = re.compile(r"\..*|(?!.*://).*/.*|.*file:.*", re.DOTALL)
# Their value is a place to write to, or a name that only looks like a file.
_PLACES = (
    *("--target", "--prefix", "--root", "--root-dir", "--cache-dir", "--store-dir", "--dest"),
    *("--log", "--src", "--python", "--wheel-dir", "--output-file"),
)
_PYTHON_PLACES = ("-t", "-d", "-p", "-w", "-o")
_ADDING_USERS = frozenset({"apt", "apk", "dnf", "yum", "/home"})
_REMOVABLE = re.compile(
    r"(?:/var/(?:lib/apt|lib/dpkg|cache|tmp|log)|/tmp|(?:/root|~)/\.(?:cache|npm|composer)"
    r"|/usr/(?:share|local/share)/(?:doc|man|info|locale|\.cache)|/opt/conda/pkgs"
    r"|/usr/local/bundle/cache|/etc/apt/apt\.conf\.d|/etc/apk/cache|/root/\.local/share/pnpm)"
    r"(?:/.*)?"
)


@dataclass(frozen=True, kw_only=True)
class Use:
    """One installing command: its manager, and the manifests it names or expects."""

    manager: Manager
    command: Command
    manifests: tuple[str, ...]  # as the command would open them; `*` at the end: if it exists
    outputs: tuple[str, ...]  # what it may write below the working directory
    places: tuple[str, ...]  # where it was told to write


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What is known of a RUN that installs packages."""

    uses: tuple[Use, ...]
    is_pure: bool  # every command is known, and none reads more than manifests
    touched: tuple[str, ...]  # paths that it writes to or removes, as written
    adds_users: bool  # or may: packages of a distribution do

    @property
    def manifests(self) -> tuple[str, ...]:
        """All manifests, those that commands name first."""
        return tuple(dict.fromkeys(name for use in self.uses for name in use.manifests))

    @property
    def inputs(self) -> frozenset[str]:
        """Names of what it may read besides, wherever that is: of uses that read manifests."""
        return frozenset(name for use in self._by_manifest for name in use.manager.inputs)

    @property
    def checks(self) -> tuple[str, ...]:
        """On which conditions it reads nothing else."""
        return tuple(check for use in self._by_manifest for check in use.manager.checks)

    @property
    def reads_folder(self) -> bool:
        """Whether it may read all of its working directory."""
        return any(use.manager.unsplittable for use in self._by_manifest)

    @property
    def _by_manifest(self) -> tuple[Use, ...]:
        return tuple(use for use in self.uses if use.manifests)

    @property
    def outputs(self) -> tuple[str, ...]:
        """What it may write below the working directory."""
        return tuple(name for use in self.uses for name in use.outputs)

    @property
    def managers(self) -> tuple[Manager, ...]:
        """Each manager once."""
        return tuple({use.manager.name: use.manager for use in self.uses}.values())


def installation(run: Instruction, variables: Collection[str] = ()) -> Installation | None:
    """What a RUN installs.

    Args:
        run: A RUN instruction, for a POSIX shell.
        variables: Names of those that are set for it.

    Returns:
        Its installing commands; null where it has none, nor is housekeeping alone, or is not a
        plain chain of commands. Housekeeping alone (`python -m venv`) is pure, with no uses.
    """
    commands = chain(run)
    if not commands:
        return None
    uses: list[Use] = []
    touched: list[str] = []
    unknown = any(map(REDIRECTIONS.fullmatch, variables))
    for command in map(normal, commands):
        use, is_pure = _use(command)
        uses += [use] if use else []
        touched += use.places if use else _touched(command)
        unknown |= not (is_pure or _is_housekeeping(command))
    if unknown and not uses:
        return None
    adding = _ADDING_USERS.intersection([*(use.manager.name for use in uses), *touched])
    return Installation(
        uses=tuple(uses), is_pure=not unknown, touched=tuple(touched), adds_users=bool(adding)
    )


def _use(command: Command) -> tuple[Use | None, bool]:
    text = " ".join(command)
    manager = next((one for one in MANAGERS if re.search(one.installs, text)), None)
    if manager is None:
        return None, False
    named, rest = _values(command, manager.manifest_options)
    is_python = manager.name in {"pip", "uv"}
    places, rest = _values(rest, _PLACES + (_PYTHON_PLACES if is_python else ()))
    local = (_LOCAL, _PYTHON_LOCAL) if is_python else (_LOCAL,)
    is_pure = not re.search(manager.reads_project, text) and not any(
        pattern.fullmatch(word) for word in map(_operand, rest[1:]) for pattern in local
    )
    is_elsewhere = _is_elsewhere(manager, text)
    implied = () if named or is_elsewhere else manager.manifests
    use = Use(
        manager=manager,
        command=command,
        manifests=(*named, *implied),
        outputs=() if is_elsewhere else manager.outputs,
        places=tuple(place for place in places if "/" in place),
    )
    return use, is_pure


def _is_elsewhere(manager: Manager, text: str) -> bool:
    """Whether the command installs named tools, without a look at the working directory."""
    return bool(
        re.search(r"(?:^| )(?:-g|--global|global add)\b", text)
        or (manager.name == "uv" and re.search(r"^uv (?:pip|tool)\b", text))
        or (manager.name == "conda")
    )


def _values(command: Sequence[str], options: Sequence[str]) -> tuple[list[str], list[str]]:
    """Values of options, given as the next word or after `=`, and all other words."""
    values: list[str] = []
    rest: list[str] = []
    words: Iterator[str] = iter(command)
    for word in words:
        name, equals, value = word.partition("=")
        short = next((o for o in options if len(o) == 2 and word.startswith(o)), None)  # noqa: PLR2004
        if word in options:
            values += [next(words, "")]
        elif equals and name in options:
            values += [value]
        elif short:
            values += [word[2:].removeprefix("=")]
        else:
            rest.append(word)
    return values, rest


def _operand(word: str) -> str:
    """The word; of an option what stands behind its `=`, if anything."""
    return word.partition("=")[2] if word.startswith("-") else word


def _operands(command: Command) -> tuple[str, ...]:
    return tuple(word for word in command[1:] if not word.startswith("-"))


def _touched(command: Command) -> tuple[str, ...]:
    match command[:1]:
        case ("rm" | "mkdir" | "venv" | "virtualenv",):
            return _operands(command)
        case ("uv",):
            return _operands(command[1:]) or (".venv",)
        case ("useradd" | "adduser" | "groupadd" | "addgroup",):
            return ("/home", *(word for word in command[1:] if "/" in word))
    return ()


def _is_housekeeping(command: Command) -> bool:
    if command[:1] == ("rm",):
        return all(_REMOVABLE.fullmatch(posixpath.normpath(path)) for path in _operands(command))
    text = " ".join(command)
    return not command or any(pattern.search(text) for pattern in HOUSEKEEPING)
