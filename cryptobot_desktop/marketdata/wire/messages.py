"""Wire messages: what a frame says, in the same words for every venue; exactly what ``decode`` prints.

Prices and quantities stay the venue's own decimal text (exact), times are milliseconds UTC, symbols are the
venue's. A field that the frame does not give is None. A frame that holds a list (all tickers, a page of trades)
becomes one message with ``items``; its own fields are then None unless the list has exactly one entry.
"""

from msgspec import UNSET, Struct, UnsetType, field

TextLevel = tuple[str, str]
"""(price, quantity) as the venue wrote them."""
TextRow = tuple[int, str, str, str, str, str]
"""(open_time_ms, open, high, low, close, volume)."""


class TradeMessage(Struct, frozen=True, gc=False, tag_field="type", tag="trade"):
    """One public trade, or a page of them in `items`; `aggressor` is the taker's side, ``buy`` or ``sell``."""

    symbol: str | None = None
    id: str | None = None
    price: str | None = None
    qty: str | None = None
    aggressor: str | None = None
    time_ms: int | None = None
    items: "list[TradeMessage] | UnsetType" = UNSET


class BboMessage(Struct, frozen=True, gc=False, tag_field="type", tag="bbo"):
    """Best bid and ask."""

    symbol: str | None = None
    bid: str | None = None
    bid_qty: str | None = None
    ask: str | None = None
    ask_qty: str | None = None
    update_id: int | None = None
    time_ms: int | None = None
    items: "list[BboMessage] | UnsetType" = UNSET


class CandleMessage(Struct, frozen=True, gc=False, tag_field="type", tag="candle"):
    """One bar as pushed; `closed` is None when the venue does not say. `close_time_ms` is the last ms of the bar."""

    symbol: str | None
    interval: str | None
    open_time_ms: int
    close_time_ms: int | None
    open: str
    high: str
    low: str
    close: str
    volume: str
    quote_volume: str | None = None
    trades: int | None = None
    closed: bool | None = None


class CandlesMessage(Struct, frozen=True, gc=False, tag_field="type", tag="candles"):
    """A page of bars, oldest first; the unfinished last bar apart in `open_bar` where the clock is known."""

    symbol: str | None
    interval: str | None
    rows: list[TextRow]
    open_bar: TextRow | None = None


class TickerMessage(Struct, frozen=True, gc=False, tag_field="type", tag="ticker"):
    """Rolling figures; `change_rate` is a fraction (0.01 = 1 %) on every venue."""

    symbol: str | None = None
    last: str | None = None
    high: str | None = None
    low: str | None = None
    bid: str | None = None
    ask: str | None = None
    volume: str | None = None
    change: str | None = None
    change_rate: str | None = None
    time_ms: int | None = None
    open: str | None = None
    items: "list[TickerMessage] | UnsetType" = UNSET


class DepthSnapshotMessage(Struct, frozen=True, gc=False, tag_field="type", tag="depth_snapshot"):
    """A book to some depth, best levels first."""

    symbol: str | None
    update_id: int | None
    bids: list[TextLevel]
    asks: list[TextLevel]
    time_ms: int | None = None


class DepthDeltaMessage(Struct, frozen=True, gc=False, tag_field="type", tag="depth_delta"):
    """Changed levels; quantity 0 removes a level. KuCoin's price "0" entries are already dropped."""

    symbol: str | None
    first: int
    last: int
    bids: list[TextLevel]
    asks: list[TextLevel]
    time_ms: int | None = None
    bid_ids: tuple[int, ...] | UnsetType = UNSET
    ask_ids: tuple[int, ...] | UnsetType = UNSET


class PriceMessage(Struct, frozen=True, gc=False, tag_field="type", tag="price"):
    """A single price of a symbol (last, average or reference), or many in `items`."""

    symbol: str | None = None
    price: str | None = None
    items: "list[PriceMessage] | UnsetType" = UNSET


class Ack(Struct, frozen=True, gc=False, tag_field="type", tag="ack"):
    """The venue accepted request `id`."""

    id: str | None = None


class Control(Struct, frozen=True, gc=False, tag_field="type", tag="control"):
    """Something the connection must act on.

    `action` is ``welcome``, ``pong``, ``ping``, ``reconnect``, ``token`` or ``server_time``.
    """

    action: str
    id: str | None = None
    time_ms: int | None = None
    ping_interval_ms: int | UnsetType | None = UNSET


class Ignore(Struct, frozen=True, gc=False, tag_field="type", tag="ignore"):
    """A valid message that needs no action; `reason` says why."""

    reason: str = ""


class VenueError(Struct, frozen=True, gc=False, tag_field="type", tag="error"):
    """The venue refused something; `error_class` is one of ERROR_CLASSES and says what to do about it."""

    code: str | None
    message: str
    error_class: str = field(name="class")
    retry_after_s: float | int | None = None
    until_ms: int | None = None
    id: str | UnsetType | None = UNSET


ERROR_CLASSES = (
    "geo_restricted",
    "ip_banned",
    "rate_limited",
    "overloaded",
    "waf_blocked",
    "unknown_outcome",
    "token_expired",
    "bad_topic",
    "exchange_error",
)


class KeyPermissions(Struct, frozen=True, gc=False, tag_field="type", tag="key_permissions"):
    """What an API key may do; None where the answer does not say."""

    read: bool | None
    trade: bool | None
    withdraw: bool | None
    ip_restricted: bool | None
    unknown: tuple[str, ...] = ()
    """Rights that this version does not know and that are switched on."""


class OrderUpdate(Struct, frozen=True, gc=False, tag_field="type", tag="order_update"):
    """State of an order in the venue's own status word; `avg_price` only where it follows exactly."""

    symbol: str | None = None
    order_id: str | None = None
    client_order_id: str | None = None
    status: str | None = None
    commission_asset: str | None = None
    avg_price: str | None = None
    items: "list[OrderUpdate] | UnsetType" = UNSET


class Rejected(Struct, frozen=True, gc=False, tag_field="type", tag="rejected"):
    """The frame must not be believed; `reason` says what is wrong with it."""

    reason: str


MarketMessage = (
    TradeMessage
    | BboMessage
    | CandleMessage
    | CandlesMessage
    | TickerMessage
    | DepthSnapshotMessage
    | DepthDeltaMessage
    | PriceMessage
)
Notice = Ack | Control | Ignore | VenueError | Rejected
"""What a stream says that is not market data."""
WireMessage = MarketMessage | Notice | KeyPermissions | OrderUpdate
