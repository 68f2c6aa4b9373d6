"""Intents, orders and fills, with exact money."""

from enum import StrEnum

from msgspec import Struct

from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.market import Side

BIPS = 10_000
"""Basis points in a whole."""


class OrderType(StrEnum):
    """How an order meets the market. The last six wait at the exchange until a price triggers them."""

    MARKET = "market"
    LIMIT = "limit"
    LIMIT_MAKER = "limit_maker"
    STOP_LOSS = "stop_loss"
    STOP_LOSS_LIMIT = "stop_loss_limit"
    TAKE_PROFIT = "take_profit"
    TAKE_PROFIT_LIMIT = "take_profit_limit"
    TRAILING_STOP = "trailing_stop"
    TRAILING_STOP_LIMIT = "trailing_stop_limit"

    @property
    def is_conditional(self) -> bool:
        """Return True when the order sleeps until a trade reaches its trigger."""
        return self in _CONDITIONAL

    @property
    def has_limit(self) -> bool:
        """Return True when the order has a price of its own."""
        return self in _WITH_LIMIT

    @property
    def is_trailing(self) -> bool:
        """Return True when the trigger follows the market."""
        return self in _TRAILING

    @property
    def awakened(self) -> "OrderType":
        """Return what the order is once it was triggered (itself for orders without a trigger)."""
        if not self.is_conditional:
            return self
        return OrderType.LIMIT if self.has_limit else OrderType.MARKET

    @property
    def takes_profit(self) -> bool:
        """Return True when the trigger lies on the favourable side of the market."""
        return self in _TAKING_PROFIT


_TRAILING = frozenset({OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT})
_TAKING_PROFIT = frozenset({OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT})
_CONDITIONAL = frozenset(OrderType) - {OrderType.MARKET, OrderType.LIMIT, OrderType.LIMIT_MAKER}
_WITH_LIMIT = frozenset(
    {
        OrderType.LIMIT,
        OrderType.LIMIT_MAKER,
        OrderType.STOP_LOSS_LIMIT,
        OrderType.TAKE_PROFIT_LIMIT,
        OrderType.TRAILING_STOP_LIMIT,
    }
)


class TimeInForce(StrEnum):
    """How long an order stays: until canceled, at once or not, wholly at once or not, until a time (KuCoin's GTT)."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTD = "GTD"

    @property
    def rests(self) -> bool:
        """Return True when what is not filled at once stays in the book."""
        return self in _RESTING


_RESTING = frozenset({TimeInForce.GTC, TimeInForce.GTD})


class SelfTrade(StrEnum):
    """What happens when an order would meet another one of the same portfolio (KuCoin's CN, CO, CB and DC)."""

    NONE = "none"
    """They pass each other by: our own orders never trade with each other."""
    EXPIRE_TAKER = "expire_taker"
    EXPIRE_MAKER = "expire_maker"
    EXPIRE_BOTH = "expire_both"
    DECREMENT = "decrement"


class ListKind(StrEnum):
    """Orders that belong together: one cancels the other, one triggers the other, one triggers such a pair."""

    OCO = "oco"
    OTO = "oto"
    OTOCO = "otoco"


class ListRole(StrEnum):
    """What an order is in its list."""

    ALONE = ""
    EITHER = "either"
    """One of a pair of which at most one fills."""
    WORKING = "working"
    """Trades at once; when it is filled, the pending ones are placed."""
    PENDING = "pending"


class OrderPhase(StrEnum):
    """Where an open order is."""

    IN_FLIGHT = "in_flight"
    """Sent, and not yet at the exchange."""
    PENDING = "pending"
    """A leg that is placed when the working order of its list is filled."""
    ARMED = "armed"
    """At the exchange, waiting for its trigger."""
    WORKING = "working"


class FillModel(StrEnum):
    """How kind the simulation is to resting orders and with liquidity; see docs/fill-rules.md."""

    OPTIMISTIC = "optimistic"
    EXPECTED = "expected"
    PESSIMISTIC = "pessimistic"


class OrderStatus(StrEnum):
    """Life cycle: [pending_new ->] new -> partially_filled -> filled | canceled | expired; rejected at once."""

    PENDING_NEW = "pending_new"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"

    @property
    def is_open(self) -> bool:
        """Return True while the order can still fill."""
        return self in _OPEN


_OPEN = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED, OrderStatus.PENDING_NEW})


class Sizing(StrEnum):
    """How an intent says how much."""

    QUANTITY = "quantity"
    EQUITY_SHARE = "equity_share"
    WHOLE_POSITION = "whole_position"


class Bracket(Struct, frozen=True, gc=False, kw_only=True):
    """Exits that are placed when an entry is filled: one cancels the other. Scaled prices; 0 leaves a leg out."""

    take_profit: int = 0
    stop_loss: int = 0


class Intent(Struct, frozen=True, gc=False, kw_only=True):
    """What a strategy (or the user) wants, before risk has looked at it.

    `qty` is a scaled integer for Sizing.QUANTITY; `equity_ppm` a share of equity for
    Sizing.EQUITY_SHARE. `reason` says why in words that are stored and shown. `stop_price` is the trigger
    (the activation price of a trailing stop), `good_for_ms` makes a GTD order. `display_parts` above 1 makes an iceberg
    that shows about one part at a time. A `bracket` on a buy adds exits that follow the fill; on a sale of what is
    held it is the sale: both exits at once, one cancels the other.
    """

    instrument: InstrumentId
    side: Side
    sizing: Sizing = Sizing.EQUITY_SHARE
    qty: int = 0
    equity_ppm: int = 0
    type: OrderType = OrderType.MARKET
    limit_price: int | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    stop_price: int | None = None
    trailing_bips: int | None = None
    display_parts: int = 0
    good_for_ms: int = 0
    bracket: Bracket | None = None
    cancels: bool = False
    """Cancel the bot's own open orders first; with `Sizing.QUANTITY` and no quantity that is all."""
    reason: str = ""

    @property
    def only_cancels(self) -> bool:
        """Return True when nothing is to be ordered."""
        return self.cancels and self.sizing is Sizing.QUANTITY and self.qty == 0


class OrderRequest(Struct, frozen=True, gc=False, kw_only=True):
    """An order as it is sent to the paper exchange.

    Exactly one of `qty` (scaled) and `quote_amount` (ledger amount, market orders only) is set.
    `client_id` is made before sending; the same id with the same payload is the same order.
    `stop_price` is the trigger of stop and take-profit orders, and the activation price of trailing stops (None: at
    once). `trailing_bips` is the distance of a trailing stop from the best price since then, in hundredths of a per
    cent. `display_qty` is what an iceberg shows. `expire_ms` ends a GTD order. `stp` None means the venue's own rule.
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
    stop_price: int | None = None
    trailing_bips: int | None = None
    display_qty: int | None = None
    expire_ms: int | None = None
    stp: SelfTrade | None = None
    list_id: str = ""
    list_kind: ListKind | None = None
    list_role: ListRole = ListRole.ALONE
    origin: str = "user"
    """``user`` or the bot's id."""
    reason: str = ""


class Order(Struct, frozen=True, gc=False, kw_only=True):
    """State of an order at one moment. `filled_quote` and `reserved` are ledger amounts.

    `reserved` is in the quote asset for buys and in the base asset for sells. `canceled_qty` is what amending or
    self-trade prevention took off the quantity.
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
    """Why it was refused, or ended without being filled."""
    phase: OrderPhase = OrderPhase.WORKING
    arrives_ms: int = 0
    """When it reaches (or reached) the exchange; 0 for orders without a way to travel."""
    triggered_ms: int | None = None
    best_price: int | None = None
    """Of a trailing stop: the best price since it became active; None before that."""
    activates_above: bool | None = None
    """Of a trailing stop that is not yet active: whether its activation price is to be reached from below."""
    cancel_arrives_ms: int = 0
    """When a request to cancel it arrives; 0 while there is none."""
    canceled_qty: int = 0

    @property
    def kind(self) -> OrderType:
        """Return what the order is now: its type, and after a trigger what that has woken."""
        return self.request.type if self.phase is not OrderPhase.WORKING else self.request.type.awakened

    @property
    def trigger_price(self) -> int | None:
        """Return the price that triggers the order now (scaled, rounded to the later side), None without one."""
        request = self.request
        if not request.type.is_trailing:
            return request.stop_price
        if self.best_price is None or request.trailing_bips is None:
            return None
        if request.side is Side.SELL:
            return self.best_price * (BIPS - request.trailing_bips) // BIPS
        return -(-self.best_price * (BIPS + request.trailing_bips) // BIPS)

    @property
    def client_id(self) -> str:
        """Return the id made by whoever sent the order."""
        return self.request.client_id

    @property
    def remaining_qty(self) -> int:
        """Return what is still to be filled (0 for orders by quote amount)."""
        return max(0, (self.request.qty or 0) - self.filled_qty - self.canceled_qty)


class Liquidity(StrEnum):
    """Whether a fill took liquidity or made it."""

    MAKER = "maker"
    TAKER = "taker"


class ModelResult(Struct, frozen=True, gc=False):
    """What another fill model would have given the same order up to this moment, before fees."""

    model: FillModel
    qty: int
    """Filled so far (scaled)."""
    quote_amount: int
    """Paid or received for it (ledger amount)."""


class QueueTrace(Struct, frozen=True, gc=False, kw_only=True):
    """How a resting order came to the front: scaled quantities at its price."""

    at_arrival: int
    """Displayed before us when we arrived."""
    traded: int = 0
    """Cleared before us by public trades."""
    canceled: int = 0
    """Cleared before us by cancellations, as the model estimates."""
    trades: int = 0
    """Number of those trades."""


class FillEvidence(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a fill rests on: a level of a book version, a public trade, or a candle; its receipt."""

    kind: str
    """``book``, ``trade``, ``quote`` or ``candle``."""
    update_id: int | None = None
    trade_id: str = ""
    level_price: int | None = None
    level_qty: int | None = None
    """What the level or the trade offered before this fill."""
    note: str = ""
    model: FillModel | None = None
    latency_ms: int = 0
    """Drawn for the order's way to the exchange."""
    queue: QueueTrace | None = None
    """For orders that rested."""
    fee_rate_ppm: int = 0
    fee_discount_ppm: int = 0
    others: tuple[ModelResult, ...] = ()
    """The same order under the other models; on the last fill of an arrival, and on every fill of a resting order."""


class Fill(Struct, frozen=True, gc=False, kw_only=True):
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
    fee_value: int | None = None
    """The fee in the quote asset where it is charged in a third asset; None where the fill's own price tells it."""


class FeeRates(Struct, frozen=True, gc=False):
    """Maker and taker rates in parts per million (1,000 ppm = 0.1 %).

    With a `discount_asset` (BNB, KCS) fees are charged in it, less `discount_ppm`, while the portfolio has enough of it
    and the market prices it; else as usual.
    """

    maker_ppm: int = 1_000
    taker_ppm: int = 1_000
    discount_asset: str = ""
    discount_ppm: int = 0
