"""The runs of one project as replay needs them: what each layer did, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.analysis.schedule import Timed
    from cachestats.schema import Cause

__all__ = ["COPIES", "History", "Layer", "Ran", "Run"]

COPIES = frozenset({"COPY", "ADD"})
"""Instructions that bring files; what they take from another stage is no file of the context."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer of the project, by its newest member."""

    layer_id: str
    image: tuple[str | None, str | None]  # target and platform
    stage: str | None
    index: int | None
    instruction: str
    text: str
    baseline_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a layer did in a run.

    Attributes:
        step_no: Its step.
        seconds: What it took to execute; None if it hit.
        cause: Why it missed, as a root or by itself below one; None for a hit, and for a cascade
            that nothing of its own is known of.
        is_root: Whether it is the first miss on its path.
        root_cause: Why the root missed that it is charged to.
        root_step: Step of that root.
        is_sure: Whether that is more than a guess.
        packages: What it installed: a hash of the packages, or how many there are; None if neither
            is known.
        is_exact: Whether `packages` is a hash, so that equal means the same.
        download_s: Time that the installation says it spent on downloads.
    """

    step_no: int
    seconds: float | None
    cause: Cause | None = None
    is_root: bool = False
    root_cause: Cause | None = None
    root_step: int | None = None
    is_sure: bool = True
    packages: str | None = None
    is_exact: bool = False
    download_s: float = 0.0

    @property
    def took_s(self) -> float:
        """Time to execute; 0 for a hit."""
        return self.seconds or 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: its layers, its steps over time, and what its log shows as a whole.

    Attributes:
        run_id: The run.
        commit: Commit that was built, as its job tells.
        ran: What each of its layers did, by id.
        steps: Its steps of every kind over time.
        export_s: Time of its exports, cache and image.
        context: Bytes of context that were sent.
        imports: Names of the caches that it imported.
        pulled_base_s: Time to pull its base images; 0 if they were there.
        new_commit: Whether it was built from another commit than the run before: by the commit in
            the tag of its image, else by what its job tells.
        dockerfile_grew: Bytes that its Dockerfile is longer than that of the run before.
        quiet_context: Bytes of context sent when no file had changed, as near in time as known.
    """

    run_id: str
    commit: str | None = None
    ran: Mapping[str, Ran]
    steps: tuple[Timed, ...] = ()
    export_s: float = 0.0
    context: float | None = None
    imports: frozenset[str] = frozenset()
    pulled_base_s: float = 0.0
    new_commit: bool = False
    dockerfile_grew: float = 0.0
    quiet_context: float | None = None

    @property
    def imported(self) -> bool:
        """Whether it imported a cache."""
        return bool(self.imports)

    @property
    def sent_files(self) -> bool | None:
        """Whether a file of the context had changed; None where the builder got all or none."""
        if self.quiet_context is None or self.context is None or self.pulled_base_s:
            return None
        return self.context > self.quiet_context

    @property
    def has_hits(self) -> bool:
        """Whether any layer hit."""
        return any(ran.seconds is None for ran in self.ran.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The runs of one project, oldest first, and its layers by id.

    Attributes:
        project: The project.
        layers: Its layers by id.
        runs: Its runs, oldest first.
        restore_s: What a fresh builder took to pull its hits, at the median; 0 if none did.
        bases: Text of the FROM of each stage in the newest run that shows it.
    """

    project: str | None
    layers: Mapping[str, Layer]
    runs: tuple[Run, ...]
    restore_s: float = 0.0
    bases: Mapping[str | None, str] = field(default_factory=dict)
