"""Which installations write the manifests that they read: a bind mount cannot be written to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cachestats.advice.dockerfile.installs import installation
from cachestats.advice.dockerfile.shell import chain, normal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachestats.advice.dockerfile.installs import Use
    from cachestats.advice.dockerfile.model import Dockerfile, Instruction
    from cachestats.advice.dockerfile.scope import Scope

__all__ = ["corepack_check", "writing"]

_FROZEN = r"(?<!\S)--(?:{})(?!\S)"
# What only reads its manifests, whatever is in them. Composer, Poetry and Pipenv lock what is not
# locked, without a flag that surely keeps them from it.
_READS_ONLY: Final = {
    "pip": r"",
    "conda": r"",
    "nuget": r"",
    "go": r"^go mod download\b",
    "maven": r"^(?!.*\bversions:)",
    "gradle": r"^(?!.* --(?:write|update)-)",
    "npm": r"^npm (?:-\S+ )*(?:ci|clean-install)\b",
    "yarn": _FROZEN.format("frozen-lockfile|immutable|pure-lockfile"),
    "pnpm": r"^pnpm (?:-\S+ )*fetch\b|" + _FROZEN.format("frozen-lockfile"),
    "cargo": _FROZEN.format("locked|frozen"),
    "uv": r"^uv (?:pip|tool)\b|" + _FROZEN.format("locked|frozen"),
    "bundler": _FROZEN.format("frozen|deployment"),
}
_SETTINGS: Final = {
    "uv": ("UV_FROZEN", "UV_LOCKED"),
    "bundler": ("BUNDLE_FROZEN", "BUNDLE_DEPLOYMENT"),
}
_BUNDLE_CONFIG = re.compile(
    r"^bundle config (?:set )?(?:--(?:local|global) )?(?:frozen|deployment) (?:true|1)$"
)


def writing(file: Dockerfile, run: Instruction, scope: Scope) -> str | None:
    """Which command of an installation may write a manifest.

    Args:
        file: The file that it is in.
        run: A RUN that is a pure installation.
        scope: What holds above it.

    Returns:
        The command; null if none of those that read manifests writes them.
    """
    found = installation(run)
    for use in found.uses if found else ():
        if use.manifests and not _only_reads(file, run, use, scope):
            return " ".join(use.command)
    return None


def corepack_check(file: Dockerfile, run: Instruction, scope: Scope) -> tuple[str, ...]:
    """What to look at where corepack runs yarn or pnpm."""
    found = installation(run)
    names = {manager.name for manager in found.managers} if found else set()
    is_run = bool(names & {"yarn", "pnpm"}) and any(
        "corepack" in one.text for one in _runs(file, run)
    )
    if not is_run or scope.env.get("COREPACK_ENABLE_AUTO_PIN") == "0":
        return ()
    return ("package.json has a packageManager: corepack writes it there if not",)


def _only_reads(file: Dockerfile, run: Instruction, use: Use, scope: Scope) -> bool:
    name = use.manager.name
    pattern = _READS_ONLY.get(name)
    if pattern is None:
        return False
    settings = (scope.env.get(setting, "").lower() for setting in _SETTINGS.get(name, ()))
    return (
        bool(re.search(pattern, " ".join(use.command)))
        or any(value in {"1", "true"} for value in settings)
        or (name == "bundler" and _is_frozen(file, run))
    )


def _is_frozen(file: Dockerfile, run: Instruction) -> bool:
    """Whether Bundler was told before, or by the RUN itself, to keep its lock file as it is."""
    return any(
        _BUNDLE_CONFIG.search(" ".join(normal(command)))
        for one in _runs(file, run)
        for command in chain(one) or ()
    )


def _runs(file: Dockerfile, run: Instruction) -> Iterator[Instruction]:
    """The RUNs on the path of a RUN down to itself."""
    line = file.ancestry(run.stage or 0)
    above = file.instructions[: run.index + 1]
    return (one for one in above if one.stage in line and one.keyword == "RUN")
