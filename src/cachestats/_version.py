"""The version, which the build reads from here."""

from __future__ import annotations

__version__ = "0.1.0"
