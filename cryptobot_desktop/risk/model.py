"""What risk looks at and what it answers: limits, the account's view, the kill switch, the verdict."""

from enum import StrEnum

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import PPM
from cryptobot_desktop.domain.orders import FeeRates, Intent


class RiskLimits(Struct, frozen=True, kw_only=True):
    """How much a bot may do. Shares are ppm of equity. 0 means none allowed, never unlimited."""

    max_exposure_ppm: int = PPM
    """Value of all positions and open buy orders of the portfolio together, as a share of equity."""
    max_trade_ppm: int = 100_000
    """Value of one buy order, as a share of equity."""
    max_open_orders: int = 1
    """Open orders of one origin on one instrument."""
    slippage_reserve_ppm: int = 2_000
    """Kept back when a market buy is sized by what is affordable: walking the book costs more than its top."""


class KillSwitch(Struct, frozen=True, kw_only=True):
    """Whether all trading was stopped, why, when and by whom (``user`` or the name of a breaker)."""

    tripped: bool = False
    reason: str = ""
    at_ms: int = 0
    by: str = ""


class AccountView(Struct, frozen=True, gc=False, kw_only=True):
    """What the rules may know. Amounts are ledger amounts of the instrument's quote asset.

    `position_qty` is the free quantity that can be sold (scaled); `exposure` the value of all
    positions and open buy orders of the portfolio; `reference_price` the price at which a market
    order would start to fill (best ask for a buy, best bid for a sell, else the last trade), 0 when
    there is none; `open_orders` counts those of the intent's origin on this instrument.
    """

    instrument: Instrument
    equity: int
    free_quote: int
    position_qty: int
    exposure: int
    reference_price: int
    open_orders: int = 0
    feed_live: bool = True
    feed_note: str = ""
    """Why the feed is not live, in words."""
    kill_switch: KillSwitch = KillSwitch()
    fees: FeeRates = FeeRates()


class Case(Struct, frozen=True, gc=False):
    """One intent before the rules, with what several of them need."""

    intent: Intent
    account: AccountView
    limits: RiskLimits
    price: int
    """What sizes the order; 0 when there is no price."""
    step: int
    """The grid on which its quantity must lie."""
    wanted: int
    """The quantity that the intent asks for, on the step, before any cap."""

    @property
    def is_priced_buy(self) -> bool:
        """Return True when limits on value apply: only buys make the exposure larger."""
        return self.intent.side is Side.BUY and self.price > 0


class Outcome(StrEnum):
    """What became of an intent."""

    ALLOWED = "allowed"
    SHRUNK = "shrunk"
    VETOED = "vetoed"


class Reason(Struct, frozen=True, gc=False):
    """What one rule says. `vetoes` is True when the rule allows nothing at all."""

    rule: str
    text: str
    vetoes: bool = True


class Verdict(Struct, frozen=True, gc=False, kw_only=True):
    """Risk's answer. `qty` (scaled, on the venue's step) is 0 when vetoed; `wanted_qty` is before the limits.

    An allowed verdict has no reasons; each cap that spoke is a reason of a shrunk one.
    """

    outcome: Outcome
    qty: int
    wanted_qty: int
    reasons: tuple[Reason, ...] = ()

    @property
    def text(self) -> str:
        """Return all reasons in one line."""
        return "; ".join(reason.text for reason in self.reasons)
