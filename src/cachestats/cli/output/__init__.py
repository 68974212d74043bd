"""Answers of commands, and the formats they are printed in."""

from __future__ import annotations

from cachestats import units
from cachestats.cli.output.answer import Answer, Listing, Row, Shown
from cachestats.cli.output.emit import Format, emit, say

__all__ = ["Answer", "Format", "Listing", "Row", "Shown", "emit", "say", "units"]
