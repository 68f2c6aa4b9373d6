"""Resting orders: the queue before them, public trades, the other side coming to their price."""

from fractions import Fraction
from math import floor as whole

from tests.oracle.arrival import enter, meets
from tests.oracle.floor import Floor
from tests.oracle.orders import PlainOrder
from tests.oracle.settlement import end, fill, lower
from tests.oracle.units import NOTHING

LATE_MS = 10_000


def is_late(order: PlainOrder, at: int) -> bool:
    """True when a trade was on its way when the order arrived."""
    return 0 < order.since - at <= LATE_MS


def meet_trade(floor: Floor, price: Fraction, qty: Fraction, taker_buys: bool, at: int) -> None:
    """Play a public trade unit by unit through the queue."""
    line = [o for o in floor.line(not taker_buys) if o.before is not None and not is_late(o, at)]
    line = [o for o in line if (o.limit or 0) >= price or not o.buy]
    line = [o for o in line if o.buy or (o.limit or 0) <= price]
    got: dict[str, Fraction] = {}
    for order in line:
        if order.limit != price:
            order.before = NOTHING
        else:
            order.traded += qty
    for _ in range(int(qty / floor.venue.qty_unit)):
        _play_unit(floor, line, got)
    for order in line:
        part = got.get(order.name, NOTHING)
        if part and order.open:
            assert order.limit is not None
            fill(floor, order, order.limit, part, "maker")
            lower(floor, order)
            use_shown(floor, order, part)


def _play_unit(floor: Floor, line: list[PlainOrder], got: dict[str, Fraction]) -> None:
    unit = floor.venue.qty_unit
    for order in line:
        if order.before == 0 and on_show(order) - got.get(order.name, NOTHING) > 0:
            got[order.name] = got.get(order.name, NOTHING) + unit
            return
    for order in line:
        assert order.before is not None
        order.before = max(NOTHING, order.before - unit)


def on_show(order: PlainOrder) -> Fraction:
    """Return what of an order stands in the queue for everybody to see."""
    return min(order.shown, order.left) if order.display else order.left


def use_shown(floor: Floor, order: PlainOrder, part: Fraction) -> None:
    """Use up an iceberg's shown part; a new one goes to the back."""
    if not order.display or not order.open:
        return
    order.shown = max(NOTHING, order.shown - part)
    if order.shown == 0:
        order.shown = min(order.display, order.left)
        order.place = 0
        order.place = floor.next_number()
        floor.stand_in_line(order)


def meet_book(floor: Floor) -> None:
    """Serve orders after a book update."""
    settle(floor)
    for order in list(floor.open_orders):
        if order.phase == "working" and order.limit is not None and order.before is not None:
            move_queue(floor, order)
    for buy in (True, False):
        for order in floor.line(buy):
            if order.before is None:
                continue
            before = order.filled
            for price, free in list(floor.ladder(buy)):
                if not order.good(price) or not order.open:
                    break
                part = min(free, order.left)
                floor.take(buy, price, part)
                assert order.limit is not None
                fill(floor, order, order.limit, part, "maker")
            if order.filled > before:
                lower(floor, order)
                use_shown(floor, order, order.filled - before)


def settle(floor: Floor) -> None:
    """Let orders meet the first live book since they were sent, or since the restart."""
    for order in sorted(floor.open_orders, key=lambda o: o.number):
        if order.phase != "working" or order.limit is None or order.before is not None or not order.open:
            continue
        if order.met:
            floor.stand_in_line(order)
        elif order.kind == "limit_maker" and meets(floor, order):
            end(floor, order, "expired")
        else:
            enter(floor, order)


def move_queue(floor: Floor, order: PlainOrder) -> None:
    """Share an unexplained decrease of the level between before and behind us (expected model only)."""
    assert order.limit is not None
    assert order.before is not None
    old, shown = order.seen, floor.displayed(not order.buy, order.limit)
    if floor.model != "expected" or old == shown:
        return
    traded, order.traded, order.seen = order.traded, NOTHING, shown
    gone = max(NOTHING, old - shown - traded)
    behind = max(NOTHING, old - traded - order.before)
    if order.before + behind > 0:
        exact = gone * order.before / (order.before + behind)
        order.before -= whole(exact / floor.venue.qty_unit) * floor.venue.qty_unit
    order.before = max(NOTHING, min(order.before, shown))
