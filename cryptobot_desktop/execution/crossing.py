"""An arriving order takes from the book, and may meet an order of the same portfolio: self-trade prevention."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import SelfTrade
from cryptobot_desktop.execution.resting import RestingOrder
from cryptobot_desktop.execution.walk import Offer, QuantityWish, Take, Walk, Wish, take_from

PREVENTED = "self-trade prevention"


@dataclass(frozen=True)
class Stretch:
    """A part of a walk: what is taken, and then perhaps an own order that is met."""

    takes: tuple[Take, ...] = ()
    meets: RestingOrder | None = None
    smaller_by: int = 0
    """By how much both become smaller; 0 ends the own order."""


@dataclass(frozen=True)
class Crossing:
    """What an order takes, and what becomes of own orders in its way, in order."""

    stretches: tuple[Stretch, ...] = ()
    complete: bool = False
    """The order wanted no more than that."""
    stopped: str = ""
    """Why its rest ends; empty when nothing stopped it."""

    @cached_property
    def walk(self) -> Walk:
        """Return all that is taken."""
        return Walk(tuple(take for stretch in self.stretches for take in stretch.takes), self.complete)

    def only(self, takes: tuple[Take, ...]) -> "Crossing":
        """Return the crossing cut down to the takes that can be paid; own orders behind them are not met."""
        kept: list[Stretch] = []
        left = list(takes)
        for stretch in self.stretches:
            part, left = left[: len(stretch.takes)], left[len(stretch.takes) :]
            if tuple(part) != stretch.takes:
                kept.append(Stretch(tuple(part)))
                break
            kept.append(stretch)
        return Crossing(tuple(kept))


NOTHING_CROSSED = Crossing()


class _Walker:
    """Takes offers in order, as far as somebody says."""

    def __init__(self, offers: Sequence[Offer], wish: Wish, side: Side) -> None:
        self._offers = offers
        self._next = 0
        self._wish = wish
        self._buys = side is Side.BUY

    def go(self, limit: int | None) -> tuple[Take, ...]:
        """Take up to and including the price `limit`; None means everything."""
        takes: list[Take] = []
        while self._next < len(self._offers) and not self._wish.done:
            price = self._offers[self._next][0]
            if limit is not None and (price > limit if self._buys else price < limit):
                break
            take = take_from(self._offers[self._next], self._wish)
            if take is not None:
                takes.append(take)
            self._next += 1
        return tuple(takes)


def cross(
    offers: Sequence[Offer], wish: Wish, own: Sequence[RestingOrder], *, side: Side, policy: SelfTrade
) -> Crossing:
    """Return what an order of `side` does. `own` are resting orders in its reach, first in line first.

    An own order is met after all displayed levels up to its price: they came before it.
    """
    walker = _Walker(offers, wish, side)
    stretches: list[Stretch] = []
    for resting in own if policy is not SelfTrade.NONE else ():
        takes = walker.go(resting.price)
        if wish.done:
            stretches.append(Stretch(takes))
            return Crossing(tuple(stretches), True)
        if wish.at(resting.price) <= 0:
            stretches.append(Stretch(takes))  # the amount does not reach for a step at that price: passed by
            continue
        if policy is SelfTrade.DECREMENT and isinstance(wish, QuantityWish):
            part = min(wish.left, resting.order.remaining_qty)
            wish.take(resting.price, part)
            stretches.append(Stretch(takes, resting, part))
            if wish.left == 0:
                return Crossing(tuple(stretches), False, PREVENTED)
            continue
        ends_own = policy in (SelfTrade.EXPIRE_MAKER, SelfTrade.EXPIRE_BOTH)
        stretches.append(Stretch(takes, resting if ends_own else None))
        if policy is not SelfTrade.EXPIRE_MAKER:
            return Crossing(tuple(stretches), False, PREVENTED)
    stretches.append(Stretch(walker.go(None)))
    return Crossing(tuple(stretches), wish.done)
