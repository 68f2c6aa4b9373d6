"""The one market of the benchmarks: one-minute bars of a geometric random walk, seed 42, in whole cents.

A bar opens where the one before it closed, so that "fill at this close" and "fill at the next open" agree.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Candle, CandleSource
from cryptobot_desktop.domain.timeframe import MINUTE_MS, Timeframe

INSTRUMENT = Instrument(
    venue=Venue.BINANCE, symbol="BTCUSDT", base="BTC", quote="USDT", price_decimals=2, qty_decimals=8
)
START_MS = 1_704_067_200_000
VOLUME = 100 * 10**8


@dataclass(frozen=True)
class Bars:
    """Prices in whole cents."""

    open: NDArray[np.int64]
    high: NDArray[np.int64]
    low: NDArray[np.int64]
    close: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.close)

    def floats(self, name: str) -> NDArray[np.float64]:
        """Return one of the columns in quote units."""
        column: NDArray[np.int64] = getattr(self, name)
        return column / 100.0

    def candles(self) -> list[Candle]:
        """Return the bars as the program takes them."""
        rows = zip(self.open.tolist(), self.high.tolist(), self.low.tolist(), self.close.tolist(), strict=True)
        return [
            Candle(
                INSTRUMENT.id,
                Timeframe.M1,
                START_MS + number * MINUTE_MS,
                *prices,
                VOLUME,
                source=CandleSource.IMPORTED,
            )
            for number, prices in enumerate(rows)
        ]


def random_walk(count: int) -> Bars:
    """Return `count` bars around 30,000.00, the same ones at every call."""
    chance = np.random.default_rng(42)
    close = np.round(3_000_000 * np.exp(np.cumsum(chance.normal(0.0, 0.0005, count)))).astype(np.int64)
    opened = np.concatenate(([3_000_000], close[:-1]))
    wicks = np.abs(chance.normal(0.0, 0.0003, (2, count)))
    high = np.maximum(np.ceil(np.maximum(opened, close) * (1 + wicks[0])), 1).astype(np.int64)
    low = np.maximum(np.floor(np.minimum(opened, close) * (1 - wicks[1])), 1).astype(np.int64)
    return Bars(opened, high, low, close)
