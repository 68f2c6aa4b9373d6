"""Taking from a book level by level, best first."""

from collections.abc import Iterable

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS
from cryptobot_desktop.execution.charges import quote_moved


class Take(Struct, frozen=True):
    """What is taken from one level: `displayed` is the whole level, `free` what of it we had not taken before."""

    price: int
    qty: int
    displayed: int
    free: int


class Walk(Struct, frozen=True):
    """The takes of one order; `complete` says that the order wanted no more than that."""

    takes: tuple[Take, ...] = ()
    complete: bool = False

    @property
    def qty(self) -> int:
        """Return the quantity taken."""
        return sum(take.qty for take in self.takes)


def walk_quantity(offers: Iterable[tuple[int, int, int]], qty: int) -> Walk:
    """Take `qty` from (price, displayed, free) levels that come best first."""
    takes: list[Take] = []
    left = qty
    for price, displayed, free in offers:
        if left <= 0:
            break
        part = min(left, free)
        takes.append(Take(price, part, displayed, free))
        left -= part
    return Walk(tuple(takes), left <= 0)


def walk_quote(
    offers: Iterable[tuple[int, int, int]], quote_amount: int, instrument: Instrument, side: Side, step: int
) -> Walk:
    """Take for at most `quote_amount`, in whole steps, until the rest buys (or sells) no further step."""
    takes: list[Take] = []
    left = quote_amount
    for price, displayed, free in offers:
        wanted = qty_for_quote(instrument, price, left, step)
        if wanted == 0:
            return Walk(tuple(takes), True)
        part = min(wanted, free)
        takes.append(Take(price, part, displayed, free))
        left -= quote_moved(instrument, side, price, part)
        if part == wanted:
            return Walk(tuple(takes), True)
    return Walk(tuple(takes), False)


def qty_for_quote(instrument: Instrument, price: int, quote_amount: int, step: int) -> int:
    """Return the largest multiple of `step` whose exact notional is at most `quote_amount`."""
    power = instrument.price_decimals + instrument.qty_decimals - AMOUNT_DECIMALS
    scaled = quote_amount * 10**power if power >= 0 else quote_amount // 10**-power
    return int(scaled // price) // step * step
