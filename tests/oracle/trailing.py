"""How a trailing stop follows the market."""

from fractions import Fraction

from tests.oracle.orders import PlainOrder


def follow(order: PlainOrder, price: Fraction) -> None:
    """Move a trailing stop's best price, or make it active; it never loosens."""
    if order.best is None:
        active = order.stop is None or (price >= order.stop if order.rising else price <= order.stop)
        if active:
            order.best = price
    else:
        order.best = min(order.best, price) if order.buy else max(order.best, price)
