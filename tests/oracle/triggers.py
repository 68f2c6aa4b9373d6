"""Sleeping orders: which trades count, what wakes, and what happens then."""

from fractions import Fraction

from tests.oracle.arrival import MARGIN, arrive, first_hold
from tests.oracle.floor import Floor
from tests.oracle.orders import MARKETS, PlainOrder
from tests.oracle.resting import is_late
from tests.oracle.rules import reached
from tests.oracle.settlement import affords, end, end_partners, hold, need, pays_in, wake_price
from tests.oracle.trailing import follow
from tests.oracle.units import NOTHING, up

NEAR = Fraction(5, 100)


def near(price: Fraction, other: Fraction) -> bool:
    """True when a price lies within five per cent of another."""
    return abs(price - other) <= other * NEAR


def confirm(floor: Floor, price: Fraction, trade: str) -> bool:
    """Judge a print; returns True when it counts."""
    sure = floor.confirmed is not None and near(price, floor.confirmed)
    if not sure and floor.doubtful is not None and floor.doubtful[1] != trade:
        sure = near(price, floor.doubtful[0])
    if not sure and floor.bids and floor.asks:
        sure = near(price, (max(floor.bids) + min(floor.asks)) / 2)
    elif not sure:
        sure = floor.confirmed is None
    if sure:
        floor.confirmed, floor.doubtful = price, None
    else:
        floor.doubtful = (price, trade)
    return sure


def wake(floor: Floor, price: Fraction, qty: Fraction, taker_buys: bool, at: int) -> None:
    """Judge a confirmed price; what it triggers arrives at once, on what the trade has left."""
    asleep = sorted((o for o in floor.open_orders if o.phase == "armed"), key=lambda o: o.number)
    woken = [o for o in asleep if not is_late(o, at) and judge(floor, o, price)]
    if not woken:
        return
    shown = floor.displayed(taker_buys, price)
    if floor.has_book and shown:
        floor.take(taker_buys, price, qty)
    for order in woken:
        if order.open:
            act(floor, order)


def judge(floor: Floor, order: PlainOrder, price: Fraction) -> bool:
    """Let an armed order see a price; returns True when it triggers."""
    if order.trails:
        follow(order, price)
    trigger = wake_price(floor, order)
    return trigger is not None and reached(order, trigger, price)


def act(floor: Floor, order: PlainOrder) -> None:
    """An order has triggered: it becomes a market or a limit order and arrives."""
    end_partners(floor, order, "expired")
    order.phase = "woken"
    if floor.venue.kucoin:
        code = _unpaid(floor, order)
        if code:
            order.code = code
            end(floor, order, "expired")
            return
    if order.kind in MARKETS and not floor.has_book:
        _raise_hold(floor, order)
    arrive(floor, order)


def _unpaid(floor: Floor, order: PlainOrder) -> str:
    """KuCoin: an armed order holds nothing, so it is paid for now."""
    needed = _market_cost(floor, order) if order.kind in MARKETS else need(floor, order)
    if not affords(floor, order, needed):
        return "balance"
    hold(floor, order, needed)
    return ""


def _raise_hold(floor: Floor, order: PlainOrder) -> None:
    """Without a book a woken market order waits with its cost at the price of the moment and 5 % more, if it can."""
    needed = _market_cost(floor, order)
    needed += up(needed * MARGIN) if order.buy else NOTHING
    free = floor.purse(order.owner).free(pays_in(floor, order))
    hold(floor, order, max(order.held, min(needed, order.held + free)))


def _market_cost(floor: Floor, order: PlainOrder) -> Fraction:
    """Return what a sleeping order would hold if it were a market order."""
    asleep, order.kind = order.kind, "market"
    needed = first_hold(floor, order, waits=False)[0]
    order.kind = asleep
    return needed
