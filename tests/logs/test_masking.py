from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from cachestats.logs.masking import MASKED, unmasked

if TYPE_CHECKING:
    from pathlib import Path

LOG = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s

#2 [1/3] FROM debian
#2 DONE 0.1s

#3 [2/3] COPY . .
#3 CACHED

#4 [3/3] RUN make
#4 0.5 step #3 of ***
#4 DONE 2.5s
"""


@pytest.mark.parametrize("secret", ["2", "3", "4"])
def test_a_masked_number_is_the_one_that_is_missing(tmp_path: Path, secret: str) -> None:
    whole = tmp_path / "whole.log"
    whole.write_text(LOG, "utf-8")
    masked = tmp_path / "masked.log"
    masked.write_text(LOG.replace(f"#{secret} ", "#*** "), "utf-8")
    expected, found = cs.parse(whole), cs.parse(masked)
    columns = [cs.Steps.step_no.name, cs.Steps.name.name, cs.Steps.outcome.name]
    assert found.steps.select(columns).rows() == expected.steps.select(columns).rows()
    assert found.runs[cs.Runs.warnings.name].to_list() == [[MASKED]]


def test_a_secret_inside_numbers_hides_all_of_them() -> None:
    shown = b"".join(b"#%d x\n" % n for n in range(1, 25) if b"2" not in b"%d" % n)
    hidden = b"#*** x\n#1*** x\n#***3 x\n"
    assert unmasked(shown + hidden) == shown + b"#2 x\n#12 x\n#23 x\n"


@pytest.mark.parametrize(
    "data",
    [
        b"#1 a\n#2 b\n",
        b"#1 a\n#2 *** b\n",
        b"#1 a\n#5 b\n#*** c\n",  # 2, 3 or 4
        b"#***\n",
    ],
)
def test_what_is_not_masked_or_could_be_several_stays(data: bytes) -> None:
    assert unmasked(data) is None
