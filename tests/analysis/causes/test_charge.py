from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from cachestats.analysis.causes.charge import CLASSES, charged
from cachestats.schema import Cause, Confidence, MissClass, Steps


def charge(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    """What becomes of misses of one layer a run; the first step is the root of all."""
    filled = [
        {
            "run_id": "r1",
            "step_no": number,
            "at": 1,
            "text": "RUN make",
            "instruction": "RUN",
            "inputs": [],
            "lineage_id": f"l{number}",
            "cause": Cause.CONTENT_CHANGE,
            "confidence": Confidence.HIGH,
            "is_root": number == 1,
            "root_step_nos": [1],
            "text_then": "RUN make",
            "installs_alone": None,
            **row,
        }
        for number, row in enumerate(rows, 1)
    ]
    enums = {
        "cause": pl.Enum(Cause),
        "confidence": pl.Enum(Confidence),
        "inputs": pl.List(pl.String),
        "root_step_nos": pl.List(pl.Int32),
        "step_no": pl.Int32(),
        "installs_alone": pl.Boolean(),
        "instruction": Steps.instruction.dtype,
    }
    frame = pl.DataFrame(filled, schema_overrides=enums)
    return charged(frame).sort("run_id", "step_no").to_dicts()


EDITED = {"cause": Cause.INSTRUCTION_EDIT, "text": "RUN make all"}


def test_every_cause_has_a_class() -> None:
    assert set(CLASSES) == set(Cause)


def test_a_cascade_has_the_class_of_its_root_and_names_it() -> None:
    _, below = charge({"cause": Cause.COLD_BUILDER}, {})
    assert below["cause"] == Cause.CASCADE
    assert below["class"] == MissClass.AVOIDABLE
    assert (below["root_step_no"], below["root_cause"]) == (1, Cause.COLD_BUILDER)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"installs_alone": True}, MissClass.STRUCTURAL),
        ({"installs_alone": False}, MissClass.LEGITIMATE),
        ({"installs_alone": None}, MissClass.LEGITIMATE),
        ({"installs_alone": True, **EDITED}, MissClass.LEGITIMATE),
    ],
)
def test_packages_do_not_depend_on_source(row: dict[str, Any], kind: MissClass) -> None:
    assert charge({}, row)[1]["class"] == kind


PIP = {"text": "RUN pip install -r /tmp/requirements.txt", "installs_alone": True}
NPM = {"text": "RUN npm ci", "installs_alone": True}


def below_copy(text: str, row: dict[str, Any]) -> str:
    """Class of a step below a COPY that other files came in by."""
    return str(
        charge({"text": text, "instruction": text.split(" ", maxsplit=1)[0]}, row)[1]["class"]
    )


@pytest.mark.parametrize(
    ("copy", "row"),
    [
        ("COPY requirements.txt /tmp/", PIP),
        ("COPY --link --chown=1:1 ./app/requirements.txt /tmp/", PIP),
        ('COPY ["requirements.txt", "/tmp/"]', PIP),
        ("ADD deps.txt /tmp/", {**PIP, "text": "RUN pip install -r deps.txt -t /deps"}),
        ("COPY requirements.txt constraints.txt ./", PIP),
        ("COPY package.json package-lock.json .npmrc* ./", NPM),
        ("COPY package*.json ./", NPM),
        ("COPY go.mod go.sum ./", {**NPM, "text": "RUN --mount=type=cache go mod download"}),
        ("COPY poetry.lock pyproject.toml /", {**NPM, "text": "RUN poetry install --no-root"}),
    ],
)
def test_manifests_alone_that_changed_are_what_an_installation_reads(
    copy: str, row: dict[str, Any]
) -> None:
    assert below_copy(copy, row) == MissClass.LEGITIMATE


@pytest.mark.parametrize(
    ("copy", "row"),
    [
        ("COPY . .", PIP),
        ("COPY requirements.txt src/ /tmp/", PIP),
        ("COPY requirements.txt setup.txt /tmp/", PIP),
        ("COPY package.json ./", PIP),
        ("COPY requirements.txt ./", NPM),
        ("COPY requirements /tmp/", PIP),
        ("COPY apt.list /etc/", {**PIP, "text": "RUN apt-get update && apt-get install -y gcc"}),
    ],
)
def test_of_a_copy_of_more_the_packages_tell(copy: str, row: dict[str, Any]) -> None:
    assert below_copy(copy, row) == MissClass.STRUCTURAL


def test_any_root_may_bring_manifests() -> None:
    files = {"text": "COPY src src", "instruction": "COPY"}
    manifest = {"text": "COPY package.json .", "instruction": "COPY", "is_root": True}
    rows = files, {**manifest, "root_step_nos": [2]}, {**NPM, "root_step_nos": [1, 2]}
    assert charge(*rows)[2]["class"] == MissClass.LEGITIMATE
    evicted = {**rows[1], "cause": Cause.EVICTED}
    assert charge(rows[0], evicted, rows[2])[2]["class"] == MissClass.STRUCTURAL


def test_what_shows_in_the_step_alone_is_its_own_cause() -> None:
    assert charge({}, {"cause": Cause.VOLATILE_VALUE})[1]["own_cause"] == Cause.VOLATILE_VALUE
    assert charge({}, {"cause": Cause.EVICTED})[1]["own_cause"] is None


@pytest.mark.parametrize(("times", "kind"), [(2, "legitimate"), (3, "structural")])
def test_an_environment_that_changes_often_is_structural(times: int, kind: str) -> None:
    rows = [
        {"run_id": f"r{n}", "step_no": 1, "at": n, "lineage_id": "l", "is_root": True}
        | {"cause": Cause.ENVIRONMENT_CHANGE if n < times else Cause.EVICTED}
        for n in range(5)
    ]
    assert [row["class"] for row in charge(*rows)][:times] == [kind] * times
