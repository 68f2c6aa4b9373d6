"""What wakes stop, take-profit and trailing orders: side, level, and how a trailing level follows the market."""

import msgspec

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import BIPS, Order, OrderRequest


def triggers_below(request: OrderRequest) -> bool:
    """Return True when the order wakes at or below its trigger: stop-loss sells and take-profit buys."""
    return (request.side is Side.SELL) is not request.type.takes_profit


def is_reached(request: OrderRequest, trigger: int, price: int) -> bool:
    """Return True when a price is at the trigger or beyond it."""
    return price <= trigger if triggers_below(request) else price >= trigger


def trigger_from(request: OrderRequest, best: int) -> int:
    """Return the trigger of a trailing stop whose best price is `best`, rounded to the later side."""
    bips = request.trailing_bips or 0
    if request.side is Side.SELL:
        return best * (BIPS - bips) // BIPS
    return -(-best * (BIPS + bips) // BIPS)


def activated(order: Order, reference: int | None) -> Order:
    """Return a trailing stop as it is on arrival, when the market's reference price is `reference`."""
    activation = order.request.stop_price
    if activation is None or reference is None or activation == reference:
        return msgspec.structs.replace(order, best_price=reference)
    return msgspec.structs.replace(order, activates_above=activation > reference)


def followed(order: Order, price: int) -> Order:
    """Return a trailing stop after a confirmed price: perhaps active now, perhaps with a better best price."""
    if order.best_price is None:
        activation, above = order.request.stop_price, order.activates_above
        if activation is not None and above is not None and not (price >= activation if above else price <= activation):
            return order
        return msgspec.structs.replace(order, best_price=price, activates_above=None)
    better = price > order.best_price if order.request.side is Side.SELL else price < order.best_price
    return msgspec.structs.replace(order, best_price=price) if better else order


def bar_trigger(order: Order, instrument: Instrument) -> int | None:
    """Return the price at which a bar fills the woken order: its trigger, of a trailing one on the worse tick."""
    trigger = order.trigger_price
    tick = instrument.filters.tick_size or 1
    if trigger is None or not order.request.type.is_trailing:
        return trigger
    return trigger // tick * tick if order.request.side is Side.SELL else -(-trigger // tick) * tick
