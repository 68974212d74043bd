from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from time import tzset
from typing import TYPE_CHECKING

import pytest

from cachestats.errors import UsageError
from cachestats.logs.given import RunFacts, Template, facts_for, parse_time
from cachestats.logs.source import Fault, Source, find_sources
from cachestats.schema import StartBasis

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def log(name: str) -> Source:
    return Source(name, name, None, 0, None)


def only_log(folder: Path) -> Source:
    ((source,), _) = find_sources([folder])
    return source


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock is not UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        tzset()
        yield
    tzset()


def test_nothing_given() -> None:
    assert facts_for(log("a.log"), option=RunFacts(), template=None) == (RunFacts(), None)


def test_option_over_sidecar_over_template(tmp_path: Path) -> None:
    (tmp_path / "a-b-c.log").touch()
    (tmp_path / "meta.json").write_text('{"project": "folder", "branch": "folder", "job": 5}')
    (tmp_path / "a-b-c.meta.json").write_text('{"branch": "name", "unheard of": 1}')
    facts, fault = facts_for(
        only_log(tmp_path),
        option=RunFacts(ci="option"),
        template=Template("{ci}-{project}-{commit}.log"),
    )
    assert fault is None
    assert facts == RunFacts(ci="option", branch="name", project="folder", job="5", commit="c")


@pytest.mark.parametrize(
    ("option", "sidecar", "basis"),
    [
        (NOON, None, StartBasis.OPTION),
        (NOON, "2026-01-01", StartBasis.OPTION),
        (None, "2026-11-24T12:00:00Z", StartBasis.SIDECAR),
        (None, None, StartBasis.TEMPLATE),
    ],
)
def test_start_goes_with_its_basis(
    tmp_path: Path, option: datetime | None, sidecar: str | None, basis: StartBasis
) -> None:
    (tmp_path / "2026-11-24T12-00-00Z.log").touch()
    (tmp_path / "meta.json").write_text(json.dumps({"started_at": sidecar}))
    facts, fault = facts_for(
        only_log(tmp_path),
        option=RunFacts(started_at=option),
        template=Template("{started_at}.log"),
    )
    assert (facts.started_at, facts.started_at_basis, fault) == (NOON, basis, None)


@pytest.mark.parametrize(
    "start", [NOON.replace(tzinfo=None), NOON.astimezone(timezone(timedelta(hours=9)))]
)
def test_start_by_option_becomes_utc(start: datetime) -> None:
    facts, _ = facts_for(log("a.log"), option=RunFacts(started_at=start), template=None)
    assert facts.started_at == NOON
    assert facts.started_at.tzinfo is UTC


def test_empty_text_is_not_known() -> None:
    facts, _ = facts_for(
        log("web/a.log"), option=RunFacts(branch="", ci=""), template=Template("{branch}/*.log")
    )
    assert facts == RunFacts(branch="web")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no json", "Invalid JSON: expected ident at line 1 column 2"),
        ("", "Invalid JSON: EOF while parsing a value at line 1 column 0"),
        ("[]", "Input should be an object"),
        ('{"project": 5}', "project: Input should be a valid string"),
        ('{"started_at": 1764000000}', "started_at: Input should be a valid string"),
        ('{"started_at": "noon"}', "'noon' is no ISO 8601 time"),
        (
            '{"project": [], "ci": {}}',
            "project: Input should be a valid string; ci: Input should be a valid string",
        ),
    ],
)
def test_sidecar_that_cannot_be_read_is_left_out(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "7.log").touch()
    (tmp_path / "7.meta.json").write_text(text)
    (tmp_path / "meta.json").write_text('{"branch": "main"}')
    facts, fault = facts_for(only_log(tmp_path), option=RunFacts(), template=None)
    assert fault == Fault(str(tmp_path / "7.meta.json"), reason)
    assert facts == RunFacts(branch="main")


def test_sidecar_as_shells_write_it(tmp_path: Path) -> None:
    (tmp_path / "7.log").touch()
    (tmp_path / "7.meta.json").write_text(
        '{"commit": "f00ba12\\n", "branch": " "}', encoding="utf-8-sig"
    )
    facts, fault = facts_for(only_log(tmp_path), option=RunFacts(), template=None)
    assert (facts, fault) == (RunFacts(commit="f00ba12"), None)


@pytest.mark.parametrize(
    ("template", "path", "found"),
    [
        ("logs/{project}/{commit}.log", "logs/web/f00.log", RunFacts("web", commit="f00")),
        ("logs/{project}/{commit}.log", "/ci/logs/web/f00.log", RunFacts("web", commit="f00")),
        ("./logs//{project}/*.log", "logs/web/f00.log", RunFacts("web")),
        ("/ci/{project}/*.log", "/ci/web/f00.log", RunFacts("web")),
        ("{project}-{job}.log", "my-shop-17.log", RunFacts("my-shop", job="17")),
        ("{ci}/{ci}-{runner}.log", "x/gitlab/gitlab-big.log", RunFacts(ci="gitlab", runner="big")),
        ("{ci}/{ci}-{runner}.log", "x/gitlab/github-big.log", RunFacts()),
        ("logs/{project}/{commit}.log", "oldlogs/web/f00.log", RunFacts()),
        ("logs/{project}/{commit}.log", "logs/web/main/f00.log", RunFacts()),
        ("{branch}.log", "logs/a.log.txt", RunFacts()),
        ("{branch}+(1).log", "fix+(1).log", RunFacts(branch="fix")),
    ],
)
def test_template(template: str, path: str, found: RunFacts) -> None:
    assert Template(template).facts(path) == found


@pytest.mark.parametrize(
    ("template", "wrong"),
    [
        ("{project}/{brunch}.log", "{brunch} is unknown"),
        ("{started_at_basis}.log", "{started_at_basis} is unknown"),
        ("{}.log", "{} is unknown"),
        ("logs/*.log", "no run fact is named"),
        ("{project", "no run fact is named"),
        ("{project}/{branch.log", "a brace is open"),
    ],
)
def test_template_that_names_no_fact(template: str, wrong: str) -> None:
    with pytest.raises(UsageError, match=r"\{project\}, \{branch\}, .*\{started_at\}$") as caught:
        Template(template)
    assert wrong in str(caught.value)


def test_time_in_a_path_that_is_none_is_a_fault() -> None:
    source = log("logs/web/latest.log")
    facts, fault = facts_for(
        source, option=RunFacts(ci="x"), template=Template("{project}/{started_at}.log")
    )
    assert (facts, fault) == (RunFacts(ci="x"), Fault(source.name, "'latest' is no ISO 8601 time"))


def test_template_says_nothing_of_stdin() -> None:
    stdin = Source("-", None, None, 0, None)
    assert facts_for(stdin, option=RunFacts(), template=Template("{job}")) == (RunFacts(), None)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-24T12:00:00Z", NOON),
        ("2026-11-24T12:00:00", NOON),
        ("2026-11-24T13:00:00+01:00", NOON),
        ("2026-11-24T07:00-05:00", NOON),
        ("20261124T120000Z", NOON),
        ("2026-11-24T12-00-00Z", NOON),
        ("2026-11-24_12-00", NOON),
        ("2026-11-24", NOON.replace(hour=0)),
    ],
)
@pytest.mark.usefixtures("tokyo")
def test_parse_time(text: str, time: datetime) -> None:
    assert parse_time(text) == time
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "noon", "24.11.2026", "2026-13-01", "0001-01-01T00+14:00"])
def test_parse_time_of_another_text(text: str) -> None:
    with pytest.raises(ValueError, match="is no ISO 8601 time"):
        parse_time(text)
