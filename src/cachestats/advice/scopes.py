"""Suggestions for remote caches that something else overwrites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachestats import units
from cachestats.advice.document import Suggestion, SuggestionKind
from cachestats.advice.job import NO_RESTORES
from cachestats.advice.plan import saving
from cachestats.analysis.cache_patterns import overwritten_refs
from cachestats.schema import Cause, PatternRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import polars as pl

    from cachestats.advice.history import Run
    from cachestats.advice.plan import Plan

__all__ = ["SharedScope", "scope_suggestions", "shared_refs", "shared_scopes"]

# What an import from an overwritten cache looks like: it succeeds, and nothing of it fits.
EMPTY = frozenset({Cause.IMPORT_EMPTY, Cause.NOT_EXPORTED, Cause.COLD_BUILDER})
# And where another project is known to write it, what no log explains is explained by that.
UNEXPLAINED = frozenset({Cause.EVICTED, Cause.UNKNOWN})
# Once may be chance.
LEAST = 2


@dataclass(frozen=True, kw_only=True)
class SharedScope:
    """A remote cache of a project that something else overwrites.

    Attributes:
        name: Its reference, or its backend where no log names one.
        others: Other projects that export to it.
        imports: Runs that imported it.
        empty: Those of them that found nothing of use in it.
        causes: Why they missed, as far as it is due to that.
    """

    name: str
    others: tuple[str, ...]
    imports: tuple[Run, ...]
    empty: tuple[Run, ...]
    causes: frozenset[Cause]

    @property
    def is_shown(self) -> bool:
        """Whether the runs show it: others write it, or it was full and then empty, twice."""
        if self.empty and self.others:
            return True
        empty = {run.run_id for run in self.empty}
        was_full, emptied = False, 0
        for run in self.imports:
            if run.run_id in empty:
                emptied += was_full
                was_full = False
            elif run.has_hits:
                was_full = True
        return emptied >= LEAST

    @property
    def cured_in(self) -> dict[str, frozenset[Cause]]:
        """What a cache of its own takes away, by run."""
        return {run.run_id: self.causes for run in self.empty}


def shared_refs(cache_io: pl.DataFrame, runs: pl.DataFrame) -> dict[str, list[str]]:
    """Find the references that several projects export to, with these projects.

    Args:
        cache_io: `CacheIO`.
        runs: `Runs`.
    """
    rows = overwritten_refs(cache_io.lazy(), runs.lazy())
    found = rows.select(PatternRows.ref.name, "projects").collect()
    return dict(found.iter_rows())


def shared_scopes(plan: Plan, refs: Mapping[str, Sequence[str]]) -> list[SharedScope]:
    """Find the caches of a project that something else overwrites.

    Args:
        plan: The project.
        refs: As `shared_refs` gives them.
    """
    runs = plan.history.runs
    scopes = [
        _scope(name, [other for other in refs.get(name, ()) if other != plan.history.project], runs)
        for name in sorted({name for run in runs for name in run.imports})
    ]
    return [scope for scope in scopes if scope.is_shown]


def _scope(name: str, others: Sequence[str], runs: Sequence[Run]) -> SharedScope:
    imports = tuple(run for run in runs if name in run.imports)
    causes = EMPTY | UNEXPLAINED if others else EMPTY
    return SharedScope(
        name=name,
        others=tuple(others),
        imports=imports,
        empty=tuple(run for run in imports if _found_nothing(run, causes)),
        causes=causes,
    )


def scope_suggestions(
    plan: Plan, scopes: Sequence[SharedScope]
) -> Iterator[tuple[SharedScope, Suggestion]]:
    """Suggest a cache of its own for each of a project that something else overwrites."""
    for scope in scopes:
        machine, wall = plan.saved(None, cured_in=scope.cured_in)
        if not plan.is_worth(machine, wall):
            continue
        missed = [
            (layer, ran.seconds or 0.0)
            for run in scope.empty
            for layer, ran in run.ran.items()
            if ran.root_cause in scope.causes
        ]
        executed = units.seconds(sum(took for _, took in missed))
        if scope.others:
            why = f"{scope.name} is also exported to by {', '.join(scope.others)}"
        else:
            why = "imports between them gave hits: something else writes it, or it was evicted"
        found = Suggestion(
            id=f"{plan.history.project or 'builds'}/{SuggestionKind.CACHE_SCOPE}/{scope.name}",
            kind=SuggestionKind.CACHE_SCOPE,
            project=plan.history.project,
            title="Give each image a cache of its own",
            recommendation=(
                "Set scope=IMAGE in --cache-from and --cache-to of type=gha (without one all images"
                " write the scope `buildkit`), a ref per image for type=registry"
            ),
            rationale=(
                f"{len(scope.empty)} of {len(scope.imports)} imports of {scope.name} were empty",
                f"these runs executed {executed} that it did not hold",
                why,
            ),
            layer_ids=tuple(dict.fromkeys(layer for layer, _ in missed)),
            machine_s=saving(machine),
            wall_s=saving(wall),
            caveats=("a cache whose entries were evicted looks the same: see its size and age",),
            missing_inputs=() if plan.history.restore_s else (NO_RESTORES,),
        )
        yield scope, found


def _found_nothing(run: Run, causes: frozenset[Cause]) -> bool:
    roots = (ran.root_cause for ran in run.ran.values() if ran.is_root)
    return not run.has_hits and any(cause in causes for cause in roots)
