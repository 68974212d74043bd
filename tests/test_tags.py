from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

import cachestats as cs
from cachestats.tags import tagged_commit

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("ref", "commit"),
    [
        ("registry/app:0123abc", "0123abc"),
        ("registry/app:main-0123abcd", "0123abcd"),
        ("registry/app:v1.2-0123abc", "0123abc"),
        ("registry/app:" + "a" * 40, "a" * 40),
        ("registry/app:main", None),
        ("registry/app:20261102", None),
        ("registry/app:build-7012345678", None),
        ("registry/app:0123ab", None),
        ("registry:0123abc/app", None),
    ],
)
def test_the_commit_in_the_tag_of_an_image(ref: str, commit: str | None) -> None:
    assert pl.select(tagged_commit(pl.lit(ref))).item() == commit


@pytest.mark.parametrize(("tag", "commit"), [("main-3f9a1c2", "3f9a1c2"), ("20261123", None)])
def test_a_run_without_a_told_commit_has_that_of_its_image(
    tmp_path: Path, tag: str, commit: str | None
) -> None:
    log = tmp_path / "build.log"
    log.write_text(
        "#1 [1/1] RUN make\n#1 DONE 1.0s\n\n#2 exporting to image\n"
        f"#2 naming to registry.example/team/app:{tag} done\n#2 DONE 0.1s\n",
        "utf-8",
    )
    assert cs.parse(log).runs["commit"].to_list() == [commit]
