"""Package managers: what installs, what an installation reads, where its cache is.

Commands are matched as `shell.normal` words them: `pip install -r requirements.txt`, whether it
was `/opt/venv/bin/pip`, `python3 -m pip` or `PIP_ROOT_USER_ACTION=ignore pip`.
"""

from __future__ import annotations

from typing import Final

from cachestats.advice.dockerfile.manager import Cache, Manager
from cachestats.advice.dockerfile.python_managers import PYTHON

__all__ = ["APT", "MANAGERS"]

_NODE_CLASHES = ("node_modules is in .dockerignore",)
_NODE_CHECKS = (
    "the scripts that npm runs at installation (postinstall, prepare) need no file of the project",
    "package.json names no folder of the project (workspaces, file:)",
)
# What scripts of well-known packages read at installation: patch-package, prisma.
_NODE_SCRIPTS = ("patches", "*.patch", "prisma", "*.prisma")
_NODE_INPUTS = ("package.json", ".npmrc", "*.tgz", *_NODE_SCRIPTS)


APT = Manager(
    name="apt",
    installs=r"^apt(?:-get)? (?:.* )?install\b",
    reads_project=r"(?:^| )(?:-c|--config-file)",
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
    *PYTHON,
    Manager(
        name="npm",
        installs=r"^npm (?:.* )?(?:ci|clean-install|install|i)\b",
        # `npm install PACKAGE` writes package.json as well.
        reads_project=(
            r"^npm (?!.*(?:-g|--global)\b)(?:-\S+ )*(?:install|i) (?:.* )?(?!-)\S"
            r"|(?:^| )(?:-[Cw]|--(?:prefix|workspaces?|userconfig|globalconfig|cafile|cert|key))\b"
        ),
        manifests=("package.json", "package-lock.json", "npm-shrinkwrap.json*", ".npmrc*"),
        inputs=(*_NODE_INPUTS, "package-lock.json", "npm-shrinkwrap.json"),
        outputs=("node_modules",),
        caches=(Cache(target="/root/.npm"),),
        cache_variable="NPM_CONFIG_CACHE",
        defeating_paths=r"^(?:/root|~)/\.npm(?:/.*)?$",
        defeating_commands=r"^npm cache (?:clean|clear|rm)",
        checks=_NODE_CHECKS,
        clashes=_NODE_CLASHES,
    ),
    Manager(
        name="yarn",
        installs=r"^yarn(?: install)?(?: --?\S+)*$|^yarn global add\b",
        reads_project=r"(?:^| )--(?:cwd|use-yarnrc|cafile)\b",
        manifests=("package.json", "yarn.lock", ".npmrc*", ".yarnrc*"),
        inputs=(*_NODE_INPUTS, "yarn.lock", ".yarnrc*", ".yarn", ".pnp*"),
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
        clashes=_NODE_CLASHES,
    ),
    Manager(
        name="pnpm",
        installs=r"^pnpm (?:.* )?(?:install|i|fetch)\b",
        reads_project=(
            r"(?:^| )(?:-[Cr]|--(?:dir|prefix|filter|recursive|lockfile-dir|userconfig|cafile))\b"
        ),
        manifests=("package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml*", ".npmrc*"),
        inputs=(*_NODE_INPUTS, "pnpm-lock.yaml", "pnpm-workspace.yaml", ".pnpmfile*"),
        outputs=("node_modules",),
        caches=(Cache(target="/root/.local/share/pnpm/store"),),
        defeating_paths=r"^/root/\.local/share/pnpm(?:/.*)?$",
        defeating_commands=r"^pnpm store prune",
        checks=_NODE_CHECKS,
        clashes=_NODE_CLASHES,
    ),
    Manager(
        name="go",
        installs=r"^go mod download\b",
        reads_project=r"(?:^| )--?(?:C|modfile|overlay)\b",
        manifests=("go.mod", "go.sum"),
        inputs=("go.mod", "go.sum", "go.work", "go.work.sum"),
        caches=(Cache(target="/go/pkg/mod"),),
        is_result=True,
        checks=("go.mod replaces no module by a local path",),
    ),
    Manager(
        name="cargo",
        installs=r"^cargo (?:.* )?fetch\b",
        reads_project=r"(?:^| )(?:-C|--(?:manifest-path|config))\b",
        manifests=("Cargo.toml", "Cargo.lock"),
        inputs=("Cargo.toml", "Cargo.lock", ".cargo", "rust-toolchain*"),
        caches=(Cache(target="/usr/local/cargo/registry"),),
        is_result=True,
        unsplittable="cargo wants the sources of each target beside Cargo.toml",
    ),
    Manager(
        name="maven",
        installs=r"^mvnw? (?:.* )?dependency:(?:go-offline|resolve\S*)",
        reads_project=(
            r"(?:^| )(?:-f|--file|-pl|--projects|-g?s|--(?:global-)?settings|-t|--toolchains)\b"
        ),
        manifests=("pom.xml", ".mvn*"),
        inputs=("pom.xml", ".mvn", "settings.xml"),
        outputs=("target",),
        caches=(Cache(target="/root/.m2"),),
        is_result=True,
        unsplittable="a pom.xml can have modules, each with a pom.xml of its own",
    ),
    Manager(
        name="gradle",
        installs=r"^gradlew? (?:.* )?dependencies\b",
        reads_project=(
            r"(?:^| )(?:-[pbcI]|--(?:project-dir|build-file|settings-file|init-script"
            r"|include-build))\b"
        ),
        manifests=("build.gradle*", "settings.gradle*"),
        inputs=(
            *("*.gradle", "*.gradle.kts", "gradle", "gradle.properties", "gradle.lockfile"),
            *("buildSrc", "*.versions.toml"),
        ),
        outputs=("build", ".gradle"),
        caches=(Cache(target="/root/.gradle"),),
        is_result=True,
        unsplittable="a Gradle build can have projects and scripts of its own",
    ),
    Manager(
        name="bundler",
        installs=r"^bundle(?: _[\d.]+_)? install\b",
        reads_project=r"(?:^| )--gemfile\b",
        manifests=("Gemfile", "Gemfile.lock"),
        inputs=("Gemfile*", "*.gemspec", "gems.rb", "gems.locked", ".bundle", ".ruby-version"),
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
        reads_project=(
            r"^composer (?!.*--no-autoloader)|^composer (?!.*--no-scripts)"
            r"|(?:^| )(?:-d|--working-dir)"
        ),
        manifests=("composer.json", "composer.lock"),
        inputs=(
            "composer.json",
            "composer.lock",
            "auth.json",
            "symfony.lock",
            "patches",
            "*.patch",
        ),
        outputs=("vendor",),
        caches=(Cache(target="/root/.composer/cache"),),
        defeating_flags=(("--no-cache", ""),),
        defeating_paths=r"^(?:/root|~)/\.composer(?:/cache)?(?:/.*)?$",
        defeating_commands=r"^composer (?:clear-?cache|cc)$",
        off_switches=("COMPOSER_CACHE_DIR", "COMPOSER_HOME"),
        checks=("composer.json has no path repositories",),
        clashes=("vendor is in .dockerignore",),
    ),
    Manager(
        name="nuget",
        installs=r"^dotnet (?:.* )?restore\b",
        reads_project=r"(?:^| )--configfile\b",
        manifests=("*.csproj", "*.sln"),
        inputs=(
            *("*.csproj", "*.fsproj", "*.vbproj", "*.sln", "*.slnx", "*.props", "*.targets"),
            *("[Nn]u[Gg]et.[Cc]onfig", "global.json", "packages.config", "packages.lock.json"),
        ),
        outputs=("obj",),
        caches=(Cache(target="/root/.nuget/packages"),),
        is_result=True,
        unsplittable="a restore reads the project files of every referenced project",
    ),
)
"""All known managers; the first whose `installs` matches a command is the one that runs it."""
