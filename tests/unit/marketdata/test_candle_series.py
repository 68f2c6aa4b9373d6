"""Series of bars: new ones wait to be written together, but no reader can tell."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Candle, CandleSource, candle_floats
from cryptobot_desktop.domain.timeframe import MINUTE_MS, Timeframe
from cryptobot_desktop.marketdata.candle_series import CandleSeries

BTC = Instrument(venue=Venue.BINANCE, symbol="BTCUSDT", base="BTC", quote="USDT", price_decimals=2, qty_decimals=8)


def bar(minute: int) -> Candle:
    return Candle(BTC.id, Timeframe.M1, minute * MINUTE_MS, minute + 5, minute + 9, minute + 1, minute + 7, 3 * minute)


def series_of(count: int) -> CandleSeries:
    series = CandleSeries(BTC, Timeframe.M1)
    for minute in range(count):
        series.put(bar(minute))
    return series


@pytest.mark.parametrize("count", [1, 1_023, 1_024, 1_025, 3_000])
def test_every_reader_sees_the_bar_that_was_put_just_now(count: int) -> None:
    newest = bar(count - 1)
    assert len(series_of(count)) == count
    assert series_of(count).last() == newest
    assert series_of(count).at(newest.open_ms) == newest
    assert series_of(count).tail(2)[-1] == newest
    assert series_of(count).between(newest.open_ms, newest.open_ms + 1) == [newest]
    assert series_of(count).opens_from(newest.open_ms) == newest.open_ms
    assert series_of(count).columns().close[-1] == candle_floats(newest, BTC)[3]
    assert series_of(count).tail(count) == [bar(minute) for minute in range(count)]


def test_a_hole_before_a_bar_that_was_put_just_now_is_a_gap() -> None:
    series = series_of(3)
    series.put(bar(5))
    assert series.gaps() == ((3 * MINUTE_MS, 5 * MINUTE_MS),)


def test_a_waiting_bar_can_be_put_again_corrected_and_preceded() -> None:
    series = series_of(3)
    assert not series.put(bar(2))
    corrected = Candle(BTC.id, Timeframe.M1, 2 * MINUTE_MS, 1, 2, 1, 2, 3, source=CandleSource.BUILT)
    assert series.put(corrected)
    series.put(bar(5))
    assert series.put(bar(4))
    assert series.tail(9) == [bar(0), bar(1), corrected, bar(4), bar(5)]


def test_arrays_that_were_handed_out_stay_as_they_are() -> None:
    series = series_of(10)
    columns = series.columns()
    kept = columns.open.tolist()
    for minute in range(10, 5_000):
        series.put(bar(minute))
    assert len(series) == 5_000
    assert columns.open.tolist() == kept
    assert not columns.open.flags.writeable


def test_columns_read_by_another_thread_are_whole_and_in_order() -> None:
    count = 5_000
    series, expected = CandleSeries(BTC, Timeframe.M1, capacity=2), series_of(count).columns()

    def read() -> bool:
        agree, seen = True, 0
        while agree and seen < count:
            columns = series.columns()
            agree = all(
                np.array_equal(getattr(columns, name), getattr(expected, name)[: len(columns.open_ms)])
                for name in ("open_ms", "close")
            )
            seen = len(columns.open_ms)
        return agree

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        for minute in range(count):
            series.put(bar(minute))
        assert [reader.result(timeout=60) for reader in readers] == [True, True]
    assert len(series) == count
