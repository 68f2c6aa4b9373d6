"""Commands: what front ends may ask of the engine. Imperatives, frozen, answered by CommandAnswered."""

from msgspec import Struct

from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import ListKind, OrderType, SelfTrade, TimeInForce
from cryptobot_desktop.domain.timeframe import Timeframe


class CreatePortfolio(Struct, frozen=True, tag_field="command", tag=True):
    """Open a portfolio with starting cash (a ledger amount of `asset`)."""

    name: str
    asset: str
    amount: int


class ResetPortfolio(Struct, frozen=True, tag_field="command", tag=True):
    """Close the running epoch and open a new one with fresh cash; the old one stays readable."""

    name: str
    asset: str
    amount: int


class AddBot(Struct, frozen=True, tag_field="command", tag=True):
    """Add a bot; it starts at once unless `paused`. `params` are texts as a person types them."""

    bot: str
    strategy: str
    portfolio: str
    instrument: InstrumentId
    timeframe: Timeframe
    params: dict[str, str]
    paused: bool = False
    max_trade_ppm: int = 100_000
    max_exposure_ppm: int = 1_000_000


class StartBot(Struct, frozen=True, tag_field="command", tag=True):
    """Let a paused bot trade again."""

    bot: str


class PauseBot(Struct, frozen=True, tag_field="command", tag=True):
    """Stop a bot from trading; it keeps watching."""

    bot: str


class ChangeBot(Struct, frozen=True, tag_field="command", tag=True):
    """Replace a bot's parameters and limits; its strategy starts warm from history."""

    bot: str
    params: dict[str, str]
    max_trade_ppm: int = 100_000
    max_exposure_ppm: int = 1_000_000


class RemoveBot(Struct, frozen=True, tag_field="command", tag=True):
    """Remove a bot; its orders are cancelled, its history stays."""

    bot: str


class PlaceOrder(Struct, frozen=True, tag_field="command", tag=True, kw_only=True):
    """Send an order of the user. Exactly one of `qty` and `quote_amount` is set; fields as in OrderRequest."""

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


class PlaceOrderList(Struct, frozen=True, tag_field="command", tag=True):
    """Send orders that belong together, all or none.

    OCO: two legs of one side, of which at most one fills. OTO: the working order, then the pending one. OTOCO: the
    working order, then two pending legs of which at most one fills.
    """

    list_id: str
    kind: ListKind
    orders: tuple[PlaceOrder, ...]


class AmendOrder(Struct, frozen=True, tag_field="command", tag=True):
    """Make an open order smaller without losing its place in the queue. `qty` is the new whole with its filled part."""

    client_id: str
    qty: int


class ReplaceOrder(Struct, frozen=True, tag_field="command", tag=True):
    """Cancel an open order and send another one; the other one is not sent when the first is no longer open."""

    client_id: str
    order: PlaceOrder


class PreviewOrder(Struct, frozen=True, tag_field="command", tag=True):
    """Ask what an order would cost now, without sending it; answered by OrderPreviewed."""

    order: PlaceOrder


class ShowEpoch(Struct, frozen=True, tag_field="command", tag=True):
    """Ask what one epoch of a portfolio came to (0 = the running one); answered by EpochShown."""

    portfolio: str
    epoch: int = 0


class FocusInstrument(Struct, frozen=True, tag_field="command", tag=True):
    """Choose the instrument whose book and tape the snapshots carry."""

    instrument: InstrumentId


class CancelOrder(Struct, frozen=True, tag_field="command", tag=True):
    """Cancel one open order by its client order id."""

    client_id: str


class TripKillSwitch(Struct, frozen=True, tag_field="command", tag=True):
    """Stop everything: cancel open orders, accept no new ones."""

    reason: str


class ReleaseKillSwitch(Struct, frozen=True, tag_field="command", tag=True):
    """Accept orders again; a reason is required and stored."""

    reason: str


class WatchInstrument(Struct, frozen=True, tag_field="command", tag=True):
    """Add an instrument of the running market source to the watch list, by any spelling of its symbol."""

    symbol: str


class UnwatchInstrument(Struct, frozen=True, tag_field="command", tag=True):
    """Take an instrument off the watch list; refused while a bot or an open order needs it."""

    instrument: InstrumentId


Command = (
    CreatePortfolio
    | ResetPortfolio
    | AddBot
    | StartBot
    | PauseBot
    | ChangeBot
    | RemoveBot
    | PlaceOrder
    | PlaceOrderList
    | AmendOrder
    | ReplaceOrder
    | PreviewOrder
    | ShowEpoch
    | FocusInstrument
    | CancelOrder
    | TripKillSwitch
    | ReleaseKillSwitch
    | WatchInstrument
    | UnwatchInstrument
)
