"""Candle and trade files: exact numbers in, one clear sentence when something is wrong."""

import gzip
from pathlib import Path

import pytest

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import CandleSource, Side
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.candle_files import NamedPair, read_candles, read_trades, write_candles
from tests.unit.marketdata.market_samples import BTC, MINUTE, T0, bar

HEADER = "time,open,high,low,close,volume\n"
PAIR = NamedPair("BTC/USDT")


def written(folder: Path, text: str, name: str = "bars.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def row(minute: int, figures: str = "1.5,2,1,1.75,10") -> str:
    return f"{T0 + minute * MINUTE},{figures}\n"


def test_bars_are_read_exactly_and_the_precision_is_inferred(tmp_path: Path) -> None:
    found = read_candles(
        written(tmp_path, HEADER + row(0) + row(1, "0.000034,3.4e-05,3.3E-5,0.000034,0")), PAIR, Timeframe.M1
    )
    assert found.instrument.price_decimals == 6
    assert found.instrument.id == "binance:BTCUSDT"
    assert [(c.open, c.high, c.low, c.close, c.volume) for c in found.candles] == [
        (1_500_000, 2_000_000, 1_000_000, 1_750_000, 10 * 10**8),
        (34, 34, 33, 34, 0),
    ]
    assert {c.source for c in found.candles} == {CandleSource.IMPORTED}
    assert found.findings == ()


def test_the_venue_and_any_spelling_of_the_symbol_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + row(0))
    found = read_candles(path, NamedPair("eth-btc", Venue.KUCOIN), Timeframe.M1)
    assert (found.instrument.id, found.instrument.name) == ("kucoin:ETH-BTC", "ETH/BTC")
    with pytest.raises(InvalidInput, match="BASE/QUOTE"):
        read_candles(path, NamedPair("NOSUCHPAIR"), Timeframe.M1)


def test_gzip_more_columns_another_order_and_a_byte_order_mark_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv.gz"
    text = "\ufeffopen,Time,extra,high,low,close,volume\r\n" + f"1,{T0},x,2,1,2,3\r\n"
    path.write_bytes(gzip.compress(text.encode()))
    (candle,) = read_candles(path, PAIR, Timeframe.M1).candles
    assert (candle.open_ms, candle.open, candle.high) == (T0, 1, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1 has no column"),
        ("time,open,high,low,close\n", "line 1 has no column volume"),
        (HEADER, "no bars"),
        (HEADER + row(0) + row(1, "1,2,1,x,1"), "line 3 has a bad close.*'x'"),
        (HEADER + row(0, "1_0,20,1,1,1"), "line 2 has a bad open"),
        (HEADER + row(0, "1,2,1,nan,1"), "line 2 has a bad close"),
        (HEADER + row(0, " 1,2,1,1,1"), "line 2 has a bad open"),
        (HEADER + row(0, "1,0.5,0.4,0.5,1"), "line 2 is no bar"),
        (HEADER + row(0, "2,3,2.5,2,1"), "line 2 is no bar"),
        (HEADER + row(0, "0,2,0,1,1"), "line 2 has a bad open.*above 0"),
        (HEADER + row(0, "1,2,1,1,-5"), "line 2 has a bad volume"),
        (HEADER + row(0, "1,2,1,1") + row(1), "line 2 has 5 cells"),
        (HEADER + "1790000000,1,2,1,1,1\n", "line 2 has a bad time.*multiplied by 1000"),
        (HEADER + "noon,1,2,1,1,1\n", "line 2 has a bad time"),
        (HEADER + row(0) + row(5) + row(10), "5m apart.*1m"),
        (HEADER + '"unclosed,1,2\n', "not readable CSV"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        read_candles(written(tmp_path, text), PAIR, Timeframe.M1)
    assert "bars.csv" in str(caught.value)


def test_bytes_that_are_no_text_and_missing_files_are_clear_errors(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(HEADER.encode() + b"\xff\xfe\n")
    with pytest.raises(InvalidInput, match="line 2 is not UTF-8"):
        read_candles(path, PAIR, Timeframe.M1)
    with pytest.raises(InvalidInput, match="does not exist"):
        read_candles(tmp_path / "nothing.csv", PAIR, Timeframe.M1)
    with pytest.raises(InvalidInput, match="folder"):
        read_candles(tmp_path, PAIR, Timeframe.M1)


def test_disorder_repetitions_and_holes_are_mended_and_told(tmp_path: Path) -> None:
    text = HEADER + row(3) + row(1) + row(0) + row(1, "1,9,1,1,1")
    found = read_candles(written(tmp_path, text), PAIR, Timeframe.M1)
    assert [(c.open_ms - T0) // MINUTE for c in found.candles] == [0, 1, 3]
    assert found.candles[1].high == 900
    assert [finding.split()[0] for finding in found.findings] == ["1", "the", "1"]


def test_noise_of_floating_point_is_rounded_away_and_told(tmp_path: Path) -> None:
    text = HEADER + row(0, "0.016984990000000002,0.017050000000000003,0.01690701,0.0170,12.432379999999998")
    found = read_candles(written(tmp_path, text), PAIR, Timeframe.M1)
    assert (found.instrument.price_decimals, found.instrument.step_decimals) == (8, 5)
    bar = found.candles[0]
    assert (bar.open, bar.high, bar.volume) == (1_698_499, 1_705_000, 1_243_238_000)
    assert len(found.findings) == 2


def test_prices_finer_than_a_known_instrument_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="more than 2 decimals"):
        read_candles(written(tmp_path, HEADER + row(0, "1.001,2,1,1,1")), BTC, Timeframe.M1)


def test_a_torn_last_line_is_cut_and_told(tmp_path: Path) -> None:
    found = read_candles(written(tmp_path, HEADER + row(0) + row(1)[:20]), PAIR, Timeframe.M1)
    assert len(found.candles) == 1
    assert "middle of a line" in found.findings[0]


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz"])
def test_what_is_written_reads_back_the_same(tmp_path: Path, name: str) -> None:
    bars = [bar(T0 + n * MINUTE, (100 + n, 120 + n, 90, 110 + n, 7 * n)) for n in range(50)]
    path = tmp_path / name
    assert write_candles(path, bars, BTC) == 50
    first = path.read_bytes()
    again = read_candles(path, BTC, Timeframe.M1)
    assert [(c.open_ms, c.open, c.high, c.low, c.close, c.volume) for c in again.candles] == [
        (c.open_ms, c.open, c.high, c.low, c.close, c.volume) for c in bars
    ]
    write_candles(path, again.candles, BTC)
    assert path.read_bytes() == first
    assert [item.name for item in tmp_path.iterdir()] == [name]


def test_a_folder_that_cannot_be_written_to_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_candles(tmp_path / "missing" / "out.csv", [], BTC)


TRADES = "time,id,price,qty,is_buyer_maker\n"


def test_trades_keep_their_ids_and_the_takers_side(tmp_path: Path) -> None:
    text = TRADES + f"{T0},7,61837.63000000,0.02000000,true\n{T0 + 1},8,61837.7,0.5,false\n"
    found = read_trades(written(tmp_path, text), PAIR)
    assert (found.instrument.price_decimals, found.instrument.step_decimals) == (2, 2)
    assert [(t.trade_id, t.price, t.qty, t.aggressor) for t in found.trades] == [
        ("7", 6_183_763, 2_000_000, Side.SELL),
        ("8", 6_183_770, 50_000_000, Side.BUY),
    ]


def test_trade_times_in_microseconds_repetitions_and_disorder_are_mended(tmp_path: Path) -> None:
    text = TRADES + f"{T0 + 5}000,2,1,1,true\n{T0},1,1,1,true\n{T0},1,1,1,true\n"
    found = read_trades(written(tmp_path, text), PAIR)
    assert [(t.trade_id, t.venue_ms - T0) for t in found.trades] == [("1", 0), ("2", 5)]
    assert len(found.findings) == 2


@pytest.mark.parametrize(
    ("cells", "message"),
    [("1,1,1,maybe", "is_buyer_maker"), ("1,0,1,true", "price"), ("1,1,0,true", "qty"), ("1,1,1", "has 4 cells")],
)
def test_bad_trades_are_refused_with_their_line(tmp_path: Path, cells: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"line 2 .*{message}"):
        read_trades(written(tmp_path, TRADES + f"{T0},{cells}\n"), PAIR)
