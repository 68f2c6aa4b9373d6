"""A market maker: a ladder of quotes around the fundamental value, moved when the value leaves them behind."""

from random import Random

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.emulator.market_types import PairSpec
from cryptobot_desktop.emulator.matching import LimitOrderBook

_RUNGS = (1.0, 1.9, 3.2, 5.2, 8.5, 14.0, 24.0, 40.0, 70.0)
"""Distances of the quotes from the value, in half spreads."""
_TOLERANCE = 0.45
"""A quote stays while its distance is right within this share of itself."""


class MarketMaker:
    """Keeps one quote per rung and side; quotes that meet stale orders of others trade with them."""

    def __init__(self, spec: PairSpec, book: LimitOrderBook, rng: Random) -> None:
        self._spec = spec
        self._book = book
        self._random = rng.random
        self._quotes: list[tuple[Side, float, list[int]]] = [
            (side, rung, [0]) for rung in _RUNGS for side in (Side.BUY, Side.SELL)
        ]

    def requote(self, value: float, *, spread: float, at_ms: int) -> None:
        """Cancel the quotes that are too near, too far or filled, then place them anew around the value.

        `spread` multiplies the distances. All cancels come first, so that the maker never meets its own quotes.
        """
        unit = max(self._spec.half_spread * value * spread, 0.5 * self._spec.tick_size)
        orders, renew = self._book.orders, []
        for side, rung, held in self._quotes:
            order = orders.get(held[0])
            if order is not None:
                distance = (value - order.price if side is Side.BUY else order.price - value) / unit
                if abs(distance - rung) <= rung * _TOLERANCE:
                    continue
                self._book.cancel(held[0], at_ms=at_ms)
            renew.append((side, rung, held))
        for side, rung, held in renew:
            distance = rung * unit * (0.85 + 0.3 * self._random())
            price = value - distance if side is Side.BUY else value + distance
            held[0] = self._place(side, price, rung=rung, at_ms=at_ms)

    def _place(self, side: Side, wish: float, *, rung: float, at_ms: int) -> int:
        """Rest a quote at the tick next to the wished price that is farther from the value."""
        spec, tick = self._spec, self._spec.tick_size
        price = int(wish // tick) * tick if side is Side.BUY else -int(wish // -tick) * tick
        size = spec.typical_qty * (2.0 + 0.5 * rung) * (0.4 + 1.2 * self._random())
        qty = max(1, int(size / spec.step_size)) * spec.step_size
        return self._book.submit_limit(side, max(tick, price), qty=qty, at_ms=at_ms)
