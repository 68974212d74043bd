"""What a step reads, as its text and its mounts tell."""

from __future__ import annotations

import polars as pl
import pytest

from cachestats.reads import COPIED_FROM, copied_sources, is_link, reads_context
from cachestats.schema import Instruction
from tests.builders import steps

CONTEXT = "--mount=type=bind,source=requirements.txt,target=/r"


def of(text: str, expr: pl.Expr, instruction: Instruction | None = None) -> object:
    mounts = [word[len("--mount=") :] for word in text.split() if word.startswith("--mount=")]
    row = steps(
        text=[text],
        instruction=[instruction or Instruction(text.split(maxsplit=1)[0])],
        mounts=[mounts],
    )
    return row.select(expr).collect().item()


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("COPY . .", True),
        ("COPY --link --chown=1:1 a b", True),
        ("ADD https://example.org/x /x", True),
        ("COPY --from=build /a /b", False),
        ("COPY --chown=1:1 --from=build /a /b", False),
        ("COPY <<EOF /etc/x", False),
        (f"RUN {CONTEXT} pip install", True),
        (f"RUN {CONTEXT},from=build pip install", False),
        ("RUN --mount=type=cache,target=/root pip install", False),
        ("RUN cp --from=build .", False),
    ],
)
def test_what_reads_the_context(text: str, *, reads: bool) -> None:
    assert of(text, reads_context()) is reads


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("COPY --from=Build /a /b", ["build"]),
        ("COPY --from=0 /a /b", ["stage-0"]),
        ("COPY --from=docker.io/nginx:1 /a /b", ["docker.io/nginx:1"]),
        ("RUN --mount=type=bind,from=deps,target=/d --mount=from=x,target=/x a", ["deps", "x"]),
        ("RUN make", []),
    ],
)
def test_what_is_copied_from(text: str, named: list[str]) -> None:
    found = of(text, COPIED_FROM)
    assert isinstance(found, pl.Series)
    assert found.to_list() == named


@pytest.mark.parametrize(
    ("text", "sources"),
    [("COPY --link a b /c/", "a b"), ("COPY . .", "."), ("RUN cp a b", None)],
)
def test_what_a_copy_reads(text: str, sources: str | None) -> None:
    assert of(text, copied_sources()) == sources


def test_a_link_is_an_option_and_no_word() -> None:
    assert of("COPY --chown=1 --link a b", is_link()) is True
    assert of("COPY --link=true --chown=1 a b", is_link()) is True
    assert of("ONBUILD COPY --link a b", is_link(), Instruction.COPY) is True
    assert of("COPY a --link", is_link()) is False
    assert of("COPY --link=false a b", is_link()) is False
    assert of("RUN uv pip install --link-mode=copy -r a", is_link()) is False
