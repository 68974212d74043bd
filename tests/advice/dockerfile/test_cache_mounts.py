"""Caches are mounted only where no step needs what would lie in the mount."""

from __future__ import annotations

import pytest

from cachestats.advice.dockerfile import EditKind
from cachestats.advice.dockerfile.edits.paths import alternatives, overlaps
from tests.advice.dockerfile.outcomes import checks, outcome

APT = "RUN apt-get update && apt-get install -y gcc"
PIP = "RUN pip install x"


@pytest.mark.parametrize(
    "run",
    [
        f"{APT} && rm -rf /var/cache/* /tmp/*",
        f"{APT} && rm -rf /var/lib/apt/lists/* /var/cache/*",
        f"{APT} && rm -rf /var/{{cache,log}}/*",
        f"{APT} && rm -rf /var/lib/[!d]*",
        f"{APT} && rm -rf /var/lib/a??/lists",
        f"{APT} && find /var/lib/apt/lists -type f -delete",
        f"{APT} && find -L /tmp /var -name x -exec rm -r {{}} +",
        f"{APT} && cd /var && rm -rf cache",
        f"{APT} && cd $D && rm -rf *",
        f"{APT} && rm -rf $DIRS",
        f"{APT} && rm -rf cache",
        f"{APT} && sh -c 'rm -rf /var/cache/*'",
        f"{APT} && sudo -E env rm -rf /var/cache/*",
        f"{APT} && mv /var/cache /old",
        f"{PIP} && rm -rf $HOME/.cache",
        f'{PIP} && rm -rf "${{HOME}}/.cache/pip"',
        f"{PIP} && rm -rf ~root/.cache",
        f"{PIP} && rm -rf /root/.[a-z]*",
        f"{PIP} && rm -rf /root/.cache/{{pip,uv}}",
        f"{PIP} && rm -rf /root/.c*",
        f"RUN if y; then rm -rf /root/.cache/p?p; fi; {PIP[4:]}",
        f"{PIP} && rm -rf /root",
        f"{PIP} && shopt -s dotglob && rm -rf /root/*",
        f"ENV D=/root E='/a /root/.cache'\n{PIP} && rm -rf $D/.cache",
        f"ENV D=/root E='/a /root/.cache'\n{PIP} && rm -rf $E",
        f"ENV D=/a\n{PIP} && D=/root && rm -rf $D/.cache",
        f"ENV PIP_CACHE_DIR=/c\n{PIP} && rm -rf $PIP_CACHE_DIR",
    ],
)
def test_a_run_that_may_remove_the_mount_or_what_is_in_it_gets_none(run: str) -> None:
    text = f"FROM a\n{run}\n"
    after, reason = outcome(text, EditKind.CACHE_MOUNT)
    assert after == text
    assert "gets no cache mount" in reason


@pytest.mark.parametrize(
    "run",
    [
        f"{APT} && rm -rf /tmp/* /var/tmp/* /var/log/*",
        f"{APT} && rm -rf /var/cache/debconf/*-old /var/lib/dpkg/*-old",
        f"{APT} && rm -rf /var/{{tmp,log}}/* $HOME/x",
        f"{APT} && rm -rf src *.deb",
        f"{APT} && cd /tmp && rm -rf *",
        f"{APT} && find /usr/share/doc /tmp -depth -type f -delete",
        f"{APT} && find / -name '*.so' -exec strip {{}} +",
        f"{PIP} && rm -rf /root/*",
        f"{PIP} && rm -rf /root/.cache/torch",
        f"{PIP} && rm -rf /tmp/$X",
        f"ENV D=/srv\n{PIP} && rm -rf $D/tests",
    ],
)
def test_what_is_removed_elsewhere_is_in_no_way(run: str) -> None:
    after, _ = outcome(f"FROM a\n{run}\n", EditKind.CACHE_MOUNT)
    assert "--mount=type=cache" in after
    assert run.rsplit("&& ", 1)[1] in after


@pytest.mark.parametrize(
    "run",
    [
        "apk add --no-cache x && uv pip install --no-cache y",
        "ls /root/.cache && pip install x && rm -rf /root/.cache",
    ],
)
def test_a_word_that_means_something_else_elsewhere_is_not_taken_out(run: str) -> None:
    after, _ = outcome(f"FROM a\nRUN {run}\n", EditKind.CACHE_MOUNT)
    assert "--update-cache" not in after
    assert "ls &&" not in after


def test_what_else_a_removal_took_away_is_said() -> None:
    text = f"FROM a\n{PIP} && python get.py && rm -rf ~/.cache\n"
    assert "what else there is stays" in checks(text)
    assert checks(text.replace(" && python get.py", "")) == ""


@pytest.mark.parametrize(
    "below",
    [
        "FROM c\nCOPY --from=b /root/.cache /root/.cache",
        "FROM c\nCOPY --from=b /root/.cache/pip/http /h",
        "FROM c\nCOPY --from=0 /root/.c*/pip /h",
        "FROM c\nCOPY --from=b / /",
        "FROM c\nCOPY --from=b $D /d",
        "FROM b AS d\nRUN y\nFROM c\nCOPY --from=d /root/.cache/pip /c",
        "FROM b AS d\nFROM d AS e\nFROM c\nCOPY --from=e /root /root",
        "ARG B\nFROM $B AS e\nFROM c\nCOPY --from=e /root /root",
        "FROM c\nRUN --mount=type=bind,from=b,source=/root/.cache/pip,target=/c y",
        "FROM c\nRUN --mount=from=b,target=/c y",
        "FROM c\nRUN --mount=type=cache,from=b,source=/root,target=/c y",
        "RUN cp -r ~/.cache/pip /wheels",
        "RUN if true; then tar c $HOME/.cache/pip; fi",
        "CMD ls /root/.cache/pip",
        'FROM b\nENTRYPOINT ["ls", "/root/.cache/pip"]',
    ],
)
def test_a_cache_that_something_takes_stays_in_the_image(below: str) -> None:
    text = f"FROM a AS b\n{PIP}\n{below}\n"
    after, reason = outcome(text, EditKind.CACHE_MOUNT)
    assert after == text
    assert "gets no cache mount for pip" in reason


@pytest.mark.parametrize(
    "below",
    [
        "FROM c\nCOPY --from=b /root/.cached /root/.local /usr/local/lib /c/",
        "FROM c\nCOPY --from=c /root/.cache /c",
        "FROM b AS d\nFROM c\nENV D=/app\nCOPY --from=d $D /d",
        "FROM c\nRUN --mount=type=bind,from=b,source=/opt,target=/c y",
        "RUN rm -rf /root/.cache/pip",
        "RUN --mount=type=cache,target=/root/.cache/pip ls /root/.cache/pip",
        "FROM c\nRUN ls /root/.cache/pip",
    ],
)
def test_a_cache_that_nothing_takes_is_mounted(below: str) -> None:
    after, _ = outcome(f"FROM a AS b\n{PIP}\n{below}\n", EditKind.CACHE_MOUNT)
    assert "type=cache,target=/root/.cache/pip \\\n    pip install x" in after


def test_two_mounts_do_not_meet() -> None:
    text = f"FROM a\nRUN --mount=type=bind,source=c,target=/root/.cache {PIP[4:]}\n"
    after, reason = outcome(text, EditKind.CACHE_MOUNT)
    assert after == text
    assert "it mounts something else at /root/.cache" in reason


@pytest.mark.parametrize(
    "later",
    [
        "RUN if true; then apt-get install -y gdb; fi",
        "RUN curl x | bash && apt-get install -y nodejs",
        "RUN if x; then apt-get update; fi; apt-get install -y gdb",
        "RUN test x || apt-get update; apt-get install -y gdb",
        "RUN apt install -y $(cat list)",
        "RUN apt-get -y build-dep x",
        "RUN apt-cache policy x",
        "RUN apt-get upgrade -y",
        "RUN <<EOF\nfor p in x; do\n  apt-get install -y $p\ndone\nEOF",
        'RUN ["sh", "-c", "apt-get install -y gdb"]',
    ],
)
def test_lists_that_a_later_run_may_install_from_stay(later: str) -> None:
    for text in (f"FROM a\n{APT}\n{later}\n", f"FROM a AS b\n{APT}\nFROM b\n{later}\n"):
        after, reason = outcome(text, EditKind.CACHE_MOUNT)
        assert after == text
        assert "may install from the lists as they are" in reason


@pytest.mark.parametrize(
    "later",
    [
        "RUN set -eux; a=$(arch); apt-get update; apt-get install -y $a; rm -rf /var/lib/apt/lists",
        "RUN apt-get update && apt-get upgrade -y",
        "RUN apt-get purge -y gcc",
        "RUN make apt",
    ],
)
def test_a_run_that_fetches_lists_or_wants_none_is_in_no_way(later: str) -> None:
    after, _ = outcome(f"FROM a\n{APT}\n{later}\n", EditKind.CACHE_MOUNT)
    assert "target=/var/lib/apt/lists" in after


def test_who_keeps_packages_without_docker_clean_is_said() -> None:
    said = checks(f"FROM a\n{APT}\n")
    assert "images built on this one" in said
    assert "without the mount" in said


def test_lists_that_leave_the_image_are_said_unless_the_run_removed_them() -> None:
    assert "line 3 wants no lists" in checks(f"FROM a\n{APT} && mkdir /y\nRUN make\n")
    removed = f"FROM a\n{APT} && rm -rf /var/lib/apt/lists/*\nRUN make\n"
    assert "wants no lists" not in checks(removed)


@pytest.mark.parametrize(
    ("lines", "is_mounted"),
    [
        ("RUN poetry install --no-root", False),
        ("RUN poetry config virtualenvs.create false && poetry install --no-root", True),
        ("ENV POETRY_VIRTUALENVS_IN_PROJECT=1\nRUN poetry install --no-root", True),
        ("ENV VIRTUAL_ENV=/venv\nRUN poetry install --no-root", True),
        ("RUN poetry config virtualenvs.in-project true\nRUN poetry install --no-root", True),
    ],
)
def test_the_cache_of_poetry_is_mounted_where_it_holds_no_environment(
    lines: str, *, is_mounted: bool
) -> None:
    after, reason = outcome(f"FROM a\n{lines}\n", EditKind.CACHE_MOUNT)
    assert ("target=/root/.cache/pypoetry" in after) is is_mounted
    assert ("the environment" in reason) is not is_mounted


@pytest.mark.parametrize("word", ["HOME=/h", "PIP_CACHE_DIR=/tmp/c", "PIP_NO_CACHE_DIR=1"])
def test_a_command_that_puts_its_cache_elsewhere_is_left(word: str) -> None:
    text = f"FROM a\nRUN export {word} && pip install --no-cache-dir x\n"
    assert outcome(text, EditKind.CACHE_MOUNT)[0] == text


def test_what_is_installed_offline_from_the_cache_stays() -> None:
    text = "FROM a\nRUN pnpm fetch\nRUN pnpm install --offline\n"
    assert outcome(text, EditKind.CACHE_MOUNT)[0] == text
    other = "FROM a\nRUN npm ci\nRUN make --offline\n"
    assert outcome(other, EditKind.CACHE_MOUNT)[0] != other


def test_a_yarn_that_may_run_programs_out_of_its_cache_is_said() -> None:
    assert "nodeLinker" in checks("FROM a\nRUN yarn --immutable\n")
    assert checks("FROM a\nRUN yarn --frozen-lockfile\n") == ""


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("/a", ["/a"]),
        ("/{a,b{c,d}}/x", ["/a/x", "/bc/x", "/bd/x"]),
        ("/x{1..3}", ["/x*"]),
        ("/{a}", ["/{a}"]),
    ],
)
def test_braces_are_alternatives(word: str, expected: list[str]) -> None:
    assert sorted(set(alternatives(word))) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("/", True),
        ("/a/../a/.b/", True),
        ("/a/.b/c/d/e", True),
        ("/a/.x", False),
        ("/a/.[^x]", True),
        ("/ab", False),
        ("/a/$X", True),
        ("/b/$X", False),
        ("$X", True),
        ("/**/c", True),
    ],
)
def test_paths_overlap(pattern: str, *, expected: bool) -> None:
    assert overlaps(pattern, "/a/.b/c") is expected


def test_a_shell_finds_hidden_files_only_by_their_dot() -> None:
    assert not overlaps("/a/*", "/a/.b", hidden=False)
    assert overlaps("/a/.*", "/a/.b", hidden=False)
