"""Facts: what has happened, told to listeners only after it is stored. Past participles, frozen."""

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.ledger import PortfolioRecord
from cryptobot_desktop.domain.market import FeedState
from cryptobot_desktop.domain.orders import Fill, Intent, Order


class OrderAccepted(Struct, frozen=True, gc=False, tag=True):
    """The paper exchange took an order; `order.reserved` says what is held for it."""

    order: Order
    at_ms: int


class OrderRejected(Struct, frozen=True, gc=False, tag=True):
    """The paper exchange refused an order with the venue's own code and reason."""

    order: Order
    at_ms: int


class OrderFilled(Struct, frozen=True, gc=False, tag=True):
    """An order was filled, wholly or in part; `order` is its state after all of `fills`."""

    order: Order
    fills: tuple[Fill, ...]
    at_ms: int


class OrderCanceled(Struct, frozen=True, gc=False, tag=True):
    """An open order ended without (further) fills, by the user, by time in force or by lack of liquidity."""

    order: Order
    reason: str
    at_ms: int


class OrderTriggered(Struct, frozen=True, gc=False, tag=True):
    """A stop, take-profit or trailing order woke up: `price` is the trade that did it; `order.reserved` is held now."""

    order: Order
    price: int
    at_ms: int


class OrderAmended(Struct, frozen=True, gc=False, tag=True):
    """An open order changed without a fill: made smaller, arrived, placed as a leg, or its trailing price moved."""

    order: Order
    what: str
    """``amended``, ``arrived``, ``placed``, ``decremented``, ``canceling`` or ``trailed``."""
    at_ms: int


ExecutionFact = OrderAccepted | OrderRejected | OrderFilled | OrderCanceled | OrderTriggered | OrderAmended


class DecisionMade(Struct, frozen=True, gc=False, tag=True, kw_only=True):
    """Risk answered an intent: allowed, shrunk or vetoed, with all reasons. Answers "why did nothing happen?"."""

    decision_id: str
    bot: str
    portfolio: str
    intent: Intent
    outcome: str
    """``allowed``, ``shrunk`` or ``vetoed``."""
    qty: int
    reasons: tuple[tuple[str, str], ...]
    """(rule, text) pairs; empty when plainly allowed."""
    client_id: str = ""
    """The order that followed, if any."""
    at_ms: int


class FeedStateChanged(Struct, frozen=True, tag=True):
    """An instrument's stream changed state."""

    instrument: InstrumentId
    state: FeedState
    reason: str
    at_ms: int


class BotChanged(Struct, frozen=True, tag=True):
    """A bot was added, started, paused, changed or removed."""

    bot: str
    status: str
    reason: str
    at_ms: int


class PortfolioChanged(Struct, frozen=True, tag=True):
    """A portfolio was created, or reset into a new epoch."""

    portfolio: str
    epoch: int
    what: str
    at_ms: int


class KillSwitchTripped(Struct, frozen=True, tag=True):
    """Nothing new is accepted until somebody releases the switch in the program, with a reason."""

    reason: str
    at_ms: int


class KillSwitchReleased(Struct, frozen=True, tag=True):
    """Orders are accepted again."""

    reason: str
    at_ms: int


class CommandAnswered(Struct, frozen=True, tag=True):
    """The answer to one command, by its id. `ok` False carries the one clear error text."""

    command_id: int
    ok: bool
    message: str
    at_ms: int


class OrderPreviewed(Struct, frozen=True, tag=True, kw_only=True):
    """What an order would cost at this moment. Amounts are ledger amounts, prices scaled integers.

    `problem` is the venue's reason when the order would be refused, else empty.
    """

    command_id: int
    average_price: int | None = None
    fillable_qty: int = 0
    resting_qty: int = 0
    quote_amount: int = 0
    fee: int = 0
    fee_asset: str = ""
    slippage_ppm: int = 0
    levels: int = 0
    reserved: int = 0
    """What would be held, in the paying asset: quote for buys, base for sells."""
    problem: str = ""


class EpochShown(Struct, frozen=True, tag=True, kw_only=True):
    """What one stored epoch of a portfolio came to; answers ShowEpoch."""

    command_id: int
    epochs: tuple[PortfolioRecord, ...]
    """Every epoch of the portfolio, oldest first; the last one trades."""
    record: PortfolioRecord
    """The epoch that was asked for."""
    fills: tuple[Fill, ...]
    """Its newest 500 fills, oldest first."""
    fills_in_all: int
    orders: int
    realized: int
    """Ledger amount of the epoch's asset, before fees."""
    fees_value: int
    """All fees, valued in the epoch's asset at the fills' prices."""
    holdings: tuple[tuple[str, int], ...]
    """(asset, ledger amount) that the epoch held when it ended, or holds now."""
    instruments: tuple[Instrument, ...]
    """Those of the fills."""
    ended_ms: int
    """When the next epoch began; 0 for the running one."""


class EngineFaulted(Struct, frozen=True, tag=True):
    """The engine met a bug and stopped; nothing that was acknowledged is lost."""

    message: str
    at_ms: int


class RecordingEnded(Struct, frozen=True, tag=True):
    """The session is no longer recorded (disk short, limit reached); trading goes on."""

    reason: str
    at_ms: int


Fact = (
    OrderAccepted
    | OrderRejected
    | OrderFilled
    | OrderCanceled
    | OrderTriggered
    | OrderAmended
    | DecisionMade
    | FeedStateChanged
    | BotChanged
    | PortfolioChanged
    | KillSwitchTripped
    | KillSwitchReleased
    | CommandAnswered
    | OrderPreviewed
    | EpochShown
    | EngineFaulted
    | RecordingEnded
)
