"""What a team sets for its runs in `cachestats.toml`: project names, budgets, prices."""

from __future__ import annotations

from cachestats.settings.model import FILE_NAME, Budgets, Money, Projects, Settings
from cachestats.settings.prices import BUILT_IN, Price

__all__ = ["BUILT_IN", "FILE_NAME", "Budgets", "Money", "Price", "Projects", "Settings"]
