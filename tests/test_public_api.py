from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import cachestats as cs

NAMES = [name for name in cs.__all__ if name != "__version__"]
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
