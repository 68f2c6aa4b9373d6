"""Backtests over every kind of file, and the files that they leave."""

import csv
import gzip
import json
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from cryptobot_desktop import backtest
from cryptobot_desktop.app.command_line import main
from cryptobot_desktop.backtest.output import write_results
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import FeeRates
from cryptobot_desktop.domain.timeframe import MINUTE_MS
from cryptobot_desktop.marketdata.candle_files import write_candles
from tests.unit.engine.trading_floor import BTC, START_MS, bars

BOT = "sma_cross:fast=1,slow=2"
ZIGZAG = [100, 90, 110, 80, 120, 70, 130, 60, 140, 95]


@pytest.fixture
def candle_file(tmp_path: Path) -> Path:
    """Return a CSV of ten bars, with volume enough for every order."""
    path = tmp_path / "bars.csv"
    write_candles(path, [msgspec.structs.replace(bar, volume=10**9) for bar in bars(ZIGZAG)], BTC)
    return path


def trades_csv(path: Path) -> Path:
    """Write four trades a minute around the zigzag's closes."""
    lines = ["time,id,price,qty,is_buyer_maker"]
    for minute, close in enumerate(ZIGZAG):
        for part in range(4):
            time = START_MS + minute * MINUTE_MS + part * 15_000
            lines.append(f"{time},{minute}-{part},{close}.{part}0,50.00000,{'true' if part % 2 else 'false'}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_candle_file_and_the_same_bars_in_memory_and_in_gzip_give_the_same_trades(candle_file: Path) -> None:
    plain = backtest.run(candle_file, bots=[BOT])
    packed = candle_file.with_name("bars.csv.gz")
    packed.write_bytes(gzip.compress(candle_file.read_bytes()))
    again = backtest.run(str(packed), bots=[BOT])
    memory = backtest.run((BTC, bars(ZIGZAG)), bots=[BOT])
    assert plain.report["fills"] == 7
    assert plain.report["trades_hash"] == again.report["trades_hash"]
    assert plain.report["ledger_hash"] == again.report["ledger_hash"]
    assert len(memory.fills) == 7
    assert plain.books == {}


def test_the_report_of_a_file_with_a_hole_says_so_and_is_not_called_complete(candle_file: Path) -> None:
    assert backtest.run(candle_file, bots=[BOT]).report["data_quality"]["grade"] == "complete"
    lines = candle_file.read_text(encoding="utf-8").splitlines(keepends=True)
    candle_file.write_text("".join(lines[:4] + lines[5:]), encoding="utf-8")
    quality = backtest.run(candle_file, bots=[BOT]).report["data_quality"]
    assert quality["grade"] == "doubtful"
    assert quality["findings"] == ["1 gaps, 1 bars are missing"]


def test_a_trade_file_is_rolled_into_bars_and_orders_fill_at_later_trades(tmp_path: Path) -> None:
    result = backtest.run(trades_csv(tmp_path / "trades.csv"), bots=[BOT])
    assert len(result.fills) >= 6
    decided = {decision.client_id: decision.at_ms for decision in result.decisions}
    assert all(fill.at_ms >= decided[fill.client_id] for fill in result.fills)
    prices = {Decimal(f"{close}.{part}") for close in ZIGZAG for part in range(4)}
    assert {Decimal(result.instruments[0].price_text(fill.price)) for fill in result.fills} <= prices


def test_fees_are_the_rate_of_what_was_traded_and_without_a_bot_nothing_happens(candle_file: Path) -> None:
    free, dear = (backtest.run(candle_file, bots=[BOT], fees=FeeRates(ppm, ppm)) for ppm in (0, 2_000))
    assert free.report["fees"] == "0 USDT"
    turnover = sum(Decimal(fill.quote_amount) / 10**8 for fill in dear.fills)
    # A fee in the base asset is valued at the price of its moment.
    assert abs(Decimal(dear.report["fees"].split()[0]) - turnover * Decimal("0.002")) < Decimal("0.001")
    nothing = backtest.run(candle_file)
    assert (nothing.fills, nothing.report["final_equity"]) == ((), "10000 USDT")


def test_kucoins_spelling_means_kucoins_fee(candle_file: Path) -> None:
    there, here = (backtest.run(candle_file, bots=[BOT], symbol=symbol) for symbol in ("BTC-USDT", "BTCUSDT"))
    assert (there.report["venue"], here.report["venue"]) == ("kucoin", "binance")
    buys = [next(fill for fill in result.fills if fill.side is Side.BUY) for result in (there, here)]
    assert [buy.fee_asset for buy in buys] == ["USDT", "BTC"]


@pytest.mark.parametrize(
    ("name", "venue", "instruments"),
    [
        ("kucoin_20210425_30s_6symbols.jsonl.gz", "kucoin", 6),
        ("binance_us_20211012_30s_crvusdt_zrxusdt.jsonl.gz", "binance", 2),
    ],
)
def test_a_tape_is_played_with_its_own_venue_and_instruments(
    shared_data: Path, name: str, venue: str, instruments: int
) -> None:
    tape = shared_data / "orderbook" / name
    result = backtest.run(tape)
    assert result.report["venue"] == venue
    assert len(result.instruments) == instruments
    assert result.report["market_events"] > 50
    assert set(result.books) == {venue}
    first = result.instruments[-1]
    one = backtest.run(tape, symbol=first.symbol, bots=[BOT])
    assert one.report["symbols"] == [first.name]
    assert one.report["bots"][0]["symbol"] == first.name
    assert one.books[venue][first.symbol] == result.books[venue][first.symbol]
    with pytest.raises(InvalidInput, match="FOO/BAR"):
        backtest.run(tape, symbol="FOO/BAR")


def test_the_files_of_a_backtest_agree_with_its_report(candle_file: Path, tmp_path: Path) -> None:
    result = backtest.run(candle_file, bots=[BOT])
    folder = tmp_path / "deep" / "results"
    write_results(folder, result)
    assert {path.name for path in folder.iterdir()} == {"trades.csv", "equity.csv", "summary.json", "report.html"}
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8")) == result.report
    with (folder / "trades.csv").open(encoding="utf-8", newline="") as file:
        trades = list(csv.DictReader(file))
    assert len(trades) == result.report["fills"]
    cash = Decimal(10_000)
    coins = Decimal(0)
    for row in trades:
        amount, quantity, fee = (Decimal(row[name]) for name in ("amount", "quantity", "fee"))
        buys = row["side"] == "buy"
        cash += -amount if buys else amount - fee
        coins += quantity - fee if buys else -quantity
    last = Decimal(ZIGZAG[-1])
    final = Decimal(result.report["final_equity"].split()[0])
    assert abs(cash + coins * last - final) < Decimal("0.00000002")
    with (folder / "equity.csv").open(encoding="utf-8", newline="") as file:
        equity = list(csv.DictReader(file))
    assert Decimal(equity[-1]["equity"]) == final
    assert len(equity) == len(ZIGZAG)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert result.report["trades_hash"] in page
    assert page.count("<tr><td>20") == len(trades)


def test_the_command_prints_what_the_function_returns(
    candle_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, books = tmp_path / "out", tmp_path / "books.json"
    arguments = ("backtest", "--data", str(candle_file), "--bot", BOT, "--json", "--out", str(out))
    assert main((*arguments, "--books", str(books), "--data-dir", str(tmp_path / "data"))) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == backtest.run(candle_file, bots=[BOT]).report
    assert json.loads((out / "summary.json").read_text(encoding="utf-8")) == printed
    assert json.loads(books.read_text(encoding="utf-8")) == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bots": ["nope"]}, "'nope'"),
        ({"timeframe": "7m"}, "'7m'"),
        ({"cash": "much"}, "'much'"),
    ],
)
def test_bad_arguments_raise_invalid_input(candle_file: Path, changes: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        backtest.run(candle_file, **changes)


def test_bots_trade_on_longer_bars_than_the_files_but_not_on_shorter_ones(tmp_path: Path) -> None:
    long, short = tmp_path / "five.csv", tmp_path / "one.csv"
    write_candles(short, bars(ZIGZAG * 3), BTC)
    spaced = [msgspec.structs.replace(bar, open_ms=START_MS + 5 * (bar.open_ms - START_MS)) for bar in bars(ZIGZAG)]
    write_candles(long, spaced, BTC)
    assert backtest.run(long, bots=[BOT]).report["bots"][0]["timeframe"] == "5m"
    rolled = backtest.run(short, bots=[BOT], timeframe="3m")
    assert rolled.report["bots"][0]["timeframe"] == "3m"
    assert {(d.at_ms - START_MS) % (3 * MINUTE_MS) for d in rolled.decisions} == {0}
    with pytest.raises(InvalidInput, match="5m"):
        backtest.run(long, bots=[BOT], timeframe="1m")


def test_no_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no bars"):
        backtest.run((BTC, []))
    with pytest.raises(InvalidInput, match="does not exist"):
        backtest.run(tmp_path / "absent.csv")
