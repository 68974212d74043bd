"""Package managers of Python."""

from __future__ import annotations

from typing import Final

from cachestats.advice.dockerfile.manager import Cache, Manager

__all__ = ["PYTHON"]

_VENV_CLASHES = (".venv is in .dockerignore",)
_PIP_CHECKS = ("the requirements name no other file (-r, -c, -e, ./path)",)
_PROJECTS = ("pyproject.toml", "setup.py", "setup.cfg")
_WHEELS = ("*.whl", "wheels", "wheelhouse")
_REQUIREMENTS = ("requirements*", "*requirements*.txt", "constraints*", "*constraints*.txt")
_PIP_INPUTS = (*_REQUIREMENTS, "pip.conf", *_PROJECTS, *_WHEELS)

PYTHON: Final = (
    Manager(
        name="uv",
        installs=r"^uv (?:sync|pip (?:install|sync)|tool install)\b",
        reads_project=(
            r"^uv sync(?!.*--no-install-(?:project|workspace))"
            r"|(?:^| )(?:-[bef]|--(?:editable|find-links|no-index|directory|project|package|script"
            r"|config-file|build-constraints?|overrides?|excludes?|with-(?:editable|requirements)))"
        ),
        manifest_options=("-r", "--requirement", "--requirements", "-c", "--constraint"),
        manifests=("pyproject.toml", "uv.lock"),
        inputs=(*_PIP_INPUTS, "uv.lock", "uv.toml", ".python-version"),
        outputs=(".venv",),
        caches=(Cache(target="/root/.cache/uv"),),
        cache_variable="UV_CACHE_DIR",
        defeating_flags=(("--no-cache", ""),),
        defeating_paths=r"^(?:/root|~)/\.cache(?:/uv)?(?:/.*)?$",
        defeating_commands=r"^uv cache (?:clean|prune)",
        off_switches=("UV_NO_CACHE",),
        checks=_PIP_CHECKS,
        clashes=_VENV_CLASHES,
    ),
    Manager(
        name="pip",
        installs=r"^pip[\d.]* (?:.* )?(?:install|wheel|download)\b",
        reads_project=(
            r"(?:^| )(?:-[ef]|--(?:editable|find-links|no-index|(?:client-)?cert|config-settings?"
            r"|build-constraints?))"
        ),
        manifest_options=("-r", "--requirement", "-c", "--constraint"),
        inputs=_PIP_INPUTS,
        caches=(Cache(target="/root/.cache/pip"),),
        cache_variable="PIP_CACHE_DIR",
        defeating_flags=(("--no-cache-dir", ""),),
        defeating_paths=r"^(?:/root|~)/\.cache(?:/pip)?(?:/.*)?$",
        defeating_commands=r"^pip[\d.]* cache (?:purge|remove)",
        off_switches=("PIP_NO_CACHE_DIR",),
        checks=_PIP_CHECKS,
    ),
    Manager(
        name="poetry",
        installs=r"^poetry (?:.* )?(?:install|sync)\b",
        reads_project=r"^poetry (?!.*--no-root)|(?:^| )(?:-[CP]|--(?:directory|project))",
        manifests=("pyproject.toml", "poetry.lock", "poetry.toml*"),
        inputs=("poetry.lock", "poetry.toml", *_PROJECTS, *_WHEELS),
        outputs=(".venv",),
        caches=(Cache(target="/root/.cache/pypoetry"),),
        cache_variable="POETRY_CACHE_DIR",
        defeating_flags=(("--no-cache", ""),),
        defeating_paths=r"^(?:/root|~)/\.cache(?:/pypoetry)?(?:/.*)?$",
        defeating_commands=r"^poetry cache clear",
        checks=("pyproject.toml has no path dependencies",),
        clashes=_VENV_CLASHES,
    ),
    Manager(
        name="pipenv",
        installs=r"^pipenv (?:.* )?(?:install|sync)\b",
        reads_project=r"(?:^| )(?:-[er]|--(?:editable|requirements))",
        manifests=("Pipfile", "Pipfile.lock"),
        inputs=("Pipfile*", *_PROJECTS, *_WHEELS),
        outputs=(".venv",),
        caches=(Cache(target="/root/.cache/pip"), Cache(target="/root/.cache/pipenv")),
        defeating_paths=r"^(?:/root|~)/\.cache(?:/pip(?:env)?)?(?:/.*)?$",
        off_switches=("PIP_NO_CACHE_DIR",),
        checks=("the Pipfile has no path dependencies",),
        clashes=_VENV_CLASHES,
    ),
    Manager(
        name="conda",
        installs=r"^(?:conda|mamba|micromamba) (?:.* )?(?:install|create|env (?:create|update))\b",
        # Without a file it takes environment.yml.
        reads_project=r"^\w+ (?:.* )?env (?:create|update)(?!.* (?:-f|--file))",
        manifest_options=("-f", "--file"),
        inputs=("environment*", "conda-lock*", ".condarc", *_PIP_INPUTS),
        caches=(Cache(target="/opt/conda/pkgs"),),
        defeating_paths=r"^/opt/conda/pkgs(?:/.*)?$",
        defeating_commands=r"^(?:conda|mamba|micromamba) clean",
        checks=("the environment file has no local pip requirements (-r, -e, ./path)",),
    ),
)
"""In the order in which they are tried: `uv pip` is no pip."""
