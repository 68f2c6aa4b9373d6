"""Bars of the past: plausible, exact, and the same for everybody who asks."""

import statistics
from itertools import pairwise

import pytest

from cryptobot_desktop.emulator.bars import Totals
from cryptobot_desktop.emulator.history import DAY_MINUTES, HistoryMinutes
from cryptobot_desktop.emulator.market_types import DEFAULT_PAIRS, PairSpec
from cryptobot_desktop.emulator.price_path import BrownianPath, Fundamental
from cryptobot_desktop.emulator.regimes import RegimeSchedule

NOW_MINUTE = 29_216_666
COARSE = PairSpec(
    base="XRP", quote="USDT", price_decimals=4, qty_decimals=1, start_price=5_000, typical_qty=5_000,
    volatility=0.0008, tick_size=5, step_size=10,
)  # fmt: skip


def history(seed: int, spec: PairSpec) -> HistoryMinutes:
    schedule = RegimeSchedule(seed)
    path = Fundamental(seed, spec, schedule, BrownianPath(seed, "common", schedule))
    return HistoryMinutes(seed, spec, schedule, path)


def check(bar: Totals, spec: PairSpec) -> None:
    assert 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
    assert all(price % spec.tick_size == 0 for price in (bar.open, bar.high, bar.low, bar.close))
    assert bar.volume % spec.step_size == 0
    assert bar.taker_buy_volume % spec.step_size == 0
    assert bar.trades >= 1
    assert bar.volume >= bar.trades * spec.step_size
    assert 0 <= bar.taker_buy_volume <= bar.volume
    assert spec.quote_amount(bar.low, bar.volume) <= bar.quote_volume <= spec.quote_amount(bar.high, bar.volume)
    assert bar.taker_buy_quote_volume <= bar.quote_volume
    assert bar.last_trade_id - bar.first_trade_id + 1 == bar.trades


@pytest.mark.parametrize("spec", [*DEFAULT_PAIRS, COARSE], ids=lambda spec: spec.base)
def test_two_days_of_bars_are_possible_ones_with_consecutive_trade_ids(spec: PairSpec) -> None:
    past = history(3, spec)
    bars = [past.minute(minute) for minute in range(NOW_MINUTE - 2 * DAY_MINUTES, NOW_MINUTE)]
    for bar in bars:
        check(bar, spec)
    assert all(b.first_trade_id == a.last_trade_id + 1 for a, b in pairwise(bars))


def test_a_bar_is_the_same_whoever_asks_and_whenever() -> None:
    one, other = history(3, DEFAULT_PAIRS[0]), history(3, DEFAULT_PAIRS[0])
    minutes = range(NOW_MINUTE - 50, NOW_MINUTE)
    forward = [one.minute(minute) for minute in minutes]
    backward = [other.minute(minute) for minute in reversed(minutes)]
    assert forward == backward[::-1]


def test_a_bar_opens_where_the_last_one_closed_give_or_take_the_spread() -> None:
    spec = DEFAULT_PAIRS[0]
    past = history(3, spec)
    bars = [past.minute(minute) for minute in range(NOW_MINUTE - 1_000, NOW_MINUTE)]
    jumps = [abs(b.open - a.close) / a.close for a, b in pairwise(bars)]
    assert max(jumps) < 4 * spec.half_spread


def test_the_range_of_a_bar_is_that_of_a_random_walk() -> None:
    # For a Brownian path the mean range is sqrt(8 / pi) = 1.596 standard deviations of its end.
    past = history(3, DEFAULT_PAIRS[0])
    bars = [past.minute(minute) for minute in range(NOW_MINUTE - 3_000, NOW_MINUTE)]
    ranges = statistics.mean((bar.high - bar.low) / bar.open for bar in bars)
    moves = statistics.mean(abs(bar.close / bar.open - 1.0) for bar in bars)
    assert 1.5 < ranges / moves < 2.5  # 2.0 in theory: the mean absolute end is sqrt(2 / pi)
