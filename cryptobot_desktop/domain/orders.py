"""Intents, orders and fills, with exact money."""

from enum import StrEnum

from msgspec import Struct

from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.market import Side


class OrderType(StrEnum):
    """How an order meets the market."""

    MARKET = "market"
    LIMIT = "limit"
    LIMIT_MAKER = "limit_maker"


class TimeInForce(StrEnum):
    """How long an order stays."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class OrderStatus(StrEnum):
    """Life cycle: new -> partially_filled -> filled | canceled | expired; rejected at once."""

    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"

    @property
    def is_open(self) -> bool:
        """Return True while the order can still fill."""
        return self in (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


class Sizing(StrEnum):
    """How an intent says how much."""

    QUANTITY = "quantity"
    EQUITY_SHARE = "equity_share"
    WHOLE_POSITION = "whole_position"


class Intent(Struct, frozen=True, kw_only=True):
    """What a strategy (or the user) wants, before risk has looked at it.

    `qty` is a scaled integer for Sizing.QUANTITY; `equity_ppm` a share of equity for
    Sizing.EQUITY_SHARE. `reason` says why in words that are stored and shown.
    """

    instrument: InstrumentId
    side: Side
    sizing: Sizing = Sizing.EQUITY_SHARE
    qty: int = 0
    equity_ppm: int = 0
    type: OrderType = OrderType.MARKET
    limit_price: int | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    reason: str = ""


class OrderRequest(Struct, frozen=True, kw_only=True):
    """An order as it is sent to the paper exchange.

    Exactly one of `qty` (scaled) and `quote_amount` (ledger amount, market orders only) is set.
    `client_id` is made before sending; the same id with the same payload is the same order.
    """

    client_id: str
    portfolio: str
    instrument: InstrumentId
    side: Side
    type: OrderType
    qty: int | None = None
    quote_amount: int | None = None
    price: int | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    origin: str = "user"
    """``user`` or the bot's id."""
    reason: str = ""


class Order(Struct, frozen=True, kw_only=True):
    """State of an order at one moment. `filled_quote` and `reserved` are ledger amounts.

    `reserved` is in the quote asset for buys and in the base asset for sells.
    """

    request: OrderRequest
    status: OrderStatus
    created_ms: int
    updated_ms: int
    filled_qty: int = 0
    filled_quote: int = 0
    reserved: int = 0
    reject_code: str = ""
    reject_reason: str = ""

    @property
    def client_id(self) -> str:
        """Return the id made by whoever sent the order."""
        return self.request.client_id

    @property
    def remaining_qty(self) -> int:
        """Return what is still to be filled (0 for orders by quote amount)."""
        return max(0, (self.request.qty or 0) - self.filled_qty)


class Liquidity(StrEnum):
    """Whether a fill took liquidity or made it."""

    MAKER = "maker"
    TAKER = "taker"


class FillEvidence(Struct, frozen=True, kw_only=True):
    """What a fill rests on: a level of a book version, a public trade, or a candle."""

    kind: str
    """``book``, ``trade``, ``quote`` or ``candle``."""
    update_id: int | None = None
    trade_id: str = ""
    level_price: int | None = None
    level_qty: int | None = None
    """What the level or the trade offered before this fill."""
    note: str = ""


class Fill(Struct, frozen=True, kw_only=True):
    """One execution. `quote_amount` and `fee` are ledger amounts; the fee is rounded up."""

    fill_id: str
    client_id: str
    portfolio: str
    instrument: InstrumentId
    side: Side
    price: int
    qty: int
    quote_amount: int
    fee: int
    fee_asset: str
    liquidity: Liquidity
    at_ms: int
    evidence: FillEvidence


class FeeRates(Struct, frozen=True):
    """Maker and taker rates in parts per million (1,000 ppm = 0.1 %)."""

    maker_ppm: int = 1_000
    taker_ppm: int = 1_000
