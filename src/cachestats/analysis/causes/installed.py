"""Which misses did nothing but install packages, the same whatever had changed above them."""

from __future__ import annotations

import polars as pl

from cachestats.schema import FactKind, Facts, Instruction, LineageRows, Steps

__all__ = ["installs_alone"]

STEP = (Steps.run_id.name, Steps.step_no.name)
TEXT = Steps.text.name
LINEAGE = LineageRows.lineage_id.name
COMMAND = pl.element()

# A manager, how many packages it installed, and a hash of their names and versions.
_SET = r"^(\S+ \d+ packages [0-9a-f]{20})"

# What is substituted, redirected or cut, or a heredoc of which the log has the first line, may
# read anything.
_HIDDEN = r"\$\(|`|<<|\s<|\.\.\.$"
_OPTIONS_OF_RUN = r"^RUN(?:\s+--[a-z]+=\S+)*\s+"
_OUTPUT = r"\d*&?>>?\s*(?:&\d+|[^\s;&|]+)"
_COMMANDS = r"""(?:[^;&|"'\n]|"[^"]*"|'[^']*')+"""
_BEFORE_NAME = r"^\s*(?:(?:sudo|[A-Za-z_]\w*=\S*)\s+)*(?:\S*/)?(?:python[\d.]*\s+-m\s+)?"
_OPTIONS = r"(?:\s+--(?:prefix|cwd|dir|directory)\s+\S+|\s+-[oC]\s*\S+|\s+-\S+)*"


def _asked(programs: str, commands: str) -> str:
    """A pattern of commands: `apt-get -y install` is one of `apt-get`."""
    return rf"^(?:{programs}){_OPTIONS}\s+(?:{commands})(?:\s|$)"


_OF_SYSTEM = r"apt(?:-get)?|apk|dnf5?|microdnf|yum|zypper|pacman"
_SYSTEM = _asked(_OF_SYSTEM, r"install|add|groupinstall|in|-S\w*")
_PROJECT = "|".join(
    (
        _asked(r"pip[\d.]*|gem|bundle|composer", "install"),
        _asked("uv", r"sync|pip\s+(?:install|sync)"),
        _asked("poetry|pipenv|pdm", "install|sync"),
        _asked("(?:micro)?mamba|conda", r"install|create|env\s+(?:create|update)"),
        _asked("npm|pnpm|yarn", "install|ci|clean-install|i|add|fetch"),
        rf"^yarn{_OPTIONS}\s*$",
        _asked("go|cargo|dotnet", r"mod\s+download|fetch|restore"),
        _asked("mvnw?|gradlew?", r"dependency:\S+|dependencies"),
    )
)
_HOUSEKEEPING = "|".join(
    (
        _asked(
            _OF_SYSTEM,
            "update|upgrade|dist-upgrade|(?:dist|auto)?clean|autoremove|purge|remove|del"
            "|makecache|cache|refresh",
        ),
        _asked(r"pip[\d.]*|uv|poetry|conda|mamba|npm|yarn|pnpm|bundle", "cache|clean|config|store"),
        r"^(?:rm|mkdir|echo|printf|cd|set|export|ln|true|:|corepack|venv|virtualenv)(?:\s|$)",
        r"^(?:useradd|adduser|groupadd|addgroup)\s|^\.\s+\S+/bin/activate$",
    )
)
# Files that are no package: what is installed by them is known by its fingerprint, if at all.
_NO_PACKAGE = (
    r"\S*https?://\S+|\s(?:-[rctC]|--(?:requirement|constraint|target|prefix|root|cache-dir|cwd"
    r"|dir|directory|installroot|file))(?:\s+|=)\S+"
)
_FILE = (
    r"""[\s=]["']?(?:file:|~?/|\$\{?\w+\}?/|\.\.?(?:[/\[\s"']|$))"""
    r"""|\.(?:whl|deb|rpm|apk|gem|tgz|tar\.gz|zip)["']?(?:\s|$)"""
)
# To a manager of the system `git/stable` is a release.
_FILE_OF_PROJECT = rf"""{_FILE}|\s["']?[\w.-]+/|\s(?:-e|--editable)\b"""


def installs_alone(missed: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Find the misses that no change of the files above them could have made another.

    All commands of such a RUN install or tidy up, and none is given a file to install. It installs
    packages of the system, which read nothing of the context, or exactly those that the layer had
    installed when it last missed.

    Args:
        missed: Misses with lineage_id and `at`.
        facts: `Facts`; a `package_set` names the packages by a fingerprint.

    Returns:
        run_id, step_no and `installs_alone`, one row per RUN.
    """
    runs = missed.filter(Steps.instruction.col == Instruction.RUN)
    return (
        runs.select(*STEP, TEXT)
        .join(_of_texts(runs.select(TEXT).unique()), on=TEXT)
        .join(_same_packages(missed, facts), on=STEP, how="left")
        .select(
            *STEP,
            installs_alone=pl.col("is_system")
            | (pl.col("is_pure") & pl.col("same_packages").fill_null(value=False)),
        )
    )


def _of_texts(texts: pl.DataFrame) -> pl.DataFrame:
    """Of each text whether it does nothing but install, and packages of the system alone."""
    script = Steps.text.col.str.replace(_OPTIONS_OF_RUN, "").str.replace_all(_OUTPUT, "")
    commands = script.str.extract_all(_COMMANDS).list.eval(COMMAND.str.replace(_BEFORE_NAME, ""))
    named = COMMAND.str.replace_all(_NO_PACKAGE, "")
    tidies = COMMAND.str.contains(_HOUSEKEEPING) | (COMMAND.str.strip_chars() == "")
    of_system = COMMAND.str.contains(_SYSTEM) & ~named.str.contains(_FILE)
    of_project = COMMAND.str.contains(_PROJECT) & ~named.str.contains(_FILE_OF_PROJECT)
    shown = ~Steps.text.col.str.contains(_HIDDEN)
    return texts.select(
        TEXT,
        is_pure=shown & commands.list.eval(tidies | of_system | of_project).list.all(),
        is_system=shown
        & commands.list.eval(tidies | of_system).list.all()
        & commands.list.eval(of_system).list.any(),
    )


def _same_packages(missed: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Whether a miss, whose packages are known, installed what its layer had installed before."""
    return (
        facts.filter(Facts.kind.col == FactKind.PACKAGE_SET)
        .select(*STEP, Facts.text.col.str.extract(_SET))
        .drop_nulls()
        .group_by(STEP)
        .agg(Facts.text.col.sort().str.join(";"))
        .join(missed.select(*STEP, LINEAGE, "at"), on=STEP)
        .sort(LINEAGE, "at", *STEP)
        .select(
            *STEP,
            same_packages=(Facts.text.col == Facts.text.col.shift(1)).over(LINEAGE),
        )
    )
