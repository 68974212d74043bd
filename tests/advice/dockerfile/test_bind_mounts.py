"""Files are mounted only for an installation that neither writes nor removes them."""

from __future__ import annotations

import pytest

from cachestats.advice.dockerfile import EditKind
from tests.advice.dockerfile.outcomes import checks, outcome

NPM = "package.json package-lock.json"


def stage(copy: str, run: str, above: str = "") -> str:
    """A stage whose files nobody else wants."""
    return f"FROM a AS b\nWORKDIR /x\n{above}COPY {copy} ./\nRUN {run}\nFROM c\n"


@pytest.mark.parametrize(
    ("copy", "run"),
    [
        (NPM, "npm install"),
        (NPM, "npm i --omit=dev"),
        ("package.json yarn.lock", "yarn"),
        ("package.json yarn.lock", "yarn install --production"),
        ("package.json pnpm-lock.yaml", "pnpm install"),
        ("package.json pnpm-lock.yaml", "pnpm install --no-frozen-lockfile"),
        ("package.json pnpm-lock.yaml", "pnpm i --frozen-lockfile=false"),
        ("Gemfile Gemfile.lock", "bundle install"),
        ("Gemfile Gemfile.lock", "bundle config set frozen false && bundle install"),
        ("pyproject.toml poetry.lock", "poetry install --no-root"),
        ("Pipfile Pipfile.lock", "pipenv install"),
        ("composer.json composer.lock", "composer install --no-scripts --no-autoloader"),
        ("Cargo.toml Cargo.lock", "cargo fetch"),
        ("pyproject.toml uv.lock", "uv sync --no-install-project"),
    ],
)
def test_what_an_installation_may_write_stays_copied(copy: str, run: str) -> None:
    text = stage(copy, run)
    after, reason = outcome(text, EditKind.BIND_MOUNT)
    assert after == text
    assert "may write it" in reason


@pytest.mark.parametrize(
    ("copy", "run", "above"),
    [
        (NPM, "npm ci", ""),
        (NPM, "npm --no-audit ci --omit=dev", ""),
        ("package.json yarn.lock", "yarn install --frozen-lockfile", ""),
        ("package.json yarn.lock", "yarn --immutable", ""),
        ("package.json pnpm-lock.yaml", "pnpm i --frozen-lockfile", ""),
        ("package.json pnpm-lock.yaml", "pnpm fetch", ""),
        ("Gemfile Gemfile.lock", "bundle install --frozen", ""),
        ("Gemfile Gemfile.lock", "bundle config set --local frozen 'true' && bundle install", ""),
        ("Gemfile Gemfile.lock", "bundle install", "ENV BUNDLE_DEPLOYMENT=1\n"),
        ("Gemfile Gemfile.lock", "bundle install", "RUN bundle config --global frozen 1\n"),
        ("Cargo.toml Cargo.lock", "cargo fetch --locked", ""),
        ("pyproject.toml uv.lock", "uv sync --frozen --no-install-project", ""),
        ("pyproject.toml uv.lock", "uv sync --locked --no-install-project", ""),
        ("pyproject.toml uv.lock", "uv sync --no-install-project", "ENV UV_FROZEN=1\n"),
        ("go.mod go.sum", "go mod download", ""),
        ("r.txt", "pip install -r r.txt", ""),
        ("environment.yml", "conda env create -f environment.yml", ""),
    ],
)
def test_what_an_installation_only_reads_is_mounted(copy: str, run: str, above: str) -> None:
    after, _ = outcome(stage(copy, run, above), EditKind.BIND_MOUNT)
    assert "COPY" not in after
    assert after.count("--mount=type=bind") == len(copy.split())


def test_what_corepack_may_write_is_said() -> None:
    text = stage("package.json yarn.lock", "corepack enable && yarn --immutable")
    assert "corepack writes it" in checks(text, EditKind.BIND_MOUNT)


@pytest.mark.parametrize("gone", ["*", "r.txt /tmp/*", "x /tmp/r.txt", "r.???"])
def test_a_file_that_the_run_may_remove_is_not_mounted(gone: str) -> None:
    run = f"pip install -r /tmp/r.txt && rm -rf /tmp/{gone}"
    text = f"FROM a AS b\nCOPY r.txt /tmp/\nRUN {run}\nFROM c\n"
    after, reason = outcome(text, EditKind.BIND_MOUNT)
    assert after == text
    assert "line 3 may remove it" in reason
