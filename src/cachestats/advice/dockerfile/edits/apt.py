"""What is special about apt: lists that several RUNs share, and the hook that empties its cache."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.edits.removals import taken_away
from cachestats.advice.dockerfile.edits.takers import heirs
from cachestats.advice.dockerfile.installs import installation
from cachestats.advice.dockerfile.managers import APT
from cachestats.advice.dockerfile.model import Part
from cachestats.advice.dockerfile.parse import instruction
from cachestats.advice.dockerfile.shell import chain, normal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachestats.advice.dockerfile.model import Dockerfile, Instruction
    from cachestats.advice.dockerfile.scope import Scope

__all__ = ["apt_checks", "has_docker_clean", "shares_lists", "with_hook"]

_LISTS = APT.caches[1].target
_KEEP = (
    "echo 'Binary::apt::APT::Keep-Downloaded-Packages \"true\";' > /etc/apt/apt.conf.d/keep-cache"
)
_DOCKER_CLEAN = "RUN rm -f /etc/apt/apt.conf.d/docker-clean"
_UPDATE = re.compile(r"\bapt(?:-get|itude)?\s+(?:-\S+\s+)*update\b")
# What wants the lists, as far as the text of a RUN tells.
_WANT = re.compile(
    r"\bapt(?:-get|itude)?\s+(?:[^;&|]*?\s)?(?:re)?(?:install|build-dep|satisfy|source|download"
    r"|(?:dist-|full-|safe-)?upgrade)\b|\bapt-cache\b|\bgdebi\b|\bmk-build-deps\b"
)
# Behind one of these a command may not be run.
_CONDITION = re.compile(r"\b(?:if|case|while|until|for|function)\b|\|\||(?<!\$)[({]")


def shares_lists(file: Dockerfile, run: Instruction) -> str | None:
    """Why the lists must stay in the image: a RUN on the path of a stage wants them as they are.

    Args:
        file: The Dockerfile.
        run: A RUN that installs with apt.

    Returns:
        Which line installs without `apt-get update`, or may; null if each RUN updates them.
    """
    stages = file.ancestry(run.stage or 0) | heirs(file, run.stage or 0)
    for one in file.instructions:
        if one.keyword != "RUN" or one.stage not in stages:
            continue
        text = _text(one)
        update, want = _UPDATE.search(text), _WANT.search(text)
        above = text[: update.start()] if update else text
        if want and (not update or _WANT.search(above) or _CONDITION.search(above)):
            return f"line {one.first_line} may install from the lists as they are"
        if update and not want and chain(one) is not None:
            return f"apt-get update and the installation are apart in line {one.first_line}"
    return None


def _text(run: Instruction) -> str:
    """What a RUN says; of a chain its commands by their plain names."""
    commands = chain(run)
    if commands is None:
        return "\n".join([run.code, *(doc.content for doc in run.heredocs)])
    return " ; ".join(" ".join(normal(command)) for command in commands)


def has_docker_clean(file: Dockerfile, run: Instruction) -> bool:
    """Whether the hook of Debian's images that empties apt's cache may still be there."""
    line = file.ancestry(run.stage or 0)
    above = (one for one in file.instructions[: run.index + 1] if one.stage in line)
    return not any(one.keyword == "RUN" and "docker-clean" in one.text for one in above)


def with_hook(file: Dockerfile, run: Instruction) -> list[Instruction]:
    """The RUN, and above it one that takes the hook away."""
    uses_apt = any(normal(command)[:1] == ("apt",) for command in chain(run) or ())
    text = f"{_DOCKER_CLEAN}; {_KEEP}" if uses_apt else _DOCKER_CLEAN
    added = replace(instruction(file, text), stage=run.stage, gap=run.gap, part=Part.ADDED)
    return [added, replace(run, gap="")]


def apt_checks(
    file: Dockerfile, run: Instruction, scope: Scope, *, needs_hook: bool
) -> Iterator[str]:
    """What to look at once apt's cache and lists are mounted.

    Args:
        file: The file without the mounts.
        run: The RUN that gets them, as it was.
        scope: What holds above it.
        needs_hook: Whether docker-clean is taken away for it.

    Yields:
        A sentence for each thing that nothing proves.
    """
    if needs_hook:
        yield (
            "images built on this one, and later RUNs of its stage without the mount, keep the"
            " packages that apt downloads: docker-clean is gone"
        )
    later = [
        one
        for one in file.instructions[run.index + 1 :]
        if one.stage == run.stage and one.keyword == "RUN" and installation(one) is None
    ]
    if later and not taken_away(run, scope, [_LISTS]):
        yield f"line {later[0].first_line} wants no lists of apt: they leave the image"
