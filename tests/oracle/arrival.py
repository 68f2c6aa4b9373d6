"""An order arrives at the exchange: it is refused, it takes, it rests, it falls asleep."""

from fractions import Fraction

from tests.oracle.floor import Floor
from tests.oracle.orders import MARKETS, PlainOrder
from tests.oracle.rules import refusal
from tests.oracle.settlement import affordable, affords, close, cost, end, extra, hold, lock, need, pays_in
from tests.oracle.units import NOTHING, floor_to, up
from tests.oracle.walk import apply, plan

MARGIN = Fraction(5, 100)
"""What a market order holds beyond its cost while the price is not known."""


def wants_now(order: PlainOrder) -> bool:
    """True for orders that fill at once or not at all."""
    return (order.kind == "market" or order.tif in ("IOC", "FOK")) and not order.sleeps


def problem_on_arrival(floor: Floor, order: PlainOrder) -> str:
    """Return what the book has against an order: nothing to take, a post-only that meets it, a stop too late."""
    if order.sleeps:
        return ""
    if not floor.has_book:
        return _problem_without_book(floor, order)
    if not floor.usable():
        return "no_depth" if wants_now(order) else ""
    if order.kind == "market" and not (floor.asks if order.buy else floor.bids):
        return "no_depth"
    if order.kind == "limit_maker" and meets(floor, order):
        return "post_only"
    return ""


def _problem_without_book(floor: Floor, order: PlainOrder) -> str:
    if order.kind == "market":
        return "" if floor.live and floor.reference else "no_depth"
    last = floor.reference
    crosses = order.kind == "limit_maker" and last and order.good(last) and order.limit != last
    return "post_only" if crosses else ""


def meets(floor: Floor, order: PlainOrder) -> bool:
    """True when a limit order meets the displayed other side, whoever has taken it meanwhile."""
    other = floor.asks if order.buy else floor.bids
    return bool(other) and order.good(min(other) if order.buy else max(other))


def first_hold(floor: Floor, order: PlainOrder, *, waits: bool) -> tuple[Fraction, Fraction]:
    """Return what an order must hold when it is sent, and what more it takes when it can."""
    if order.limit is not None or order.sleeps:
        return need(floor, order), NOTHING
    if not floor.has_book:
        return _hold_without_book(floor, order)
    walk = plan(floor, order)
    whole = walk.complete and (order.qty is None or walk.taken == order.left)
    if waits and not (floor.usable() and whole):
        return _hold_without_book(floor, order)
    if order.buy:
        rate = floor.venue.tariff.taker
        needed = sum((cost(floor, p, q, rate) for what, p, q, _ in walk.steps if what == "take"), NOTHING)
    else:
        needed = up(order.qty if order.qty is not None else walk.taken)
    return needed, up(needed * MARGIN) if waits and (order.buy or order.qty is None) else NOTHING


def _hold_without_book(floor: Floor, order: PlainOrder) -> tuple[Fraction, Fraction]:
    last, rate = floor.reference or NOTHING, floor.venue.tariff.taker
    if order.buy and order.funds is not None:
        return order.funds + (up(order.funds * rate) if floor.venue.fee_in_quote else NOTHING), NOTHING
    if order.buy:
        needed = cost(floor, last, order.left, rate)
        return needed, up(needed * MARGIN)
    if order.qty is not None:
        return up(order.left), NOTHING
    needed = up(floor_to((order.funds or NOTHING) / last, floor.venue.step))
    return needed, up(needed * MARGIN)


def accept(floor: Floor, order: PlainOrder, needed: Fraction, margin: Fraction) -> None:
    """Take an order in and set aside what it holds."""
    order.status = "pending_new" if order.phase == "pending" else "new"
    floor.orders[order.name] = order
    floor.open_orders.append(order)
    free = floor.purse(order.owner).free(pays_in(floor, order))
    hold(floor, order, needed + max(NOTHING, min(margin, free - extra(floor, order, needed))))


def arrive(floor: Floor, order: PlainOrder) -> None:
    """Let an accepted order act in the moment it reaches the exchange."""
    order.number = floor.next_number()
    order.since = floor.now
    if order.sleeps and order.phase != "woken":
        fall_asleep(floor, order)
        return
    order.phase = "working"
    order.shown = min(order.display, order.left) if order.display else NOTHING
    if not floor.has_book:
        order.place = order.number
        beyond = bool(floor.reference) and order.limit is not None and order.good(floor.reference or NOTHING)
        order.crossed = (beyond and order.limit != floor.reference) or order.tif in ("IOC", "FOK")
        return
    if order.kind in MARKETS and not (floor.asks if order.buy else floor.bids):
        end(floor, order, "expired")
    elif floor.usable():
        enter(floor, order)
    elif wants_now(order) or order.kind in MARKETS or order.tif in ("IOC", "FOK"):
        end(floor, order, "expired")
    else:
        order.met = False
        order.place = order.number


def enter(floor: Floor, order: PlainOrder) -> None:
    """Walk the book, then rest or end."""
    if order.kind in MARKETS:
        _pay_for_walk(floor, order)
    elif order.kind != "limit_maker":
        walk = plan(floor, order)
        if order.tif != "FOK" or walk.taken == order.left:
            apply(floor, order, walk)
    if not order.open:
        return
    if order.rests:
        order.met = True
        floor.stand_in_line(order)
    else:
        end(floor, order, "expired")


def _pay_for_walk(floor: Floor, order: PlainOrder) -> None:
    """A market order holds exactly what its walk needs, as far as held and free money go."""
    asset = pays_in(floor, order)
    money = order.held + floor.purse(order.owner).free(asset)
    walk = plan(floor, order, money if order.buy else None)
    if order.buy:
        rate = floor.venue.tariff.taker
        needed = sum((cost(floor, p, q, rate) for what, p, q, _ in walk.steps if what == "take"), NOTHING)
        hold(floor, order, max(order.held, needed))
    elif order.qty is None:
        hold(floor, order, max(order.held, up(walk.taken)))
    apply(floor, order, walk)


def fall_asleep(floor: Floor, order: PlainOrder) -> None:
    """Arm an order."""
    order.phase = "armed"
    if order.trails:
        _begin_to_follow(floor, order)
    needed = max(order.held, need(floor, order))
    if affords(floor, order, needed):
        hold(floor, order, needed)
    else:
        order.code = "balance"
        end(floor, order, "expired")


def _begin_to_follow(floor: Floor, order: PlainOrder) -> None:
    if order.stop is None or order.stop == floor.reference:
        order.best = floor.reference
    else:
        order.rising = floor.reference is None or floor.reference < order.stop


def refused(floor: Floor, order: PlainOrder) -> str:
    """Return why an order that is here now would be refused, money left aside."""
    return refusal(floor, order) or problem_on_arrival(floor, order)


def place_leg(floor: Floor, leg: PlainOrder) -> bool:
    """Place a pending leg: it is checked and paid for now. Returns False when it ended instead."""
    leg.phase = "armed" if leg.sleeps else "working"
    code = refused(floor, leg)
    needed = NOTHING if code else first_hold(floor, leg, waits=False)[0]
    if not code and not affords(floor, leg, needed):
        code = "balance"
    if code:
        leg.code = code
        close(floor, leg, "expired")  # the other leg stays
        return False
    leg.status = "new"
    hold(floor, leg, needed)
    lock(floor, leg)
    return True


def settle_freed(floor: Floor) -> None:
    """Place the legs whose working order is filled, until nothing more is set free."""
    while floor.freed:
        working = floor.freed.popleft()
        if not floor.has_book:
            floor.moment = working.fills[-1].price
        legs = [leg for leg in floor.group(working) if leg.role == "pending" and leg.open]
        placed = [leg for leg in legs if place_leg(floor, leg)]
        for leg in placed:
            if leg.open:
                arrive(floor, leg)
    floor.moment = None


def buyable(floor: Floor, order: PlainOrder, price: Fraction) -> Fraction:
    """Without a book: what a waiting market order can have at a price with what it holds."""
    if order.funds is not None:
        wanted = floor_to(max(NOTHING, order.funds - order.paid) / price, floor.venue.step)
    else:
        wanted = order.left
    return min(
        wanted, affordable(floor, price, order.held) if order.buy else floor_to(order.held, floor.venue.qty_unit)
    )
