"""The rules, one small function each: gates say no, caps say how much at most.

Limits never stand in the way of a sale: on a spot market every sale makes the exposure smaller.
"""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, PPM, format_trimmed
from cryptobot_desktop.domain.orders import Intent, OrderType, Sizing
from cryptobot_desktop.risk.model import AccountView, Reason, RiskLimits
from cryptobot_desktop.risk.sizing import (
    affordable_qty,
    cost_with_fee,
    floor_to_step,
    order_price,
    qty_for_amount,
    quantity_step,
)

_PERCENT_DECIMALS = 4


class Cap(Struct, frozen=True):
    """The largest quantity that a rule allows (not yet on the step), and why."""

    qty: int
    reason: Reason


Gate = Callable[[Intent, AccountView, RiskLimits], Reason | None]


class CapRule(Protocol):
    """Returns a cap when the wanted quantity is more than the rule allows, else None."""

    def __call__(self, intent: Intent, account: AccountView, limits: RiskLimits, *, qty: int) -> Cap | None:
        """Judge the wanted quantity `qty`."""
        ...


def kill_switch(intent: Intent, account: AccountView, limits: RiskLimits) -> Reason | None:
    """Nothing but cancelling is possible while the kill switch is tripped."""
    switch = account.kill_switch
    if not switch.tripped:
        return None
    why = f" ({switch.reason})" if switch.reason else ""
    who = f" by {switch.by}" if switch.by else ""
    return Reason("kill_switch", f"trading was stopped{who}{why}; orders can only be canceled until it is released")


def feed_not_live(intent: Intent, account: AccountView, limits: RiskLimits) -> Reason | None:
    """No order on prices that may be wrong."""
    if account.feed_live:
        return None
    note = f": {account.feed_note}" if account.feed_note else ""
    return Reason("feed_not_live", f"prices of {account.instrument.id} are not live{note}; wait until they are")


def no_price(intent: Intent, account: AccountView, limits: RiskLimits) -> Reason | None:
    """Without a price nothing can be sized or checked."""
    if order_price(intent, account) > 0:
        return None
    return Reason("no_price", f"there is no price for {account.instrument.id} yet")


def open_orders(intent: Intent, account: AccountView, limits: RiskLimits) -> Reason | None:
    """One wish at a time, or as many as the limits say."""
    if account.open_orders < limits.max_open_orders:
        return None
    return Reason(
        "open_orders",
        f"{account.open_orders} open order(s) on {account.instrument.id}, the limit is {limits.max_open_orders}",
    )


def nothing_to_sell(intent: Intent, account: AccountView, limits: RiskLimits) -> Reason | None:
    """A spot portfolio sells only what it has."""
    if intent.side is Side.BUY or account.position_qty > 0:
        return None
    return Reason("nothing_to_sell", f"there is no free {account.instrument.base} to sell")


def on_step(intent: Intent, account: AccountView, limits: RiskLimits, *, qty: int) -> Cap | None:
    """An explicit quantity between two steps is rounded down, and that is said."""
    step = quantity_step(account.instrument, intent.type)
    if intent.sizing is not Sizing.QUANTITY or intent.qty % step == 0:
        return None
    text = f"{_qty(account, intent.qty)} is not a multiple of the venue's step {_qty(account, step)}; rounded down"
    return _cap("quantity_step", floor_to_step(intent.qty, step), text)


def max_trade_size(intent: Intent, account: AccountView, limits: RiskLimits, *, qty: int) -> Cap | None:
    """One buy is at most a share of equity."""
    allowed = _share(account.equity, limits.max_trade_ppm)
    return _value_cap(
        "max_trade_size",
        intent,
        account,
        qty=qty,
        allowed=allowed,
        limit=lambda: f"one trade may be at most {_percent(limits.max_trade_ppm)} of equity",
    )


def max_exposure(intent: Intent, account: AccountView, limits: RiskLimits, *, qty: int) -> Cap | None:
    """All positions and open buys together are at most a share of equity."""
    allowed = max(0, _share(account.equity, limits.max_exposure_ppm) - account.exposure)
    return _value_cap(
        "max_exposure",
        intent,
        account,
        qty=qty,
        allowed=allowed,
        limit=lambda: (
            f"all positions together may be at most {_percent(limits.max_exposure_ppm)} of equity "
            f"and {_money(account, account.exposure)} is in use"
        ),
    )


def insufficient_funds(intent: Intent, account: AccountView, limits: RiskLimits, *, qty: int) -> Cap | None:
    """Cost and taker fee must be paid from free quote; an explicit quantity is vetoed, a share shrunk."""
    price = order_price(intent, account)
    if intent.side is Side.SELL or price <= 0:
        return None
    fee_ppm = account.fees.taker_ppm
    explicit = intent.sizing is Sizing.QUANTITY
    reserve = limits.slippage_reserve_ppm if intent.type is OrderType.MARKET and not explicit else 0
    free = max(0, account.free_quote)
    affordable = affordable_qty(account.instrument, price, free * PPM // (PPM + reserve), fee_ppm=fee_ppm)
    if qty <= affordable:
        return None
    cost = cost_with_fee(account.instrument, price, qty, fee_ppm=fee_ppm)
    kept = f" and a reserve of {_percent(reserve)} for slippage" if reserve else ""
    text = f"buying {_qty(account, qty)} costs {_money(account, cost)} with fee{kept}, free are {_money(account, free)}"
    return _cap("insufficient_funds", 0 if explicit else affordable, text)


def insufficient_position(intent: Intent, account: AccountView, limits: RiskLimits, *, qty: int) -> Cap | None:
    """Not more can be sold than is there; an explicit quantity is vetoed, a share shrunk."""
    if intent.side is Side.BUY or qty <= account.position_qty:
        return None
    text = f"{_qty(account, qty)} was to be sold, free are {_qty(account, account.position_qty)}"
    return _cap("insufficient_position", 0 if intent.sizing is Sizing.QUANTITY else account.position_qty, text)


def venue_maximum(intent: Intent, account: AccountView, limits: RiskLimits, *, qty: int) -> Cap | None:
    """The venue takes no larger order than this."""
    rules, market = account.instrument.filters, not intent.type.has_limit
    maxima = [m for m in (rules.max_qty, rules.market_max_qty if market else 0) if m > 0]
    if rules.max_notional and (rules.max_notional_for_market or not market):
        maxima.append(qty_for_amount(account.instrument, order_price(intent, account), rules.max_notional))
    if not maxima or qty <= min(maxima):
        return None
    return _cap("venue_maximum", min(maxima), f"the venue takes at most {_qty(account, min(maxima))} in one order")


def below_minimum(intent: Intent, account: AccountView, *, qty: int) -> Reason | None:
    """What is left after all caps must be an order that the venue takes."""
    rules, market = account.instrument.filters, not intent.type.has_limit
    least = max(rules.min_qty, rules.market_min_qty if market else 0, quantity_step(account.instrument, intent.type))
    if qty < least:
        return Reason(
            "below_minimum", f"quantity {_qty(account, qty)} is below the venue's least {_qty(account, least)}"
        )
    notional = account.instrument.notional_down(order_price(intent, account), qty)
    if notional >= rules.min_notional or (market and not rules.min_notional_for_market):
        return None
    return Reason(
        "below_minimum",
        f"order value {_money(account, notional)} is below the venue's least {_money(account, rules.min_notional)}",
    )


GATES: tuple[Gate, ...] = (kill_switch, feed_not_live, no_price, open_orders, nothing_to_sell)
CAPS: tuple[CapRule, ...] = (
    on_step,
    max_trade_size,
    max_exposure,
    insufficient_funds,
    insufficient_position,
    venue_maximum,
)


def _value_cap(
    rule: str, intent: Intent, account: AccountView, *, qty: int, allowed: int, limit: Callable[[], str]
) -> Cap | None:
    """Return a cap when a buy of `qty` is worth more than `allowed`; `limit` words the limit when it is needed."""
    price = order_price(intent, account)
    if intent.side is Side.SELL or price <= 0:
        return None
    largest = qty_for_amount(account.instrument, price, allowed)
    if qty <= largest:
        return None
    value = _money(account, account.instrument.notional_up(price, qty))
    return _cap(rule, largest, f"a buy of {value} is more than the {_money(account, allowed)} allowed: {limit()}")


def _cap(rule: str, qty: int, text: str) -> Cap:
    return Cap(qty, Reason(rule, text, vetoes=qty <= 0))


def _share(amount: int, ppm: int) -> int:
    return max(0, amount) * ppm // PPM


def _percent(ppm: int) -> str:
    return f"{format_trimmed(ppm, _PERCENT_DECIMALS)} %"


def _money(account: AccountView, amount: int) -> str:
    return f"{format_trimmed(amount, AMOUNT_DECIMALS)} {account.instrument.quote}"


def _qty(account: AccountView, qty: int) -> str:
    return f"{account.instrument.qty_text(qty)} {account.instrument.base}"
