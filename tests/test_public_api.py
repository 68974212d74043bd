from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import cachestats as cs

NAMES = [name for name in cs.__all__ if name != "__version__"]
SAMPLES = Path(__file__).resolve().parents[1] / "sample_logs"
API = Path(__file__).resolve().parents[1] / "docs" / "api.md"


def test_page_has_the_public_names() -> None:
    described = re.findall(r"^### (\w+)$", API.read_text("utf-8"), re.MULTILINE)
    assert sorted(described) == sorted(NAMES)


def test_every_name_is_there_and_listed() -> None:
    assert len(set(cs.__all__)) == len(cs.__all__)
    assert set(cs.__all__) <= set(dir(cs))


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = cs.no_such_name


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_a_docstring(name: str) -> None:
    thing = getattr(cs, name)
    assert inspect.getdoc(thing)
    if inspect.isclass(thing):
        assert thing.__doc__
        # This is what a dataclass makes up.
        assert not thing.__doc__.startswith(f"{name}(")


@pytest.mark.parametrize("name", NAMES)
def test_every_method_has_a_docstring(name: str) -> None:
    thing = getattr(cs, name)
    members = vars(thing) if inspect.isclass(thing) else {}
    bare = [
        member
        for member, found in members.items()
        if not member.startswith("_")
        and inspect.isroutine(getattr(found, "__func__", found))
        and not inspect.getdoc(found)
    ]
    assert bare == []


def test_a_notebook_shows_a_store_and_a_plan_with_their_text_escaped(tmp_path: Path) -> None:
    folder = tmp_path / "<b>store"
    store = cs.open_store(folder, create=True)
    store.ingest(SAMPLES / "orders-api")
    shown = store._repr_html_()
    assert "&lt;b&gt;store" in shown
    assert "<td>runs</td><td style='text-align:right'>20</td>" in shown
    title = "Move <script>"
    plan = cs.advise(store)
    first = plan.suggestions[0].model_copy(update={"title": title})
    told = plan.model_copy(update={"suggestions": (first,)})._repr_html_()
    assert "Move &lt;script&gt;" in told
    assert "all together" in told
