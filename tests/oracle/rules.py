"""The venue's answer to an order: the first rule that it breaks, or an empty text (I-12)."""

from collections.abc import Callable, Iterator
from fractions import Fraction

from tests.oracle.floor import Floor
from tests.oracle.orders import MARKETS, PlainOrder
from tests.oracle.units import NOTHING, down, floor_to, total, up

TIFS = ("GTC", "IOC", "FOK", "GTD")


def refusal(floor: Floor, order: PlainOrder) -> str:
    """Return the first broken rule of those that need no look at the book and the purse."""
    return next((name for check in CHECKS if (name := check(floor, order))), "")


def _closed(floor: Floor, order: PlainOrder) -> str:
    return "" if floor.venue.trading else "closed"


def _parameters(floor: Floor, order: PlainOrder) -> str:
    return "parameters" if any(_wrong(floor, order)) else ""


def _wrong(floor: Floor, order: PlainOrder) -> Iterator[bool]:
    yield (order.qty is None) == (order.funds is None)
    yield order.qty is not None and order.qty <= 0
    yield order.funds is not None and (order.funds <= 0 or order.kind != "market")
    wants_limit = order.kind not in MARKETS
    yield wants_limit != (order.limit is not None)
    yield order.limit is not None and order.limit <= 0
    yield (not wants_limit or order.kind == "limit_maker") and order.tif != "GTC"
    yield order.sleeps and not order.trails and (order.stop is None or order.stop <= 0)
    yield order.trails != (order.bips is not None)
    yield order.stop is not None and not order.sleeps
    yield (order.tif == "GTD") != (order.expires is not None)
    yield order.expires is not None and order.expires <= floor.now
    yield order.display is not None and (order.display <= 0 or order.display > (order.qty or NOTHING))
    yield order.display is not None and (not wants_limit or order.tif not in ("GTC", "GTD"))
    yield floor.venue.kucoin and (order.trails or order.group_kind in ("oto", "otoco"))
    yield not floor.venue.kucoin and (order.tif == "GTD" or (order.display is not None and order.tif != "GTC"))


def _price(floor: Floor, order: PlainOrder) -> str:
    rule = floor.venue.rule
    for price in (order.limit, order.stop):
        if price is None:
            continue
        if price < rule("min_price") or (rule("max_price") and price > rule("max_price")):
            return "price"
        if rule("tick") and price % rule("tick"):
            return "tick"
    return ""


def _guess(floor: Floor, order: PlainOrder) -> Fraction | None:
    """Return the quantity; of an order by quote amount what it buys at the last price."""
    if order.qty is not None or order.funds is None or not floor.reference:
        return order.qty
    return floor_to(order.funds / floor.reference, floor.venue.step)


def _lot(floor: Floor, order: PlainOrder) -> str:
    return _lot_of(floor, order, "", ("lot", "lot_step"))


def _market_lot(floor: Floor, order: PlainOrder) -> str:
    return _lot_of(floor, order, "market_", ("market_lot", "market_lot")) if order.kind == "market" else ""


def _lot_of(floor: Floor, order: PlainOrder, prefix: str, names: tuple[str, str]) -> str:
    qty, rule = _guess(floor, order), floor.venue.rule
    if qty is None:
        return ""
    low, high, step = rule(f"{prefix}min_qty"), rule(f"{prefix}max_qty"), rule(f"{prefix}step")
    if qty < low or (high and qty > high):
        return names[0]
    return names[1] if step and order.qty is not None and qty % step else ""


def _iceberg(floor: Floor, order: PlainOrder) -> str:
    if order.display is None or order.qty is None:
        return ""
    if floor.venue.kucoin:
        return "iceberg" if order.display * 20 < order.qty else ""
    parts = floor.venue.rule("iceberg_parts")
    return "iceberg" if parts and order.qty / order.display > parts else ""


def _funds(floor: Floor, order: PlainOrder) -> str:
    rule = floor.venue.rule
    if order.funds is None:
        return ""
    if rule("quote_step") and order.funds % rule("quote_step"):
        return "funds_step"
    return _value(order.funds, rule("min_quote"), rule("max_quote"))


def _notional(floor: Floor, order: PlainOrder) -> str:
    rule, venue = floor.venue.rule, floor.venue
    low, high = rule("min_notional"), rule("max_notional")
    if order.kind == "market":
        low = low if venue.market_min_notional else NOTHING
        high = high if venue.market_max_notional else NOTHING
        if order.funds is not None:
            return _value(order.funds, low, high)
    price = order.limit or order.stop or floor.reference
    return "" if not price else _value(down(price * (order.qty or NOTHING)), low, high)


def _value(value: Fraction, low: Fraction, high: Fraction) -> str:
    if value < low:
        return "notional"
    return "notional_max" if high and value > high else ""


def _percent_price(floor: Floor, order: PlainOrder) -> str:
    if order.limit is None or not floor.reference:
        return ""
    side = "bid" if order.buy else "ask"
    high, low = floor.venue.rule(f"{side}_up"), floor.venue.rule(f"{side}_down")
    too_far = (high and order.limit > floor.reference * high) or order.limit < floor.reference * low
    return "percent_price" if too_far else ""


def _count(floor: Floor, order: PlainOrder) -> str:
    most = floor.venue.rule("max_num_orders")
    return "num_orders" if most and len(_others(floor, order)) >= most else ""


def _others(floor: Floor, order: PlainOrder) -> list[PlainOrder]:
    return [o for o in floor.open_orders if o.owner == order.owner and o is not order]


def _position(floor: Floor, order: PlainOrder) -> str:
    most = floor.venue.rule("max_position")
    if not most or not order.buy:
        return ""
    coming = total(o.left for o in _others(floor, order) if o.buy)
    have = floor.purse(order.owner).total.get(floor.venue.base, NOTHING)
    wanted = have + up(coming + (_guess(floor, order) or NOTHING))
    return "position" if wanted > most else ""


def _too_late(floor: Floor, order: PlainOrder) -> str:
    """Binance refuses a stop that would trigger at once; a trailing stop needs a price to begin with."""
    if not order.sleeps or order.phase == "pending":
        return ""
    if order.trails:
        return "" if floor.reference else "no_depth"
    if floor.venue.kucoin or floor.reference is None or order.stop is None:
        return ""
    return "trigger" if reached(order, order.stop, floor.reference) else ""


def reached(order: PlainOrder, stop: Fraction, price: Fraction) -> bool:
    """True when a price is at or beyond a trigger."""
    falls = order.buy == order.kind.startswith("take_profit")
    return price <= stop if falls else price >= stop


CHECKS: tuple[Callable[[Floor, PlainOrder], str], ...] = (
    _closed,
    _parameters,
    _price,
    _lot,
    _market_lot,
    _iceberg,
    _funds,
    _notional,
    _percent_price,
    _count,
    _position,
    _too_late,
)
