from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from cachestats.schema import CacheIO, Facts, Rejects, Sources
from cachestats.store import Store
from tests.builders import runs, steps

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "sample_logs" / "README.md"]


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "docs.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    links = re.findall(r"\]\((?!http|#)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_readme_has_the_two_commands_that_ci_runs() -> None:
    commands = re.findall(
        r"^python3 -m venv .*", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert [command.rsplit("/", 1)[-1].split()[0] for command in commands] == [
        "cachestats",
        "pytest",
    ]


def test_the_one_join_gives_the_rows_that_count(tmp_path: Path) -> None:
    (join,) = re.findall(
        r"```sql\n(.*?)```", (ROOT / "docs/tables.md").read_text("utf-8"), re.DOTALL
    )
    store = Store.create(tmp_path / "store")
    store.ingest().append(**rows("orphan"))
    ingest = store.ingest()
    ingest.append(**rows("counts"))
    ingest.commit(runs=runs(run_id=["counts"]).collect(), sources=Sources.empty())
    with pl.SQLContext(
        {name: pl.scan_delta(f"{store.uri}/{name}") for name in ("runs", "steps")}, eager=True
    ) as delta:
        found = delta.execute(join)
        assert delta.execute("SELECT COUNT(*) FROM steps").item() == len(found) + 1
    assert found["run_id"].to_list() == store.steps().collect()["run_id"].to_list() == ["counts"]


def rows(run_id: str) -> dict[str, pl.DataFrame]:
    frames = {"steps": steps(run_id=[run_id]).collect()}
    return frames | {
        "cache_io": CacheIO.empty(),
        "facts": Facts.empty(),
        "rejects": Rejects.empty(),
    }
