from __future__ import annotations

import pytest

from cachestats.logs.builders import BUILDERS, builder_of
from tests.logs.logs import BUILD, parsed, rejects

SAMPLES = [(builder.name, sample) for builder in BUILDERS for sample in builder.samples]


@pytest.mark.parametrize(("name", "sample"), SAMPLES)
def test_each_sample_names_its_builder(name: str, sample: str) -> None:
    log = f"$ ./ci.sh\n{sample}\n"
    assert builder_of(log.encode()) == name
    assert parsed(log).steps.is_empty()
    assert rejects(log) == [(None, f"output of {name}, not of BuildKit")]


@pytest.mark.parametrize("name", ["buildah", "podman"])
def test_the_command_tells_which_of_two_it_was(name: str) -> None:
    assert builder_of(f"$ {name} build .\nSTEP 1/2: FROM alpine\n".encode()) == name


def test_a_program_of_a_build_may_print_the_like() -> None:
    assert rejects(f"{BUILD}#4 4.1 Step 3/7 : RUN a\n") == []


@pytest.mark.parametrize("log", ["", "Step one: RUN\n", "INFO[0001] starting\n"])
def test_other_words_name_none(log: str) -> None:
    assert builder_of(log.encode()) is None
