"""Sources without a book: bars and trade files."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.arrival import MARGIN, buyable, settle_freed
from tests.oracle.floor import Floor
from tests.oracle.orders import MARKETS, PlainOrder
from tests.oracle.rules import reached
from tests.oracle.settlement import (
    affords,
    cost,
    end,
    end_partners,
    extra,
    fill,
    hold,
    lower,
    need,
    pays_in,
    wake_price,
)
from tests.oracle.trailing import follow
from tests.oracle.units import NOTHING, ceil_to, floor_to, up


@dataclass
class Volume:
    """What a bar or a trade has to give; None is without limit."""

    left: Fraction | None

    def take(self, wanted: Fraction) -> Fraction:
        """Take at most `wanted`."""
        part = wanted if self.left is None else min(wanted, self.left)
        if self.left is not None:
            self.left -= part
        return part


@dataclass(frozen=True)
class PlainBar:
    """One closed bar."""

    opened_at: int
    open: Fraction
    high: Fraction
    low: Fraction
    volume: Fraction


def passed(order: PlainOrder, price: Fraction, *, touch: bool = False) -> bool:
    """True when a price lies strictly beyond a limit (or at it, where a touch is enough)."""
    assert order.limit is not None
    return order.good(price) and (touch or price != order.limit)


def in_order(floor: Floor) -> list[PlainOrder]:
    """Return orders as they share volume: waiting market orders, buys, sells, sleeping ones."""
    waiting = [o for o in floor.open_orders if o.phase == "working" and o.limit is None]
    asleep = [o for o in floor.open_orders if o.phase == "armed"]
    line = [o for buy in (True, False) for o in floor.line(buy)]
    return [*sorted(waiting, key=lambda o: o.number), *line, *sorted(asleep, key=lambda o: o.number)]


def play_trade(floor: Floor, price: Fraction, qty: Fraction, at: int, wake: Callable[[], None]) -> None:
    """A trade of a file: the next price for whoever waits, and a passing one for resting orders."""
    volume = Volume(qty)
    for order in in_order(floor):
        if at < order.since or order.phase != "working" or not order.open:
            continue
        if not take_now(floor, order, price, volume) and order.open and _rests_beyond(floor, order, price):
            rest(floor, order, order.limit or NOTHING, volume)
    wake()
    settle_freed(floor)


def _rests_beyond(floor: Floor, order: PlainOrder, price: Fraction) -> bool:
    return order.rests and passed(order, price, touch=floor.model == "optimistic")


def take_now(floor: Floor, order: PlainOrder, price: Fraction, volume: Volume) -> bool:
    """Serve an order that takes at the next price; returns False when it does not take (any more)."""
    if order.limit is None:
        take_market(floor, order, price, volume)
        return True
    if not order.crossed:
        return False
    order.crossed = False
    short = order.tif == "FOK" and volume.left is not None and volume.left < order.left
    if not order.good(price) or short:
        if not order.rests:
            end(floor, order, "expired")
        return not order.rests
    part = volume.take(order.left)
    if part:
        fill(floor, order, price, part, "taker")
        lower(floor, order)
    if order.open and not order.rests:
        end(floor, order, "expired")
    return True


def take_market(floor: Floor, order: PlainOrder, price: Fraction, volume: Volume) -> None:
    """Fill a waiting market order as far as volume and money go."""
    if volume.left == 0:
        return
    wanted = buyable(floor, order, price)
    short = order.qty is not None and wanted < order.left
    if wanted == 0:
        end(floor, order, "expired")
        return
    part = volume.take(wanted)
    needed = cost(floor, price, part, floor.venue.tariff.taker) if order.buy else up(part)
    hold(floor, order, max(order.held, needed))
    fill(floor, order, price, part, "taker")
    lower(floor, order)
    if order.open and part == wanted:
        end(floor, order, "expired" if short else "filled")


def rest(floor: Floor, order: PlainOrder, price: Fraction, volume: Volume) -> None:
    """Fill a resting order out of the volume."""
    part = volume.take(order.left)
    if part:
        fill(floor, order, price, part, "maker")
        lower(floor, order)


def play_bar(floor: Floor, bar: PlainBar) -> None:
    """Play a bar in the worse of the two ways; legs are placed right after the fill that frees them."""
    volume = Volume(bar.volume or None)
    pending = [o for o in floor.open_orders if o.phase == "pending"]
    present = [o for o in in_order(floor) if o.since <= bar.opened_at]
    for order in present:
        if order.open:
            at_the_open(floor, order, bar, volume)
            settle_freed(floor)
    legs = _placed(pending)
    _against(floor, [*present, *legs], bar, volume)
    there = [o for o in in_order(floor) if o in present or o in legs]
    for order in sorted(there, key=lambda o: o.phase != "armed"):
        if order.open:
            favourable(floor, order, bar, volume)
            settle_freed(floor)
    _against(floor, [o for o in _placed(pending) if o not in legs], bar, volume)


def _placed(pending: list[PlainOrder]) -> list[PlainOrder]:
    """Return the legs that have been placed since, in the order of that."""
    return sorted((o for o in pending if o.open and o.phase != "pending"), key=lambda o: o.number)


def _against(floor: Floor, orders: list[PlainOrder], bar: PlainBar, volume: Volume) -> None:
    """Phase 2 for some orders."""
    for order in orders:
        if order.open and order.phase == "armed" and not order.kind.startswith("take_profit"):
            adverse(floor, order, bar, volume)
            settle_freed(floor)


def at_the_open(floor: Floor, order: PlainOrder, bar: PlainBar, volume: Volume) -> None:
    """Phase 1."""
    if order.phase == "armed":
        if order.trails:
            follow(order, bar.open)
        trigger = wake_price(floor, order)
        if trigger is not None and reached(order, trigger, bar.open):
            trip(floor, order, bar.open, volume, bar)
        return
    if not take_now(floor, order, bar.open, volume) and order.open and order.rests and passed(order, bar.open):
        rest(floor, order, bar.open, volume)


def adverse(floor: Floor, order: PlainOrder, bar: PlainBar, volume: Volume) -> None:
    """Phase 2: the market moves against the position first."""
    worst, best = (bar.high, bar.low) if order.buy else (bar.low, bar.high)
    trigger = wake_price(floor, order)
    if order.trails and (trigger is None or not reached(order, trigger, worst)):
        follow(order, best)
        trigger = wake_price(floor, order)
    if trigger is not None and reached(order, trigger, worst):
        trip(floor, order, trigger, volume, bar)


def favourable(floor: Floor, order: PlainOrder, bar: PlainBar, volume: Volume) -> None:
    """Phase 3: take-profits, and orders through which the bar went."""
    extreme = bar.low if order.buy else bar.high
    if order.phase == "armed":
        if order.kind.startswith("take_profit") and order.stop is not None and reached(order, order.stop, extreme):
            trip(floor, order, order.stop, volume, bar)
    elif order.rests and order.next_bar <= bar.opened_at and _rests_beyond(floor, order, extreme):
        rest(floor, order, order.limit or NOTHING, volume)


def trip(floor: Floor, order: PlainOrder, price: Fraction, volume: Volume, bar: PlainBar) -> None:
    """Fill a triggered order at a price of the bar, or let it rest from the next one on."""
    end_partners(floor, order, "expired")
    order.phase = "working"
    order.number = order.place = floor.next_number()
    order.next_bar = bar.opened_at + 1
    if floor.venue.kucoin and not pay(floor, order, price):
        return
    tick = floor.venue.rule("tick") or floor.venue.price_unit
    if order.trails:
        price = ceil_to(price, tick) if order.buy else floor_to(price, tick)
    if order.kind in MARKETS:
        if order.buy:
            whole = cost(floor, price, order.left, floor.venue.tariff.taker)
            whole += up(whole * MARGIN)
            free = floor.purse(order.owner).free(floor.venue.quote)
            hold(floor, order, max(order.held, min(whole, order.held + free)))
        take_market(floor, order, price, volume)
        return
    short = order.tif == "FOK" and volume.left is not None and volume.left < order.left
    if order.good(price) and not short:
        part = volume.take(order.left)
        if part:
            fill(floor, order, price, part, "taker")
            lower(floor, order)
    if order.open and not order.rests:
        end(floor, order, "expired")


def pay(floor: Floor, order: PlainOrder, price: Fraction) -> bool:
    """KuCoin: what was armed holds its cost now, or ends."""
    if order.kind in MARKETS:
        needed = cost(floor, price, order.left, floor.venue.tariff.taker) if order.buy else up(order.left)
    else:
        needed = need(floor, order)
    if affords(floor, order, needed):
        hold(floor, order, needed)
        return True
    if order.kind in MARKETS and order.buy and floor.purse(order.owner).free(pays_in(floor, order)) > 0:
        hold(floor, order, extra(floor, order, NOTHING))
    order.code = "balance"
    end(floor, order, "expired")
    return False
