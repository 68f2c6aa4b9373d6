"""Decoding: what it costs to get from a stream's text to a domain event, per message."""

import asyncio
import gzip
import importlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import orjson

from benchmarks.frames import BINANCE, FIRST_ID, KINDS, KUCOIN, frames
from benchmarks.measure import Case, CrossCheckFailed, Given, Report, Table, agree, in_turn, main, times
from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import BestQuote, BookDelta, BookSnapshot, Candle, MarketEvent, Trade
from cryptobot_desktop.marketdata.book_sync import BookSync
from cryptobot_desktop.marketdata.wire.binance import BinanceStreamDecoder
from cryptobot_desktop.marketdata.wire.kucoin import KucoinStreamDecoder

ORJSON, JSON = "orjson.loads", "json.loads"
OURS, SEEN, BOOK = "cryptobot", "cryptobot, numbers seen before", "cryptobot, and the book kept"
CCXT = "ccxt.pro: orjson + handle_message"
TAPE = Path(__file__).resolve().parents[2] / "shared/data/orderbook/binance_btcusdt_20240808_10min.jsonl.gz"
TAPE_INSTRUMENT = msgspec.structs.replace(BINANCE, qty_decimals=8)
"""The tape holds sizes that are finer than today's step of the pair."""
_URLS = {Venue.BINANCE: "wss://stream.binance.com:9443/stream", Venue.KUCOIN: "wss://ws-api-spot.kucoin.com/"}

Decode = Callable[[str], object]


def run(report: Report) -> None:
    """Measure every kind of message."""
    asyncio.run(_run(report))


async def _run(report: Report) -> None:
    """Measure inside an event loop, because ccxt.pro's clients are made in one."""
    count = report.settings.size(quick=100, usual=1_000)
    table = Table("Decoding one message", "µs per message", ORJSON)
    pro = importlib.import_module("ccxt.pro")
    exchanges = {Venue.BINANCE: pro.binance({"newUpdates": True}), Venue.KUCOIN: pro.kucoin({"newUpdates": True})}
    for instrument in (BINANCE, KUCOIN):
        exchanges[instrument.venue].set_markets([_ccxt_market(exchanges[instrument.venue], instrument)])
    try:
        for kind, (instrument, _) in KINDS.items():
            _measure(report, table, kind, instrument, frames(kind, count), exchanges[instrument.venue])
        tape = _recorded(report.settings.size(quick=300, usual=4_000))
        if tape:
            _measure(report, table, "binance tape", TAPE_INSTRUMENT, tape, exchanges[Venue.BINANCE])
        else:
            report.notes.append(f"the recorded tape is absent ({TAPE.name}); its column was left out")
    finally:
        for exchange in exchanges.values():
            await exchange.close()
    report.tables.append(table)
    _judge(report, table)


def _measure(
    report: Report, table: Table, kind: str, instrument: Instrument, texts: list[str], exchange: Given
) -> None:
    """Add one column, after checking that both sides read the same numbers from all frames."""
    _cross_check(report, kind, instrument, texts, exchange)
    keeps_book = kind.endswith(("depth", "level2", "tape"))
    seconds = in_turn(_cases(instrument, texts, exchange, keeps_book=keeps_book), report.settings.rounds)
    table.add(kind, times(seconds, 1e6))


def _cases(instrument: Instrument, texts: list[str], exchange: Given, *, keeps_book: bool) -> list[Case]:
    warm = _decoder(instrument).decode
    cases = [
        Case(ORJSON, _over(texts), lambda: orjson.loads, len(texts)),
        Case(JSON, _over(texts), lambda: json.loads, len(texts)),
        Case(OURS, _over(texts), lambda: _decoder(instrument).decode, len(texts)),
        Case(SEEN, _over(texts), lambda: warm, len(texts)),
        Case(CCXT, _over(texts), lambda: _ccxt_decode(exchange, instrument, texts), len(texts)),
    ]
    if keeps_book:
        cases.append(Case(BOOK, _over(texts), lambda: _decode_and_follow(instrument, texts), len(texts)))
    return cases


def _over(texts: list[str]) -> Callable[[object], None]:
    def work(decode: Given) -> None:
        for text in texts:
            decode(text)

    return work


def _decoder(instrument: Instrument) -> BinanceStreamDecoder | KucoinStreamDecoder:
    """Return a decoder that has seen no number yet."""
    made = BinanceStreamDecoder if instrument.venue is Venue.BINANCE else KucoinStreamDecoder
    return made({instrument.symbol: instrument})


def _decode_and_follow(instrument: Instrument, texts: Sequence[str]) -> Decode:
    """Return decoding that also applies changes to a book, as ccxt.pro's handler does."""
    decode, sync = _decoder(instrument).decode, BookSync(instrument.venue)
    sync.on_snapshot(BookSnapshot(instrument.id, _first_number(texts) - 1, (), ()))

    def work(text: str) -> object:
        found = decode(text)
        event = found[0] if isinstance(found, list) else None
        return sync.on_delta(event) if isinstance(event, BookDelta) else event

    return work


def _ccxt_decode(exchange: Given, instrument: Instrument, texts: Sequence[str]) -> Decode:
    """Return ccxt.pro's whole way from a text, with the parser that its own client takes, and an empty book."""
    client = exchange.client(_URLS[instrument.venue])
    handle = exchange.handle_message
    exchange.orderbooks[instrument.name] = exchange.order_book({"nonce": _first_number(texts) - 1})
    return lambda text: handle(client, orjson.loads(text))


def _ccxt_market(exchange: Given, instrument: Instrument) -> Given:
    places = {"price": 10.0**-instrument.price_decimals, "amount": 10.0**-instrument.qty_decimals}
    names = {"id": instrument.symbol, "symbol": instrument.name, "base": instrument.base, "quote": instrument.quote}
    kinds = {"baseId": instrument.base, "quoteId": instrument.quote, "type": "spot", "spot": True, "active": True}
    return exchange.safe_market_structure({**names, **kinds, "precision": places})


def _first_number(texts: Sequence[str]) -> int:
    """Return the first sequence number of the book changes among the frames."""
    for text in texts:
        data = orjson.loads(text)["data"]
        if "U" in data:
            return int(data["U"])
        if "sequenceStart" in data:
            return int(data["sequenceStart"])
    return FIRST_ID


def _cross_check(report: Report, kind: str, instrument: Instrument, texts: list[str], exchange: Given) -> None:
    decode, ccxt_decode = _decoder(instrument).decode, _ccxt_decode(exchange, instrument, texts)
    event: MarketEvent | None = None
    for text in texts:
        found = decode(text)
        if not isinstance(found, list) or len(found) != 1:
            raise CrossCheckFailed(f"{kind}: {found!r} from {text[:200]}")
        event = found[0]
        ccxt_decode(text)
    if event is None:
        raise CrossCheckFailed(f"{kind}: no frames")
    for name, mine, theirs in _figures(event, instrument, exchange):
        agree(f"{kind}: {name} of the last frame", mine, theirs)
    report.checks.append(
        f"{kind}: {len(texts):,} frames of {sum(map(len, texts)) // len(texts)} bytes on average give "
        "one event each; the last one's numbers equal ccxt.pro's"
    )


def _figures(event: MarketEvent, instrument: Instrument, exchange: Given) -> list[tuple[str, float, float]]:
    """Return (name, ours, ccxt.pro's) for the newest event of any kind."""
    scale, name = 10.0**instrument.price_decimals, instrument.name
    match event:
        case Trade():
            return [("price", event.price / scale, exchange.trades[name][-1]["price"])]
        case BestQuote():
            quotes = exchange.bidsasks if instrument.venue is Venue.BINANCE else exchange.tickers
            return [("bid", event.bid / scale, quotes[name]["bid"]), ("ask", event.ask / scale, quotes[name]["ask"])]
        case Candle():
            bar = exchange.ohlcvs[name]["1m"][-1]
            return [("high", event.high / scale, bar[2]), ("close", event.close / scale, bar[4])]
        case BookDelta():
            return [("update id", event.last_id, exchange.orderbooks[name]["nonce"])]
    raise CrossCheckFailed(f"an event that nobody expected: {event!r}")


def _recorded(count: int) -> list[str]:
    """Return the first frames of the recorded tape as they came, without its snapshot; empty where it is absent."""
    if not TAPE.is_file():
        return []
    texts: list[str] = []
    with gzip.open(TAPE, "rt", encoding="utf-8") as lines:
        for line in lines:
            row: Mapping[str, Any] = orjson.loads(line)
            if row["src"] == "ws":
                texts.append(row["raw"])
            if len(texts) == count:
                break
    return texts


def _judge(report: Report, table: Table) -> None:
    """Hold the figures against performance targets: half of json.loads, 15 times (bars: 7 times) faster than ccxt."""
    for kind in table.columns:
        report.target(
            f"{kind}, times json.loads",
            table.ratio(OURS, kind, JSON),
            0.5 if "depth" not in kind else 1.0,
            at_least=False,
        )
    for kind in table.columns:
        row = BOOK if BOOK in table.rows and kind in table.rows[BOOK] else OURS
        least = 15.0 if kind.endswith(("trade", "bookTicker", "ticker", "match")) else 7.0
        report.target(f"{kind}, faster than ccxt.pro", table.ratio(CCXT, kind, row), least)
    report.notes += [
        "`cryptobot` starts every round with an empty memo of numbers; `numbers seen before` decodes the same frames "
        "with a memo that holds them all. A real feed lies between: see the tape.",
        "The depth columns compare `cryptobot, and the book kept` with ccxt.pro, because its handler keeps a book too.",
    ]


if __name__ == "__main__":
    sys.exit(main("decode", run))
