from __future__ import annotations

import quopri
from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from cachestats.logs.mail import QUOTED, unquoted
from tests.lab import LAB, builds

if TYPE_CHECKING:
    from pathlib import Path

LONG = "RUN " + " && ".join(f"make part-{n} KEY=value" for n in range(9))
LOG = f"""\
#1 [1/3] FROM docker.io/library/alpine
#1 CACHED

#2 [2/3] {LONG}
#2 0.512 grüße=
#2 DONE 2.1s

#3 [3/3] RUN make
#3 CACHED
"""
HEAD = f"""\
Received: from {"x" * 90}
Subject: job failed
Content-Transfer-Encoding: quoted-printable

Trace: """


def steps(path: Path) -> list[tuple[object, ...]]:
    found = cs.parse(path).steps
    return found.select("name", "outcome", "duration_s", "restore_s", "layer_id").rows()


@pytest.mark.parametrize("head", ["", HEAD], ids=["pasted", "whole"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_mail_holds_the_steps_of_its_log(tmp_path: Path, head: str, end: str) -> None:
    log, mail = tmp_path / "build.log", tmp_path / "mail.txt"
    log.write_text(LOG, "utf-8")
    quoted = quopri.encodestring(LOG.encode())
    assert b"=\n" in quoted
    mail.write_bytes((head.encode() + b"\n" + quoted).replace(b"\n", end.encode()))
    assert steps(mail) == steps(log)
    assert cs.parse(mail).runs["warnings"].to_list() == [[QUOTED]]


@pytest.mark.skipif(not LAB.is_dir(), reason="the lab is not beside the project")
def test_a_mailed_lab_log_is_the_same_builds(tmp_path: Path) -> None:
    for form in ("plain", "gha"):
        build = next(one for one in builds() if (one.folder / f"{form}.log").exists())
        data = (build.folder / f"{form}.log").read_bytes()
        log, mail = tmp_path / "build.log", tmp_path / "mail.txt"
        log.write_bytes(data)
        mail.write_bytes(quopri.encodestring(data))
        assert steps(mail) == steps(log)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#1 [1/2] RUN make\n#1 0.1 KEY=\n#1 DONE 0.1s\n",
        "#1 [1/2] RUN a=3Db\n#1 DONE 0.1s\n",
        "=20=\n" + "x" * 77 + "\n",
    ],
    ids=["nothing", "a line ends so", "a code, no break", "a wide line"],
)
def test_other_logs_are_no_mails(text: str) -> None:
    assert unquoted(text.encode()) is None
