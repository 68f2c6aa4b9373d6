"""Candles: built and rolled-up bars equal a direct aggregation of the trades, however they are cut."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Candle, ClockTick, FeedState, FeedStatus, Trade
from cryptobot_desktop.domain.timeframe import Timeframe, bar_end_ms, bar_open_ms
from cryptobot_desktop.marketdata.candle_rollups import divides, order_of_length
from cryptobot_desktop.marketdata.candle_series import CandleSeries, roll_up
from cryptobot_desktop.marketdata.market_state import MarketState
from tests.unit.marketdata.market_samples import BTC, KBTC, MINUTE, bar, trade

START = 1_788_220_800_000
"""2026-09-01 00:00 UTC, a Tuesday: first day of a month."""
STEPS = st.lists(st.tuples(st.integers(0, 150_000), st.integers(50, 150), st.integers(1, 9)), min_size=1, max_size=120)


def trades_of(steps: list[tuple[int, int, int]], instrument: Instrument = BTC) -> list[Trade]:
    at, made = START, []
    for number, (step, price, qty) in enumerate(steps):
        at += step
        made.append(trade(at, price, qty, number=number, instrument=instrument))
    return made


def directly(trades: list[Trade], timeframe: Timeframe, venue: Venue) -> dict[int, tuple[int, int, int, int, int]]:
    """The oracle: group by opening time, no state."""
    groups: dict[int, list[Trade]] = {}
    for item in trades:
        groups.setdefault(bar_open_ms(item.venue_ms, timeframe, venue), []).append(item)
    return {
        opens: (
            group[0].price,
            max(t.price for t in group),
            min(t.price for t in group),
            group[-1].price,
            sum(t.qty for t in group),
        )
        for opens, group in groups.items()
    }


def figures(candle: Candle) -> tuple[int, int, int, int, int]:
    return (candle.open, candle.high, candle.low, candle.close, candle.volume)


@given(STEPS, st.sampled_from([BTC, KBTC]), st.integers(0, 3))
def test_told_bars_equal_a_direct_aggregation_and_come_once_and_in_order(
    steps: list[tuple[int, int, int]], instrument: Instrument, ticks: int
) -> None:
    trades = trades_of(steps, instrument)
    market = MarketState([instrument], books=False)
    market.apply(FeedStatus(instrument.id, FeedState.LIVE), START - 10_000)
    told: list[Candle] = []
    for item in trades:
        for tick in range(ticks):
            at = item.venue_ms - ticks + tick
            told += [e for e in market.apply(ClockTick(at), at) or () if isinstance(e, Candle)]
        told += [e for e in market.apply(item, item.venue_ms) or () if isinstance(e, Candle)]
    end = trades[-1].venue_ms + 5 * MINUTE
    told += [e for e in market.apply(ClockTick(end), end) or () if isinstance(e, Candle)]
    for timeframe in Timeframe:
        bars = [c for c in told if c.timeframe is timeframe]
        assert [c.open_ms for c in bars] == sorted({c.open_ms for c in bars})
        expected = directly(trades, timeframe, instrument.venue)
        # Silence may add bars without volume on Binance; longer bars need their whole stretch.
        assert {c.open_ms: figures(c) for c in bars if c.volume} == {
            opens: value
            for opens, value in expected.items()
            if bar_end_ms(opens, timeframe) <= end - 2_000
            and (timeframe is Timeframe.M1 or opens >= bar_open_ms(trades[0].venue_ms, Timeframe.M1, instrument.venue))
        }
        if instrument is KBTC:
            assert all(c.volume for c in bars)
        series = market.series(instrument.id, timeframe)
        assert series is not None
        assert series.tail(10_000) == bars


MINUTES = st.lists(
    st.tuples(st.integers(0, 200_000), st.integers(1, 99), st.integers(0, 9)),
    min_size=1,
    max_size=80,
    unique_by=lambda m: m[0],
)


@given(MINUTES, st.sampled_from(Venue))
def test_rolling_up_in_two_steps_equals_rolling_up_in_one(minutes: list[tuple[int, int, int]], venue: Venue) -> None:
    bars = [bar(START + m * MINUTE, (p, p + 2, p, p + 1, v)) for m, p, v in sorted(minutes)]
    for longer in Timeframe:
        once = roll_up(bars, longer, venue)
        assert sum(c.volume for c in once) == sum(c.volume for c in bars)
        assert all(c.open_ms == bar_open_ms(c.open_ms, longer, venue) for c in once)
        for shorter in sorted(Timeframe, key=order_of_length):
            if divides(shorter, longer):
                assert roll_up(roll_up(bars, shorter, venue), longer, venue) == once


@given(MINUTES, st.randoms(use_true_random=False), st.integers(1, 30))
def test_a_series_is_the_same_in_whatever_pieces_and_order_it_was_filled(
    minutes: list[tuple[int, int, int]], random: Random, cut: int
) -> None:
    bars = [bar(START + m * MINUTE, (p, p + 2, p, p + 1, v)) for m, p, v in sorted(minutes)]
    shuffled = bars * 2
    random.shuffle(shuffled)
    whole, pieces, single = (CandleSeries(BTC, Timeframe.M1, capacity=2) for _ in range(3))
    whole.merge(bars)
    for start in range(0, len(shuffled), cut):
        pieces.merge(shuffled[start : start + cut])
    for item in shuffled:
        single.put(item)
    assert whole.tail(1_000) == pieces.tail(1_000) == single.tail(1_000) == bars
    for left, right in zip(whole.columns().__struct_fields__, single.columns().__struct_fields__, strict=True):
        if left != "revision":
            assert getattr(whole.columns(), left).tolist() == getattr(single.columns(), right).tolist()
    missing = sum(end - start for start, end in whole.gaps()) // MINUTE
    assert missing == (bars[-1].open_ms - bars[0].open_ms) // MINUTE + 1 - len(bars)
