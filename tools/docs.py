"""Write what in the documents is made from the code, or with `--check` tell what is out of date.

`api.md` comes from the public names, `cli.md` from the help of every command, `tables.md` from
the schema, and the example in the README from the sample logs.
"""

from __future__ import annotations

import inspect
import re
import sys
from contextlib import chdir
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FunctionType
from typing import TYPE_CHECKING, Any

import polars as pl
import typer.main
from typer.testing import CliRunner

import cachestats as cs
from cachestats.cli.app import app
from cachestats.schema import Column, Table
from cachestats.store.layout import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
INTRO = Path(__file__).with_name("tables_intro.md")
NOTE = "<!-- Made by tools/docs.py from the code: change that, then run `just docs`. -->"

SECTION = re.compile(r"^(Args|Attributes|Returns|Raises):$")
EXAMPLES = {
    mark: re.compile(rf"<!-- {mark} -->.*<!-- /{mark} -->", re.DOTALL)
    for mark in ("example", "explain")
}
ITEM = re.compile(r"^    (\w+): ")
WIDTH = 100


def api() -> str:
    """Page of the public names: functions, then classes, tables and errors."""
    parts = ["# Python API", NOTE, "```python\nimport cachestats as cs\n```"]
    for title in ("Functions", "Classes", "Tables", "Errors"):
        parts.append(f"## {title}")
        for name, thing in _public().items():
            if _group(thing) == title:
                parts += [f"### {name}", *_described(name, thing)]
    parts += ["## Figures", "Of `cs.figures`: a table in, a plotly figure out."]
    for name in cs.figures.__all__:
        drawn = getattr(cs.figures, name)
        if callable(drawn):
            parts += [f"### figures.{name}", *_described(name, drawn)]
    return "\n\n".join(parts) + "\n"


def cli() -> str:
    """Page of the commands, each with its help."""
    parts = ["# Commands", NOTE]
    for words in _commands(typer.main.get_command(app), ()):
        title = " ".join(("cachestats", *words))
        parts += [f"## {title}", f"```text\n{_printed(*words, '--help')}\n```"]
    return "\n\n".join(parts) + "\n"


def tables() -> str:
    """Page of the tables: how they hang together, then every column."""
    parts = ["# Tables", NOTE, INTRO.read_text("utf-8").strip()]
    for name, table in TABLES.items():
        parts += [f"## `{name}/`", _prose(table), _columns(table)]
    results = [thing for thing in _public().values() if _group(thing) == "Tables"]
    for table in results:
        if table not in TABLES.values():
            parts += [
                f"## {table.__name__}",
                "Not stored: a result.",
                _prose(table),
                _columns(table),
            ]
    return "\n\n".join(parts) + "\n"


def readme() -> str:
    """README, its example as the command prints it now."""
    text = (ROOT / "README.md").read_text("utf-8")
    command = re.search(r"bin/cachestats (layers.*)$", text, re.MULTILINE)
    if command is None:
        sys.exit("README.md does not show `cachestats layers`")
    # From the root, so that sources are named alike wherever the checkout is.
    with TemporaryDirectory() as folder, chdir(ROOT):
        store = cs.open_store(folder, create=True)
        store.ingest("sample_logs")
        shown = {
            "example": _printed(*command[1].split(), "--store", folder),
            "explain": _printed("explain", _told_run(store), "--store", folder),
        }
    for mark, example in EXAMPLES.items():
        begin, end = (f"<!-- {slash}{mark} -->" for slash in ("", "/"))
        block = f"```text\n{shown[mark]}\n```"
        text = example.sub(f"{begin}\n{block}\n{end}".replace("\\", r"\\"), text)
    return text


def _told_run(store: cs.Store) -> str:
    """A run with a step in parallel and a root in the middle, to show what `explain` says."""
    sources = cs.Runs.source.col
    runs = store.runs().filter(sources.str.contains("ml-worker")).sort(sources)
    told = cs.misses(store).join(runs, on=cs.Runs.run_id.name, how="semi")
    return str(
        told.filter(cs.MissRows.cause.col == cs.Cause.CONTENT_CHANGE)
        .sort(cs.MissRows.started_at.name)
        .collect()[cs.Runs.run_id.name][0]
    )


def _printed(*words: str) -> str:
    """Print of a command, without the blanks that fill up its lines."""
    output = CliRunner().invoke(app, words, env={"COLUMNS": str(WIDTH)}).output
    return "\n".join(line.rstrip() for line in output.strip().splitlines())


def _public() -> dict[str, Any]:
    return {name: getattr(cs, name) for name in cs.__all__ if name != "__version__"}


def _group(thing: object) -> str:
    if not inspect.isclass(thing):
        return "Functions"
    if issubclass(thing, cs.CachestatsError):
        return "Errors"
    return "Tables" if issubclass(thing, Table) else "Classes"


def _described(name: str, thing: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(thing, property):
        yield _prose(thing)
    elif not inspect.isclass(thing):
        yield _code(f"def {name}", thing)
        yield _prose(thing)
    elif issubclass(thing, Table):
        yield f"{_prose(thing)} Its columns: [tables.md](tables.md)."
    elif issubclass(thing, Enum):
        yield _prose(thing)
        yield "\n".join(f"- `{member.name}`: `{member.value!r}`" for member in thing)
    elif issubclass(thing, cs.CachestatsError):
        yield f"{_prose(thing)} Exit code {thing.exit_code}."
    else:
        if is_dataclass(thing):
            yield _code(f"class {name}", thing)
        yield _prose(thing)
        yield from _members(name, thing)


def _members(name: str, owner: type) -> Iterator[str]:
    for member, thing in vars(owner).items():
        found = getattr(thing, "__func__", thing)
        if not member.startswith("_") and isinstance(found, FunctionType | property):
            yield f"#### {name}.{member}"
            yield from _described(member, found)


def _prose(thing: object) -> str:
    """Docstring in Markdown: its sections become bold words over lists."""
    lines, section = [], ""
    for line in (inspect.getdoc(thing) or "").splitlines():
        if match := SECTION.match(line):
            section = match[1]
            lines += [f"**{section}**", ""]
        elif section and section != "Returns":
            lines.append(ITEM.sub(r"- `\1`: ", line).replace(" " * 8, "  "))
        else:
            lines.append(line.strip())
    return "\n".join(lines)


class _Raw(str):
    """Text that stands in a signature as it is."""

    __slots__ = ()
    __repr__ = str.__str__


def _code(head: str, thing: Any) -> str:  # noqa: ANN401
    signature = inspect.signature(thing)
    returns = signature.return_annotation
    tail = "" if head.startswith("class") else f" -> {returns}"
    parameters = list(_parameters(signature))
    line = f"{head}({', '.join(parameters)}){tail}"
    if len(line) > WIDTH:
        lines = "".join(f"    {parameter},\n" for parameter in parameters)
        line = f"{head}(\n{lines}){tail}"
    return f"```python\n{line}\n```"


def _parameters(signature: inspect.Signature) -> Iterator[str]:
    star = False
    for parameter in signature.parameters.values():
        if parameter.name in {"self", "cls"}:
            continue
        star_due = parameter.kind is parameter.KEYWORD_ONLY and not star
        if star_due:
            yield "*"
        star = star or star_due or parameter.kind is parameter.VAR_POSITIONAL
        yield str(parameter.replace(annotation=_Raw(parameter.annotation)))


def _columns(table: type[Table]) -> str:
    rows = [
        f"| `{name}` | {_type(column)} | {column.unit or ''} | {'yes' if column.nullable else ''} "
        f"| {_meaning(column)} |"
        for name, column in table.columns().items()
    ]
    return "\n".join(["| column | type | unit | null | meaning |", "|---|---|---|---|---|", *rows])


def _type(column: Column) -> str:
    """Type in the store, which has no Enum."""
    return "String" if isinstance(column.dtype, pl.Enum) else str(column.dtype)


def _meaning(column: Column) -> str:
    values = list(column.dtype.categories) if isinstance(column.dtype, pl.Enum) else []
    listed = f": {', '.join(f'`{value}`' for value in values)}" if values else ""
    return f"{column.doc}{listed}".replace("|", r"\|")


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:  # noqa: ANN401
    """Words that call each command, groups before what they hold."""
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*words, name))


def main() -> None:
    """Write the pages that are out of date, or with `--check` fail because of them."""
    pages = {DOCS / "api.md": api, DOCS / "cli.md": cli, DOCS / "tables.md": tables}
    for path, page in (pages | {ROOT / "README.md": readme}).items():
        text = page()
        if path.exists() and path.read_text("utf-8") == text:
            continue
        if "--check" in sys.argv[1:]:
            sys.exit(f"{path.name} is out of date: run `just docs`")
        path.write_text(text, "utf-8")
        print(path.name)


if __name__ == "__main__":
    main()
