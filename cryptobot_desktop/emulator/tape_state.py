"""What a playing tape has shown so far: books, trades, candles made of them, and each symbol's precision."""

import re
from decimal import Decimal
from typing import Any

import orjson
from msgspec import Struct

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.numbers import decimal_places
from cryptobot_desktop.domain.timeframe import Timeframe, bar_end_ms, bar_open_ms
from cryptobot_desktop.emulator.tape import Tape, TapeFrame
from cryptobot_desktop.emulator.tape_book import TapeBook, book_of

_BINANCE_DIFF = re.compile(r"[^@]+@depth(?:@1000?ms)?")
_QUOTES = ("USDT", "BUSD", "USDC", "FDUSD", "TUSD", "EUR", "USD", "TRY", "BTC", "ETH", "BNB")


class TapeTrade(Struct, frozen=True, gc=False):
    """One recorded trade; numbers stay the venue's own text."""

    at_ms: int
    trade_id: int
    price: str
    qty: str
    seller_took: bool
    row: dict[str, Any]


class TapeBar(Struct):
    """One candle made of recorded trades."""

    open_ms: int
    end_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    quote: Decimal
    trades: int
    bought: Decimal
    bought_quote: Decimal


class TapeSymbol(Struct, frozen=True):
    """A symbol of the tape with the precision that its frames use."""

    symbol: str
    base: str
    quote: str
    price_decimals: int
    qty_decimals: int


class TapeState:
    """Follows the frames of one tape as they are played."""

    def __init__(self, tape: Tape) -> None:
        self.venue = tape.venue
        self.books: dict[str, TapeBook] = {}
        self.trades: dict[str, list[TapeTrade]] = {}
        self.quotes: dict[str, bytes] = {}
        self.symbols = _symbols(tape)
        self._trade_topics = _trade_topics(tape)
        for symbol in self.symbols:
            self.books[symbol] = TapeBook([snap for snap in tape.snapshots if snap.symbol == symbol])
            self.trades[symbol] = []

    def follow(self, frame: TapeFrame, index: int) -> None:
        """Take in one frame; `index` is its number in the tape."""
        book = self.books.get(frame.symbol)
        if book is None:
            return
        book.pass_frame(index)
        if is_book_topic(frame.topic):
            if book.has_begun:
                _apply(book, orjson.loads(frame.payload))
        elif frame.topic in self._trade_topics:
            self.trades[frame.symbol].append(_trade(frame, self.venue))
        elif frame.topic.endswith("@bookTicker") or frame.topic.startswith("/market/ticker:"):
            self.quotes[frame.symbol] = frame.payload

    def bars(self, symbol: str, timeframe: Timeframe, start_ms: int, stop_ms: int) -> list[TapeBar]:
        """Return candles of the trades so far that open in [start_ms, stop_ms); those without trades are absent."""
        bars: list[TapeBar] = []
        for trade in self.trades[symbol]:
            opened = bar_open_ms(trade.at_ms, timeframe, self.venue)
            if not start_ms <= opened < stop_ms:
                continue
            if not bars or bars[-1].open_ms != opened:
                price = Decimal(trade.price)
                zero = Decimal(0)
                end = bar_end_ms(opened, timeframe)
                bars.append(TapeBar(opened, end, price, price, price, price, zero, zero, 0, zero, zero))
            _add(bars[-1], trade)
        return bars


def _add(bar: TapeBar, trade: TapeTrade) -> None:
    """Let a trade count in its candle."""
    price, qty = Decimal(trade.price), Decimal(trade.qty)
    bar.high, bar.low, bar.close = max(bar.high, price), min(bar.low, price), price
    bar.volume += qty
    bar.quote += price * qty
    bar.trades += 1
    if not trade.seller_took:
        bar.bought += qty
        bar.bought_quote += price * qty


def is_book_topic(topic: str) -> bool:
    """Return True for incremental book topics of either venue."""
    return topic.startswith("/market/level2:") or _BINANCE_DIFF.fullmatch(topic) is not None


def _apply(book: TapeBook, message: dict[str, Any]) -> None:
    """Carry a book forward by one recorded update."""
    if "data" not in message:
        if message["u"] > book.update_id:
            for side, key in (("bids", "b"), ("asks", "a")):
                for price, size in message[key]:
                    book.change(side, price, size)
            book.update_id = message["u"]
        return
    data = message["data"]
    if data["sequenceEnd"] > book.update_id:
        for side, rows in data["changes"].items():
            for price, size, number in rows:
                if int(number) > book.update_id and Decimal(price) != 0:
                    book.change(side, price, size)
        book.update_id = data["sequenceEnd"]


def _trade_topics(tape: Tape) -> frozenset[str]:
    """Return the topics that hold trades; aggregate trades only where single ones are missing."""
    topics = {frame.topic for frame in tape.frames}
    single = {topic for topic in topics if topic.endswith("@trade") or topic.startswith("/market/match:")}
    grouped = {
        topic for topic in topics if topic.endswith("@aggTrade") and f"{topic.partition('@')[0]}@trade" not in single
    }
    return frozenset(single | grouped)


def _trade(frame: TapeFrame, venue: Venue) -> TapeTrade:
    """Return a recorded trade."""
    message = orjson.loads(frame.payload)
    if venue is Venue.KUCOIN:
        data = message["data"]
        at_ms, side = int(data["time"]) // 1_000_000, data["side"]
        return TapeTrade(at_ms, int(data["sequence"]), data["price"], data["size"], side == "sell", data)
    trade_id = message["t"] if "t" in message else message["a"]
    return TapeTrade(message["T"], trade_id, message["p"], message["q"], message["m"], message)


def _symbols(tape: Tape) -> dict[str, TapeSymbol]:
    """Return the tape's symbols with the finest precision that any of their numbers has."""
    prices: dict[str, set[str]] = {}
    sizes: dict[str, set[str]] = {}
    for frame in tape.frames:
        if frame.symbol and not frame.symbol.startswith("!"):
            found = prices.setdefault(frame.symbol, set()), sizes.setdefault(frame.symbol, set())
            _numbers(frame, *found)
    for snapshot in tape.snapshots:
        _, bids, asks = book_of(snapshot)
        for row in (*bids, *asks):
            prices.setdefault(snapshot.symbol, set()).add(row[0])
            sizes.setdefault(snapshot.symbol, set()).add(row[1])
    return {symbol: _symbol(symbol, tape.venue, prices[symbol], sizes.get(symbol, set())) for symbol in prices}


def _symbol(symbol: str, venue: Venue, prices: set[str], sizes: set[str]) -> TapeSymbol:
    """Return one symbol."""
    base, quote = split_symbol(symbol, venue)
    price_places = max((decimal_places(text) for text in prices), default=8)
    return TapeSymbol(symbol, base, quote, price_places, max((decimal_places(text) for text in sizes), default=8))


def split_symbol(symbol: str, venue: Venue) -> tuple[str, str]:
    """Return base and quote; a tape has no reference data, so Binance's quote is found by its ending."""
    if venue is Venue.KUCOIN:
        base, _, quote = symbol.partition("-")
        return base, quote
    for quote in _QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            return symbol.removesuffix(quote), quote
    return symbol, ""


def _numbers(frame: TapeFrame, prices: set[str], sizes: set[str]) -> None:
    """Collect the price and size texts of one frame."""
    message = orjson.loads(frame.payload)
    if "data" in message:
        _kucoin_numbers(message["data"], prices, sizes)
    elif is_book_topic(frame.topic):
        for price, size in (*message["b"], *message["a"]):
            prices.add(price)
            sizes.add(size)
    elif frame.topic.endswith("@bookTicker"):
        prices.update((message["b"], message["a"]))
        sizes.update((message["B"], message["A"]))
    elif frame.topic.endswith(("@trade", "@aggTrade")):
        prices.add(message["p"])
        sizes.add(message["q"])


def _kucoin_numbers(data: dict[str, Any], prices: set[str], sizes: set[str]) -> None:
    """Collect the price and size texts of one KuCoin push."""
    for rows in data.get("changes", {}).values():
        for price, size, _ in rows:
            prices.add(price)
            sizes.add(size)
    for key, found in (("price", prices), ("bestBid", prices), ("bestAsk", prices), ("size", sizes)):
        if isinstance(data.get(key), str):
            found.add(data[key])
