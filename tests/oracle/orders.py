"""What the oracle knows about one order: plain data in real units, no words shared with the product."""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.oracle.units import NOTHING

MARKETS = ("market", "stop_loss", "take_profit", "trailing_stop")
"""Kinds without a price of their own: they walk as far as it takes."""
SLEEPERS = (
    "stop_loss",
    "stop_loss_limit",
    "take_profit",
    "take_profit_limit",
    "trailing_stop",
    "trailing_stop_limit",
)
"""Kinds that wait for a trigger."""
OPEN = ("pending_new", "new", "partially_filled")


@dataclass(frozen=True)
class PlainFill:
    """One execution in real units."""

    price: Fraction
    qty: Fraction
    role: str
    """``maker`` or ``taker``."""
    paid: Fraction
    fee: Fraction
    fee_asset: str
    at: int


@dataclass(eq=False)
class PlainOrder:
    """An order and what has become of it."""

    name: str
    buy: bool
    kind: str = "limit"
    owner: str = "main"
    qty: Fraction | None = None
    funds: Fraction | None = None
    limit: Fraction | None = None
    tif: str = "GTC"
    stop: Fraction | None = None
    """The trigger; of a trailing stop the activation price."""
    bips: int | None = None
    display: Fraction | None = None
    expires: int | None = None
    stp: str | None = None
    group: str = ""
    group_kind: str = ""
    role: str = ""
    """``either``, ``working`` or ``pending`` in a list."""

    status: str = "new"
    phase: str = "working"
    """``in_flight``, ``pending``, ``armed`` or ``working``."""
    code: str = ""
    filled: Fraction = NOTHING
    paid: Fraction = NOTHING
    held: Fraction = NOTHING
    """What it needs by itself; the legs of a pair hold the larger of theirs once."""
    canceled: Fraction = NOTHING
    fills: list[PlainFill] = field(default_factory=list)
    number: int = 0
    """Order of arrival at the exchange."""
    place: int = 0
    """Order in the queue at one price; an iceberg gets a new one with each part."""
    since: int = 0
    """Evidence from before does not count."""
    before: Fraction | None = None
    """Displayed quantity before us; None until a live book has shown it."""
    met: bool = True
    """False until a live book has been there to be walked."""
    crossed: bool = False
    """Without a book: it takes at its first chance."""
    seen: Fraction = NOTHING
    """Displayed at our price at the last book update."""
    traded: Fraction = NOTHING
    """Traded at our price since then."""
    shown: Fraction = NOTHING
    """What is left of an iceberg's shown part."""
    best: Fraction | None = None
    rising: bool | None = None
    """An activation price lies above (True) or below the market."""
    next_bar: int = 0
    """Candles: it takes no part in bars that opened before."""

    @property
    def open(self) -> bool:
        """True while it can still fill."""
        return self.status in OPEN

    @property
    def sleeps(self) -> bool:
        """True for kinds that wait for a trigger."""
        return self.kind in SLEEPERS

    @property
    def trails(self) -> bool:
        """True for trailing stops."""
        return self.kind.startswith("trailing")

    @property
    def left(self) -> Fraction:
        """What is still wanted (orders by quantity)."""
        return (self.qty or NOTHING) - self.filled - self.canceled

    @property
    def in_pair(self) -> bool:
        """True for legs of which at most one fills."""
        return self.group_kind == "oco" or (self.group_kind == "otoco" and self.role == "pending")

    @property
    def rests(self) -> bool:
        """True when a rest stays in the book."""
        return self.limit is not None and self.tif in ("GTC", "GTD")

    def good(self, price: Fraction) -> bool:
        """True when `price` is at the limit or better (always without a limit)."""
        if self.limit is None:
            return True
        return price <= self.limit if self.buy else price >= self.limit
