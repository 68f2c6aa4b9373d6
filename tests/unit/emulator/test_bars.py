"""Candles against a second computation straight from the trades."""

from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.timeframe import MINUTE_MS
from cryptobot_desktop.emulator.bars import PairBars, Totals, flat, merge
from cryptobot_desktop.emulator.market_types import DEFAULT_PAIRS, TradeHappened

BTC = DEFAULT_PAIRS[0]
LIVE_MINUTE = 119
GAPS = st.tuples(st.integers(0, 200_000), st.integers(90, 110), st.integers(1, 9), st.booleans())


class FlatHistory:
    """A past in which nothing happened at price 100."""

    def minute(self, minute: int) -> Totals:
        return flat(100)


def trades_of(gaps: list[tuple[int, int, int, bool]]) -> list[TradeHappened]:
    at_ms, trades = LIVE_MINUTE * MINUTE_MS, []
    for number, (gap, price, qty, is_buy) in enumerate(gaps):
        at_ms += gap
        side = Side.BUY if is_buy else Side.SELL
        trades.append(TradeHappened("BTC/USDT", 500 + number, price, qty, side, 1, 2, at_ms))
    return trades


def bars_of(trades: list[TradeHappened]) -> PairBars:
    bars = PairBars(BTC, FlatHistory(), LIVE_MINUTE, 100)
    for trade in trades:
        bars.on_trade(trade)
    return bars


def totals_from(trades: list[TradeHappened], last_price: int) -> Totals:
    if not trades:
        return flat(last_price)
    prices = [t.price for t in trades]
    bought = [t for t in trades if t.aggressor is Side.BUY]
    return Totals(
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        sum(t.qty for t in trades),
        sum(t.price * t.qty * 10 for t in trades),
        len(trades),
        trades[0].trade_id,
        trades[-1].trade_id,
        sum(t.qty for t in bought),
        sum(t.price * t.qty * 10 for t in bought),
    )


@given(st.lists(GAPS, max_size=60), st.integers(0, 200), st.integers(1, 200))
def test_every_span_adds_up_to_its_trades(gaps: list[tuple[int, int, int, bool]], offset: int, length: int) -> None:
    trades = trades_of(gaps)
    bars = bars_of(trades)
    now_minute = trades[-1].at_ms // MINUTE_MS if trades else LIVE_MINUTE
    first, end = LIVE_MINUTE - 20 + offset, LIVE_MINUTE - 20 + offset + length
    inside = [t for t in trades if first * MINUTE_MS <= t.at_ms < end * MINUTE_MS]
    before = [t.price for t in trades if t.at_ms < end * MINUTE_MS]
    expected = totals_from(inside, before[-1] if before else 100)
    assert bars.span(first, end, now_minute) == expected
    assert bars.span(first, end, now_minute) == expected, "the remembered hours say the same"


@given(st.lists(GAPS, min_size=1, max_size=40))
def test_reading_a_running_bar_does_not_freeze_it(gaps: list[tuple[int, int, int, bool]]) -> None:
    trades = trades_of(gaps)
    bars = PairBars(BTC, FlatHistory(), LIVE_MINUTE, 100)
    for trade in trades:
        bars.on_trade(trade)
        minute = trade.at_ms // MINUTE_MS
        bars.span(0, minute + 1, minute)
    minute = trades[-1].at_ms // MINUTE_MS
    assert bars.span(0, minute + 1, minute) == totals_from(trades, 100)


def test_a_minute_without_trades_repeats_the_close_before() -> None:
    bars = bars_of(trades_of([(0, 105, 1, True), (3 * MINUTE_MS, 95, 1, False)]))
    assert [bars.minute(LIVE_MINUTE + n).close for n in range(5)] == [105, 105, 105, 95, 95]
    assert bars.minute(LIVE_MINUTE + 1) == flat(105)
    assert bars.minute(LIVE_MINUTE + 1).first_trade_id == -1


def test_flat_minutes_do_not_touch_the_prices_of_a_longer_bar() -> None:
    traded = Totals(105, 106, 104, 105, 1, 1, 1, 7, 7, 0, 0)
    assert merge([flat(90), traded, flat(105)]) == traded
    assert merge([flat(90), flat(90)]) == flat(90)
