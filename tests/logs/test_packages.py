from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from cachestats.logs.packages import PACKAGE_MANAGERS

if TYPE_CHECKING:
    from pathlib import Path

    from cachestats.logs.packages import Manager

NAMES = [f"{manager.name}-{number}" for number, manager in enumerate(PACKAGE_MANAGERS)]


def said(path: Path, *outputs: str) -> list[str]:
    steps = [
        f"#{no} [{no}/9] RUN install {no}\n"
        + "".join(f"#{no} 0.{at:03} {line}\n" for at, line in enumerate(output.splitlines()))
        + f"#{no} DONE 1.0s\n\n"
        for no, output in enumerate(outputs, 2)
    ]
    path.write_text("".join(steps), "utf-8")
    found = cs.parse(path).facts.filter(cs.Facts.kind.col == cs.FactKind.PACKAGE_SET)
    return found["text"].to_list()


@pytest.mark.parametrize("manager", PACKAGE_MANAGERS, ids=NAMES)
def test_a_sample_is_read(tmp_path: Path, manager: Manager) -> None:
    count = manager.packages if isinstance(manager.packages, int) else len(manager.packages)
    assert any(
        text.startswith(f"{manager.name} {count} packages")
        for text in said(tmp_path / "a.log", manager.sample)
    )


def test_the_same_set_has_the_same_fingerprint_in_any_order(tmp_path: Path) -> None:
    one, other, newer = said(
        tmp_path / "a.log",
        "Successfully installed a-1.0 b-2.0",
        "Successfully installed b-2.0 a-1.0",
        "Successfully installed a-1.1 b-2.0",
    )
    assert one == other != newer
    assert re.fullmatch(r"pip 2 packages [0-9a-f]{20}", one)
