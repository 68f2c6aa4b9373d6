"""KuCoin classic stream frames as typed records (see its WebSocket documentation; prices and sizes are text)."""

from typing import Generic, TypeVar

from msgspec import UNSET, Raw, Struct, UnsetType, field

from cryptobot_desktop.marketdata.wire.messages import TextLevel

Data = TypeVar("Data")
Number = int | str
"""Sequences, ids and times come as JSON numbers or as digits in quotes, by age of the topic."""


Change = tuple[str, str, Number]
"""(price, size, sequence) of one change of a book."""


class PushFrame(Struct, Generic[Data], frozen=True, gc=False):
    """The envelope of every push; dispatch is on the topic, because a subject can be a symbol."""

    kind: str = field(name="type")
    topic: str
    data: Data
    subject: str = ""


class QuoteData(Struct, frozen=True, gc=False):
    """``/market/ticker``: last trade and best bid and ask; a side can be null on a fresh listing."""

    sequence: Number | None = None
    bid: str | None = field(name="bestBid", default=None)
    bid_qty: str | None = field(name="bestBidSize", default=None)
    ask: str | None = field(name="bestAsk", default=None)
    ask_qty: str | None = field(name="bestAskSize", default=None)
    time: Number | None = None
    other_time: Number | None = field(name="Time", default=None)
    """One example of the venue's own specification spells it so."""


class MatchData(Struct, frozen=True, gc=False):
    """``/market/match``: one trade; `side` is the taker's, `time` in nanoseconds."""

    symbol: str
    side: str
    price: str
    size: str
    trade_id: Number = field(name="tradeId")
    time: Number


class CandleData(Struct, frozen=True, gc=False):
    """``/market/candles``: start in seconds, open, CLOSE, HIGH, LOW, base volume, quote turnover."""

    symbol: str
    candles: list[str]


class ChangesData(Struct, frozen=True, gc=False):
    """Changed levels as (price, size, sequence)."""

    asks: list[Change]
    bids: list[Change]


class Level2Data(Struct, frozen=True, gc=False):
    """``/market/level2``: changes of the book."""

    symbol: str
    changes: ChangesData
    first: Number = field(name="sequenceStart")
    last: Number = field(name="sequenceEnd")
    time: Number | None = None


class Level1Data(Struct, frozen=True, gc=False):
    """``/spotMarket/level1``: one flat pair per side; an empty side is an empty list or null."""

    asks: list[str] | None
    bids: list[str] | None
    timestamp: Number | None = None


class BookData(Struct, frozen=True, gc=False):
    """``/spotMarket/level2Depth5`` and ``50``: the top of the book, without a symbol or sequence."""

    asks: list[TextLevel]
    bids: list[TextLevel]
    timestamp: Number | None = None


class KucoinProbe(Struct, frozen=True):
    """Just enough of an unknown frame to see what it is."""

    kind: str | UnsetType = field(name="type", default=UNSET)
    topic: str | UnsetType = UNSET
    subject: str | UnsetType = UNSET
    id: Number | None = None
    data: Raw | UnsetType = UNSET
    code: Number | None = None
    timestamp: Number | None = None
