"""What is masked in the text of a step, and what is not."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachestats.volatile import masked, masked_text

SAME_LAYER = (
    ("COPY app_a1b2c3d4.tar /", "COPY app_0f9e8d7c.tar /"),
    ("RUN release main_a1b2c3d", "RUN release main_0f9e8d7"),
    # git describe, before and after a tag
    ("RUN build --version v1.2.3-5-ga1b2c3d", "RUN build --version v1.2.4-12-g0f9e8d7"),
    ("RUN build --version v1.2.3-5-ga1b2c3d", "RUN build --version v1.2.4"),
    ("RUN echo app-ga1b2c3d", "RUN echo app-g0f9e8d7"),
    ("RUN echo build20261101", "RUN echo build20261125"),
    ("RUN echo build2026-11-01.txt", "RUN echo build2026-11-25.txt"),
    ("RUN echo 2026-11-01_10-20-30", "RUN echo 2026-11-25_08-00-59"),
    ("RUN echo 20261101_102030", "RUN echo 20261125_080059"),
    ("RUN echo build20261101T102030Z", "RUN echo build20261125T080059Z"),
    ("RUN echo 01/11/2026", "RUN echo 25/11/2026"),
    ("RUN echo 2026/11/01", "RUN echo 2026/11/25"),
    ("RUN echo 2026-11-01T10:20:30.123Z", "RUN echo 2026-11-25T08:00:59Z"),
    ("RUN echo 10:20:30", "RUN echo 08:00:59"),
    ("RUN apt-get install python3.11", "RUN apt-get install python3.12"),
    ("ADD https://go.dev/dl/go1.22.5.tar.gz /", "ADD https://go.dev/dl/go1.23.0.tar.gz /"),
    ("RUN x run_id_1234567_of", "RUN x run_id_7654321_of"),
    (
        "RUN x id_123e4567-e89b-12d3-a456-426614174000_y",
        "RUN x id_00000000-e89b-12d3-a456-426614174fff_y",
    ),
    ("RUN pip install a==1.0rc1", "RUN pip install a==1.0rc2"),
    ("RUN pip install a==1.0.0-rc.1", "RUN pip install a==1.0.1"),
)
OTHER_LAYER = (
    ("RUN make t1", "RUN make t2"),
    ("RUN make t_1", "RUN make t_2"),
    ("RUN make t1_a", "RUN make t2_a"),
    ("RUN seq 1000", "RUN seq 2000"),
    ("RUN x86_64-gcc", "RUN aarch64-gcc"),
    ("RUN install node18", "RUN install node20"),
    ("RUN echo __init__", "RUN echo -init-"),
    ("RUN echo feed", "RUN echo beef"),
)


def _masked(text: str) -> str:
    return str(pl.select(masked(pl.lit(text))).item())


@pytest.mark.parametrize(("one", "other"), SAME_LAYER)
def test_volatile_tokens_are_masked(one: str, other: str) -> None:
    assert _masked(one) == _masked(other)


@pytest.mark.parametrize(("one", "other"), OTHER_LAYER)
def test_what_differs_otherwise_stays(one: str, other: str) -> None:
    assert _masked(one) != _masked(other)


@pytest.mark.parametrize("text", ["RUN echo __init__", "RUN apk add build-base", "COPY . ."])
def test_a_text_without_volatile_tokens_is_its_own_mask(text: str) -> None:
    assert _masked(text) == text


@given(st.text(alphabet="ab_gvT0123456789.:/-+ Zrc", max_size=40))
def test_a_column_and_a_text_are_masked_alike(text: str) -> None:
    assert _masked(text) == masked_text(text)
