"""Binance Spot stream frames as typed records; field names are the venue's keys (see its stream documentation).

Numbers stay text, ids are whole numbers or text, times are ms or us. Unknown keys are skipped, wrong types refused.
"""

from typing import ClassVar, Generic, Literal, TypeVar

from msgspec import UNSET, Raw, Struct, UnsetType, field

from cryptobot_desktop.marketdata.wire.messages import TextLevel

Missing = UnsetType
Frame = TypeVar("Frame")


class TradeFrame(Struct, frozen=True, gc=False):
    """``<symbol>@trade`` and ``<symbol>@blockTrade``."""

    kind: Literal["trade", "blockTrade"] = field(name="e")
    symbol: str = field(name="s")
    id: int | str = field(name="t")
    price: str = field(name="p")
    qty: str = field(name="q")
    time: int = field(name="T")
    buyer_is_maker: bool = field(name="m")


class AggTradeFrame(Struct, frozen=True, gc=False):
    """``<symbol>@aggTrade``: one taker order at one price."""

    kind: Literal["aggTrade"] = field(name="e")
    symbol: str = field(name="s")
    id: int | str = field(name="a")
    price: str = field(name="p")
    qty: str = field(name="q")
    time: int = field(name="T")
    buyer_is_maker: bool = field(name="m")


class BookTickerFrame(Struct, frozen=True, gc=False):
    """``<symbol>@bookTicker``; carries no event name and no time.

    It has the names of `BboMessage`, so that it can become an event without a step between.
    """

    time_ms: ClassVar[None] = None
    update_id: int = field(name="u")
    symbol: str = field(name="s")
    bid: str = field(name="b")
    bid_qty: str = field(name="B")
    ask: str = field(name="a")
    ask_qty: str = field(name="A")


class BarFrame(Struct, frozen=True, gc=False):
    """The bar inside a kline event."""

    open_time: int = field(name="t")
    close_time: int = field(name="T")
    interval: str = field(name="i")
    open: str = field(name="o")
    high: str = field(name="h")
    low: str = field(name="l")
    close: str = field(name="c")
    volume: str = field(name="v")
    quote_volume: str = field(name="q")
    trades: int = field(name="n")
    closed: bool = field(name="x")


class KlineFrame(Struct, frozen=True, gc=False):
    """``<symbol>@kline_<interval>``."""

    kind: Literal["kline"] = field(name="e")
    symbol: str = field(name="s")
    bar: BarFrame = field(name="k")


class DiffDepthFrame(Struct, frozen=True, gc=False):
    """``<symbol>@depth`` and ``@depth@100ms``: absolute quantities of changed levels."""

    kind: Literal["depthUpdate"] = field(name="e")
    symbol: str = field(name="s")
    first: int = field(name="U")
    last: int = field(name="u")
    bids: list[TextLevel] = field(name="b")
    asks: list[TextLevel] = field(name="a")
    time: int | None = field(name="E", default=None)


class PartialDepthFrame(Struct, frozen=True, gc=False):
    """``<symbol>@depth5|10|20``; carries no symbol and no time."""

    last_update_id: int = field(name="lastUpdateId")
    bids: list[TextLevel]
    asks: list[TextLevel]


class TickerFrame(Struct, frozen=True, gc=False):
    """``@ticker``, ``@miniTicker`` and ``@ticker_<window>``; `change_percent` is in percent."""

    symbol: str = field(name="s")
    last: str = field(name="c")
    open: str = field(name="o")
    high: str = field(name="h")
    low: str = field(name="l")
    volume: str = field(name="v")
    kind: str | None = field(name="e", default=None)
    time: int | None = field(name="E", default=None)
    change: str | None = field(name="p", default=None)
    change_percent: str | None = field(name="P", default=None)
    bid: str | None = field(name="b", default=None)
    ask: str | None = field(name="a", default=None)


class AveragePriceFrame(Struct, frozen=True, gc=False):
    """``<symbol>@avgPrice``."""

    symbol: str = field(name="s")
    price: str = field(name="w")


class ReferencePriceFrame(Struct, frozen=True, gc=False):
    """``<symbol>@referencePrice``; the price may be null."""

    symbol: str = field(name="s")
    price: str | None = field(name="r")


class ProbeFrame(Struct, frozen=True):
    """Just enough of an unknown frame to see what it is; nothing inside is built."""

    stream: str | Missing = UNSET
    data: Raw | Missing = UNSET
    e: str | Missing = UNSET
    event_time: int | Missing = field(name="E", default=UNSET)
    u: Raw | Missing = UNSET
    last_update_id: Raw | Missing = field(name="lastUpdateId", default=UNSET)
    event: Raw | Missing = UNSET
    result: Raw | Missing = UNSET
    error: Raw | Missing = UNSET
    status: Raw | Missing = UNSET
    code: Raw | Missing = UNSET
    id: int | str | Missing | None = UNSET
    method: str | Missing = UNSET


class CombinedFrame(Struct, Generic[Frame], frozen=True, gc=False):
    """The envelope of ``/stream`` connections."""

    stream: str
    data: Frame
