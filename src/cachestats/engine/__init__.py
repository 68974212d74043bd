"""Where work runs: on the cores of this machine."""

from __future__ import annotations

from cachestats.engine.doctor import Doctor, doctor
from cachestats.engine.ingest import IngestResult, Parsed, Progress, Reject, ingest, parse

__all__ = ["Doctor", "IngestResult", "Parsed", "Progress", "Reject", "doctor", "ingest", "parse"]
