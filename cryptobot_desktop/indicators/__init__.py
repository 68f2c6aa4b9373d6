"""Step 2 of a price's way: numbers from prices, one cheap update per bar, and the same numbers over arrays."""

from cryptobot_desktop.indicators.bar import Bar, bar_of
from cryptobot_desktop.indicators.batch import Candles, compute, compute_incremental
from cryptobot_desktop.indicators.catalogue import CATALOGUE, IndicatorSpec, catalogue_listing, create, find
from cryptobot_desktop.indicators.indicator import Indicator, State, Value

__all__ = [
    "CATALOGUE",
    "Bar",
    "Candles",
    "Indicator",
    "IndicatorSpec",
    "State",
    "Value",
    "bar_of",
    "catalogue_listing",
    "compute",
    "compute_incremental",
    "create",
    "find",
]
