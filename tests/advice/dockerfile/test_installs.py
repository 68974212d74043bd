from __future__ import annotations

import pytest

from cachestats.advice.dockerfile import parse
from cachestats.advice.dockerfile.installs import Installation, installation


def found(run: str) -> Installation | None:
    return installation(parse(f"FROM a\n{run}\n").instructions[1])


@pytest.mark.parametrize(
    ("command", "managers", "manifests"),
    [
        ("apt-get update && apt-get install -y gcc", ["apt"], ()),
        ("apk add --no-cache curl=8.1", ["apk"], ()),
        ("pip install -r a.txt --constraint=b.txt -cc.txt", ["pip"], ("a.txt", "b.txt", "c.txt")),
        ("python3 -m pip install --no-cache-dir flask", ["pip"], ()),
        ("PIP_X=1 /opt/venv/bin/pip3.12 install -r ./r.txt", ["pip"], ("./r.txt",)),
        ("pip install git+https://example.org/x.git 'y @ https://example.org/y'", ["pip"], ()),
        ("pip install --index-url=https://example.org/simple --upgrade ruamel.yaml", ["pip"], ()),
        ("uv sync --frozen --no-install-project", ["uv"], ("pyproject.toml", "uv.lock")),
        ("uv pip install --system -r r.txt", ["uv"], ("r.txt",)),
        ("poetry install --no-root", ["poetry"], ("pyproject.toml", "poetry.lock", "poetry.toml*")),
        ("pipenv sync", ["pipenv"], ("Pipfile", "Pipfile.lock")),
        ("conda env create -f env.yml && conda clean -afy", ["conda"], ("env.yml",)),
        (
            "npm ci",
            ["npm"],
            ("package.json", "package-lock.json", "npm-shrinkwrap.json*", ".npmrc*"),
        ),
        ("npm install -g typescript", ["npm"], ()),
        ("yarn --frozen-lockfile", ["yarn"], ("package.json", "yarn.lock", ".npmrc*", ".yarnrc*")),
        ("go mod download", ["go"], ("go.mod", "go.sum")),
        ("bundle install", ["bundler"], ("Gemfile", "Gemfile.lock")),
        (
            "composer install --no-scripts --no-autoloader",
            ["composer"],
            ("composer.json", "composer.lock"),
        ),
        ("apt-get update && apt-get install -y pip && pip install x", ["apt", "pip"], ()),
        ("python -m venv /opt/venv", [], ()),
        ("apt-get install -y x >/dev/null && rm -rf /var/lib/apt/lists/*", ["apt"], ()),
    ],
)
def test_an_installation_is_pure(
    command: str, managers: list[str], manifests: tuple[str, ...]
) -> None:
    known = found(f"RUN {command}")
    assert known is not None
    assert known.is_pure
    assert [manager.name for manager in known.managers] == managers
    assert known.manifests == manifests


@pytest.mark.parametrize(
    "command",
    [
        "pip install .",
        "pip install -e . -r r.txt",
        "pip install ./vendor/x.whl",
        "pip install -r r.txt && python setup.py build",
        "uv sync --frozen",
        "poetry install",
        "npm install left-pad",
        "npm ci && npm run build",
        "composer install",
        "apt-get install -y ./x.deb",
        "pip install x && rm -rf /srv",
        "pip install .[dev]",
        "pip install libs/common",
        "pip install mylib/",
        "pip install 'x @ file:///app/libs/x'",
        "pip install --no-index --find-links=wheels flask",
        "pip install --find-links wheels flask",
        "pip install -r r.txt --cert=ca.pem",
        "pip install -r r.txt --cert ca.pem",
        "uv pip install .[dev]",
        "uv sync --frozen --no-install-project --directory backend",
        "uv sync --frozen --no-install-project --project=backend",
        "poetry install --no-root --directory=backend",
        "poetry -C backend install --no-root",
        "conda env create",
        "npm ci --userconfig=ci.npmrc",
        "npm ci --cafile=certs/ca.pem",
        "npm ci --prefix backend",
        "yarn install --cwd=backend",
        "pnpm install --lockfile-dir=..",
        "go mod download -modfile=tools/go.mod",
        "cargo fetch --manifest-path backend/Cargo.toml",
        "mvn -s ci.xml dependency:go-offline",
        "gradle -p backend dependencies",
        "bundle install --gemfile=backend/Gemfile",
        "composer install --no-scripts --no-autoloader -d backend",
        "composer install --no-scripts --no-autoloader --working-dir=backend",
        "apt-get -c apt.conf install -y gcc",
    ],
)
def test_what_reads_or_does_more_is_not_pure(command: str) -> None:
    known = found(f"RUN {command}")
    assert known is not None
    assert not known.is_pure


@pytest.mark.parametrize(
    "command",
    [
        "make",
        "pip install x | tee log",
        "pip install $(cat list)",
        "if true; then pip install x; fi && (make)",
        "curl -s x | sh",
        "cd /x && make",
    ],
)
def test_what_is_no_plain_chain_is_not_known(command: str) -> None:
    assert found(f"RUN {command}") is None


def test_a_heredoc_is_a_chain_and_a_script_of_another_program_is_none() -> None:
    shell = found("RUN <<EOF\n# why\nset -e\napt-get update\napt-get install -y \\\n  gcc\nEOF")
    assert shell is not None
    assert shell.is_pure
    assert found("RUN <<EOF\n#!/usr/bin/env python\npip install x\nEOF") is None
    assert found("RUN python <<EOF\npip install x\nEOF") is None


def test_the_list_form_is_one_command() -> None:
    known = found('RUN ["pip", "install", "a && b"]')
    assert known is not None
    assert known.is_pure
