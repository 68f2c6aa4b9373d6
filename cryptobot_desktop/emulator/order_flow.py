"""Simulated traders of one pair: the arrival of limit orders, cancels, market orders and requotes in time.

Arrivals are Poisson with rates that depend on the climate and, for market orders, on each other (a Hawkes process:
each market order makes further ones likelier for some seconds, never more than `_BRANCHING` of them on average, so
that it cannot explode). Waiting times are drawn one after the other from the pair's own generator; how the caller
cuts the time into steps has no influence.
"""

import math
from random import Random

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.emulator.crowd import IMPATIENT, PATIENT, Crowd
from cryptobot_desktop.emulator.market_maker import MarketMaker
from cryptobot_desktop.emulator.market_types import PairSpec
from cryptobot_desktop.emulator.matching import LimitOrderBook
from cryptobot_desktop.emulator.price_path import Fundamental
from cryptobot_desktop.emulator.regimes import CLIMATES, Regime, RegimeSchedule

# Rates per second in a calm market at pace 1.
_MARKET_RATE = 0.5
_QUOTE_RATE = 1.2
_BRANCHING = 0.45
_EXCITEMENT_DECAY = 0.8
"""Per second: how fast the excitement after a market order dies down."""
_LONGEST_WAIT_MS = 500.0
"""Rates are looked at again at least this often; right for Poisson arrivals, because they have no memory."""
_WORST_SLIP = 0.003


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
        self._crowds = tuple(
            Crowd(spec, book, character, random=rng.random, draw_qty=self._size) for character in (PATIENT, IMPATIENT)
        )
        book.on_filled = self._filled
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

    def print_trade(self, at_ms: int) -> None:
        """Let a small market order trade now, so that there is a last price."""
        side = Side.BUY if self._random() < 0.5 else Side.SELL
        self._take(side, max(1, self._spec.typical_qty // self._spec.step_size) * self._spec.step_size, at_ms)

    def _open(self, start_ms: int) -> None:
        """Fill the empty book."""
        self._maker.requote(self._fundamental.at_ms(start_ms), spread=1.0, at_ms=start_ms)
        for crowd in self._crowds:
            crowd.gather(start_ms)
        self._schedule_next()

    def _filled(self, order_id: int) -> None:
        for crowd in self._crowds:
            crowd.forget(order_id)

    def _schedule_next(self) -> None:
        """Draw the waiting time and the kind of the next arrival."""
        second = int(self._at // 1000.0)
        if second != self._second:
            self._second = second
            self._climate = self._schedule.climate(second)
        pace = self._climate.activity * self._spec.pace
        patient, impatient = self._crowds
        arrivals = pace * impatient.character.arrivals
        patient_arrivals = pace * patient.character.arrivals
        self._rates = (
            arrivals,
            arrivals * impatient.crowding,
            _QUOTE_RATE * math.sqrt(pace),
            _MARKET_RATE * pace + self._excitement,
            patient_arrivals,
            patient_arrivals * patient.crowding,
        )
        wait = -1000.0 * math.log(1.0 - self._random()) / sum(self._rates)
        self._is_arrival = wait <= _LONGEST_WAIT_MS
        wait = min(wait, _LONGEST_WAIT_MS)
        self._excitement *= math.exp(-_EXCITEMENT_DECAY * wait / 1000.0)
        self._next = self._at + wait

    def _play(self) -> None:
        """Let one arrival happen, of a kind drawn in proportion to the rates."""
        at_ms = int(self._at)
        share = self._random() * sum(self._rates)
        kind = 0
        while kind < len(self._rates) - 1 and share >= self._rates[kind]:
            share -= self._rates[kind]
            kind += 1
        patient, impatient = self._crowds
        actions = (impatient.arrive, impatient.leave, self._requote, self._market_order, patient.arrive, patient.leave)
        actions[kind](at_ms)

    def _requote(self, at_ms: int) -> None:
        self._maker.requote(self._fundamental.at_ms(self._at), spread=self._climate.spread, at_ms=at_ms)

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
        if best:
            book.submit_market(side, qty, worst_price=best + slip if side is Side.BUY else best - slip, at_ms=at_ms)

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
