"""The rules, one small function each: gates say no, caps say how much at most.

Limits never stand in the way of a sale: on a spot market every sale makes the exposure smaller.
"""

from collections.abc import Callable

from msgspec import Struct

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, PPM, format_trimmed
from cryptobot_desktop.domain.orders import OrderType, Sizing
from cryptobot_desktop.risk.model import AccountView, Case, Reason
from cryptobot_desktop.risk.sizing import affordable_qty, cost_with_fee, floor_to_step, qty_for_amount

_PERCENT_DECIMALS = 4


class Cap(Struct, frozen=True, gc=False):
    """The largest quantity that a rule allows (not yet on the step), and why."""

    qty: int
    reason: Reason


Gate = Callable[[Case], Reason | None]
CapRule = Callable[[Case], Cap | None]
"""Returns a cap when the wanted quantity is more than the rule allows, else None."""


def kill_switch(case: Case) -> Reason | None:
    """Nothing but cancelling is possible while the kill switch is tripped."""
    switch = case.account.kill_switch
    if not switch.tripped:
        return None
    why = f" ({switch.reason})" if switch.reason else ""
    who = f" by {switch.by}" if switch.by else ""
    return Reason("kill_switch", f"trading was stopped{who}{why}; orders can only be canceled until it is released")


def feed_not_live(case: Case) -> Reason | None:
    """No order on prices that may be wrong."""
    account = case.account
    if account.feed_live:
        return None
    note = f": {account.feed_note}" if account.feed_note else ""
    return Reason("feed_not_live", f"prices of {account.instrument.id} are not live{note}; wait until they are")


def no_price(case: Case) -> Reason | None:
    """Without a price nothing can be sized or checked."""
    if case.price > 0:
        return None
    return Reason("no_price", f"there is no price for {case.account.instrument.id} yet")


def open_orders(case: Case) -> Reason | None:
    """One wish at a time, or as many as the limits say."""
    account, limit = case.account, case.limits.max_open_orders
    if account.open_orders < limit:
        return None
    return Reason(
        "open_orders", f"{account.open_orders} open order(s) on {account.instrument.id}, the limit is {limit}"
    )


def nothing_to_sell(case: Case) -> Reason | None:
    """A spot portfolio sells only what it has."""
    if case.intent.side is Side.BUY or case.account.position_qty > 0:
        return None
    return Reason("nothing_to_sell", f"there is no free {case.account.instrument.base} to sell")


def on_step(case: Case) -> Cap | None:
    """An explicit quantity between two steps is rounded down, and that is said."""
    intent, step = case.intent, case.step
    if intent.sizing is not Sizing.QUANTITY or intent.qty % step == 0:
        return None
    wanted, grid = _qty(case.account, intent.qty), _qty(case.account, step)
    text = f"{wanted} is not a multiple of the venue's step {grid}; rounded down"
    return _cap("quantity_step", floor_to_step(intent.qty, step), text)


def max_trade_size(case: Case) -> Cap | None:
    """One buy is at most a share of equity."""
    if not case.is_priced_buy:
        return None
    share = case.limits.max_trade_ppm
    allowed = _share(case.account.equity, share)
    largest = qty_for_amount(case.account.instrument, case.price, allowed)
    if case.wanted <= largest:
        return None
    limit = f"one trade may be at most {_percent(share)} of equity"
    return _cap("max_trade_size", largest, _too_much(case, allowed, limit))


def max_exposure(case: Case) -> Cap | None:
    """All positions and open buys together are at most a share of equity."""
    if not case.is_priced_buy:
        return None
    account, share = case.account, case.limits.max_exposure_ppm
    allowed = max(0, _share(account.equity, share) - account.exposure)
    largest = qty_for_amount(account.instrument, case.price, allowed)
    if case.wanted <= largest:
        return None
    used = _money(account, account.exposure)
    limit = f"all positions together may be at most {_percent(share)} of equity and {used} is in use"
    return _cap("max_exposure", largest, _too_much(case, allowed, limit))


def insufficient_funds(case: Case) -> Cap | None:
    """Cost and taker fee must be paid from free quote; an explicit quantity is vetoed, a share shrunk."""
    if not case.is_priced_buy:
        return None
    intent, account, qty = case.intent, case.account, case.wanted
    fee_ppm = account.fees.taker_ppm
    explicit = intent.sizing is Sizing.QUANTITY
    reserve = case.limits.slippage_reserve_ppm if intent.type is OrderType.MARKET and not explicit else 0
    free = max(0, account.free_quote)
    affordable = affordable_qty(account.instrument, case.price, free * PPM // (PPM + reserve), fee_ppm=fee_ppm)
    if qty <= affordable:
        return None
    cost = cost_with_fee(account.instrument, case.price, qty, fee_ppm=fee_ppm)
    kept = f" and a reserve of {_percent(reserve)} for slippage" if reserve else ""
    text = f"buying {_qty(account, qty)} costs {_money(account, cost)} with fee{kept}, free are {_money(account, free)}"
    return _cap("insufficient_funds", 0 if explicit else affordable, text)


def insufficient_position(case: Case) -> Cap | None:
    """Not more can be sold than is there; an explicit quantity is vetoed, a share shrunk."""
    intent, account, qty = case.intent, case.account, case.wanted
    if intent.side is Side.BUY or qty <= account.position_qty:
        return None
    text = f"{_qty(account, qty)} was to be sold, free are {_qty(account, account.position_qty)}"
    return _cap("insufficient_position", 0 if intent.sizing is Sizing.QUANTITY else account.position_qty, text)


def venue_maximum(case: Case) -> Cap | None:
    """The venue takes no larger order than this."""
    instrument, market = case.account.instrument, not case.intent.type.has_limit
    rules = instrument.filters
    maxima = [m for m in (rules.max_qty, rules.market_max_qty if market else 0) if m > 0]
    if rules.max_notional and (rules.max_notional_for_market or not market):
        maxima.append(qty_for_amount(instrument, case.price, rules.max_notional))
    if not maxima or case.wanted <= min(maxima):
        return None
    largest = min(maxima)
    return _cap("venue_maximum", largest, f"the venue takes at most {_qty(case.account, largest)} in one order")


def below_minimum(case: Case, qty: int) -> Reason | None:
    """What is left after all caps must be an order that the venue takes."""
    account, market = case.account, not case.intent.type.has_limit
    rules = account.instrument.filters
    least = max(rules.min_qty, rules.market_min_qty if market else 0, case.step)
    if qty < least:
        return Reason(
            "below_minimum", f"quantity {_qty(account, qty)} is below the venue's least {_qty(account, least)}"
        )
    notional = account.instrument.notional_down(case.price, qty)
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


def _too_much(case: Case, allowed: int, limit: str) -> str:
    """Word a limit on the value of a buy."""
    account = case.account
    value = _money(account, account.instrument.notional_up(case.price, case.wanted))
    return f"a buy of {value} is more than the {_money(account, allowed)} allowed: {limit}"


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
