"""Run facts that come from outside the log: options, sidecars and the path."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cachestats.errors import UsageError
from cachestats.logs.source import STDIN, Fault, read_beside
from cachestats.schema import StartBasis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cachestats.logs.source import Place, Source

__all__ = ["RunFacts", "Template", "by_option", "facts_for", "parse_time"]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of runs without reading their log; None is not known.

    Attributes:
        project: What is built, over many runs.
        branch: Branch that was built.
        commit: Commit that was built.
        ci: CI system.
        job: Name or number of the CI job.
        runner: Label of the runner, which has a price.
        started_at: Start of the build; UTC if it has no zone.
        started_at_basis: Where `started_at` was taken from.
        aliases: What projects are called whose name is only known from the log or its folder:
            names or globs of them, and the project.
    """

    project: str | None = None
    branch: str | None = None
    commit: str | None = None
    ci: str | None = None
    job: str | None = None
    runner: str | None = None
    started_at: datetime | None = None
    started_at_basis: StartBasis | None = None
    aliases: tuple[tuple[str, str], ...] | None = None


_NAMES = tuple(fact.name for fact in fields(RunFacts))
_PLACEHOLDERS = tuple(name for name in _NAMES if name not in {"started_at_basis", "aliases"})
_PLACEHOLDER = re.compile(r"\{(.*?)\}")
_DASHED_TIME = re.compile(r"(?<=[T_ ]\d\d)-(\d\d)(?:-(\d\d))?")


class Template:
    """A path with `{project}`, `{branch}` and so on in place of the facts it tells.

    It is compared with the end of a path. A placeholder stands for a part of the path or a piece
    of one, and for the same text wherever it is repeated; `*` stands for any text within a part.

    Raises:
        UsageError: There is no placeholder in it, or an unknown one.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._pattern = re.compile(rf"(?:.*/)?{_pattern_of(text)}", re.DOTALL)

    def facts(self, name: str) -> RunFacts:
        """Take the facts out of a path; none are known if the path does not match.

        Raises:
            ValueError: The text in the place of `{started_at}` is no time.
        """
        match = self._pattern.fullmatch(name)
        return _written(match.groupdict() if match else {}, StartBasis.TEMPLATE)


def facts_for(
    source: Source, *, option: RunFacts, template: Template | None
) -> tuple[RunFacts, Fault | None]:
    """Gather what is given about the runs of a source: by option, sidecar, template, in this order.

    What a path tells without a template, as the job in a GitHub log archive, comes last.

    Returns:
        The facts, and a fault if a sidecar, or a time in the path, cannot be read; what else it
        says is not used either.
    """
    facts, fault = by_option(option), None
    weaker = [_by_sidecar(path) for path in reversed(source.sidecars)]
    if template is not None and source.name != STDIN:
        weaker.append(_by_template(template, source.name))
    for found in weaker:
        if isinstance(found, Fault):
            fault = fault or found
        else:
            facts = _filled(facts, found)
    return (_filled(facts, RunFacts(job=source.job)) if source.job else facts), fault


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 date or time; it is UTC if no zone is written.

    Colons may be dashes, as in many file names: `2026-11-24T10-15-00Z`.

    Raises:
        ValueError: The text is none.
    """
    colons = _DASHED_TIME.sub(lambda time: time[0].replace("-", ":"), text)
    try:
        return _utc(datetime.fromisoformat(colons))
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no ISO 8601 time") from None


@lru_cache(maxsize=1)
def by_option(option: RunFacts) -> RunFacts:
    """Return what an option says of a source of which nothing else is known."""
    started_at = option.started_at and _utc(option.started_at)
    basis = option.started_at_basis or (StartBasis.OPTION if started_at else None)
    dated = replace(option, started_at=started_at, started_at_basis=basis)
    return _filled(dated, RunFacts())


def _by_sidecar(path: str | Place) -> RunFacts | Fault:
    # pydantic takes long to import, and most logs have no sidecar.
    from cachestats.logs.sidecar import decode_sidecar

    try:
        return _written(decode_sidecar(read_beside(path)), StartBasis.SIDECAR)
    except (OSError, ValueError) as error:
        return Fault.of(str(path), error)


def _by_template(template: Template, name: str) -> RunFacts | Fault:
    try:
        return template.facts(name)
    except ValueError as error:
        return Fault.of(name, error)


def _written(texts: Mapping[str, str | None], basis: StartBasis) -> RunFacts:
    """Facts that are all given as text."""
    facts: dict[str, Any] = dict(texts)
    if facts.get("started_at"):
        facts |= {"started_at": parse_time(facts["started_at"]), "started_at_basis": basis}
    return RunFacts(**facts)


def _filled(facts: RunFacts, weaker: RunFacts) -> RunFacts:
    """Fill what is not known, or empty, from weaker facts."""
    return RunFacts(*(getattr(facts, name) or getattr(weaker, name) or None for name in _NAMES))


def _pattern_of(template: str) -> str:
    """Regular expression for a template; a placeholder that comes again refers to its first."""
    parts = _PLACEHOLDER.split(posixpath.normpath(template.replace("\\", "/")))
    literals, names = parts[::2], parts[1::2]
    unknown = [name for name in names if name not in _PLACEHOLDERS]
    if unknown or not names or any(set("{}") & set(text) for text in literals):
        raise UsageError(_template_fault(template, unknown))
    pattern = [re.escape(text).replace(r"\*", "[^/]*") for text in literals]
    for position, name in enumerate(names):
        again = name in names[:position]
        pattern.insert(2 * position + 1, f"(?P={name})" if again else f"(?P<{name}>[^/]+)")
    return "".join(pattern)


def _template_fault(template: str, unknown: Sequence[str]) -> str:
    known = ", ".join(f"{{{name}}}" for name in _PLACEHOLDERS)
    wrong = (
        f"{{{unknown[0]}}} is unknown" if unknown else "a brace is open, or no run fact is named"
    )
    return f"path template {template!r}: {wrong}; the placeholders are {known}"


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
