"""Ctrl-C while a command waits for its standard input."""

from __future__ import annotations

import signal
import sys

__all__ = ["heed_ctrl_c"]


def heed_ctrl_c() -> None:
    """Let Ctrl-C end a read that waits; polars' handler has the system begin it anew."""
    import polars as pl  # noqa: F401 - sets that handler

    if sys.platform != "win32":
        signal.siginterrupt(signal.SIGINT, True)  # noqa: FBT003 - takes no keyword
