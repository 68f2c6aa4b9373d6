"""An arriving order takes from the book, and may meet an order of the same portfolio: self-trade prevention."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import SelfTrade
from cryptobot_desktop.execution.resting import RestingOrder
from cryptobot_desktop.execution.walk import Offer, QuantityWish, Take, Walk, Wish, take_from

PREVENTED = "self-trade prevention"


@dataclass(slots=True, frozen=True)
class Crossing:
    """What an order takes, and what becomes of own orders in its way."""

    walk: Walk
    expired: tuple[RestingOrder, ...] = ()
    decremented: tuple[tuple[RestingOrder, int], ...] = ()
    """(own order, by how much it becomes smaller)."""
    canceled: int = 0
    """What the arriving order itself lost by that."""
    stopped: str = ""
    """Why its rest ends; empty when nothing stopped it."""


NOTHING_CROSSED = Crossing(Walk())


class _Walker:
    """Takes offers in order, as far as somebody says."""

    def __init__(self, offers: Sequence[Offer], wish: Wish, side: Side) -> None:
        self._offers = offers
        self._next = 0
        self._wish = wish
        self._buys = side is Side.BUY
        self.takes: list[Take] = []

    def go(self, limit: int | None) -> None:
        """Take up to and including the price `limit`; None means everything."""
        while self._next < len(self._offers) and not self._wish.done:
            price = self._offers[self._next][0]
            if limit is not None and (price > limit if self._buys else price < limit):
                return
            take = take_from(self._offers[self._next], self._wish)
            if take is not None:
                self.takes.append(take)
            self._next += 1


def cross(
    offers: Sequence[Offer], wish: Wish, own: Sequence[RestingOrder], *, side: Side, policy: SelfTrade
) -> Crossing:
    """Return what an order of `side` does. `own` are resting orders in its reach, first in line first.

    An own order is met after all displayed levels up to its price: they came before it.
    """
    walker = _Walker(offers, wish, side)
    expired: list[RestingOrder] = []
    smaller: list[tuple[RestingOrder, int]] = []
    stopped = ""
    for resting in own if policy is not SelfTrade.NONE else ():
        walker.go(resting.price)
        if wish.done or wish.at(resting.price) <= 0:
            break
        if policy is SelfTrade.DECREMENT and isinstance(wish, QuantityWish):
            part = min(wish.left, resting.order.remaining_qty)
            wish.left -= part
            smaller.append((resting, part))
            if wish.left == 0:
                stopped = PREVENTED
                break
            continue
        if policy in (SelfTrade.EXPIRE_MAKER, SelfTrade.EXPIRE_BOTH):
            expired.append(resting)
        if policy is not SelfTrade.EXPIRE_MAKER:
            stopped = PREVENTED
            break
    if not stopped:
        walker.go(None)
    canceled = sum(part for _, part in smaller)
    done = wish.done and not stopped
    return Crossing(Walk(tuple(walker.takes), done), tuple(expired), tuple(smaller), canceled, stopped)
