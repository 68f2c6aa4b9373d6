"""From shares and wishes to quantities, in exact integers, always on the venue's step."""

from math import lcm

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.numbers import AMOUNT_UNIT, PPM, div_up
from cryptobot_desktop.domain.orders import Intent, OrderType, Sizing
from cryptobot_desktop.risk.model import AccountView


def order_price(intent: Intent, account: AccountView) -> int:
    """Return the price that sizes the order: its limit, else the market's reference price; 0 if unknown."""
    if intent.type is OrderType.MARKET or intent.limit_price is None:
        return account.reference_price
    return intent.limit_price


def quantity_step(instrument: Instrument, order_type: OrderType) -> int:
    """Return the grid on which quantities of this order type must lie (at least 1)."""
    rules = instrument.filters
    if rules.market_step_size > 1 and not order_type.has_limit:
        return lcm(rules.step_size or 1, rules.market_step_size)
    return rules.step_size or 1


def floor_to_step(qty: int, step: int) -> int:
    """Return the largest multiple of step not above qty; 0 for negative quantities."""
    return max(0, qty) // step * step


def qty_for_amount(instrument: Instrument, price: int, amount: int) -> int:
    """Return the largest quantity whose value, rounded up, is at most amount; 0 without a price."""
    if price <= 0 or amount <= 0:
        return 0
    scale: int = 10 ** (instrument.price_decimals + instrument.qty_decimals)
    largest: int = amount * scale // (price * AMOUNT_UNIT)
    return largest


def cost_with_fee(instrument: Instrument, price: int, qty: int, *, fee_ppm: int) -> int:
    """Return price x quantity plus the fee as a ledger amount, each rounded up."""
    cost = instrument.notional_up(price, qty)
    return cost + div_up(cost * fee_ppm, PPM)


def affordable_qty(instrument: Instrument, price: int, amount: int, *, fee_ppm: int) -> int:
    """Return the largest quantity whose cost with fee is at most amount.

    cost + ceil(cost x f) <= amount holds for whole numbers exactly when cost <= floor(amount / (1 + f)).
    """
    return qty_for_amount(instrument, price, amount * PPM // (PPM + fee_ppm))


def size_intent(intent: Intent, account: AccountView) -> int:
    """Return the quantity that the intent asks for, rounded down to the step, before any limit.

    EQUITY_SHARE takes the share of equity at the order's price, WHOLE_POSITION what can be sold,
    QUANTITY the intent's own number.
    """
    wanted = wanted_qty(intent, account, order_price(intent, account))
    return floor_to_step(wanted, quantity_step(account.instrument, intent.type))


def wanted_qty(intent: Intent, account: AccountView, price: int) -> int:
    """Return the quantity that the intent asks for at a price, not yet on the step."""
    if intent.sizing is Sizing.EQUITY_SHARE:
        return qty_for_amount(account.instrument, price, account.equity * intent.equity_ppm // PPM)
    return account.position_qty if intent.sizing is Sizing.WHOLE_POSITION else intent.qty
