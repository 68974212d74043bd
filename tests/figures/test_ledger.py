from __future__ import annotations

from cachestats.figures import ledger_bars
from cachestats.schema import CachePay
from tests.figures.tables import caches


def test_savings_go_right_and_costs_left() -> None:
    made = ledger_bars(caches())
    assert [(trace.name, list(trace.x)) for trace in made.data] == [
        ("saved", [100.0]),
        ("import", [-10.0]),
        ("restore", [-30.0]),
        ("export", [-20.0]),
        ("net", [40.0]),
    ]


def test_long_times_are_in_minutes() -> None:
    made = ledger_bars(caches(saved_s=[600.0]))
    assert made.data[0].x == (10.0,)
    assert "minutes" in made.layout.xaxis.title.text


def test_caches_keep_the_order_of_the_table() -> None:
    made = ledger_bars(caches(ref=["small", "none", "big"], saved_s=[1.0, 0.0, 9.0]), top=3)
    assert [annotation.text for annotation in made.layout.annotations][::2] == [
        "small",
        "none",
        "big",
    ]


def test_busiest_caches_are_kept() -> None:
    table = caches(
        ref=["idle", "writes", "saves"], saved_s=[1.0, 1.0, 500.0], export_s=[0.0, 90, 0]
    )
    made = ledger_bars(table, top=2)
    assert [annotation.text for annotation in made.layout.annotations][::2] == ["writes", "saves"]
    assert made.layout.title.subtitle.text == "2 of 3 caches, the busiest"


def test_net_stands_beside_the_name() -> None:
    made = ledger_bars(caches(ref=[None], net_s=[-65.0]))
    assert [annotation.text for annotation in made.layout.annotations] == [
        "registry cache",
        "net -1m 05s · pays · registry · max · shop",
    ]


def test_what_cannot_be_told_is_said_as_in_the_verdict() -> None:
    made = ledger_bars(caches(pay=[CachePay.UNKNOWN]))
    assert " · cannot be told · " in made.layout.annotations[1].text


def test_hover_tells_the_verdict_and_the_failures() -> None:
    hover = ledger_bars(caches(imports_failed=[2])).data[0].hovertext[0]
    assert "5 imports, 2 failed" in hover
    assert hover.endswith("<br>pays")
