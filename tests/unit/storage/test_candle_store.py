"""Candles in a file of their own: exact, quick, and expendable."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.errors import InvariantBroken, UserActionNeeded
from cryptobot_desktop.domain.instrument import InstrumentId, Venue
from cryptobot_desktop.domain.market import Candle, CandleSource
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.storage.candle_store import FILE_NAME, CandleStore, StoredSeries
from tests.builders import btc_usdt

BTC = InstrumentId("binance:BTCUSDT")
ETH = InstrumentId("kucoin:ETH-USDT")


@pytest.fixture
def store(data_dir: Path) -> Iterator[CandleStore]:
    opened = CandleStore(data_dir / FILE_NAME)
    yield opened
    opened.close()


def bar(open_ms: int, close: int = 10, **fields: object) -> Candle:
    fields = {"instrument": BTC, "timeframe": Timeframe.M1, "volume": 3, **fields}
    return Candle(open_ms=open_ms, open=10, high=max(10, close), low=min(10, close), close=close, **fields)  # type: ignore[arg-type]


def test_bars_come_back_as_they_were_put_in_order_of_time(store: CandleStore) -> None:
    bars = [
        bar(180_000, trades=None, closed=None, source=CandleSource.IMPORTED),
        bar(60_000, quote_volume=2**70, volume=2**64, closed=False, source=CandleSource.BUILT),
        bar(120_000, close=2**62, trades=9),
    ]
    assert store.put(bars) == 3
    assert store.candles(BTC, Timeframe.M1) == sorted(bars, key=lambda candle: candle.open_ms)


def test_a_range_holds_its_first_moment_and_not_its_last(store: CandleStore) -> None:
    store.put(bar(minute * 60_000) for minute in range(10))
    found = store.candles(BTC, Timeframe.M1, from_ms=120_000, to_ms=240_000)
    assert [candle.open_ms for candle in found] == [120_000, 180_000]
    assert [candle.open_ms for candle in store.newest(BTC, Timeframe.M1, count=2)] == [480_000, 540_000]
    assert store.candles(ETH, Timeframe.M1) == []


def test_a_finished_bar_is_not_replaced_by_an_unfinished_or_a_built_one(store: CandleStore) -> None:
    store.put([bar(0, 11)])
    store.put([bar(0, 12, closed=False), bar(0, 13, source=CandleSource.BUILT)])
    assert store.candles(BTC, Timeframe.M1) == [bar(0, 11)]
    store.put([bar(0, 14)])
    assert store.candles(BTC, Timeframe.M1) == [bar(0, 14)]


def test_a_built_bar_is_replaced_by_the_exchange_s_own(store: CandleStore) -> None:
    store.put([bar(0, 11, source=CandleSource.BUILT)])
    store.put([bar(0, 12)])
    assert store.candles(BTC, Timeframe.M1) == [bar(0, 12)]


def test_markets_are_kept_apart_and_listed(store: CandleStore) -> None:
    store.put([bar(0, 11), bar(60_000, 11)])
    store.put([bar(0, 99), bar(0, 5, instrument=ETH, timeframe=Timeframe.H1)], market="synthetic:7")
    assert store.candles(BTC, Timeframe.M1, market="synthetic:7") == [bar(0, 99)]
    assert store.stock() == [
        StoredSeries("live", BTC, Timeframe.M1, 0, 60_000, 2),
        StoredSeries("synthetic:7", BTC, Timeframe.M1, 0, 0, 1),
        StoredSeries("synthetic:7", ETH, Timeframe.H1, 0, 0, 1),
    ]


def test_deleting_takes_only_what_is_older(store: CandleStore) -> None:
    store.put(bar(minute * 60_000) for minute in range(10))
    store.put([bar(0, instrument=ETH)])
    assert store.delete(BTC, Timeframe.M1, before_ms=120_000) == 2
    assert store.stock()[0].first_ms == 120_000
    assert store.delete(BTC, Timeframe.M1) == 8
    assert [series.instrument for series in store.stock()] == [ETH]


def test_a_price_out_of_range_writes_nothing(store: CandleStore) -> None:
    with pytest.raises(InvariantBroken, match="cannot be stored"):
        store.put([bar(0), bar(60_000, 2**63)])
    assert store.stock() == []
    store.put([bar(0)])


def test_the_quota_takes_the_oldest_bars_of_the_longest_series_and_gives_the_space_back(store: CandleStore) -> None:
    store.put(bar(minute * 60_000) for minute in range(30_000))
    store.put([bar(0, instrument=ETH)])
    before = store.size()
    deleted = store.keep_below(before // 2)
    assert deleted > 10_000
    assert store.size() <= before // 2
    assert store.stock()[0].last_ms == 29_999 * 60_000
    assert store.stock()[0].count == 30_000 - deleted
    assert store.stock()[1].count == 1
    assert store.keep_below(1) > 0
    assert store.stock() == []


def test_instruments_come_back_by_venue(store: CandleStore) -> None:
    binance, kucoin = btc_usdt(), btc_usdt(venue=Venue.KUCOIN)
    store.put_instruments([kucoin, binance])
    store.put_instruments([btc_usdt(status="BREAK")])
    assert store.instruments() == [btc_usdt(status="BREAK"), kucoin]
    assert store.instruments(Venue.KUCOIN) == [kucoin]
    assert store.instruments(market="synthetic:7") == []


@pytest.mark.parametrize("content", [b"no database at all, but long enough" * 40, b"SQLite format 3\0" + bytes(2_000)])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(data_dir: Path, content: bytes) -> None:
    path = data_dir / FILE_NAME
    for number in (1, 2):
        path.write_bytes(content)
        store = CandleStore(path)
        assert store.set_aside == data_dir / f"{FILE_NAME}.broken-{number}"
        assert store.set_aside.read_bytes() == content
        store.put([bar(0)])
        store.close()
    again = CandleStore(path)
    assert again.set_aside is None
    assert again.stock()[0].count == 1
    again.close()


def test_a_file_of_a_newer_version_is_left_alone(data_dir: Path, store: CandleStore) -> None:
    store._connection.execute("PRAGMA user_version = 2")
    with pytest.raises(UserActionNeeded, match="has version 2, this program knows 1"):
        CandleStore(data_dir / FILE_NAME)


def test_a_folder_that_cannot_be_made_is_named(data_dir: Path) -> None:
    (data_dir / "file").write_text("")
    with pytest.raises(UserActionNeeded, match="cannot be opened"):
        CandleStore(data_dir / "file" / FILE_NAME)


@settings(max_examples=30)
@given(
    rounds=st.lists(
        st.lists(
            st.tuples(
                st.integers(0, 8),
                st.integers(1, 2**63 - 1),
                st.sampled_from([None, False, True]),
                st.sampled_from(list(CandleSource)),
            ),
            max_size=12,
        ),
        max_size=5,
    )
)
def test_the_store_equals_a_dict(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[int, int, bool | None, CandleSource]]]
) -> None:
    store = CandleStore(tmp_path_factory.mktemp("market") / FILE_NAME)
    model: dict[int, Candle] = {}
    for specs in rounds:
        bars = [bar(minute * 60_000, close, closed=closed, source=source) for minute, close, closed, source in specs]
        store.put(bars)
        for new in bars:
            old = model.get(new.open_ms)
            built_over_given = new.source is CandleSource.BUILT and old and old.source is not CandleSource.BUILT
            if not (old and old.closed and (new.closed is False or built_over_given)):
                model[new.open_ms] = new
        assert store.candles(BTC, Timeframe.M1) == [model[key] for key in sorted(model)]
    store.close()
