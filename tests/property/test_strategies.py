"""Promises of bots: stopping and going on changes nothing; crosses equal a definition in fractions."""

import json
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Candle, Side
from cryptobot_desktop.domain.orders import Intent
from cryptobot_desktop.domain.timeframe import MINUTE_MS, Timeframe
from cryptobot_desktop.strategies import Strategy, StrategyView, create_strategy

COIN = Instrument(venue=Venue.KUCOIN, symbol="X-USDT", base="X", quote="USDT", price_decimals=3, qty_decimals=2)
BOTS = {"sma_cross": {"fast": 2, "slow": 4}, "rsi_reversion": {"period": 3, "low": "40", "high": "60"}}

# Few distinct prices make equal averages common.
closes_lists = st.lists(st.integers(998, 1002), min_size=20, max_size=60) | st.lists(
    st.integers(995, 1005) | st.integers(1, 10**9), max_size=60
)


def _bot(name: str) -> Strategy:
    return create_strategy(name, COIN, Timeframe.M1, BOTS[name])


def _candle(number: int, close: int) -> Candle:
    return Candle(COIN.id, Timeframe.M1, number * MINUTE_MS, close, close, close, close, 0)


def _live(bot: Strategy, closes: Sequence[int], start: int = 0) -> list[Intent | None]:
    views = [StrategyView(position_qty=qty, free_quote=1, equity=1, now_ms=0) for qty in (0, 5)]
    return [
        bot.on_candle(_candle(number, close), views[number // 3 % 2])
        for number, close in enumerate(closes)
        if number >= start
    ]


@pytest.mark.parametrize("name", BOTS)
@given(closes=closes_lists, stop=st.integers(0, 60), back=st.integers(0, 60))
def test_a_bot_restored_and_warmed_up_goes_on_as_if_it_had_never_stopped(
    name: str, closes: list[int], stop: int, back: int
) -> None:
    whole = _bot(name)
    everything = _live(whole, closes)
    stopped = _bot(name)
    _live(stopped, closes[:stop])
    restored = _bot(name)
    restored.restore(json.loads(json.dumps(stopped.snapshot())))
    # missed candles come back as history, which may also repeat some that were seen
    back = max(stop, back)
    for number in range(max(0, stop - 5), min(back, len(closes))):
        restored.take(_candle(number, closes[number]))
    assert _live(restored, closes, start=back) == everything[back:]
    assert restored.snapshot() == whole.snapshot()
    assert restored.indicators() == whole.indicators()


@pytest.mark.parametrize("name", BOTS)
@given(closes=closes_lists, split=st.integers(0, 60))
def test_history_leaves_the_state_that_living_through_it_would_have_left(
    name: str, closes: list[int], split: int
) -> None:
    warmed, lived = _bot(name), _bot(name)
    for number, close in enumerate(closes[:split]):
        warmed.take(_candle(number, close))
    _live(lived, closes[:split])
    assert warmed.snapshot() == lived.snapshot()
    assert _live(warmed, closes, start=split) == _live(lived, closes, start=split)


@pytest.mark.parametrize("name", BOTS)
@settings(max_examples=50)
@given(closes=closes_lists)
def test_deciding_changes_nothing(name: str, closes: list[int]) -> None:
    bot = _bot(name)
    for number, close in enumerate(closes):
        bot.take(_candle(number, close))
    if not closes:
        return
    before = bot.snapshot()
    for qty in (0, 5):
        bot.decide(
            _candle(len(closes) - 1, closes[-1]), StrategyView(position_qty=qty, free_quote=1, equity=1, now_ms=0)
        )
    assert bot.snapshot() == before


@given(closes=closes_lists)
def test_crosses_equal_their_definition_in_exact_fractions(closes: list[int]) -> None:
    expected, standing = [], None
    for end in range(1, len(closes) + 1):
        side = None
        if end >= 4:
            fast, slow = Fraction(sum(closes[end - 2 : end]), 2), Fraction(sum(closes[end - 4 : end]), 4)
            now = standing if fast == slow else fast > slow
            if standing is not None and now != standing:
                side = Side.BUY if now else Side.SELL
            standing = now
        expected.append(side)
    bot = _bot("sma_cross")
    seen = []
    for number, close in enumerate(closes):
        bot.take(_candle(number, close))
        asked = [
            bot.decide(_candle(number, close), StrategyView(position_qty=qty, free_quote=1, equity=1, now_ms=0))
            for qty in (0, 5)
        ]
        seen.append(next((intent.side for intent in asked if intent), None))
    assert seen == expected
