"""What stands in the ticket, as data: the draft, what its texts mean, and the outcome of the check."""

from msgspec import Struct

from cryptobot_desktop.domain.commands import Command, PlaceOrder, PlaceOrderList
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import FeeRates, SelfTrade, TimeInForce
from cryptobot_desktop.gui.ticket.kinds import ExitKind, Field, Kind


class OrderDraft(Struct, frozen=True, kw_only=True):
    """What stands in the ticket. `by_amount`: the size is in the quote asset. `None` funds are not checked."""

    instrument: Instrument
    portfolio: str
    side: Side
    kind: Kind
    texts: dict[Field, str]
    by_amount: bool = False
    time_in_force: TimeInForce = TimeInForce.GTC
    good_until_ms: int | None = None
    """End of a GTD order when a time was picked; else Field.EXPIRY has minutes from `now_ms` on."""
    now_ms: int = 0
    stp: SelfTrade | None = None
    exit_kind: ExitKind = ExitKind.LIMIT
    last: int | None = None
    available: int | None = None
    """Free quote asset, a ledger amount."""
    held: int | None = None
    """Free quantity of the base asset, scaled."""
    fees: FeeRates = FeeRates()

    def text(self, field: Field) -> str:
        """Return what is typed into a field."""
        return self.texts.get(field, "").strip()


class Typed(Struct, frozen=True, kw_only=True):
    """The draft's texts as numbers: scaled prices and quantities, ledger amounts, ms; None where nothing is typed."""

    qty: int | None = None
    amount: int | None = None
    price: int | None = None
    trigger: int | None = None
    bips: int | None = None
    shown: int | None = None
    target: int | None = None
    stop: int | None = None
    stop_limit: int | None = None
    expire_ms: int | None = None


class CheckedOrder(Struct, frozen=True, kw_only=True):
    """The order when it can be sent, otherwise what is wrong, by field; an empty field is just unfinished."""

    orders: tuple[PlaceOrder, ...] = ()
    """One, or those of a list in the order in which they are sent."""
    together: PlaceOrderList | None = None
    problems: dict[Field, str] = {}
    unfinished: str = ""
    story: str = ""
    """What a kind with a trigger or several orders will do, in words."""
    story_warns: bool = False

    @property
    def order(self) -> PlaceOrder | None:
        """Return the order, of a list the one that trades first."""
        return self.orders[0] if self.orders else None

    @property
    def command(self) -> Command | None:
        """Return what is to be sent."""
        return self.together or self.order

    @property
    def previewed(self) -> PlaceOrder | None:
        """Return the order whose cost is asked for: of a pair the one that holds more."""
        if self.together is not None and len(self.orders) == 2 and self.order is not None:
            is_pair = self.order.side is self.orders[1].side
            return self.orders[1] if is_pair and self.order.side is Side.BUY else self.order
        return self.order
