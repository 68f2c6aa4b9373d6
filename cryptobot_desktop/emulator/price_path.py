"""The fundamental value of a pair: a random path that can be asked at any time, in any order.

A Brownian path by midpoint displacement: the value at second t with lowest set bit b is the mean of its neighbours
t-b and t+b plus noise hashed from (seed, t), with the bridge's standard deviation sqrt(2b)/2. So the path is a pure
function of (seed, pair, t), and whoever joins later finds the same story. Floats are right here: this is what
traders believe, not a price that anybody pays; prices become integers when orders are placed.
"""

import math

from cryptobot_desktop.emulator.market_types import PairSpec
from cryptobot_desktop.emulator.regimes import RegimeSchedule, smooth
from cryptobot_desktop.emulator.seeded_noise import SeededNoise

_TOP_S = 1 << 20
_TOP_SD = 60.0
"""Sigmas of a calm minute between the anchors 12 days apart (60 x 6 bp = 3.6 %)."""
_WEATHER_BELOW_S = 512
"""Only movements shorter than this feel the regime's volatility; longer ones are the pair's own."""
_SWING_S = 720
_SWING_SD = 6.0
"""Swings to and fro over about a quarter of an hour, in sigmas of a calm minute: markets overshoot and come back."""
_MEMO_LIMIT = 20_000
_MINUTE_S = 60.0


class BrownianPath:
    """A random walk with swings, in units of one standard deviation per calm minute."""

    def __init__(self, seed: int, name: str, schedule: RegimeSchedule) -> None:
        self._noise = SeededNoise(seed, f"path:{name}")
        self._swings = SeededNoise(seed, f"swings:{name}")
        self._schedule = schedule
        self._memo: dict[int, float] = {}

    def at(self, second: int) -> float:
        """Return the value at a UTC second (second > 0)."""
        knot, age = divmod(second, _SWING_S)
        before, after = self._swings.gauss(knot), self._swings.gauss(knot + 1)
        return self.walk(second) + _SWING_SD * (before + (after - before) * smooth(age / _SWING_S))

    def walk(self, second: int) -> float:
        """Return the value without the swings."""
        value = self._memo.get(second)
        if value is None:
            if len(self._memo) >= _MEMO_LIMIT:
                self._memo.clear()
            value = self._memo[second] = self._compute(second)
        return value

    def _compute(self, second: int) -> float:
        half = second & -second
        if half >= _TOP_S or half == 0:
            return _TOP_SD * self._noise.gauss(second)
        middle = (self.walk(second - half) + self.walk(second + half)) / 2.0
        sd = math.sqrt(2.0 * half / _MINUTE_S) / 2.0
        if half < _WEATHER_BELOW_S:
            sd *= self._schedule.climate(second).volatility
        return middle + sd * self._noise.gauss(second)


class Fundamental:
    """What one pair is worth at any time: start price x exp(common factor + own factor + trends and bursts)."""

    def __init__(self, seed: int, spec: PairSpec, schedule: RegimeSchedule, common: BrownianPath) -> None:
        self._spec = spec
        self._schedule = schedule
        self._common = common
        self._own = BrownianPath(seed, spec.name, schedule)
        self._own_weight = math.sqrt(1.0 - spec.market_share**2)
        self._known: dict[int, float] = {}

    def at_second(self, second: int) -> float:
        """Return the value in scaled price units at a UTC second."""
        value = self._known.get(second)
        if value is None:
            if len(self._known) >= _MEMO_LIMIT:
                self._known.clear()
            value = self._known[second] = self._compute(second)
        return value

    def at_ms(self, at_ms: float) -> float:
        """Return the value at a UTC time in milliseconds, linear between the seconds."""
        second = int(at_ms // 1000)
        share = at_ms / 1000.0 - second
        return self.at_second(second) * (1.0 - share) + self.at_second(second + 1) * share

    def _compute(self, second: int) -> float:
        walk = self._spec.market_share * self._common.at(second) + self._own_weight * self._own.at(second)
        sigmas = walk + self._schedule.push(second)
        return self._spec.start_price * math.exp(self._spec.volatility * sigmas)
