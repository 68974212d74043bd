"""What a worker process does; it loads nothing before it has to."""

from __future__ import annotations

import gc
import os
import signal
import time
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["do", "serve"]

# Looking for cycles among the objects of a batch, of which there are none, takes a twentieth of
# the time that it takes to decode it; among those of the modules, a tenth of that to load them.
_OBJECTS = 100_000


def serve(parent: int) -> None:
    """Make this process ready to work for its parent, and for it alone."""
    gc.set_threshold(_OBJECTS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with, args=[parent], daemon=True).start()
    import cachestats.engine.packing  # noqa: F401 - what it loads is not to be searched either

    gc.freeze()


def do(function: Callable[[Any], object], given: bytes) -> bytes:
    """Do a piece of work, sent and sent back in packed form."""
    from cachestats.engine.packing import packed, unpacked

    return packed(function(unpacked(given)))


def _end_with(parent: int) -> None:
    """End when the parent was killed, which tells nobody."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
