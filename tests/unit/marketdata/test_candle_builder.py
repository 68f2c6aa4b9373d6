"""Bars from trades: closed once, in order, checked against the venue's own."""

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Candle, CandleSource
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.candle_builder import CandleBuilder
from tests.unit.marketdata.market_samples import BTC, KBTC, MINUTE, T0, bar, trade

M1 = (Timeframe.M1,)


def watched(
    at_ms: int = T0 - MINUTE, *, instrument: Instrument = BTC, timeframes: tuple[Timeframe, ...] = M1
) -> CandleBuilder:
    builder = CandleBuilder(instrument, timeframes=timeframes)
    builder.begin_watching(at_ms)
    return builder


def figures(candle: Candle) -> tuple[int, int, int, int, int, int]:
    return (candle.open_ms, candle.open, candle.high, candle.low, candle.close, candle.volume)


def test_a_later_bars_trade_closes_the_bar() -> None:
    builder = watched()
    for at, price in ((0, 100), (10, 120), (20, 90), (30, 110)):
        assert builder.on_trade(trade(T0 + at, price, 2)) == ()
    (closed,) = builder.on_trade(trade(T0 + MINUTE, 111))
    assert figures(closed) == (T0, 100, 120, 90, 110, 8)
    assert (closed.trades, closed.closed, closed.source) == (4, True, CandleSource.BUILT)
    assert closed.quote_volume == 2 * (100 + 120 + 90 + 110) * 10


def test_time_closes_a_silent_bar_after_a_grace() -> None:
    builder = watched()
    builder.on_trade(trade(T0, 100))
    assert builder.on_time(T0 + MINUTE + 1_999) == ()
    assert [figures(c) for c in builder.on_time(T0 + MINUTE + 2_000)] == [(T0, 100, 100, 100, 100, 1)]
    assert builder.on_time(T0 + MINUTE + 2_001) == ()


def test_a_bar_is_told_once_although_the_venue_says_it_too() -> None:
    builder = watched()
    builder.on_trade(trade(T0, 100))
    assert len(builder.on_trade(trade(T0 + MINUTE, 101))) == 1
    assert builder.on_candle(bar(T0, (100, 100, 100, 100, 1))) == ()
    assert builder.counters.mismatches == 0


def test_the_venues_closing_push_closes_a_bar_before_any_later_trade() -> None:
    builder = watched()
    builder.on_trade(trade(T0, 100))
    (closed,) = builder.on_candle(bar(T0, (100, 100, 100, 100, 1)))
    assert closed.source is CandleSource.BUILT
    assert builder.on_trade(trade(T0 + MINUTE, 101)) == ()


def test_a_bar_that_was_joined_in_the_middle_is_taken_from_the_venue() -> None:
    builder = watched(T0 + 30_000)
    builder.on_trade(trade(T0 + 40_000, 105))
    builder.on_candle(bar(T0, (100, 110, 90, 105, 50), closed=False))
    assert builder.on_trade(trade(T0 + MINUTE, 106)) == ()
    (closed,) = builder.on_candle(bar(T0, (100, 110, 90, 105, 51)))
    assert figures(closed) == (T0, 100, 110, 90, 105, 51)
    assert closed.source is CandleSource.VENUE
    assert closed.closed is True
    assert builder.counters.mismatches == 0


def test_bars_wait_in_order_behind_one_that_the_venue_still_owes() -> None:
    builder = watched(T0 + 30_000)
    builder.on_candle(bar(T0, (100, 110, 90, 105, 50), closed=False))
    builder.on_trade(trade(T0 + 40_000, 105))
    builder.on_trade(trade(T0 + MINUTE, 106))
    assert builder.on_trade(trade(T0 + 2 * MINUTE, 107)) == ()
    closed = builder.on_candle(bar(T0, (100, 110, 90, 105, 51)))
    assert [c.open_ms for c in closed] == [T0]
    closed = builder.on_trade(trade(T0 + 3 * MINUTE, 107))
    assert [c.open_ms for c in closed] == [T0 + MINUTE, T0 + 2 * MINUTE]


def test_after_patience_the_venues_running_bar_is_better_than_half_of_our_own() -> None:
    builder = watched(T0 + 30_000)
    builder.on_trade(trade(T0 + 40_000, 105))
    builder.on_candle(bar(T0, (100, 110, 90, 105, 50), closed=False))
    assert builder.on_time(T0 + MINUTE + 5_000) == ()
    closed = builder.on_time(T0 + MINUTE + 12_000)
    assert [figures(c) for c in closed] == [(T0, 100, 110, 90, 105, 50)]
    assert builder.counters.partial_bars == 1


def test_a_difference_to_the_venues_bar_is_counted_and_the_venue_believed() -> None:
    builder = watched()
    builder.on_trade(trade(T0, 100))
    (closed,) = builder.on_candle(bar(T0, (100, 101, 100, 101, 2)))
    assert closed.source is CandleSource.VENUE
    assert closed.high == 101
    assert builder.counters.mismatches == 1


def test_a_correction_after_closing_goes_into_the_series_and_is_not_told() -> None:
    builder = watched()
    builder.on_trade(trade(T0, 100))
    builder.on_trade(trade(T0 + MINUTE, 101))
    assert builder.on_candle(bar(T0, (100, 105, 100, 100, 3))) == ()
    assert builder.series[Timeframe.M1].tail(1)[0].high == 105
    assert (builder.counters.mismatches, builder.counters.corrections) == (1, 1)


def test_a_late_trade_is_counted_and_changes_nothing() -> None:
    builder = watched()
    builder.on_trade(trade(T0, 100))
    builder.on_trade(trade(T0 + MINUTE, 101))
    assert builder.on_trade(trade(T0 + 5, 500)) == ()
    assert builder.counters.late_trades == 1
    assert builder.series[Timeframe.M1].tail(1)[0].high == 100


def test_silent_minutes_are_bars_without_volume_on_binance() -> None:
    builder = watched()
    builder.on_trade(trade(T0, 100))
    closed = builder.on_trade(trade(T0 + 3 * MINUTE, 107))
    assert [figures(c) for c in closed] == [
        (T0, 100, 100, 100, 100, 1),
        (T0 + MINUTE, 100, 100, 100, 100, 0),
        (T0 + 2 * MINUTE, 100, 100, 100, 100, 0),
    ]


def test_silent_minutes_are_no_bars_on_kucoin() -> None:
    builder = watched(instrument=KBTC)
    builder.on_trade(trade(T0, 100, instrument=KBTC))
    closed = builder.on_trade(trade(T0 + 3 * MINUTE, 107, instrument=KBTC))
    assert [c.open_ms for c in closed] == [T0]
    builder.on_trade(trade(T0 + 4 * MINUTE, 107, instrument=KBTC))
    assert builder.series[Timeframe.M1].gaps() == ((T0 + MINUTE, T0 + 3 * MINUTE),)


def test_on_kucoin_a_later_candle_closes_the_one_before() -> None:
    builder = watched(instrument=KBTC)
    assert builder.on_candle(bar(T0, (1, 2, 1, 2, 5), closed=None, instrument=KBTC)) == ()
    (closed,) = builder.on_candle(bar(T0 + MINUTE, (2, 2, 2, 2, 1), closed=None, instrument=KBTC))
    assert figures(closed) == (T0, 1, 2, 1, 2, 5)
    assert closed.closed is True


def test_while_interrupted_nothing_closes_and_the_venues_bars_fill_the_gap_in_order() -> None:
    builder = watched()
    builder.on_candle(bar(T0, (100, 100, 100, 100, 1), closed=False))
    builder.on_trade(trade(T0, 100))
    builder.interrupt()
    assert builder.on_time(T0 + 5 * MINUTE) == ()
    told = [
        c.open_ms for minute in range(4) for c in builder.on_candle(bar(T0 + minute * MINUTE, (100, 103, 99, 101, 9)))
    ]
    assert told == [T0 + minute * MINUTE for minute in range(4)]
    assert {c.source for c in builder.series[Timeframe.M1].tail(9)} == {CandleSource.VENUE}


def test_a_gap_that_nobody_fills_stays_a_gap() -> None:
    builder = watched()
    builder.on_trade(trade(T0, 100))
    builder.on_trade(trade(T0 + MINUTE, 100))
    builder.interrupt()
    builder.begin_watching(T0 + 5 * MINUTE + 30_000)
    builder.on_trade(trade(T0 + 6 * MINUTE, 200))
    builder.on_trade(trade(T0 + 7 * MINUTE, 200))
    assert [c.open_ms for c in builder.series[Timeframe.M1].tail(9)] == [T0, T0 + MINUTE, T0 + 6 * MINUTE]


def test_history_ends_what_is_told_and_seeds_longer_bars() -> None:
    hour = 1_790_002_800_000 // 3_600_000 * 3_600_000
    builder = CandleBuilder(BTC, timeframes=(Timeframe.M5, Timeframe.H1))
    builder.load_history([bar(hour + m * MINUTE, (100 + m, 100 + m, 100 + m, 100 + m, 1)) for m in range(3)])
    builder.begin_watching(hour + 2 * MINUTE)
    builder.on_trade(trade(hour + 3 * MINUTE, 500))
    builder.on_trade(trade(hour + 4 * MINUTE, 50))
    told = builder.on_trade(trade(hour + 5 * MINUTE, 60))
    assert [(c.timeframe, c.open_ms - hour) for c in told] == [(Timeframe.M1, 4 * MINUTE), (Timeframe.M5, 0)]
    assert figures(told[1]) == (hour, 100, 500, 50, 50, 5)
    running = builder.forming(Timeframe.H1)
    assert running is not None
    assert figures(running) == (hour, 100, 500, 50, 60, 6)
    assert running.closed is False


def test_history_that_comes_after_the_start_is_told_in_its_turn() -> None:
    builder = CandleBuilder(BTC, timeframes=M1)
    builder.load_history([bar(T0 - MINUTE, (1, 1, 1, 1, 1))])
    builder.begin_watching(T0 + 30_000)
    builder.on_trade(trade(T0 + 40_000, 105))
    builder.load_history([bar(T0 - 2 * MINUTE, (1, 1, 1, 1, 1)), bar(T0, (100, 110, 90, 105, 50))])
    told = builder.on_trade(trade(T0 + MINUTE, 106))
    assert [figures(c) for c in told] == [(T0, 100, 110, 90, 105, 50)]
    assert [c.open_ms for c in builder.series[Timeframe.M1].tail(9)] == [T0 - 2 * MINUTE, T0 - MINUTE, T0]


def test_a_longer_bar_whose_start_was_not_seen_is_not_told() -> None:
    hour = 1_790_002_800_000 // 3_600_000 * 3_600_000
    builder = watched(hour + MINUTE, timeframes=(Timeframe.M5,))
    told = [
        c
        for minute in range(2, 12)
        for c in builder.on_trade(trade(hour + minute * MINUTE, 100))
        if c.timeframe is Timeframe.M5
    ]
    assert [c.open_ms - hour for c in told] == [5 * MINUTE]


def test_a_candle_files_bars_are_told_and_rolled_up_from_their_own_timeframe() -> None:
    day = 1_790_000_000_000 // 86_400_000 * 86_400_000
    builder = CandleBuilder(BTC, base=Timeframe.H1, timeframes=(Timeframe.M5, Timeframe.H4))
    told = [
        c
        for hour in range(5)
        for c in builder.on_candle(
            Candle(BTC.id, Timeframe.H1, day + hour * 3_600_000, 1, 2 + hour, 1, 1, 3, source=CandleSource.IMPORTED)
        )
    ]
    assert [c.timeframe for c in told] == [*[Timeframe.H1] * 4, Timeframe.H4, Timeframe.H1]
    assert figures(told[4]) == (day, 1, 5, 1, 1, 12)
    assert told[0].source is CandleSource.IMPORTED


def test_a_longer_bar_with_a_hole_that_nobody_filled_is_not_told() -> None:
    hour = 1_790_002_800_000 // 3_600_000 * 3_600_000
    builder = watched(hour - MINUTE, timeframes=(Timeframe.M5,))
    told = list(builder.on_trade(trade(hour, 100)))
    told += builder.on_trade(trade(hour + MINUTE, 100))
    builder.interrupt()
    builder.begin_watching(hour + 7 * MINUTE - 3_000)
    for minute in range(7, 17):
        told += builder.on_trade(trade(hour + minute * MINUTE, 100))
    assert [(c.timeframe.value, (c.open_ms - hour) // MINUTE) for c in told if c.timeframe is Timeframe.M5] == [
        ("5m", 10)
    ]


def test_a_hole_that_the_venue_confirms_is_a_stretch_without_trades() -> None:
    hour = 1_790_002_800_000 // 3_600_000 * 3_600_000
    builder = watched(hour - MINUTE, instrument=KBTC, timeframes=(Timeframe.M5,))
    told = list(builder.on_trade(trade(hour, 100, instrument=KBTC)))
    builder.interrupt()
    for minute in (0, 3, 5):
        told += builder.on_candle(bar(hour + minute * MINUTE, (100, 100, 100, 100, 2), instrument=KBTC))
    assert [(c.timeframe.value, (c.open_ms - hour) // MINUTE) for c in told] == [
        ("1m", 0),
        ("1m", 3),
        ("5m", 0),
        ("1m", 5),
    ]


def test_what_the_venue_said_before_an_interruption_is_not_the_end_of_its_bar() -> None:
    builder = watched()
    builder.on_candle(bar(T0, (100, 100, 100, 100, 1), closed=False))
    builder.on_trade(trade(T0, 100))
    builder.interrupt()
    builder.begin_watching(T0 + 2 * MINUTE + 30_000)
    told = builder.on_candle(bar(T0 + 3 * MINUTE, (100, 100, 100, 100, 1)))
    assert [c.open_ms for c in told] == [T0, T0 + 3 * MINUTE]
    assert told[0].source is CandleSource.BUILT
    assert builder.counters.partial_bars == 1


def test_on_kucoin_our_whole_bar_is_better_than_a_push_that_may_lack_the_last_trades() -> None:
    builder = watched(instrument=KBTC)
    builder.on_trade(trade(T0, 100, instrument=KBTC))
    builder.on_candle(bar(T0, (100, 100, 100, 100, 1), closed=None, instrument=KBTC))
    builder.on_trade(trade(T0 + 59_900, 130, instrument=KBTC))
    (closed,) = builder.on_candle(bar(T0 + MINUTE, (130, 130, 130, 130, 1), closed=None, instrument=KBTC))
    assert (closed.high, closed.source) == (130, CandleSource.BUILT)
    assert builder.on_candle(bar(T0, (100, 100, 100, 100, 1), closed=None, instrument=KBTC)) == ()
    assert builder.counters.corrections == 0
    builder.on_candle(bar(T0, (100, 140, 100, 130, 3), closed=None, instrument=KBTC))
    assert (builder.counters.corrections, builder.series[Timeframe.M1].tail(1)[0].high) == (1, 140)


def test_a_trade_from_the_far_future_makes_up_no_bars() -> None:
    builder = watched()
    builder.on_trade(trade(T0, 100))
    builder.on_trade(trade(T0 + MINUTE, 100))
    told = builder.on_trade(trade(T0 + 50 * 365 * 86_400_000, 100))
    assert len(told) < 2_000
