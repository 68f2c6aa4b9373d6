"""Recorded tapes end in exactly the expected books, through our code and through an oracle that shares none of it."""

import gzip
import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import BestQuote, BookDelta, Candle, FeedState, Side, Trade
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.book_sync import BookSync
from cryptobot_desktop.marketdata.candle_files import NamedPair, read_candles, read_trades
from cryptobot_desktop.marketdata.candle_series import roll_up
from cryptobot_desktop.marketdata.market_state import MarketState
from cryptobot_desktop.marketdata.tape import Tape, open_tape, replay_books, tape_events

BTC_TAPE = "binance_btcusdt_20240808_10min.jsonl.gz"
TAPES = (
    BTC_TAPE,
    "binance_20211012_30s_nknusdt_lrcbtc_runeeur.jsonl.gz",
    "binance_us_20211012_30s_crvusdt_zrxusdt.jsonl.gz",
    "kucoin_20210425_30s_6symbols.jsonl.gz",
)


@cache
def opened(path: Path) -> Tape:
    return open_tape(path)


def expected_of(folder: Path, name: str) -> dict[str, dict[str, Any]]:
    expect: dict[str, Any] = json.loads((folder / "expected_books.json").read_text())[name]["expect"]
    return {"BTCUSDT": expect} if "levels_bid" in expect else expect


def texts(sync: BookSync, side: Side, instrument: Instrument) -> list[list[str]]:
    return [[instrument.price_text(price), instrument.qty_text(qty)] for price, qty in sync.book.top(side, 20)]


@pytest.mark.parametrize("name", TAPES)
def test_a_replay_ends_in_the_expected_books(shared_data: Path, name: str) -> None:
    folder = shared_data / "orderbook"
    tape = opened(folder / name)
    books = replay_books(tape)
    expected = expected_of(folder, name)
    assert set(books) == set(expected)
    for instrument in tape.instruments:
        sync, want = books[instrument.symbol], expected[instrument.symbol]
        assert sync.book.update_id == want.get("final_update_id", want.get("final_sequence"))
        assert sync.counters.applied == want["applied"]
        assert sync.counters.dropped == want["dropped"]
        assert sync.counters.gaps == want["gaps"]
        assert sync.counters.crossed == 0
        assert sync.book.level_count(Side.BUY) == want["levels_bid"]
        assert sync.book.level_count(Side.SELL) == want["levels_ask"]
        assert texts(sync, Side.BUY, instrument) == want["top20_bids"]
        assert texts(sync, Side.SELL, instrument) == want["top20_asks"]
        assert sync.book.is_live


class NaiveBook:
    """The oracle: raw JSON, Decimal, dictionaries, sorted only when looked at."""

    def __init__(self) -> None:
        self.id = -1
        self.waiting: list[dict[str, Any]] = []
        self.sides: tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] = ({}, {})

    def start(self, number: int, bids: list[list[str]], asks: list[list[str]]) -> None:
        self.sides = tuple({Decimal(p): Decimal(q) for p, q in levels} for levels in (bids, asks))  # type: ignore[assignment]
        self.id = number
        for change in self.waiting:
            self.change(change)

    def change(self, change: dict[str, Any]) -> None:
        if self.id < 0:
            self.waiting.append(change)
            return
        if change["last"] <= self.id:
            return
        assert change["first"] <= self.id + 1
        for levels, side in zip((change["bids"], change["asks"]), self.sides, strict=True):
            for price, qty, *number in levels:
                if Decimal(price) == 0 or (number and int(number[0]) <= self.id):
                    continue
                side.pop(Decimal(price), None)
                if Decimal(qty):
                    side[Decimal(price)] = Decimal(qty)
        self.id = change["last"]

    def levels(self) -> tuple[list[tuple[Decimal, Decimal]], list[tuple[Decimal, Decimal]]]:
        return sorted(self.sides[0].items(), reverse=True), sorted(self.sides[1].items())


def naive_books(path: Path) -> dict[str, NaiveBook]:
    books: dict[str, NaiveBook] = {}
    with gzip.open(path, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            raw = json.loads(row["raw"])
            if row["src"] == "rest":
                symbol = row["url"].split("symbol=")[1].split("&")[0]
                body = raw.get("data", raw)
                number = int(body.get("lastUpdateId", body.get("sequence")))
                books.setdefault(symbol, NaiveBook()).start(number, body["bids"], body["asks"])
            elif raw.get("subject") == "trade.l2update":
                data = raw["data"]
                change = {"first": data["sequenceStart"], "last": data["sequenceEnd"], **data["changes"]}
                books.setdefault(data["symbol"], NaiveBook()).change(change)
            elif raw.get("data", {}).get("e") == "depthUpdate":
                data = raw["data"]
                change = {"first": data["U"], "last": data["u"], "bids": data["b"], "asks": data["a"]}
                books.setdefault(data["s"], NaiveBook()).change(change)
    return books


@pytest.mark.parametrize("name", TAPES)
def test_every_level_of_every_book_equals_a_naive_oracle(shared_data: Path, name: str) -> None:
    path = shared_data / "orderbook" / name
    tape = opened(path)
    books, naive = replay_books(tape), naive_books(path)
    for instrument in tape.instruments:
        book, oracle = books[instrument.symbol].book, naive[instrument.symbol]
        scale = Decimal(10) ** -instrument.price_decimals, Decimal(10) ** -instrument.qty_decimals
        found = tuple([(p * scale[0], q * scale[1]) for p, q in book.levels(side)] for side in Side)
        assert found == oracle.levels()
        assert book.update_id == oracle.id


def test_the_market_state_follows_the_large_tape(shared_data: Path) -> None:
    """Quotes agree with the book at each coinciding number; trades come once; minutes equal the derived table."""
    tape = opened(shared_data / "orderbook" / BTC_TAPE)
    market = MarketState(tape.instruments)
    key = tape.instruments[0].id
    compared = trades = 0
    told: list[Candle] = []
    newest_quote: BestQuote | None = None
    for received in tape_events(tape):
        event = received.event
        follows = market.apply(event, received.received_ms)
        assert follows is not None
        told += [item for item in follows if isinstance(item, Candle)]
        trades += isinstance(event, Trade)
        newest_quote = event if isinstance(event, BestQuote) else newest_quote
        book = market.book(key)
        assert book is not None
        if isinstance(event, BookDelta) and newest_quote is not None and newest_quote.update_id == book.update_id:
            assert book.best_bid() == (newest_quote.bid, newest_quote.bid_qty)
            assert book.best_ask() == (newest_quote.ask, newest_quote.ask_qty)
            compared += 1
    assert compared > 500
    assert trades == 19_904
    assert market.state(key) is FeedState.LIVE
    derived = read_candles(
        shared_data / "candles" / "BTCUSDT_1m_derived-from-trades_20240808_binance.csv.gz",
        tape.instruments[0],
        Timeframe.M1,
    ).candles
    minutes = [bar for bar in told if bar.timeframe is Timeframe.M1]
    running = market.forming(key, Timeframe.M1)
    assert running is not None
    assert [(b.open_ms, b.open, b.high, b.low, b.close, b.volume) for b in [*minutes, running]] == [
        (b.open_ms, b.open, b.high, b.low, b.close, b.volume) for b in derived
    ]
    fives = [(bar.open_ms, bar) for bar in told if bar.timeframe is Timeframe.M5]
    assert [bar for _, bar in fives] == [
        bar for bar in roll_up(minutes, Timeframe.M5, Venue.BINANCE) if bar.open_ms in dict(fives)
    ]
    assert len(fives) == 2


def test_the_trade_table_holds_the_tapes_trades(shared_data: Path) -> None:
    tape = opened(shared_data / "orderbook" / BTC_TAPE)
    table = read_trades(shared_data / "trades" / "BTCUSDT_trades_20240808_binance.csv.gz", tape.instruments[0])
    recorded = [item.event for item in tape_events(tape) if isinstance(item.event, Trade)]
    assert sorted(table.trades, key=lambda t: int(t.trade_id)) == recorded
    assert table.findings == ()


@pytest.mark.parametrize("longer", ["3m", "5m"])
def test_real_minutes_roll_up_to_the_exchanges_own_longer_bars(shared_data: Path, longer: str) -> None:
    folder, pair = shared_data / "candles", NamedPair("ETH/BTC")
    minutes = read_candles(folder / "ETHBTC_1m_2020_binance.csv.gz", pair, Timeframe.M1).candles
    theirs = {
        bar.open_ms: bar
        for bar in read_candles(folder / f"ETHBTC_{longer}_2020_binance.csv.gz", pair, Timeframe(longer)).candles
    }
    ours = roll_up(minutes, Timeframe(longer), Venue.BINANCE)[1:-1]
    assert len(ours) > 90
    for bar in ours:
        their = theirs[bar.open_ms]
        assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (
            their.open,
            their.high,
            their.low,
            their.close,
            their.volume,
        )


def test_days_roll_up_to_the_exchanges_own_weeks_from_monday(shared_data: Path) -> None:
    folder, pair = shared_data / "candles", NamedPair("ETH/BTC")
    days = read_candles(folder / "ETHBTC_1d_2020_binance.csv.gz", pair, Timeframe.D1).candles
    weeks = {b.open_ms: b for b in read_candles(folder / "ETHBTC_1w_2020_binance.csv.gz", pair, Timeframe.W1).candles}
    ours = roll_up(days, Timeframe.W1, Venue.BINANCE)[1:-1]
    assert len(ours) > 60
    assert [(b.open, b.high, b.low, b.close, b.volume) for b in ours] == [
        (w.open, w.high, w.low, w.close, w.volume) for w in (weeks[b.open_ms] for b in ours)
    ]
