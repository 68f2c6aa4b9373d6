"""One-minute bars before the live market, each a pure function of (seed, pair, minute), without running a book.

Opens and closes lie on the same fundamental path as the live market. Highs and lows are drawn from the extremes of a
Brownian bridge between them: the maximum of a bridge from a to b with variance v exceeds m with probability
exp(-2 (m-a)(m-b) / v), which is inverted here. Trade counts telescope over whole days since 1970, so that trade ids
of any two minutes agree without counting everything in between.
"""

import math

from cryptobot_desktop.emulator.bars import Totals
from cryptobot_desktop.emulator.market_types import PairSpec
from cryptobot_desktop.emulator.price_path import Fundamental
from cryptobot_desktop.emulator.regimes import MEAN_ACTIVITY, RegimeSchedule
from cryptobot_desktop.emulator.seeded_noise import SeededNoise

DAY_MINUTES = 1_440
CALM_TRADES_PER_MINUTE = 280.0
"""What the live market makes in a calm minute at pace 1 (measured)."""
MEAN_SIZE = 1.06
"""Mean size of a live trade as a multiple of the pair's typical size (measured)."""
_COUNT_JITTER = 0.15
_SAMPLES_S = (7, 22, 37, 52)
_ADDRESSES = 16


class HistoryMinutes:
    """Makes the totals of any minute of the past of one pair."""

    def __init__(self, seed: int, spec: PairSpec, schedule: RegimeSchedule, fundamental: Fundamental) -> None:
        self._spec = spec
        self._schedule = schedule
        self._fundamental = fundamental
        self._noise = SeededNoise(seed, f"history:{spec.name}")
        self._day_counts: dict[int, list[int]] = {}

    def minute(self, minute: int) -> Totals:
        """Return the totals of the minute that opens minute x 60 s after the epoch."""
        noise, address = self._noise, minute * _ADDRESSES
        first_id = self.first_trade_id(minute)
        trades = self.first_trade_id(minute + 1) - first_id
        close = self.boundary_price(minute + 1)
        opened = self._on_tick(self.boundary_price(minute) * (1.0 + self._spec.half_spread * noise.gauss(address)))
        high, low = self._extremes(minute, opened, close)
        volume = self._volume(trades, noise.gauss(address + 3))
        price = self._on_tick(low + (high - low) * (0.3 + 0.4 * noise.uniform(address + 4)))
        price = min(high, max(low, price))
        lean = 0.5 + 0.2 * math.tanh((close - opened) / max(1.0, self._sigma(minute)))
        bought = self._on_step(volume * min(0.95, max(0.05, lean + 0.08 * noise.gauss(address + 5))))
        return Totals(
            opened,
            high,
            low,
            close,
            volume,
            self._spec.quote_amount(price, volume),
            trades,
            first_id,
            first_id + trades - 1,
            bought,
            self._spec.quote_amount(price, bought),
        )

    def boundary_price(self, minute: int) -> int:
        """Return the last price before a minute opens: the fundamental value give or take half a spread."""
        side = 1.0 if self._noise.uniform(minute * _ADDRESSES + 6) < 0.5 else -1.0
        return self._on_tick(self._fundamental.at_second(minute * 60) * (1.0 + side * self._spec.half_spread))

    def first_trade_id(self, minute: int) -> int:
        """Return the id of the first trade of a minute; every minute of the history has at least one trade."""
        day, index = divmod(minute, DAY_MINUTES)
        counts = self._day_counts.get(day)
        if counts is None:
            counts = self._day_counts[day] = self._count_day(day)
        return counts[index]

    def _count_day(self, day: int) -> list[int]:
        first = self._trades_before_day(day)
        spare = self._trades_before_day(day + 1) - first - DAY_MINUTES
        weights = [self._weight(day * DAY_MINUTES + index) for index in range(DAY_MINUTES)]
        total, so_far, ids = sum(weights), 0.0, []
        for index, weight in enumerate(weights):
            ids.append(first + index + int(spare * so_far / total))
            so_far += weight
        return ids

    def _trades_before_day(self, day: int) -> int:
        per_day = DAY_MINUTES * CALM_TRADES_PER_MINUTE * MEAN_ACTIVITY * self._spec.pace
        return int(per_day * (day + _COUNT_JITTER * self._noise.uniform(day * _ADDRESSES + 7)))

    def _weight(self, minute: int) -> float:
        activity = sum(self._schedule.climate(minute * 60 + offset).activity for offset in _SAMPLES_S)
        return activity * (0.7 + 0.6 * self._noise.uniform(minute * _ADDRESSES + 8))

    def _sigma(self, minute: int) -> float:
        """Return the standard deviation of the price over this minute, in scaled price units."""
        factors = [self._schedule.climate(minute * 60 + offset).volatility for offset in _SAMPLES_S]
        return self._fundamental.at_second(minute * 60) * self._spec.volatility * sum(factors) / len(factors)

    def _extremes(self, minute: int, opened: int, close: int) -> tuple[int, int]:
        noise, address = self._noise, minute * _ADDRESSES
        variance, change = self._sigma(minute) ** 2, float(close - opened)
        reach = [
            math.sqrt(change * change - 2.0 * variance * math.log(1.0 - noise.uniform(address + index)))
            for index in (1, 2)
        ]
        high = max(opened, close, self._on_tick((opened + close + reach[0]) / 2.0))
        low = min(opened, close, self._on_tick((opened + close - reach[1]) / 2.0))
        return high, max(self._spec.tick_size, low)

    def _volume(self, trades: int, gauss: float) -> int:
        mean = trades * MEAN_SIZE * self._spec.typical_qty
        return max(trades * self._spec.step_size, self._on_step(mean * math.exp(0.3 * gauss - 0.045)))

    def _on_tick(self, price: float) -> int:
        tick = self._spec.tick_size
        return max(tick, round(price / tick) * tick)

    def _on_step(self, qty: float) -> int:
        step = self._spec.step_size
        return int(qty / step) * step
