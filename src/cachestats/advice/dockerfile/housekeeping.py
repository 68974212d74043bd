"""Commands and variables that go with installations and change nothing in what they read."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["ACCESS", "FILES", "HOUSEKEEPING", "REDIRECTIONS", "WELL_KNOWN"]

HOUSEKEEPING: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?:true|:|set [-+][\w ]+)$",
        r"^echo\b",
        r"^apt(?:-get)? (?:.* )?(?:update|upgrade|dist-upgrade|autoremove|purge|remove)\b",
        r"^apt(?:-get)? (?:-\S+ )*(?:auto|dist)?clean$",
        r"^apk (?:.* )?(?:update|upgrade|del)\b|^apk cache clean$",
        r"^(?:microdnf|dnf|dnf5|yum) (?:.* )?(?:update|upgrade|makecache|clean|remove)\b",
        r"^(?:venv|virtualenv) |^uv (?:venv|cache)\b",
        r"^pip[\d.]* cache (?:purge|remove)|^poetry (?:config|cache)\b",
        r"^(?:conda|mamba|micromamba) (?:clean|config)\b",
        r"^(?:\.|source) \S+/bin/activate$",
        r"^npm (?:cache|config set)\b|^yarn (?:cache|config)\b|^pnpm (?:config|store)\b",
        r"^corepack (?:enable|prepare)\b",
        r"^bundle config\b|^composer (?:clear-?cache|cc|config)\b",
        r"^mkdir (?:-\S+ )*/\S+(?: /\S+)*$",
        r"^(?:useradd|adduser|groupadd|addgroup) ",
    )
)
"""Commands that read none of the user's files and variables but those that they name."""

WELL_KNOWN: Final = re.compile(
    r"PATH|HOME|USER|SHELL|TERM|TMPDIR|TZ|LANG|LANGUAGE|LC_\w+|CI|SOURCE_DATE_EPOCH|XDG_\w+"
    r"|(?i:https?_proxy|ftp_proxy|no_proxy|all_proxy)"
    r"|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_(?:SSH\w*|ASKPASS|CONFIG\w*|TERMINAL\w*)"
    r"|C(?:C|XX|PP|PATH)|C(?:XX|PP)?FLAGS|LDFLAGS|LD_\w+|LIBRARY_PATH|PKG_CONFIG_\w+|MAKE\w*"
    r"|DEBIAN_\w+|DEBCONF_\w+|APT_\w+|DNF_\w+|YUM_\w+"
    r"|PIP_\w+|PYTHON\w*|VIRTUAL_ENV|UV_\w+|POETRY_\w+|PIPENV_\w+|(?:MICRO)?MAMBA_\w+|CONDA_\w+"
    r"|(?i:npm_config_\w+)|NPM_\w+|NODE_\w+|YARN_\w+|PNPM_\w+|COREPACK_\w+"
    r"|GO[A-Z0-9]+|CGO_\w+|CARGO_\w+|RUST\w+|M2_HOME|MAVEN_\w+|MVNW_\w+|JAVA_\w+|JDK_\w+|GRADLE_\w+"
    r"|BUNDLE\w*|GEM_\w+|RUBY\w*|RAILS_ENV|RACK_ENV|COMPOSER\w*|PHP_\w+|DOTNET_\w+|NUGET_\w+"
)
"""Variables that package managers and compilers read without being told to."""

FILES: Final = re.compile(
    r"(?i)\w*(?:cert|ca_bundle|cafile|config_?file|userconfig|globalconfig|netrc)\w*"
)
"""Of these, those whose value is a file or folder that is read."""

REDIRECTIONS: Final = re.compile(
    r"BUNDLE_GEMFILE|COMPOSER|GOWORK|MAVEN_ARGS"
    r"|(?:PIP|UV)_(?:BUILD_)?(?:CONSTRAINT|REQUIREMENT|EDITABLE|FIND_LINKS|NO_INDEX|OVERRIDE)"
    r"|UV_(?:PROJECT|WORKING_DIR(?:ECTORY)?|EXCLUDE)|CARGO_MANIFEST\w*|NPM_CONFIG_WORKSPACES?"
)
"""Of these, those that tell an installation to read other manifests, or more of them."""

ACCESS: Final = re.compile(
    r"(?i)(?:\w+_)?(?:tokens?|pat|password|passwd|passphrase|pass|pwd|secrets?|keys?|apikey|auth"
    r"|authtoken|credentials?|creds?|login|user|username|netrc|registry|registries|index|proxy"
    r"|mirror|repository|repo|feed|artifactory|nexus|codeartifact|npmrc|pypi)(?:_\w+)?"
)
"""Variables that by a part of their names are credentials, or say where packages are.

A `.npmrc`, requirements and the like expand them, by whatever name.
"""
