"""The command line: the first user of the public API."""

from __future__ import annotations

import atexit
import gc

# Loading modules makes no garbage, and a command ends before there is much: to look for it takes a
# tenth of the time to load them, and as much again at the end.
gc.set_threshold(100_000)
atexit.register(gc.freeze)
