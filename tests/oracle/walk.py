"""Walking the book: which levels an order takes, and which orders of its own portfolio it meets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from tests.oracle.floor import Floor
from tests.oracle.orders import PlainOrder
from tests.oracle.settlement import affordable, cost, end, fill, lower, shrink
from tests.oracle.units import NOTHING, down, floor_to, total, up


@dataclass
class Walk:
    """What a walk does, in order: ``take`` (price, qty), ``end`` or ``shrink`` (an own order, qty)."""

    steps: list[tuple[str, Fraction, Fraction, PlainOrder | None]] = field(default_factory=list)
    complete: bool = False
    """The order wants no more."""
    cut: bool = False
    """Self-trade prevention ends the rest of the arriving order."""

    @property
    def taken(self) -> Fraction:
        """Return what is taken from the book."""
        return total(qty for what, _, qty, _ in self.steps if what == "take")


def policy(floor: Floor, order: PlainOrder) -> str:
    """Return the order's self-trade prevention, or the venue's own."""
    return order.stp or ("none" if floor.venue.kucoin else "expire_maker")


def _met(floor: Floor, order: PlainOrder) -> Iterator[tuple[Fraction, Fraction, PlainOrder | None]]:
    """Yield levels and own resting orders as the walk meets them; at one price the level comes first."""
    own = [o for o in floor.line(not order.buy) if o.owner == order.owner and o is not order]
    for price, free in floor.ladder(order.buy):
        while own and own[0].limit is not None and own[0].limit != price and _before(order, own[0].limit, price):
            yield own[0].limit, NOTHING, own.pop(0)
        yield price, free, None
    for other in own:
        assert other.limit is not None
        yield other.limit, NOTHING, other


def _before(order: PlainOrder, price: Fraction, other: Fraction) -> bool:
    return price < other if order.buy else price > other


def plan(floor: Floor, order: PlainOrder, money: Fraction | None = None) -> Walk:
    """Plan the walk of an arriving order. `money` bounds what a buy may cost (None: checked elsewhere)."""
    walk = Walk()
    left = order.left if order.qty is not None else NOTHING
    funds = (order.funds or NOTHING) - order.paid
    for price, free, own in _met(floor, order):
        if not order.good(price) or walk.cut:
            break
        want = left if order.qty is not None else floor_to(funds / price, floor.venue.step)
        if want == 0 and own is not None:
            continue  # the amount does not reach for a step at its price: they pass each other by
        if want == 0:
            walk.complete = True
            break
        if own is not None:
            left -= _meet(floor, order, own, want, walk)
            continue
        part = min(want, free) if money is None else min(want, free, affordable(floor, price, money))
        money = None if money is None else money - cost(floor, price, part, floor.venue.tariff.taker)
        walk.steps += [("take", price, part, None)] if part > 0 else []
        left -= part
        funds -= up(price * part) if order.buy else down(price * part)
        if order.qty is None and part == want:
            walk.complete = True
            break
        if part < min(want, free):
            break
    if order.qty is not None and left == 0:
        walk.complete = True
    return walk


def _meet(floor: Floor, order: PlainOrder, own: PlainOrder, want: Fraction, walk: Walk) -> Fraction:
    """Apply the policy at an own order; returns by how much the arriving one becomes smaller."""
    rule = policy(floor, order)
    if rule in ("expire_maker", "expire_both"):
        walk.steps.append(("end", NOTHING, NOTHING, own))
    if rule in ("expire_taker", "expire_both"):
        walk.cut = True
    if rule != "decrement":
        return NOTHING
    less = min(want, own.left)
    walk.steps.append(("shrink", NOTHING, less, own))
    return less


def apply(floor: Floor, order: PlainOrder, walk: Walk) -> None:
    """Carry a walk out."""
    for what, price, qty, own in walk.steps:
        if what == "take":
            floor.take(order.buy, price, qty)
            fill(floor, order, price, qty, "taker")
            continue
        assert own is not None
        lower(floor, order)
        if what == "end":
            end(floor, own, "expired")
        else:
            shrink(floor, own, qty)
            order.canceled += qty  # a market order's hold stays until the walk is over
            lower(floor, order)
    lower(floor, order)
    if walk.cut or (order.open and order.qty is not None and order.left == 0):
        end(floor, order, "expired")
    elif order.open and order.qty is None and walk.complete and walk.taken > 0:
        end(floor, order, "filled")
