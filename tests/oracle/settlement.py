"""What orders hold, pay and receive, and how they end."""

from fractions import Fraction

from tests.oracle.floor import Floor
from tests.oracle.orders import OPEN, PlainFill, PlainOrder
from tests.oracle.units import NOTHING, ceil_to, down, floor_to, up


def pays_in(floor: Floor, order: PlainOrder) -> str:
    """Return the asset that an order gives away."""
    return floor.venue.quote if order.buy else floor.venue.base


def cost(floor: Floor, price: Fraction, qty: Fraction, rate: Fraction) -> Fraction:
    """Return what buying takes out of the quote asset: the price and, where the venue does so, the fee on top."""
    if qty == 0:
        return NOTHING
    exact = price * qty
    return up(exact) + (up(exact * rate) if floor.venue.fee_in_quote else NOTHING)


def affordable(floor: Floor, price: Fraction, money: Fraction) -> Fraction:
    """Return the largest quantity in whole steps whose cost at the taker's rate fits into `money`."""
    rate = floor.venue.tariff.taker
    on_top = rate if floor.venue.fee_in_quote else NOTHING
    qty = floor_to(money / (price * (1 + on_top)), floor.venue.step)
    while qty > 0 and cost(floor, price, qty, rate) > money:
        qty -= floor.venue.step
    return max(qty, NOTHING)


def wake_price(floor: Floor, order: PlainOrder) -> Fraction | None:
    """Return the price that triggers a sleeping order now."""
    if not order.trails:
        return order.stop
    return None if order.best is None else trailing_price(floor, order, order.best)


def trailing_price(floor: Floor, order: PlainOrder, best: Fraction) -> Fraction:
    """Return the trigger of a trailing stop whose best price is `best`."""
    share = Fraction(order.bips or 0, 10_000)
    unit = floor.venue.price_unit
    return ceil_to(best * (1 + share), unit) if order.buy else floor_to(best * (1 - share), unit)


def need(floor: Floor, order: PlainOrder) -> Fraction:
    """Return what the rest of a limit order or a sleeping order holds."""
    asleep = order.sleeps and order.phase in ("in_flight", "armed")
    if order.phase == "pending" or (asleep and floor.venue.kucoin):
        return NOTHING
    if not order.buy:
        return up(order.left)
    tariff = floor.venue.tariff
    if order.limit is not None:
        return cost(floor, order.limit, order.left, tariff.dearer)
    price = wake_price(floor, order)
    if price is None:
        start = order.stop or (floor.reference)
        price = trailing_price(floor, order, start or NOTHING)
    return cost(floor, price, order.left, tariff.dearer)


def lock(floor: Floor, order: PlainOrder) -> None:
    """Write down what an order holds; a pair holds the larger of both needs once."""
    key = f"{order.group} {order.role}" if order.in_pair else order.name
    held = max((o.held for o in [order, *floor.pair(order)] if o.open), default=NOTHING)
    floor.purse(order.owner).lock(pays_in(floor, order), key, held)


def hold(floor: Floor, order: PlainOrder, amount: Fraction) -> None:
    """Let an order hold an amount."""
    order.held = amount
    lock(floor, order)


def extra(floor: Floor, order: PlainOrder, amount: Fraction) -> Fraction:
    """Return what must be free so that an order may hold `amount`, seen that its partner holds already."""
    held = max([order.held, *(o.held for o in floor.pair(order) if o.open)])
    return max(NOTHING, amount - held)


def affords(floor: Floor, order: PlainOrder, amount: Fraction) -> bool:
    """True when an order can hold an amount."""
    return extra(floor, order, amount) <= floor.purse(order.owner).free(pays_in(floor, order))


def fee_of(floor: Floor, order: PlainOrder, price: Fraction, qty: Fraction, role: str) -> tuple[Fraction, str]:
    """Return fee and fee asset of one fill, rounded up."""
    venue, tariff = floor.venue, floor.venue.tariff
    rate = tariff.rate(role)
    worth = floor.rates.get(tariff.discount_asset)
    if tariff.discount_asset and worth:
        fee = up(price * qty * rate * (1 - tariff.discount) / worth)
        if fee <= floor.purse(order.owner).free(tariff.discount_asset):
            return fee, tariff.discount_asset
    if order.buy and not venue.fee_in_quote:
        return min(qty, up(qty * rate)), venue.base
    fee = up(price * qty * rate)
    return (fee if order.buy else min(fee, down(price * qty))), venue.quote


def fill(floor: Floor, order: PlainOrder, price: Fraction, qty: Fraction, role: str) -> None:
    """Book one execution. What is left of the order's hold bounds the last, once more rounded, part."""
    end_partners(floor, order, "expired")
    fee, asset = fee_of(floor, order, price, qty, role)
    paid = up(price * qty) if order.buy else down(price * qty)
    if order.buy:
        paid = min(paid, order.held)
        fee = min(fee, order.held - paid) if asset == floor.venue.quote else fee
    purse, venue = floor.purse(order.owner), floor.venue
    sign = 1 if order.buy else -1
    purse.move(venue.base, sign * qty)
    purse.move(venue.quote, -sign * paid)
    purse.charge(asset, fee)
    spent = paid + (fee if asset == venue.quote else NOTHING) if order.buy else up(qty)
    order.fills.append(PlainFill(price, qty, role, paid, fee, asset, floor.now))
    order.filled += qty
    order.paid += paid
    order.status = "partially_filled"
    hold(floor, order, order.held - spent)
    if order.qty is not None and order.left == 0:
        end(floor, order, "filled")


def lower(floor: Floor, order: PlainOrder) -> None:
    """After all executions of one moment: set free what the rest of a limit order does not need."""
    if order.open and order.limit is not None:
        hold(floor, order, min(order.held, need(floor, order)))


def shrink(floor: Floor, order: PlainOrder, qty: Fraction) -> None:
    """Take a quantity off an open order; one that has nothing left expires."""
    asleep = order.qty is not None and order.phase != "working"
    kept = up(order.held * (order.left - qty) / order.left) if asleep else order.held
    order.canceled += qty
    if order.qty is not None and not order.buy:
        kept = min(kept, up(order.left))
    order.shown = min(order.shown, order.left)
    if order.left == 0:
        end(floor, order, "expired")
    elif not any(other.open for other in floor.pair(order)):  # a leg goes on holding for its pair
        hold(floor, order, kept if order.limit is None else min(order.held, need(floor, order)))


def end(floor: Floor, order: PlainOrder, status: str) -> None:
    """End an open order, and with it whatever cannot go on without it."""
    if order.status not in OPEN:
        return
    pending = order.phase == "pending"
    close(floor, order, status)
    if order.role == "working" and status == "filled":
        floor.freed.append(order)
    elif order.role == "working" or pending:
        for other in floor.group(order):
            close(floor, other, status)
    elif status != "filled":
        end_partners(floor, order, status)


def end_partners(floor: Floor, order: PlainOrder, status: str) -> None:
    """One cancels the other."""
    for other in floor.pair(order):
        close(floor, other, status)


def close(floor: Floor, order: PlainOrder, status: str) -> None:
    """End one order and nothing else."""
    if order.status in OPEN:
        order.status = status
        hold(floor, order, NOTHING)
        floor.open_orders.remove(order)
