"""What a RUN must be to have nothing to do with the files above it."""

from __future__ import annotations

import polars as pl
import pytest

from cachestats.analysis.causes.installed import installs_alone
from cachestats.schema import FactKind, Facts, Instruction

SYSTEM = (
    "apt-get update && apt-get install -y gcc libpq-dev && rm -rf /var/lib/apt/lists/*",
    "set -eux; DEBIAN_FRONTEND=noninteractive apt-get -y install jq >/dev/null 2>&1 || true",
    "apt-get install -y -t stable git/stable",
    "apk add --no-cache --virtual .build-deps gcc musl-dev",
    "sudo dnf -y install jq && dnf clean all",
    "--mount=type=cache,target=/var/cache/apt apt-get -o Retries=3 update && apt-get install -y jq",
    'echo "deb https://x.org/apt a; b" > /etc/apt/sources.list.d/x.list && apt-get install -y x',
)
PACKAGES = (
    "pip install flask",
    "python3 -m pip install --no-cache-dir -r /tmp/requirements.txt",
    "apt-get update && apt-get install -y gcc && /venv/bin/pip3.12 install 'flask<4' gunicorn",
    "pip install --target=/install git+https://github.com/x/y.git https://x.org/z-1.0.tar.gz",
    "npm ci && npm cache clean --force",
    "npm --prefix web ci",
    "npm install -g @angular/cli",
    "yarn --frozen-lockfile",
    "go mod download",
)
OTHERS = (
    "apt-get update && apt-get install -y build-essential && make -j4 all",
    "apt-get install -y /tmp/app.deb",
    "apt-get install -y ./app.deb",
    "apt-get install -y $(cat packages.txt)",
    "xargs apt-get install -y < packages.txt",
    "<<EOF (apt-get update && apt-get install -y gcc)",
    "apt-get update && apt-get install -y --no-install-recommends gcc libp...",
    "pip install .",
    "pip install '.[dev]'",
    "pip install -e .",
    "pip install libs/common",
    "pip install /wheels/*.whl",
    "pip install --no-index --find-links=/wheels flask",
    "npm ci && npm run build",
    "npm install ../shared",
    "npm run install",
    "go build ./...",
    "cargo build --release",
)


def alone(text: str, *sets: str) -> bool:
    """Whether a step of this text that misses each time with these packages installs alone."""
    runs = [f"r{n}" for n in range(len(sets))] or ["r0"]
    size = len(runs)
    missed = pl.DataFrame(
        {
            "run_id": runs,
            "step_no": [1] * size,
            "instruction": [Instruction.RUN] * size,
            "text": [f"RUN {text}"] * size,
            "lineage_id": ["l"] * size,
            "at": range(size),
        },
        schema_overrides={"step_no": Facts.step_no.dtype, "instruction": pl.Enum(Instruction)},
    )
    told = [
        {"run_id": run, "step_no": 1, "kind": FactKind.PACKAGE_SET, "text": one}
        for run, one in zip(runs, sets, strict=False)
    ]
    found = installs_alone(missed, pl.DataFrame(told, schema=Facts.dtypes()))
    return bool(found.filter(run_id=runs[-1])["installs_alone"].item())


ONE, OTHER = (f"pip 3 packages {name * 20}" for name in "ab")


@pytest.mark.parametrize("text", SYSTEM)
def test_packages_of_the_system_read_no_file(text: str) -> None:
    assert alone(text)


@pytest.mark.parametrize("text", PACKAGES)
def test_packages_of_a_project_are_known_by_what_was_installed(text: str) -> None:
    assert alone(text, ONE, ONE)
    assert not alone(text, ONE, OTHER)
    assert not alone(text)


@pytest.mark.parametrize("text", OTHERS)
def test_what_builds_or_installs_files_depends_on_them(text: str) -> None:
    assert not alone(text, ONE, ONE)
