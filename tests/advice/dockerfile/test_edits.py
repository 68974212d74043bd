"""Each edit on a short Dockerfile, and what it refuses."""

from __future__ import annotations

import pytest

from cachestats.advice.dockerfile import EditKind, Hints, parse, rewrite


def edited(text: str, kind: EditKind, hints: Hints | None = None) -> str:
    hints = hints or Hints(kinds=frozenset({kind}))
    return rewrite(parse(text), hints).text


def reasons(text: str, kind: EditKind) -> list[str]:
    return [one.reason for one in rewrite(parse(text), Hints(kinds=frozenset({kind}))).refused]


SPLITS = {
    "a folder": (
        "FROM a\nWORKDIR /x\nCOPY . .\nRUN pip install -r r.txt\n",
        "FROM a\nWORKDIR /x\nCOPY r.txt .\nRUN pip install -r r.txt\nCOPY . .\n",
    ),
    "its comment goes with it, blank lines stay": (
        "FROM a\nWORKDIR /x\n\n# all\nCOPY . .\n\n# some\nRUN npm ci\n",
        (
            "FROM a\nWORKDIR /x\n\n"
            "COPY package.json package-lock.json* npm-shrinkwrap.json* .npmrc* ./\n\n"
            "# some\nRUN npm ci\n# all\nCOPY . .\n"
        ),
    ),
    "flags and case are kept": (
        "FROM a\nWORKDIR /x\ncopy --chown=1:1 --link . /x\nRUN go mod download\n",
        (
            "FROM a\nWORKDIR /x\ncopy --chown=1:1 --link go.mod go.sum* /x/\nRUN go mod download\n"
            "copy --chown=1:1 --link . /x\n"
        ),
    ),
    "a folder of the context, manifests below": (
        "FROM a\nWORKDIR /x/y\nADD back/ /x\nRUN pip install -r req/a.txt -c c.txt\n",
        (
            "FROM a\nWORKDIR /x/y\nCOPY back/y/req/a.txt /x/y/req/\nCOPY back/y/c.txt /x/y/\n"
            "RUN pip install -r req/a.txt -c c.txt\nADD back/ /x\n"
        ),
    ),
    "a WORKDIR between": (
        "FROM a\nCOPY . /x\nWORKDIR /x\nRUN pip install -r r.txt\n",
        "FROM a\nCOPY r.txt /x/\nWORKDIR /x\nRUN pip install -r r.txt\nCOPY . /x\n",
    ),
    "what overwrites it goes along": (
        "FROM a\nWORKDIR /x\nCOPY . .\nCOPY p.json c.json\nRUN pip install -r r.txt\n",
        (
            "FROM a\nWORKDIR /x\nCOPY r.txt .\nRUN pip install -r r.txt\nCOPY . .\n"
            "COPY p.json c.json\n"
        ),
    ),
    "the manifest is there already": (
        "FROM a\nWORKDIR /x\nCOPY r.txt .\nCOPY . .\nRUN pip install -r r.txt\n",
        "FROM a\nWORKDIR /x\nCOPY r.txt .\nRUN pip install -r r.txt\nCOPY . .\n",
    ),
    "two installations": (
        "FROM a\nWORKDIR /x\nCOPY . .\nRUN bundle install\nRUN pip install -r r.txt\n",
        (
            "FROM a\nWORKDIR /x\nCOPY Gemfile Gemfile.lock* ./\nRUN bundle install\nCOPY r.txt .\n"
            "RUN pip install -r r.txt\nCOPY . .\n"
        ),
    ),
    "crlf, no final newline": (
        "FROM a\r\nWORKDIR /x\r\nCOPY . .\r\nRUN pip install -r r.txt",
        "FROM a\r\nWORKDIR /x\r\nCOPY r.txt .\r\nRUN pip install -r r.txt\r\nCOPY . .",
    ),
}


@pytest.mark.parametrize(("before", "after"), SPLITS.values(), ids=SPLITS)
def test_manifests_are_copied_alone(before: str, after: str) -> None:
    assert edited(before, EditKind.SPLIT_COPY) == after


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("WORKDIR /x\nCOPY . .\nRUN make\nRUN pip install -r r.txt", "nobody knows which files"),
        ("WORKDIR /x\nCOPY . .\nRUN cargo fetch", "cargo wants the sources"),
        ("WORKDIR /x\nCOPY --exclude=y . .\nRUN pip install -r r.txt", "--exclude"),
        (
            "WORKDIR /x\nCOPY . .\nCOPY y/ .\nRUN pip install -r r.txt",
            "line 3 may bring r.txt as well",
        ),
        ("WORKDIR /x\nCOPY a b .\nRUN pip install -r r.txt", "it copies named files"),
        ("WORKDIR /x\nCOPY ./$Q /x/\nENV Q=2\nRUN pip install -r r.txt $Q", "it reads Q"),
        ("WORKDIR /etc/x\nCOPY . .\nRUN pip install -r r.txt", "it reads /etc/x"),
    ],
)
def test_a_copy_that_may_be_needed_is_not_parted(lines: str, reason: str) -> None:
    text = f"FROM a\n{lines}\n"
    assert edited(text, EditKind.SPLIT_COPY) == text
    assert reason in "; ".join(reasons(text, EditKind.SPLIT_COPY))


def test_an_installation_of_the_project_itself_is_left_alone() -> None:
    text = "FROM a\nWORKDIR /x\nCOPY . .\nRUN pip install -r r.txt -e .\n"
    assert edited(text, EditKind.SPLIT_COPY) == text


def test_sources_are_copied_below_an_installation_that_does_not_read_them() -> None:
    text = "FROM a\nCOPY app/ /x/\nENV Y=1\nRUN apt-get update && apt-get install -y gcc\n"
    assert edited(text, EditKind.REORDER) == (
        "FROM a\nENV Y=1\nRUN apt-get update && apt-get install -y gcc\nCOPY app/ /x/\n"
    )


@pytest.mark.parametrize(
    "hints", [Hints(change_rate={1: 0.0}), Hints(cost_s={2: 0.01})], ids=["unchanging", "cheap"]
)
def test_what_would_not_pay_is_left(hints: Hints) -> None:
    text = "FROM a\nCOPY app/ /x/\nRUN apt-get install -y gcc\n"
    assert edited(text, EditKind.REORDER, hints) == text


VOLATILE = "ARG GIT_SHA=dev\nENV REV=$GIT_SHA\n"
MOVES = {
    "with what is set from it": (
        f"FROM a\n# which\n{VOLATILE}LABEL r=$REV\nRUN pip install x\nCMD y\n",
        f"FROM a\nRUN pip install x\n# which\n{VOLATILE}LABEL r=$REV\nCMD y\n",
    ),
    "above what reads it": (
        f"FROM a\n{VOLATILE}RUN pip install x\nCOPY a b\nRUN make\nRUN pip install z\n",
        f"FROM a\nRUN pip install x\nCOPY a b\n{VOLATILE}RUN make\nRUN pip install z\n",
    ),
    "not below a COPY that names it": (
        "FROM a\nARG GIT_SHA\nRUN pip install x\nCOPY a /b/$GIT_SHA\nRUN pip install z\n",
        "FROM a\nRUN pip install x\nARG GIT_SHA\nCOPY a /b/$GIT_SHA\nRUN pip install z\n",
    ),
    "no step goes along": (
        "FROM a\nARG BUILD_ID\nRUN pip install x\nCOPY --chmod=$BUILD_ID a /b\nRUN pip install z\n",
        "FROM a\nRUN pip install x\nARG BUILD_ID\nCOPY --chmod=$BUILD_ID a /b\nRUN pip install z\n",
    ),
    "each as far as it can go": (
        "FROM a\nARG GIT_SHA\nARG BUILD_ID\nRUN pip install x\nRUN pip install z==$BUILD_ID\n",
        "FROM a\nRUN pip install x\nARG BUILD_ID\nRUN pip install z==$BUILD_ID\nARG GIT_SHA\n",
    ),
    "without a final newline": (
        "FROM a\nARG GIT_SHA\nRUN pip install x",
        "FROM a\nRUN pip install x\nARG GIT_SHA",
    ),
}


@pytest.mark.parametrize(("before", "after"), MOVES.values(), ids=MOVES)
def test_volatile_values_move_down(before: str, after: str) -> None:
    assert edited(before, EditKind.MOVE_VOLATILE) == after


def test_values_that_go_the_same_way_are_one_edit() -> None:
    done = rewrite(parse("FROM a\nARG GIT_SHA\nARG BUILD_ID\nRUN pip install x\n"))
    moves = [edit.title for edit in done.edits if edit.kind == EditKind.MOVE_VOLATILE]
    assert len(moves) == 1
    assert moves[0].startswith("Move GIT_SHA, BUILD_ID below")


def test_a_run_whose_reads_nobody_knows_is_named() -> None:
    text = f"FROM a\n{VOLATILE}RUN make\n"
    refusal = rewrite(parse(text)).refused[0]
    assert "nobody knows whether it reads GIT_SHA" in refusal.reason
    assert refusal.check == "whether `RUN make` reads GIT_SHA, REV; if not, move it below"
    assert refusal.where.lines == ((2, 2), (3, 3), (4, 4))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ARG GIT_SHA=dev", True),
        ("ARG BUILD_DATE", True),
        ("ENV CI_COMMIT_SHORT_SHA=x", True),
        ("ARG NODE_VERSION=20", False),
        ("ARG TINI_SHA=0123456789abcdef0123456789abcdef", False),
        ("ARG DEBIAN_FRONTEND=noninteractive", False),
    ],
)
def test_names_tell_what_is_volatile_where_no_build_does(line: str, expected: object) -> None:
    assert Hints().is_volatile(parse(f"FROM a\n{line}\n").instructions[1]) is expected


@pytest.mark.parametrize("volatile", [1, "X"])
def test_hints_say_what_is_volatile(volatile: int | str) -> None:
    text = "FROM a\nENV X=1 Y=2\nARG GIT_SHA\nRUN pip install x\n"
    hints = Hints(volatile=frozenset({volatile}))
    assert edited(text, EditKind.MOVE_VOLATILE, hints).startswith("FROM a\nARG GIT_SHA\nRUN")


CACHES = {
    "one line": (
        "RUN pip install --no-cache-dir x",
        "RUN --mount=type=cache,target=/root/.cache/pip \\\n    pip install x",
    ),
    "flag on a line of its own": (
        "RUN --network=none pip install \\\n  --no-cache-dir \\\n  x",
        "RUN --mount=type=cache,target=/root/.cache/pip \\\n    --network=none pip install \\\n  x",
    ),
    "one of two is there": (
        "RUN --mount=type=cache,target=/root/.npm npm ci && pip install x",
        (
            "RUN --mount=type=cache,target=/root/.cache/pip \\\n"
            "    --mount=type=cache,target=/root/.npm npm ci && pip install x"
        ),
    ),
    "cleanup first, between, and last": (
        "RUN npm cache clean -f && npm ci; npm cache clean -f \\\n && npm cache clean -f",
        "RUN --mount=type=cache,target=/root/.npm \\\n    npm ci",
    ),
    "cleanup of other things": (
        "RUN npm ci && rm -rf /root/.npm /tmp/x",
        "RUN --mount=type=cache,target=/root/.npm \\\n    npm ci && rm -rf /tmp/x",
    ),
    "another program in the chain": (
        "RUN npm ci && npm run build",
        "RUN --mount=type=cache,target=/root/.npm \\\n    npm ci && npm run build",
    ),
    "the cache is where a variable says": (
        "ENV PIP_CACHE_DIR=/c\nRUN pip install x",
        "ENV PIP_CACHE_DIR=/c\nRUN --mount=type=cache,target=/c \\\n    pip install x",
    ),
    "apk": (
        "RUN apk add --no-cache x",
        (
            "RUN --mount=type=cache,target=/etc/apk/cache,sharing=locked \\\n"
            "    apk add --update-cache x"
        ),
    ),
    "heredoc": (
        "RUN <<EOF\nnpm ci\nnpm cache clean -f\nEOF",
        "RUN --mount=type=cache,target=/root/.npm <<EOF\nnpm ci\nEOF",
    ),
}


@pytest.mark.parametrize(("before", "after"), CACHES.values(), ids=CACHES)
def test_installations_get_cache_mounts(before: str, after: str) -> None:
    assert edited(f"FROM a\n{before}\n", EditKind.CACHE_MOUNT) == f"FROM a\n{after}\n"


def test_apt_keeps_what_it_downloads() -> None:
    text = (
        "FROM debian\n\n# tools\nRUN apt-get update && apt-get install -y x"
        " && apt-get clean && rm -rf /var/lib/apt/lists/* # all\n"
    ).replace(" # all", "")
    assert edited(text, EditKind.CACHE_MOUNT) == (
        "FROM debian\n\nRUN rm -f /etc/apt/apt.conf.d/docker-clean\n# tools\n"
        "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n"
        "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\\n"
        "    apt-get update && apt-get install -y x\n"
    )


def test_docker_clean_goes_once_for_a_stage_and_those_built_on_it() -> None:
    apt = "RUN apt-get update && apt-get install -y"
    text = f"FROM a AS b\n{apt} x\n{apt} y\nFROM b\n{apt} z\nFROM c\n{apt} z\n"
    assert edited(text, EditKind.CACHE_MOUNT).count("docker-clean") == 2


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("USER app\nRUN pip install x", "it runs as app"),
        ("ENV HOME=/h\nRUN pip install x", "HOME"),
        ("ENV PIP_NO_CACHE_DIR=1\nRUN pip install x", "PIP_NO_CACHE_DIR is set"),
        ("RUN go mod download", "later steps need what is in /go/pkg/mod"),
        ("RUN apt-get update\nRUN apt-get install -y x", "are apart"),
        ('RUN pip install "--no-cache-dir" x', "not plain to take out"),
        ('RUN ["pip", "install", "--no-cache-dir", "x"]', "not plain to take out"),
        (
            "RUN npm ci\nFROM a\nCOPY --from=0 /root/.npm/_cacache /c",
            "line 4 copies from it",
        ),
    ],
)
def test_a_mount_that_could_break_a_build_is_not_added(lines: str, reason: str) -> None:
    text = f"FROM x\n{lines}\n"
    assert edited(text, EditKind.CACHE_MOUNT) == text
    assert reason in "; ".join(reasons(text, EditKind.CACHE_MOUNT))


PIP = "RUN pip install -r /tmp/r.txt"


def test_manifests_of_a_stage_that_nothing_else_looks_at_are_mounted() -> None:
    text = f"FROM a AS b\n# what\nCOPY r.txt /tmp/\n{PIP}\nFROM c\nCOPY --from=b /opt /opt\n"
    assert edited(text, EditKind.BIND_MOUNT) == (
        "FROM a AS b\n# what\nRUN --mount=type=bind,source=r.txt,target=/tmp/r.txt \\\n"
        "    pip install -r /tmp/r.txt\nFROM c\nCOPY --from=b /opt /opt\n"
    )


def test_manifests_that_are_removed_again_are_mounted() -> None:
    text = f"FROM a\nCOPY q.txt /tmp/r.txt\n{PIP} && rm /tmp/r.txt\nRUN make\n"
    assert edited(text, EditKind.BIND_MOUNT) == (
        "FROM a\nRUN --mount=type=bind,source=q.txt,target=/tmp/r.txt \\\n"
        "    pip install -r /tmp/r.txt\nRUN make\n"
    )


@pytest.mark.parametrize(
    ("above", "below", "reason"),
    [
        ("FROM a", "CMD x", "the final image holds it"),
        ("FROM a AS b", "RUN make\nFROM c", "nobody knows whether line 4 reads it"),
        ("FROM a AS b", "FROM b\nRUN make\nFROM c", "nobody knows whether line 5 reads it"),
        ("FROM a AS b", f"{PIP}\nFROM c", "line 4 reads it"),
        ("FROM a AS b", "FROM c\nCOPY --from=b /tmp /tmp", "line 5 may take it"),
        ("FROM a AS b", "FROM c\nRUN --mount=from=b,target=/b make", "line 5 may take it"),
        ("FROM a AS b", "FROM $c", "line 4 may build on its stage"),
    ],
)
def test_files_that_may_be_wanted_stay_copied(above: str, below: str, reason: str) -> None:
    text = f"{above}\nCOPY r.txt /tmp/\n{PIP}\n{below}\n"
    assert edited(text, EditKind.BIND_MOUNT) == text
    assert reason in "; ".join(reasons(text, EditKind.BIND_MOUNT))


def test_a_removal_that_takes_an_older_file_away_stays() -> None:
    last = f"FROM b\nCOPY r.txt /tmp/\n{PIP} && rm /tmp/r.txt\n"
    text = f"FROM a AS b\nCOPY r.txt /tmp/\n{last}"
    assert edited(text, EditKind.BIND_MOUNT) == text
    other = f"FROM a AS b\nCOPY q.txt /tmp/\n{last}"
    assert edited(other, EditKind.BIND_MOUNT) != other


def test_a_manifest_that_a_later_installation_may_read_stays_copied() -> None:
    pip = "RUN pip install -r /tmp"
    text = (
        f"FROM a AS b\nCOPY requirements.txt /tmp/\n{pip}/requirements.txt\n{pip}/d.txt\nFROM c\n"
    )
    assert edited(text, EditKind.BIND_MOUNT) == text
    assert "line 4 reads it" in "; ".join(reasons(text, EditKind.BIND_MOUNT))
