"""What to change in the job around the build: caches, base images, the context."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cachestats import units
from cachestats.advice.document import Saving, Suggestion, SuggestionKind
from cachestats.advice.plan import NO_SAVING, saving
from cachestats.schema import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cachestats.advice.plan import Plan

__all__ = ["CURES", "NO_RESTORES", "cured_by", "job_suggestions", "ledger_suggestions"]


class Cure(NamedTuple):
    """A kind of suggestion that takes causes away."""

    causes: frozenset[Cause]
    title: str
    recommendation: str
    caveats: tuple[str, ...]


CURES: Mapping[SuggestionKind, Cure] = {
    SuggestionKind.REMOTE_CACHE: Cure(
        frozenset({Cause.COLD_BUILDER}),
        "Give fresh builders a remote cache",
        (
            "Build with --cache-from and --cache-to: type=gha on GitHub's runners, type=registry"
            " elsewhere, mode=max for several stages, one scope or ref per image"
        ),
        (
            "exporting takes time after each build that changes the cache: see `cachestats ledger`",
            "cache mounts are in no remote cache",
        ),
    ),
    SuggestionKind.FIX_IMPORT: Cure(
        frozenset({Cause.IMPORT_FAILED, Cause.IMPORT_EMPTY}),
        "Make the cache import find what it should",
        (
            "Look at the import step of these runs: a missing ref, an expired token, variables of"
            " the cache service that the job does not pass on, a scope that something else"
            " overwrites, or entries that were evicted"
        ),
        ("an import that fails never fails the build: watch it with `cachestats check`",),
    ),
    SuggestionKind.MODE_MAX: Cure(
        frozenset({Cause.NOT_EXPORTED}),
        "Export all stages, not the last one alone",
        (
            "Use --cache-to with mode=max; an inline cache cannot do that, so use type=registry or"
            " type=gha beside it; and see that no export fails"
        ),
        ("mode=max exports more and takes longer",),
    ),
    SuggestionKind.PIN_BASE_IMAGE: Cure(
        frozenset({Cause.BASE_IMAGE_UPDATE}),
        "Pin the base image by digest, and update it on purpose",
        "Write FROM image:tag@sha256:…, moved by a bot once a week and not by whoever builds next",
        ("a pinned image gets no security fixes until it is moved",),
    ),
}
NO_RESTORES = "how long restored layers take to pull"
DROP_EXPORT = "Drop --cache-to for it, or export from the default branch only"
DROP_ALL = "Drop --cache-to and --cache-from for it: no import of it gave a hit"
# Once may be chance; a tag that moves twice in a window moves.
LEAST_UPDATES = 2


def cured_by(plan: Plan, kinds: frozenset[SuggestionKind]) -> dict[SuggestionKind, Cure]:
    """Find the kinds of suggestions whose causes the runs show."""
    found: dict[SuggestionKind, Cure] = {}
    for kind, cure in CURES.items():
        runs = _runs_with(plan, cure)
        least = LEAST_UPDATES if kind == SuggestionKind.PIN_BASE_IMAGE else 1
        if kind in kinds and len(runs) >= least:
            found[kind] = cure
    return found


def job_suggestions(plan: Plan, kinds: frozenset[SuggestionKind]) -> Iterator[Suggestion]:
    """Suggest what would have taken away causes that hold for a whole run."""
    history = plan.history
    for kind, cure in cured_by(plan, kinds).items():
        machine, wall = plan.saved(None, cure.causes)
        if not plan.is_worth(machine, wall):
            continue
        runs = _runs_with(plan, cure)
        seconds = sum(
            ran.seconds or 0.0
            for run in history.runs
            for ran in run.ran.values()
            if ran.root_cause in cure.causes
        )
        layers = dict.fromkeys(
            layer
            for run in history.runs
            for layer, ran in run.ran.items()
            if ran.root_cause in cure.causes
        )
        causes = " or ".join(sorted(cure.causes))
        executed = units.seconds(seconds)
        yield Suggestion(
            id=f"{history.project or 'builds'}/{kind}",
            kind=kind,
            project=history.project,
            title=cure.title,
            recommendation=cure.recommendation,
            rationale=(
                f"{len(runs)} of {len(history.runs)} runs executed {executed} for {causes}",
            ),
            layer_ids=tuple(layers),
            machine_s=saving(machine),
            wall_s=saving(wall),
            caveats=(*((NO_SAVING,) if wall.mid < 0 else ()), *cure.caveats),
            missing_inputs=() if history.restore_s else (NO_RESTORES,),
        )


def ledger_suggestions(ledger: Sequence[Mapping[str, object]]) -> Iterator[Suggestion]:
    """Suggest to stop exports of caches that take more time than they save.

    Without its exports a cache gives no hits, so that what these saved is lost; at best they stay.
    Imports go on, but for a cache that never gave a hit: there they are dropped as well.

    Args:
        ledger: Rows of `LedgerRows`.
    """
    for row in ledger:
        hits, known, warm, imports, failed = (
            int(str(row[c] or 0))
            for c in ("hits", "hits_with_baseline", "warm_hits", "imports", "imports_failed")
        )
        export, imported, saved, restored, net = (
            float(str(row[c] or 0))
            for c in ("export_s", "import_s", "saved_s", "restore_s", "net_s")
        )
        is_useless = bool(imports) and not hits and not warm
        spent = export + imported if is_useless else export
        left = spent - max(saved - restored, 0.0)
        if net >= 0 or export <= 0 or left <= 0 or (hits and not known):
            continue
        likely = round(left, 1)
        found = Saving(low=likely, mid=likely, high=round(spent, 1))
        name = row["ref"] or row["backend"]
        yield Suggestion(
            id=f"{row['project'] or 'builds'}/{SuggestionKind.DROP_CACHE_EXPORT}/{name}",
            kind=SuggestionKind.DROP_CACHE_EXPORT,
            project=None if row["project"] is None else str(row["project"]),
            title=f"Stop exporting {'and importing ' * is_useless}the cache {name}",
            recommendation=DROP_ALL if is_useless else DROP_EXPORT,
            rationale=(str(row["verdict"]),),
            layer_ids=(),
            machine_s=found,
            wall_s=found,
            caveats=(
                *((f"{failed} of its {imports} imports failed: see first why",) if failed else ()),
                "the window may be too short to see what a cache saves",
            ),
            missing_inputs=(),
        )


def _runs_with(plan: Plan, cure: Cure) -> list[str]:
    return [
        run.run_id
        for run in plan.history.runs
        if any(ran.is_root and ran.root_cause in cure.causes for ran in run.ran.values())
    ]
