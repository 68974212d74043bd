"""How often causes are right in simulated projects: `python tests/benchmarks/simulated.py [N]`.

N random projects (2,000 without a number) are built 20 times each by a model of BuildKit, and their
logs asked for causes. Prints a line for plain progress and one for rawjson, and to stderr what was
wrong and sure: such a rule claims too much.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import cachestats as cs
from tests.analysis.causes.simulated.histories import history, write
from tests.analysis.causes.simulated.scored import Score, scored

PROJECTS, RUNS, AT_ONCE = 2000, 20, 200


def main(projects: int) -> None:
    """Print what was found, as shares of the roots that there are."""
    for form in ("plain", "rawjson"):
        total = Score()
        for first in range(0, projects, AT_ONCE):
            total = total.plus(_of(range(first, min(first + AT_ONCE, projects)), form))
        cascades, true = total.true - total.found, total.true
        wrong = true - total.right - total.unknown - cascades
        print(
            f"{form}: {true} roots, found {total.found / true:.1%}, of the roots named"
            f" {total.found / total.said:.1%} are roots, causes right {total.right / true:.1%},"
            f" unknown {total.unknown / true:.1%}, taken for a cascade {cascades / true:.1%},"
            f" wrong {wrong / true:.1%}, wrong and sure {len(total.sure_and_wrong)}"
        )
        print(*total.sure_and_wrong, sep="\n", file=sys.stderr)


def _of(seeds: range, form: str) -> Score:
    histories = [history(seed, RUNS) for seed in seeds]
    with TemporaryDirectory() as folder:
        logs = Path(folder) / "logs"
        write(histories, logs, form)
        store = cs.open_store(Path(folder) / "store", create=True)
        store.ingest(logs)
        return scored(histories, cs.misses(store).collect(), store.runs().collect())


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else PROJECTS)
