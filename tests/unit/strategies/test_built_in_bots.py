"""The two built-in bots: when they want what, and why."""

from collections.abc import Sequence

import pytest

from cryptobot_desktop.domain.errors import InvalidInput, InvariantBroken
from cryptobot_desktop.domain.instrument import Filters, Instrument, InstrumentId, Venue
from cryptobot_desktop.domain.market import Candle, Side
from cryptobot_desktop.domain.numbers import AMOUNT_UNIT
from cryptobot_desktop.domain.orders import Intent, Sizing
from cryptobot_desktop.domain.timeframe import MINUTE_MS, Timeframe
from cryptobot_desktop.strategies import Strategy, StrategyView, create_strategy

BTC = Instrument(
    venue=Venue.BINANCE,
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    price_decimals=2,
    qty_decimals=5,
    filters=Filters(step_size=1, min_qty=1, min_notional=5 * AMOUNT_UNIT),
)


def candle(number: int, close: int, *, closed: bool = True, timeframe: Timeframe = Timeframe.M1) -> Candle:
    return Candle(
        instrument=BTC.id,
        timeframe=timeframe,
        open_ms=number * MINUTE_MS,
        open=close,
        high=close,
        low=close,
        close=close,
        volume=1,
        closed=closed,
    )


def view(position_qty: int = 0) -> StrategyView:
    return StrategyView(position_qty=position_qty, free_quote=10**12, equity=10**12, now_ms=0)


def intents(bot: Strategy, closes: Sequence[int], *, start: int = 0) -> dict[int, Intent]:
    """Feed closes to a bot that holds what its intents say; return its intents by bar number."""
    wanted, held = {}, 0
    for number, close in enumerate(closes, start=start):
        intent = bot.on_candle(candle(number, close), view(held))
        if intent is not None:
            wanted[number] = intent
            held = 100_000 if intent.side is Side.BUY else 0
    return wanted


def sma_cross(fast: int = 2, slow: int = 3, size: str = "0.25") -> Strategy:
    return create_strategy("sma_cross", BTC, Timeframe.M1, {"fast": fast, "slow": slow, "size": size})


def test_the_crossover_bot_buys_its_share_on_the_bar_of_the_cross_and_sells_all_on_the_way_back() -> None:
    closes = [100_00, 90_00, 80_00, 100_00, 120_00, 90_00, 60_00]
    wanted = intents(sma_cross(), closes)
    # fast:  -, 95, 85, 90, 110, 105, 75 ; slow: -, -, 90, 90, 100, 103.33, 90
    assert list(wanted) == [4, 6]
    assert wanted[4] == Intent(
        instrument=BTC.id,
        side=Side.BUY,
        sizing=Sizing.EQUITY_SHARE,
        equity_ppm=250_000,
        reason="fast SMA 110.00 crossed above slow SMA 100.00",
    )
    assert wanted[6] == Intent(
        instrument=BTC.id,
        side=Side.SELL,
        sizing=Sizing.WHOLE_POSITION,
        reason="fast SMA 75.00 crossed below slow SMA 90.00",
    )


def test_equal_averages_are_no_cross() -> None:
    # the averages are equal on bar 3 and the fast one is below again on bar 4
    assert intents(sma_cross(), [100_00, 90_00, 80_00, 100_00, 50_00]) == {}


def test_averages_that_meet_from_above_and_part_again_are_no_cross() -> None:
    bot = sma_cross()
    closes = [80_00, 90_00, 100_00, 80_00, 110_00]
    # fast: -, 85, 95, 90, 95 ; slow: -, -, 90, 90, 96.67: above, equal, below
    wanted = [bot.on_candle(candle(n, close), view(100_000)) for n, close in enumerate(closes)]
    assert [intent is not None for intent in wanted] == [False, False, False, False, True]
    assert wanted[4] is not None
    assert wanted[4].reason == "fast SMA 95.00 crossed below slow SMA 96.67"


def test_a_market_that_stands_still_gives_no_cross_whatever_the_periods() -> None:
    assert intents(sma_cross(fast=7, slow=30), [64180_21] * 100) == {}


def test_the_first_relation_of_the_averages_is_no_cross() -> None:
    assert intents(sma_cross(), [1_00, 2_00, 3_00, 4_00, 5_00]) == {}


def test_nothing_is_bought_twice_and_nothing_sold_that_is_not_held() -> None:
    bot, closes = sma_cross(), [100_00, 90_00, 80_00, 100_00, 120_00, 90_00, 60_00]
    assert [bot.on_candle(candle(n, close), view(100_000)) for n, close in enumerate(closes[:5])] == [None] * 5
    assert [bot.on_candle(candle(n, close), view(0)) for n, close in enumerate(closes) if n > 4] == [None, None]


def test_a_remainder_too_small_to_be_sold_does_not_stop_the_next_buy() -> None:
    bot = sma_cross()
    wanted = [
        bot.on_candle(candle(n, close), view(1)) for n, close in enumerate([100_00, 90_00, 80_00, 100_00, 120_00])
    ]
    assert wanted[4] is not None


def test_averages_that_differ_by_less_than_a_cent_are_told_apart_in_words() -> None:
    wanted = intents(sma_cross(fast=2, slow=3), [200, 100, 100, 101, 101, 101, 102])
    assert wanted[3].reason == "fast SMA 1.005 crossed above slow SMA 1.003"


def test_the_crossover_bot_shows_its_averages() -> None:
    bot = sma_cross()
    assert bot.indicators() == {"SMA 2": None, "SMA 3": None}
    intents(bot, [100_00, 90_00, 81_00])
    assert bot.indicators() == {"SMA 2": 85.5, "SMA 3": 271 / 3}


def reversion() -> Strategy:
    return create_strategy("rsi_reversion", BTC, Timeframe.M1, {"period": 2, "low": "30", "high": "70", "size": "0.1"})


def test_the_reversion_bot_buys_when_weakness_ends_and_sells_strength() -> None:
    closes = [100_00, 90_00, 80_00, 84_00, 90_00, 110_00, 120_00]
    wanted = intents(reversion(), closes)
    # gain / (gain + loss): 0/10, 2/7, 4/6.5, 12/13.25
    assert [(number, intent.side, intent.reason) for number, intent in wanted.items()] == [
        (4, Side.BUY, "RSI 61.54 rose back above 30"),
        (5, Side.SELL, "RSI 90.57 is above 70"),
    ]


def test_the_reversion_bot_does_not_buy_a_leap_past_its_upper_level() -> None:
    assert intents(reversion(), [100_00, 90_00, 80_00, 200_00]) == {}


def test_the_reversion_bot_asks_again_for_a_sale_that_was_not_made() -> None:
    bot = reversion()
    closes = [100_00, 90_00, 80_00, 84_00, 90_00, 110_00, 120_00]
    wanted = [bot.on_candle(candle(n, close), view(100_000)) for n, close in enumerate(closes)]
    assert [intent is not None for intent in wanted] == [False] * 5 + [True] * 2


def test_the_reversion_bot_leaves_a_market_that_never_moved_alone() -> None:
    assert intents(reversion(), [50_00] * 30) == {}


def test_history_gives_no_intent_and_no_false_cross_afterwards() -> None:
    bot = sma_cross()
    for number, close in enumerate([100_00, 90_00, 80_00, 100_00, 120_00]):
        bot.take(candle(number, close))
    assert bot.on_candle(candle(5, 125_00), view()) is None


def test_a_cross_between_history_and_the_first_live_candle_is_seen() -> None:
    bot = sma_cross()
    for number, close in enumerate([100_00, 90_00, 80_00, 100_00]):
        bot.take(candle(number, close))
    assert bot.on_candle(candle(4, 120_00), view()) is not None


def test_a_candle_that_was_seen_is_not_counted_twice() -> None:
    bot = sma_cross()
    bot.take(candle(0, 100_00))
    before = bot.snapshot()
    bot.take(candle(0, 100_00))
    assert bot.on_candle(candle(0, 100_00), view()) is None
    assert bot.snapshot() == before


def test_an_unfinished_candle_is_a_bug_of_the_caller() -> None:
    with pytest.raises(InvariantBroken, match="unfinished bar"):
        sma_cross().on_candle(candle(0, 1, closed=False), view())


def test_a_candle_of_another_timeframe_is_a_bug_of_the_caller() -> None:
    with pytest.raises(InvariantBroken, match="binance:BTCUSDT 5m"):
        sma_cross().take(candle(0, 1, timeframe=Timeframe.M5))


def test_the_state_of_a_bot_with_other_parameters_is_refused() -> None:
    with pytest.raises(InvalidInput, match="it must warm up anew"):
        sma_cross().restore(sma_cross(slow=4).snapshot())


def test_a_damaged_state_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        sma_cross().restore({**sma_cross().snapshot(), "state": {"fast": "x"}})


def test_parameters_are_stored_as_plain_text() -> None:
    assert reversion().param_texts() == {"period": "2", "low": "30", "high": "70", "size": "0.1"}
    assert BTC.id == InstrumentId("binance:BTCUSDT")
