"""Package managers: what installs, what an installation reads, where its cache is.

Commands are matched as `shell.normal` words them: `pip install -r requirements.txt`, whether it
was `/opt/venv/bin/pip`, `python3 -m pip` or `PIP_ROOT_USER_ACTION=ignore pip`.
"""

from __future__ import annotations

from typing import Final

from cachestats.advice.dockerfile.manager import Cache, Manager

__all__ = ["APT", "MANAGERS"]

_NODE_CHECKS = (
    "node_modules is in .dockerignore",
    "the scripts that npm runs at installation (postinstall, prepare) need no file of the project",
)
_VENV_CHECK = ".venv is in .dockerignore"
_PIP_CHECKS = ("the requirements name no other file (-r, -c, -e, ./path)",)


APT = Manager(
    name="apt",
    installs=r"^apt(?:-get)? (?:.* )?install\b",
    caches=(
        Cache(target="/var/cache/apt", locked=True),
        Cache(target="/var/lib/apt/lists", locked=True),
    ),
    defeating_paths=r"^/var/(?:lib/apt/lists|cache/apt|lib/apt)(?:/.*)?$",
    defeating_commands=r"^apt(?:-get)? (?:-\S+ )*(?:auto|dist)?clean$",
)

MANAGERS: Final = (
    APT,
    Manager(
        name="apk",
        installs=r"^apk (?:.* )?add\b",
        # With this directory apk keeps a cache, without it none.
        caches=(Cache(target="/etc/apk/cache", locked=True),),
        # `--no-cache` fetches the index, too.
        defeating_flags=(("--no-cache", "--update-cache"),),
        defeating_paths=r"^/(?:var/cache/apk|etc/apk/cache)(?:/.*)?$",
        defeating_commands=r"^apk cache clean$",
    ),
    Manager(
        name="dnf",
        installs=r"^(?:microdnf|dnf|dnf5) (?:.* )?install\b",
        caches=(Cache(target="/var/cache/dnf", locked=True),),
        defeating_paths=r"^/var/cache/(?:dnf|yum)(?:/.*)?$",
        defeating_commands=r"^(?:microdnf|dnf|dnf5) (?:-\S+ )*clean all$",
        checks=("dnf keeps packages only with keepcache=True, without it only its index",),
    ),
    Manager(
        name="yum",
        installs=r"^yum (?:.* )?install\b",
        caches=(Cache(target="/var/cache/yum", locked=True),),
        defeating_paths=r"^/var/cache/(?:dnf|yum)(?:/.*)?$",
        defeating_commands=r"^yum (?:-\S+ )*clean all$",
        checks=("yum keeps packages only with keepcache=1, without it only its index",),
    ),
    Manager(
        name="uv",
        installs=r"^uv (?:sync|pip (?:install|sync)|tool install)\b",
        reads_project=(
            r"^uv sync(?!.*--no-install-(?:project|workspace))|(?:^| )(?:-e|--editable)\b"
        ),
        manifest_options=("-r", "--requirement", "--requirements", "-c", "--constraint"),
        manifests=("pyproject.toml", "uv.lock"),
        outputs=(".venv",),
        caches=(Cache(target="/root/.cache/uv"),),
        cache_variable="UV_CACHE_DIR",
        defeating_flags=(("--no-cache", ""),),
        defeating_paths=r"^(?:/root|~)/\.cache(?:/uv)?(?:/.*)?$",
        defeating_commands=r"^uv cache (?:clean|prune)",
        off_switches=("UV_NO_CACHE",),
        checks=(*_PIP_CHECKS, _VENV_CHECK),
    ),
    Manager(
        name="pip",
        installs=r"^pip[\d.]* (?:.* )?(?:install|wheel|download)\b",
        reads_project=r"(?:^| )(?:-e|--editable)\b",
        manifest_options=("-r", "--requirement", "-c", "--constraint"),
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
        reads_project=r"^poetry (?!.*--no-root)",
        manifests=("pyproject.toml", "poetry.lock", "poetry.toml*"),
        outputs=(".venv",),
        caches=(Cache(target="/root/.cache/pypoetry"),),
        cache_variable="POETRY_CACHE_DIR",
        defeating_flags=(("--no-cache", ""),),
        defeating_paths=r"^(?:/root|~)/\.cache(?:/pypoetry)?(?:/.*)?$",
        defeating_commands=r"^poetry cache clear",
        checks=("pyproject.toml has no path dependencies", _VENV_CHECK),
    ),
    Manager(
        name="pipenv",
        installs=r"^pipenv (?:.* )?(?:install|sync)\b",
        reads_project=r"(?:^| )(?:-e|--editable)\b",
        manifests=("Pipfile", "Pipfile.lock"),
        outputs=(".venv",),
        caches=(Cache(target="/root/.cache/pip"), Cache(target="/root/.cache/pipenv")),
        defeating_paths=r"^(?:/root|~)/\.cache(?:/pip(?:env)?)?(?:/.*)?$",
        off_switches=("PIP_NO_CACHE_DIR",),
        checks=("the Pipfile has no path dependencies", _VENV_CHECK),
    ),
    Manager(
        name="conda",
        installs=r"^(?:conda|mamba|micromamba) (?:.* )?(?:install|create|env (?:create|update))\b",
        manifest_options=("-f", "--file"),
        caches=(Cache(target="/opt/conda/pkgs"),),
        defeating_paths=r"^/opt/conda/pkgs(?:/.*)?$",
        defeating_commands=r"^(?:conda|mamba|micromamba) clean",
        checks=("the environment file has no local pip requirements (-r, -e, ./path)",),
    ),
    Manager(
        name="npm",
        installs=r"^npm (?:.* )?(?:ci|clean-install|install|i)\b",
        # `npm install PACKAGE` writes package.json as well.
        reads_project=(
            r"^npm (?!.*(?:-g|--global)\b)(?:-\S+ )*(?:install|i) (?:.* )?(?!-)\S"
            r"|(?:^| )(?:--prefix|-C|-w|--workspaces?)\b"
        ),
        manifests=("package.json", "package-lock.json", ".npmrc*"),
        outputs=("node_modules",),
        caches=(Cache(target="/root/.npm"),),
        cache_variable="NPM_CONFIG_CACHE",
        defeating_paths=r"^(?:/root|~)/\.npm(?:/.*)?$",
        defeating_commands=r"^npm cache (?:clean|clear|rm)",
        checks=_NODE_CHECKS,
    ),
    Manager(
        name="yarn",
        installs=r"^yarn(?: install)?(?: --?\S+)*$|^yarn global add\b",
        reads_project=r"(?:^| )--cwd\b",
        manifests=("package.json", "yarn.lock", ".npmrc*", ".yarnrc*"),
        outputs=("node_modules", ".pnp.cjs"),
        # Where version 1 keeps it as root, and version 2 and later.
        caches=(
            Cache(target="/usr/local/share/.cache/yarn"),
            Cache(target="/root/.yarn/berry/cache"),
        ),
        cache_variable="YARN_CACHE_FOLDER",
        defeating_paths=r"^/usr/local/share/\.cache(?:/yarn)?(?:/.*)?$",
        defeating_commands=r"^yarn cache clean",
        checks=(*_NODE_CHECKS, "the installation needs nothing of .yarn/"),
    ),
    Manager(
        name="pnpm",
        installs=r"^pnpm (?:.* )?(?:install|i|fetch)\b",
        reads_project=r"(?:^| )(?:-C|--dir|--filter|-r|--recursive)\b",
        manifests=("package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml*", ".npmrc*"),
        outputs=("node_modules",),
        caches=(Cache(target="/root/.local/share/pnpm/store"),),
        defeating_paths=r"^/root/\.local/share/pnpm(?:/.*)?$",
        defeating_commands=r"^pnpm store prune",
        checks=_NODE_CHECKS,
    ),
    Manager(
        name="go",
        installs=r"^go mod download\b",
        manifests=("go.mod", "go.sum"),
        caches=(Cache(target="/go/pkg/mod"),),
        is_result=True,
        checks=("go.mod replaces no module by a local path",),
    ),
    Manager(
        name="cargo",
        installs=r"^cargo (?:.* )?fetch\b",
        manifests=("Cargo.toml", "Cargo.lock"),
        caches=(Cache(target="/usr/local/cargo/registry"),),
        is_result=True,
        unsplittable="cargo wants the sources of each target beside Cargo.toml",
    ),
    Manager(
        name="maven",
        installs=r"^mvnw? (?:.* )?dependency:(?:go-offline|resolve\S*)",
        reads_project=r"(?:^| )(?:-f|--file|-pl|--projects)\b",
        manifests=("pom.xml", ".mvn*"),
        outputs=("target",),
        caches=(Cache(target="/root/.m2"),),
        is_result=True,
        unsplittable="a pom.xml can have modules, each with a pom.xml of its own",
    ),
    Manager(
        name="gradle",
        installs=r"^gradlew? (?:.* )?dependencies\b",
        manifests=("build.gradle*", "settings.gradle*"),
        outputs=("build", ".gradle"),
        caches=(Cache(target="/root/.gradle"),),
        is_result=True,
        unsplittable="a Gradle build can have projects and scripts of its own",
    ),
    Manager(
        name="bundler",
        installs=r"^bundle(?: _[\d.]+_)? install\b",
        manifests=("Gemfile", "Gemfile.lock"),
        outputs=("vendor/bundle", ".bundle"),
        caches=(Cache(target="/usr/local/bundle/cache"),),
        defeating_paths=r"^/usr/local/bundle/cache(?:/.*)?$",
        defeating_commands=r"^bundle clean",
        checks=("the Gemfile names no gemspec, path or other file",),
    ),
    Manager(
        name="composer",
        installs=r"^composer (?:.* )?install\b",
        # Without these it runs the project's scripts and lists the project's classes.
        reads_project=r"^composer (?!.*--no-autoloader)|^composer (?!.*--no-scripts)",
        manifests=("composer.json", "composer.lock"),
        outputs=("vendor",),
        caches=(Cache(target="/root/.composer/cache"),),
        defeating_flags=(("--no-cache", ""),),
        defeating_paths=r"^(?:/root|~)/\.composer(?:/cache)?(?:/.*)?$",
        defeating_commands=r"^composer (?:clear-?cache|cc)$",
        off_switches=("COMPOSER_CACHE_DIR", "COMPOSER_HOME"),
        checks=("vendor is in .dockerignore", "composer.json has no path repositories"),
    ),
    Manager(
        name="nuget",
        installs=r"^dotnet (?:.* )?restore\b",
        manifests=("*.csproj", "*.sln"),
        outputs=("obj",),
        caches=(Cache(target="/root/.nuget/packages"),),
        is_result=True,
        unsplittable="a restore reads the project files of every referenced project",
    ),
)
"""All known managers; the first whose `installs` matches a command is the one that runs it."""
