"""Where work runs: on the cores of this machine."""
