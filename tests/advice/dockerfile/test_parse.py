from __future__ import annotations

import pytest

from cachestats.advice.dockerfile import parse
from cachestats.errors import UsageError

ROUND_TRIPS = {
    "plain": "FROM a\nRUN b\n",
    "no final newline": "FROM a\nRUN b",
    "comments and blanks": "# x\n\nFROM a\n\n# of b\nRUN b\n\n# the end\n",
    "comment at the end, no newline": "FROM a\n# the end",
    "crlf": "FROM a\r\n# of b\r\nRUN b && \\\r\n  c\r\n",
    "continuation with a comment": "FROM a\nRUN b && \\\n# why\n    c\n",
    "directives": "# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN b `\n  c\n",
    "byte order mark": "\ufeffFROM a\n",
    "heredoc": "FROM a\nRUN <<A cat <<B\nx\nA\ny\nB\nCOPY <<-'EOF' /x\n\t# no comment\n\tEOF\n",
    "arguments above": "ARG V=1\nFROM a:$V AS b\nFROM b\n",
    "lower case and indented": "from a\n  run b\n",
}


@pytest.mark.parametrize("text", ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_a_parsed_file_is_the_text_it_was_parsed_from(text: str) -> None:
    assert parse(text).text == text


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "Dockerfile:1:"),
        ("hello world\n", "Dockerfile:1:"),
        ("FROM a\nRUNN b\n", "Dockerfile:2:"),
        ("RUN a\nFROM b\n", "Dockerfile:1:"),
        ("FROM a\nRUN <<EOF\nx\n", "Dockerfile:2:"),
        ("FROM a\nCOPY b\n", "Dockerfile:2:"),
        ("FROM a\nRUN\n", "Dockerfile:2:"),
        ("FROM a b\n", "Dockerfile:1:"),
        ("ARG a\n", "Dockerfile:1:"),
    ],
)
def test_what_is_no_dockerfile_is_refused_with_its_line(text: str, place: str) -> None:
    with pytest.raises(UsageError, match=f"^{place}"):
        parse(text)


def test_lines_and_comments_belong_to_their_instruction() -> None:
    run = parse("FROM a\n\n# far\n\n# near\nRUN b \\\n  c\n").instructions[1]
    assert (run.first_line, run.last_line) == (6, 7)
    assert (run.gap, run.comment, run.text) == ("\n# far\n\n", "# near\n", "RUN b \\\n  c")


def test_stages_know_what_they_are_built_on() -> None:
    text = "ARG B=one\nFROM --platform=linux/arm64 x AS One\nFROM y\nFROM ${B} AS three\nRUN z\n"
    stages = parse(text).stages
    assert [(s.name, s.base, s.parent, s.platform) for s in stages] == [
        ("one", "x", None, "linux/arm64"),
        (None, "y", None, None),
        ("three", "${B}", 0, None),
    ]
    assert [one.code for one in stages[2].body] == ["RUN z"]


def test_flags_mounts_sources_and_pairs_are_read() -> None:
    file = parse(
        "FROM a\n"
        'COPY --link --from=b "my file" c /d/\n'
        "RUN --mount=type=cache,dst=/e,sharing=locked --mount=source=f,target=/f g\n"
        'ENV h=i j="k l"\nARG m\nONBUILD RUN n\nADD ["o p", "/q"]\n'
    )
    copy, run, env, arg, onbuild, add = file.instructions[1:]
    assert (copy.flag("link"), copy.flag("from"), copy.flag("chown")) == ("true", "b", None)
    assert (copy.sources, copy.destination) == (("my file", "c"), "/d/")
    assert run.mounts == (
        {"type": "cache", "target": "/e", "sharing": "locked"},
        {"type": "bind", "source": "f", "target": "/f"},
    )
    assert (env.pairs, arg.pairs) == ((("h", "i"), ("j", '"k l"')), (("m", None),))
    assert (onbuild.trigger, add.sources) == ("RUN n", ("o p",))
