"""Figures: a table of an analysis in, a plotly figure out; nothing is analysed, shown or saved."""

from __future__ import annotations

from cachestats.figures.barcode import cache_barcode
from cachestats.figures.ledger import ledger_bars
from cachestats.figures.pareto import layer_pareto
from cachestats.figures.theme import CONFIG, palette
from cachestats.figures.treemap import waste_treemap
from cachestats.figures.trend import trend
from cachestats.figures.waterfall import waterfall
from cachestats.figures.whatif import whatif_bars

__all__ = [
    "CONFIG",
    "cache_barcode",
    "layer_pareto",
    "ledger_bars",
    "palette",
    "trend",
    "waste_treemap",
    "waterfall",
    "whatif_bars",
]
