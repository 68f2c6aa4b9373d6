"""Simulated traders of one pair: the arrival of limit orders, cancels, market orders and requotes in time.

Arrivals are Poisson with rates that depend on the climate and, for market orders, on each other (a Hawkes process:
each market order makes further ones likelier for some seconds, never more than `_BRANCHING` of them on average, so
that it cannot explode). Waiting times are drawn one after the other from the pair's own generator; how the caller
cuts the time into steps has no influence.
"""

import math
from random import Random

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.emulator.market_maker import MarketMaker
from cryptobot_desktop.emulator.market_types import PairSpec
from cryptobot_desktop.emulator.matching import LimitOrderBook
from cryptobot_desktop.emulator.price_path import Fundamental
from cryptobot_desktop.emulator.regimes import CLIMATES, Regime, RegimeSchedule

# Rates per second in a calm market at pace 1.
_LIMIT_RATE = 4.0
_MARKET_RATE = 0.7
_QUOTE_RATE = 1.2
_BRANCHING = 0.45
_EXCITEMENT_DECAY = 0.8
"""Per second: how fast the excitement after a market order dies down."""
_LONGEST_WAIT_MS = 500.0
"""Rates are looked at again at least this often; right for Poisson arrivals, because they have no memory."""
_NOISE_ORDERS = 480
"""Resting orders of noise traders that arrivals and cancels keep up between them."""
_WORST_SLIP = 0.003
_REACH = 0.00012
"""Scale of the distance of noise orders behind the best price, as a share of the price."""
_MAX_REACH = 0.03


class OrderFlow:
    """Plays all traders of one pair against its book."""

    def __init__(
        self,
        spec: PairSpec,
        rng: Random,
        book: LimitOrderBook,
        *,
        fundamental: Fundamental,
        schedule: RegimeSchedule,
        start_ms: int,
    ) -> None:
        self._spec = spec
        self._random = rng.random
        self._book = book
        self._fundamental = fundamental
        self._schedule = schedule
        self._maker = MarketMaker(spec, book, rng)
        self._parent = _ParentOrder()
        self._noise_orders: list[int] = []
        self._second = -1
        self._climate = CLIMATES[Regime.CALM]
        self._excitement = 0.0
        self._at = float(start_ms)
        self._open(start_ms)

    def run_until(self, to_ms: int) -> None:
        """Play everything that happens up to and including to_ms."""
        end = float(to_ms + 1)
        while self._next < end:
            self._at = self._next
            if self._is_arrival:
                self._play()
            self._schedule_next()

    def _open(self, start_ms: int) -> None:
        """Fill the empty book, then let one trade happen, so that there is a last price from the start."""
        value = self._fundamental.at_ms(start_ms)
        self._maker.requote(value, 1.0, start_ms)
        for index in range(_NOISE_ORDERS):
            self._place_noise(Side.BUY if index % 2 else Side.SELL, start_ms, may_improve=False)
        side = Side.BUY if self._random() < 0.5 else Side.SELL
        self._take(side, self._spec.typical_qty // self._spec.step_size * self._spec.step_size, start_ms)
        self._schedule_next()

    def _schedule_next(self) -> None:
        """Draw the waiting time and the kind of the next arrival."""
        second = int(self._at // 1000.0)
        if second != self._second:
            self._second = second
            self._climate = self._schedule.climate(second)
        pace = self._climate.activity * self._spec.pace
        self._rates = (
            _QUOTE_RATE * math.sqrt(pace),
            _LIMIT_RATE * pace,
            _LIMIT_RATE * pace * len(self._noise_orders) / _NOISE_ORDERS,
            _MARKET_RATE * pace + self._excitement,
        )
        wait = -1000.0 * math.log(1.0 - self._random()) / sum(self._rates)
        self._is_arrival = wait <= _LONGEST_WAIT_MS
        wait = min(wait, _LONGEST_WAIT_MS)
        self._excitement *= math.exp(-_EXCITEMENT_DECAY * wait / 1000.0)
        self._next = self._at + wait

    def _play(self) -> None:
        at_ms = int(self._at)
        quote, limit, cancel, market = self._rates
        share = self._random() * (quote + limit + cancel + market)
        if share < quote:
            self._maker.requote(self._fundamental.at_ms(self._at), self._climate.spread, at_ms)
        elif share < quote + limit:
            self._place_noise(Side.BUY if self._random() < 0.5 else Side.SELL, at_ms, may_improve=True)
        elif share < quote + limit + cancel:
            self._cancel_noise(at_ms)
        else:
            self._market_order(at_ms)

    def _market_order(self, at_ms: int) -> None:
        """Take liquidity: a child of a split order, or a new decision that leans towards the fundamental value."""
        parent = self._parent
        if parent.left and self._random() < 0.6:
            parent.left -= 1
            self._take(parent.side, parent.qty, at_ms)
        else:
            side, qty = self._lean(), self._size()
            if not parent.left and self._random() < 0.1:
                parent.left, parent.side, parent.qty = 3 + int(9 * self._random()), side, qty
            self._take(side, qty, at_ms)
        self._excitement += _BRANCHING * _EXCITEMENT_DECAY

    def _take(self, side: Side, qty: int, at_ms: int) -> None:
        book, tick = self._book, self._spec.tick_size
        best = (book.asks if side is Side.BUY else book.bids).best_price()
        slip = int(best * _WORST_SLIP) // tick * tick
        worst = best + slip if side is Side.BUY else best - slip
        if best:
            book.submit_market(side, qty, worst, at_ms)

    def _lean(self) -> Side:
        book = self._book
        middle = (book.bids.best_price() + book.asks.best_price()) / 2.0
        gap = (self._fundamental.at_ms(self._at) - middle) / (middle * self._spec.half_spread)
        return Side.BUY if self._random() < 0.5 + 0.35 * math.tanh(gap / 3.0) else Side.SELL

    def _size(self) -> int:
        """Draw a log-normal size; a third of them are round numbers, as people type them."""
        spec = self._spec
        gauss = math.sqrt(-2.0 * math.log(1.0 - self._random())) * math.cos(2.0 * math.pi * self._random())
        steps = max(1, int(spec.typical_qty * math.exp(1.1 * gauss) / spec.step_size))
        if self._random() < 0.33:
            steps = _one_digit(steps)
        return steps * spec.step_size

    def _place_noise(self, side: Side, at_ms: int, *, may_improve: bool) -> None:
        """Rest a limit order inside the spread or, mostly, some way behind the best price; it never takes."""
        book, tick = self._book, self._spec.tick_size
        bid, ask = book.bids.best_price(), book.asks.best_price()
        if not bid or not ask:
            return
        gap = (ask - bid) // tick
        if may_improve and gap > 1 and self._random() < 0.2:
            into = (1 + int((gap - 1) * self._random() ** 2)) * tick
            price = bid + into if side is Side.BUY else ask - into
        else:
            behind = self._behind(bid)
            price = max(tick, bid - behind) if side is Side.BUY else ask + behind
        order_id = book.submit_limit(side, price, self._size(), at_ms)
        self._noise_orders.append(order_id)

    def _behind(self, price: int) -> int:
        """Draw a distance with a heavy tail; the farther away, the rounder the numbers."""
        tick = self._spec.tick_size
        share = min(_MAX_REACH, _REACH * ((1.0 - self._random()) ** -0.8 - 1.0))
        ticks = int(price * share) // tick
        unit = max(1, 10 ** (len(str(ticks)) - 2))
        return int(ticks // unit * unit * tick)

    def _cancel_noise(self, at_ms: int) -> None:
        """Cancel a random living noise order; the filled ones found on the way are forgotten."""
        ids = self._noise_orders
        while ids:
            index = int(self._random() * len(ids))
            order_id = ids[index]
            ids[index] = ids[-1]
            ids.pop()
            if self._book.cancel(order_id, at_ms):
                return


class _ParentOrder:
    """A big order that is sent in equal pieces; `left` pieces are still to come."""

    __slots__ = ("left", "qty", "side")

    def __init__(self) -> None:
        self.left = 0
        self.side = Side.BUY
        self.qty = 0


def _one_digit(value: int) -> int:
    """Return a positive number with all digits but the first set to 0."""
    unit = 10 ** (len(str(value)) - 1)
    return int(value // unit * unit)
