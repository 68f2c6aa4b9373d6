"""Taking from a book level by level, best first."""

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS
from cryptobot_desktop.execution.charges import quote_moved


class Take(Struct, frozen=True, gc=False):
    """What is taken from one level: `displayed` is the whole level, `free` what of it we had not taken before."""

    price: int
    qty: int
    displayed: int
    free: int


class Walk(Struct, frozen=True, gc=False):
    """The takes of one order; `complete` says that the order wanted no more than that."""

    takes: tuple[Take, ...] = ()
    complete: bool = False

    @property
    def qty(self) -> int:
        """Return the quantity taken."""
        return sum(take.qty for take in self.takes)


class QuantityWish:
    """Wants a quantity, at whatever price it is offered."""

    def __init__(self, qty: int) -> None:
        self.left = qty
        self.done = qty <= 0

    def at(self, price: int) -> int:
        """Return how much is wanted at a price."""
        return self.left

    def take(self, price: int, qty: int) -> None:
        """Note what was taken."""
        self.left -= qty
        self.done = self.left <= 0


class QuoteWish:
    """Wants to buy (or sell) for an amount of the quote asset, in whole steps."""

    def __init__(self, quote_amount: int, instrument: Instrument, side: Side, step: int) -> None:
        self._left = quote_amount
        self._instrument = instrument
        self._side = side
        self._step = step
        self.done = False

    def at(self, price: int) -> int:
        """Return how much the rest buys (or has to sell) at a price, in whole steps."""
        return qty_for_quote(self._instrument, price, self._left, self._step)

    def take(self, price: int, qty: int) -> None:
        """Note what was taken; when it was all that the rest bought, nothing more is wanted."""
        self.done = qty == self.at(price)
        self._left -= quote_moved(self._instrument, self._side, price, qty)


Wish = QuantityWish | QuoteWish
Offer = tuple[int, int, int]
"""(price, displayed, free) of a level."""


def take_from(offer: Offer, wish: Wish) -> Take | None:
    """Take what the wish wants from one level; None when it wants nothing at that price."""
    price, displayed, free = offer
    wanted = wish.at(price)
    if wanted <= 0:
        wish.done = True  # the amount does not reach for one more step
        return None
    part = min(wanted, free)
    wish.take(price, part)
    return Take(price, part, displayed, free)


def qty_for_quote(instrument: Instrument, price: int, quote_amount: int, step: int) -> int:
    """Return the largest multiple of `step` whose exact notional is at most `quote_amount`."""
    power = instrument.price_decimals + instrument.qty_decimals - AMOUNT_DECIMALS
    scaled = quote_amount * 10**power if power >= 0 else quote_amount // 10**-power
    return int(scaled // price) // step * step
