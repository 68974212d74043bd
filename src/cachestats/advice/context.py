"""The suggestion for build contexts that are slow to send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats import units
from cachestats.advice.document import Suggestion, SuggestionKind
from cachestats.advice.plan import saving
from cachestats.advice.spread import Range
from cachestats.reads import LOADS_CONTEXT
from cachestats.schema import FactKind, Facts, Runs, Steps

if TYPE_CHECKING:
    from cachestats.advice.record import Tables

__all__ = ["context_suggestion"]

RUN = Runs.run_id.name
# Less than this is sent in no time worth a line in a file.
LEAST_BYTES, LEAST_S_PER_RUN = 10e6, 0.5
# Which of the files the build needs is in no log: half of the time is taken to be spared.
LIKELY, HOPE = 0.5, 0.9


def context_suggestion(tables: Tables, project: str | None) -> Suggestion | None:
    """Suggest a `.dockerignore` where sending the context takes long.

    The context is sent before steps that read it can start, so that what is not sent is saved of
    wall time; no step is faster for it.

    Args:
        tables: The runs.
        project: The project that it is for.

    Returns:
        None where contexts are small or sent quickly, or no log tells.
    """
    mine = tables.of(project)
    loads = mine.steps.filter(LOADS_CONTEXT, Steps.duration_s.col.is_not_null())
    sent = mine.facts.filter(Facts.kind.col == FactKind.CONTEXT_BYTES)[Facts.value.name].to_list()
    seconds, most = float(loads[Steps.duration_s.name].sum()), max(sent, default=0.0)
    if most < LEAST_BYTES or seconds < LEAST_S_PER_RUN * mine.runs.height:
        return None
    runs = loads[RUN].n_unique()
    return Suggestion(
        id=f"{project or 'builds'}/{SuggestionKind.DOCKERIGNORE}",
        kind=SuggestionKind.DOCKERIGNORE,
        project=project,
        title="Send a smaller build context",
        recommendation=(
            "List in .dockerignore what no COPY needs: .git, build output, test data, local"
            " environments, node_modules; files that are not sent cannot make COPY miss either"
        ),
        rationale=(
            f"{runs} of {mine.runs.height} runs sent a context in {units.seconds(seconds)}",
            f"the largest had {units.size(most)}",
        ),
        layer_ids=(),
        machine_s=saving(Range(0.0, 0.0, 0.0)),
        wall_s=saving(Range(0.0, LIKELY * seconds, HOPE * seconds)),
        caveats=(
            "half of the time is a guess: which of the files the build needs is in no log",
            "what is listed is in no COPY any more",
        ),
        missing_inputs=("the size of what COPY brings: `du` over its sources",),
    )
