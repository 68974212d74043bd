"""Which instructions changed by themselves in a recorded run, for the replay on a new order."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile import Part
from cachestats.advice.evidence import has_manifest
from cachestats.advice.history import COPIES
from cachestats.schema import Cause

if TYPE_CHECKING:
    from cachestats.advice.dockerfile import Instruction
    from cachestats.advice.evidence import Evidence
    from cachestats.advice.history import Ran, Run
    from cachestats.advice.settings import Settings
    from cachestats.advice.side import Side

__all__ = ["WHOLE_RUN", "Changes", "View", "is_forced"]

# Causes that hold for the whole run: no order of instructions makes a difference.
WHOLE_RUN = frozenset(
    {
        Cause.COLD_BUILDER,
        Cause.IMPORT_FAILED,
        Cause.IMPORT_EMPTY,
        Cause.NOT_EXPORTED,
        Cause.NO_CACHE_FLAG,
        Cause.BASE_IMAGE_UPDATE,
        Cause.FIRST_SEEN,
    }
)
# A COPY that changed more often than this is taken to be among those that changed.
OFTEN = 0.5


class View(StrEnum):
    """How what no log tells is settled: against the change, as is likely, or for it."""

    AGAINST = "against"
    LIKELY = "likely"
    HOPEFUL = "hopeful"


def is_forced(run: Run, ran: Ran) -> bool:
    """Whether a step missed for a reason of the whole run, such as a fresh builder."""
    if ran.root_cause == Cause.FIRST_SEEN:
        # A new step is one thing, a first build another.
        return not run.has_hits
    return ran.root_cause in WHOLE_RUN


class Changes:
    """Answers for one view whether an instruction changed by itself in a run."""

    def __init__(self, evidence: Evidence, settings: Settings, view: View) -> None:
        self._evidence, self._settings, self._view = evidence, settings, view
        self._contents: dict[tuple[str, frozenset[Cause]], frozenset[int]] = {}

    def own(self, run: Run, side: Side, one: Instruction, ran: Ran | None) -> bool:
        """Whether an instruction changed by itself.

        Args:
            run: The run.
            side: The Dockerfile that the instruction is of, and which causes count in it.
            one: The instruction.
            ran: What it did in the run; None for one that the change adds.
        """
        if ran is None:
            below = side.layer_below(run, one)
            return below is not None and self._is_forced(run, side, below)
        if one.keyword == "RUN" and not side.scope[one.index].isdisjoint(
            self._settings.changed(run, hopeful=self._view == View.HOPEFUL)
        ):
            return True
        if self._is_unsettled_by_mount(run, side, one):
            return True
        missed = ran.seconds is not None
        return missed and (
            self._is_forced(run, side, ran)
            or ran.root_step in self._evidence.strange_steps(run)
            or self._by_itself(run, side, one, ran)
        )

    @staticmethod
    def _is_forced(run: Run, side: Side, ran: Ran) -> bool:
        return ran.root_cause not in side.change.cures(run) and is_forced(run, ran)

    def _is_unsettled_by_mount(self, run: Run, side: Side, one: Instruction) -> bool:
        """Whether a file that was copied, and is mounted now, changed."""
        copy = side.change.mounted.get(one.origin if one.origin is not None else -1)
        if copy is None or copy not in self._changed_copies(run, side):
            return False
        if not has_manifest(one) or self._evidence.is_mounted_whole(copy, one):
            return True
        # Of a COPY of more than the manifests, the packages tell whether those changed.
        return self._manifest(run, copy)

    def _by_itself(self, run: Run, side: Side, one: Instruction, ran: Ran) -> bool:
        """Whether a step that missed for no reason of the whole run changed."""
        origin = one.origin
        if one.part == Part.MANIFEST:
            return self._manifest(run, origin)
        if one.keyword in COPIES and not one.flag("from"):
            return origin in self._changed_copies(run, side)
        cause = None if ran.cause in side.change.cures(run) else ran.cause
        if cause is None:
            return False
        # Which setting changed is said by `settings`, unless it is none that the file shows.
        is_setting = cause == Cause.ENVIRONMENT_CHANGE
        return not (is_setting and self._settings.roots(run))

    def _manifest(self, run: Run, copy: int | None) -> bool:
        """Whether the manifests within what is copied changed, where all of it may have."""
        against = self._view == View.AGAINST
        told = self._evidence.other_packages(run, copy, doubted=against)
        return against if told is None else told

    def _changed_copies(self, run: Run, side: Side) -> frozenset[int]:
        """Instructions of the old Dockerfile that copied other files than in the run before."""
        key = (run.run_id, side.change.cures(run))
        if key not in self._contents:
            self._contents[key] = self._copies(run, side)
        return self._contents[key]

    def _copies(self, run: Run, side: Side) -> frozenset[int]:
        known: set[int] = set()
        hidden: set[int] = set()
        for index, ran in self._evidence.copies(run):
            cause = None if ran.cause in side.change.cures(run) else ran.cause
            if ran.seconds is None:
                continue
            if cause is None:
                hidden.add(index)
            else:
                known.add(index)
        return frozenset(known | self._among(run, hidden, has_known=bool(known)))

    def _among(self, run: Run, hidden: set[int], *, has_known: bool) -> set[int]:
        """Those of the COPYs below a miss that would have missed by themselves."""
        sent = run.sent_files
        if sent is False or not hidden:
            return set()
        told = {
            index: self._evidence.only_manifests(run, index, doubted=self._view == View.AGAINST)
            for index in hidden
        }
        open_ = {index for index, changed in told.items() if changed is None}
        proven = {index for index, changed in told.items() if changed}
        if self._view == View.AGAINST:
            return proven | open_
        if sent is None and (self._view == View.HOPEFUL or not run.new_commit):
            return proven
        often = {index for index in open_ if self._evidence.rate(index) >= OFTEN}
        if self._view == View.LIKELY and often:
            return proven | often
        if proven or has_known or not open_:
            return proven
        # Something was sent: it is the one that changes most, if none is known to have changed.
        return {max(open_, key=lambda index: (self._evidence.rate(index), index))}
