"""What orders cost and hold: notionals, fees and reservations in ledger amounts, always rounded against the user.

A buyer's notional is rounded up, a seller's down, every fee up, at 8 decimals. Rounding each part of a
buy up could need more than the whole rounded once; then the last part pays what is left of the
reservation. The sum of price and fee is still never below the exact one (see docs/decisions/paper-exchange.md).
"""

from cryptobot_desktop.domain.instrument import FeeRule, Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, PPM, div_up, rescale_up
from cryptobot_desktop.domain.orders import FeeRates

PENDING_MARGIN_PPM = 50_000
"""Extra held for a market buy that must wait for the next bar or trade, because its price is not yet known."""


def quote_moved(instrument: Instrument, side: Side, price: int, qty: int) -> int:
    """Return what a buyer pays (up) or a seller receives (down), before the fee."""
    return instrument.notional_up(price, qty) if side is Side.BUY else instrument.notional_down(price, qty)


def base_up(instrument: Instrument, qty: int) -> int:
    """Return a quantity as a ledger amount of the base asset, rounded up (what a seller gives)."""
    return rescale_up(qty, instrument.qty_decimals, AMOUNT_DECIMALS)


def fee_asset(instrument: Instrument, side: Side) -> str:
    """Return the asset in which the venue takes its fee."""
    return instrument.base if _fee_in_base(instrument, side) else instrument.quote


def _fee_in_base(instrument: Instrument, side: Side) -> bool:
    return side is Side.BUY and instrument.fee_rule is FeeRule.RECEIVED


def quote_fee(instrument: Instrument, price: int, qty: int, rate_ppm: int) -> int:
    """Return ceil(rate x exact notional): the notional is not rounded before the rate is applied."""
    return div_up(*exact_quote_fee(instrument, price, qty, rate_ppm))


def exact_quote_fee(instrument: Instrument, price: int, qty: int, rate_ppm: int) -> tuple[int, int]:
    """Return rate x notional as a fraction of ledger amounts: (numerator, denominator)."""
    power = instrument.price_decimals + instrument.qty_decimals - AMOUNT_DECIMALS
    exact = price * qty * rate_ppm
    return (exact, PPM * 10**power) if power >= 0 else (exact * 10**-power, PPM)


def fee_of(instrument: Instrument, side: Side, price: int, qty: int, rate_ppm: int) -> int:
    """Return the fee of one fill, rounded up; where it is taken from what is received, never more than that."""
    if _fee_in_base(instrument, side):
        received = instrument.base_amount(qty)
        return min(received, div_up(received * rate_ppm, PPM))
    fee = quote_fee(instrument, price, qty, rate_ppm)
    return fee if side is Side.BUY else min(fee, instrument.notional_down(price, qty))


def cost_of_buy(instrument: Instrument, price: int, qty: int, rate_ppm: int) -> int:
    """Return what a buy takes out of the quote asset: notional plus, on FeeRule.QUOTE venues, the fee."""
    notional = instrument.notional_up(price, qty)
    if instrument.fee_rule is FeeRule.RECEIVED:
        return notional
    return notional + quote_fee(instrument, price, qty, rate_ppm)


def limit_reserve(instrument: Instrument, side: Side, price: int, qty: int, rates: FeeRates) -> int:
    """Return what a limit order with `qty` to go holds in the paying asset."""
    if side is Side.SELL:
        return base_up(instrument, qty)
    return cost_of_buy(instrument, price, qty, max(rates.maker_ppm, rates.taker_ppm)) if qty else 0


def funds_reserve(instrument: Instrument, quote_amount: int, rates: FeeRates) -> int:
    """Return what a market buy by quote amount holds: the amount plus, on FeeRule.QUOTE venues, the fee on it.

    One extra unit per part is needed for rounding when the fee is on top; the walk settles that exactly,
    only orders that wait for the next bar or trade use this bound.
    """
    if instrument.fee_rule is FeeRule.RECEIVED:
        return quote_amount
    return quote_amount + div_up(quote_amount * rates.taker_ppm, PPM)


def affordable_qty(instrument: Instrument, price: int, budget: int, step: int, rate_ppm: int) -> int:
    """Return the largest multiple of `step` whose cost (with a quote fee at `rate_ppm`) fits into `budget`."""
    power = instrument.price_decimals + instrument.qty_decimals - AMOUNT_DECIMALS
    have, cost = (budget * 10**power, price) if power >= 0 else (budget, price * 10**-power)
    if instrument.fee_rule is FeeRule.QUOTE:
        have, cost = have * PPM, cost * (PPM + rate_ppm)
    most = int(have // cost) // step
    if cost_of_buy(instrument, price, most * step, rate_ppm) <= budget:
        return most * step
    # Rounding up costs at most two units, which may be many steps of a cheap asset: halve, do not count down.
    least = 0
    while most - least > 1:
        middle = (least + most) // 2
        if cost_of_buy(instrument, price, middle * step, rate_ppm) <= budget:
            least = middle
        else:
            most = middle
    return least * step


def order_step(instrument: Instrument) -> int:
    """Return the quantity step of the instrument, at least one unit of its precision."""
    return instrument.filters.step_size or instrument.filters.market_step_size or 1
