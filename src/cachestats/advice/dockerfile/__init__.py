"""A Dockerfile: taken apart, what each instruction reads, and the same one in a better order.

Text in, text out: nothing here reads a file or knows of logs.
"""

from __future__ import annotations

from cachestats.advice.dockerfile.edits.model import Edit, EditKind, Hints, Refusal
from cachestats.advice.dockerfile.graph import parents
from cachestats.advice.dockerfile.match import Layer, match
from cachestats.advice.dockerfile.model import Dockerfile, Instruction, Mount, Part, Stage
from cachestats.advice.dockerfile.order import Dependencies, depends
from cachestats.advice.dockerfile.parse import parse
from cachestats.advice.dockerfile.rewrite import Rewritten, diff, rewrite

__all__ = [
    "Dependencies",
    "Dockerfile",
    "Edit",
    "EditKind",
    "Hints",
    "Instruction",
    "Layer",
    "Mount",
    "Part",
    "Refusal",
    "Rewritten",
    "Stage",
    "depends",
    "diff",
    "match",
    "parents",
    "parse",
    "rewrite",
]
