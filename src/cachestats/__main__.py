"""`python -m cachestats` is `cachestats`."""

from __future__ import annotations

from cachestats.cli.app import app

if __name__ == "__main__":
    app()
