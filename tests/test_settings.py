from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from cachestats.errors import UsageError
from cachestats.settings import BUILT_IN, FILE_NAME, Price, Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
WHOLE = """
prices = [
  { runner = "big-*", price_per_minute = 0.02, since = 2026-03-01, rounded = false },
]

[projects.aliases]
"shop-*" = "shop"

[budgets]
min_hit_ratio = 0.6
min_hit_ratio_time = 1
max_waste_minutes = 30.5
max_regression = 0.05

[money]
currency = "EUR"
default_runner = "big-one"
public = { "oss-*" = true }
"""


def found(folder: Path, text: str | bytes) -> Settings:
    data = text if isinstance(text, bytes) else text.encode()
    (folder / FILE_NAME).write_bytes(data)
    return Settings.find(folder)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert Settings.find(tmp_path) == Settings()


def test_every_setting_is_read(tmp_path: Path) -> None:
    settings = found(tmp_path, WHOLE)
    assert settings.model_dump(exclude_none=True) == {
        "projects": {"aliases": {"shop-*": "shop"}},
        "budgets": {
            "min_hit_ratio": 0.6,
            "min_hit_ratio_time": 1.0,
            "max_waste_minutes": 30.5,
            "max_regression": 0.05,
        },
        "money": {"currency": "EUR", "default_runner": "big-one", "public": {"oss-*": True}},
        "prices": (
            {
                "runner": "big-*",
                "price_per_minute": 0.02,
                "since": date(2026, 3, 1),
                "rounded": False,
            },
        ),
    }


def test_the_nearest_file_upwards_is_read(tmp_path: Path) -> None:
    near = tmp_path / "a" / "b"
    near.mkdir(parents=True)
    (tmp_path / FILE_NAME).write_text("[budgets]\nmax_waste_minutes = 1")
    assert Settings.find(near).budgets.max_waste_minutes == 1
    (near.parent / FILE_NAME).write_text("[budgets]\nmax_waste_minutes = 2")
    assert Settings.find(near).budgets.max_waste_minutes == 2


def test_a_relative_start_is_searched_upwards_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / FILE_NAME).write_text("[money]\ndefault_runner = 'x'")
    monkeypatch.chdir(tmp_path / "deep")
    assert Settings.find(Path()).money.default_runner == "x"


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    assert Settings.find(tmp_path) == Settings()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[mony]", "mony: no such setting"),
        ("[budgets]\nmin_ratio = 1", "budgets.min_ratio: no such setting"),
        ("[budgets]\nmin_hit_ratio = 60", "budgets.min_hit_ratio: input should be less than"),
        ("[budgets]\nmax_waste_minutes = -1", "budgets.max_waste_minutes: input should be greater"),
        ("[budgets]\nmax_waste_minutes = nan", "budgets.max_waste_minutes: input should be a fin"),
        ("[budgets]\nmax_regression = '5 %'", "budgets.max_regression: input should be a valid n"),
        ("[projects]\naliases = 3", "projects.aliases: should be a table"),
        ("[projects.aliases]\na = ''", "projects.aliases.a: string should have at least 1"),
        ("budgets = []", "budgets: should be a table"),
        ("[money]\ncurrency = 'usd'", "money.currency: string should match"),
        ("[money.public]\na = 'yes'", "money.public.a: input should be a valid boolean"),
        ("prices = 3", "prices: should be an array of tables"),
        ("[[prices]]\nrunner = 'a'\nsince = 2026-01-01", "prices[1].price_per_minute: field requ"),
        ("[budgets", "Expected ']'"),
        (b"\xff", "'utf-8' codec can't decode"),
    ],
)
def test_what_is_no_setting_is_refused_in_one_line(
    tmp_path: Path, text: str | bytes, fault: str
) -> None:
    with pytest.raises(UsageError) as refused:
        found(tmp_path, text)
    message = str(refused.value)
    assert message.startswith(f"{tmp_path.resolve() / FILE_NAME}: {fault}")
    assert "\n" not in message


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a: no such setting; b: no such setting"):
        found(tmp_path, "a = 1\nb = 2")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().budgets.min_hit_ratio = 1.0


@pytest.mark.parametrize(
    ("name", "project"),
    [
        ("shop", "store"),
        ("shop-web", "web shop"),
        ("shop-api", "any shop"),
        ("shop.api", "shop.api"),
        ("Shop", "Shop"),
        ("a+b", "plus"),
        ("aab", "aab"),
        ("x1", "one more"),
        ("x12", "x12"),
        ("two\nshops", "two\nshops"),
    ],
)
def test_a_project_has_its_alias(name: str, project: str) -> None:
    aliases = {"shop-*": "any shop", "shop-w*": "web", "shop": "store", "a+b": "plus"}
    settings = Settings.model_validate(
        {"projects": {"aliases": {**aliases, "shop-web": "web shop", "x?": "one more"}}}
    )
    assert settings.projects.named(name) == project


def price(runner: str, since: int, currency: str | None = None) -> dict[str, object]:
    return {
        "runner": runner,
        "price_per_minute": 1.0,
        "since": date(2026, since, 1),
        "currency": currency,
    }


def test_own_prices_come_first_plain_labels_before_globs_and_new_before_old() -> None:
    given = (price("a*", 3), price("a", 1), price("b", 2), price("c", 4, "EUR"))
    listed = Settings.model_validate({"prices": given}).price_list
    assert [p.runner for p in listed[:3]] == ["b", "a", "a*"]
    assert {p.runner for p in listed[3:]} == {p.runner for p in BUILT_IN}


def test_prices_in_another_currency_are_not_used() -> None:
    given = {"money": {"currency": "EUR"}, "prices": (price("a", 1), price("b", 1, "USD"))}
    assert [p.runner for p in Settings.model_validate(given).price_list] == ["a"]


@pytest.mark.parametrize(
    ("runner", "per_minute"),
    [
        ("ubuntu-latest", 0.006),
        ("ubuntu-24.04", 0.006),
        ("Ubuntu-Latest", 0.006),
        ("ubuntu-24.04-arm", 0.005),
        ("windows-latest", 0.010),
        ("windows-2025", 0.010),
        ("macos-latest", 0.062),
        ("macos-15", 0.062),
        ("ubuntu-latest-4-cores", 0.012),
        ("ubuntu-22.04-8core", 0.022),
        ("ubuntu-24.04-16-cores", 0.042),
        ("ubuntu-latest-64-cores", None),
        ("macos-latest-xlarge", None),
        ("self-hosted", None),
        ("my-ubuntu-latest", None),
    ],
)
def test_labels_of_hosted_runners_have_a_price(runner: str, per_minute: float | None) -> None:
    fitting = (p for p in Settings().price_list if re.search(p.runner_pattern, runner))
    assert next((p.price_per_minute for p in fitting), None) == per_minute


def test_the_example_of_the_page_is_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    settings = found(tmp_path, example)
    assert all(set(part.model_fields_set) for part in (settings.budgets, settings.money))
    assert settings.projects.named("registry.example.org/shop/web") == "shop"


def test_the_prices_of_the_page_are_those_built_in() -> None:
    rows = re.findall(
        r"^\| (.*`.*) \| (0\.\d+) \| (\S+) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    assert len(rows) >= 6
    for labels, per_minute, since in rows:
        for label in re.findall(r"`([^`]+)`", labels.partition("whose")[0]):
            fitting = (p for p in BUILT_IN if re.search(p.runner_pattern, label))
            price = next(fitting)
            assert (price.price_per_minute, str(price.since)) == (float(per_minute), since), label


def test_built_in_prices_say_since_when_and_where_from() -> None:
    assert all(p.source and p.currency == "USD" and p.since == date(2026, 1, 1) for p in BUILT_IN)
    assert len({(p.runner, p.ci) for p in BUILT_IN}) == len(BUILT_IN)


def test_a_price_is_finite() -> None:
    with pytest.raises(ValidationError):
        Price.model_validate(price("a", 1) | {"price_per_minute": float("inf")})
