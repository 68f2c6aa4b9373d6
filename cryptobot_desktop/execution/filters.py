"""The venue's order filters. A filter value of 0 switches its rule off.

Sources: Binance filters.md (modulus counted from 0; MARKET_LOT_SIZE applies beside LOT_SIZE; market
orders are valued at the reference price) and KuCoin's symbol fields (docs/decisions/paper-exchange.md).
"""

from collections.abc import Callable

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, PPM, div_up, format_trimmed
from cryptobot_desktop.domain.orders import Order, OrderRequest
from cryptobot_desktop.execution.charges import base_up, order_step
from cryptobot_desktop.execution.parameters import check_parameters
from cryptobot_desktop.execution.rejections import Rejection, Rule, refuse
from cryptobot_desktop.execution.walk import qty_for_quote


class Checked(Struct, frozen=True, gc=False, kw_only=True):
    """An order with what its filters look at."""

    request: OrderRequest
    instrument: Instrument
    reference_price: int | None
    """Last trade price (the middle of the book before the first trade); None switches the rules that need it off."""
    open_orders: tuple[Order, ...] = ()
    """Open orders of the same portfolio and instrument."""
    position: int = 0
    """Ledger amount of the base asset held, free and reserved."""
    now_ms: int = 0
    canceled_qty: int = 0
    """What the order has already lost of its quantity."""

    @property
    def wanted_qty(self) -> int:
        """Return the quantity that is still to be had (0 for orders by quote amount)."""
        return (self.request.qty or 0) - self.canceled_qty

    def refuse(self, rule: Rule, detail: str) -> Rejection:
        """Word a refusal in the venue's words, followed by ours: actual against allowed, of what and where."""
        return refuse(rule, self.instrument.venue, f"{detail} for {self.instrument.name} on {self._venue}")

    @property
    def _venue(self) -> str:
        return self.instrument.venue.label

    def price_text(self, price: int) -> str:
        """Return a price with its asset."""
        return f"{self.instrument.price_text(price)} {self.instrument.quote}"

    def qty_text(self, qty: int) -> str:
        """Return a quantity with its asset."""
        return f"{self.instrument.qty_text(qty)} {self.instrument.base}"


def check_filters(checked: Checked) -> Rejection | None:
    """Return the first refusal, or None when the venue would take the order."""
    for check in _CHECKS:
        refusal = check(checked)
        if refusal is not None:
            return refusal
    return None


def _check_parameters(checked: Checked) -> Rejection | None:
    return check_parameters(checked.request, checked.instrument, checked.now_ms)


def _check_price(checked: Checked) -> Rejection | None:
    request = checked.request
    for what, price in (("price", request.price), ("stop price", request.stop_price)):
        refusal = None if price is None else _price_refusal(checked, what, price)
        if refusal is not None:
            return refusal
    return None


def _price_refusal(checked: Checked, what: str, price: int) -> Rejection | None:
    rules, text = checked.instrument.filters, checked.price_text
    if rules.min_price and price < rules.min_price:
        return checked.refuse(Rule.PRICE, f"{what} {text(price)} is below the least {text(rules.min_price)}")
    if rules.max_price and price > rules.max_price:
        return checked.refuse(Rule.PRICE, f"{what} {text(price)} is above the most {text(rules.max_price)}")
    if rules.tick_size and price % rules.tick_size:
        return checked.refuse(Rule.TICK, f"{what} {text(price)} is not a multiple of the tick {text(rules.tick_size)}")
    return None


def _check_trailing(checked: Checked) -> Rejection | None:
    """TRAILING_DELTA: a distance above the market for buys, below it for sells."""
    bips, rules = checked.request.trailing_bips, checked.instrument.filters
    if bips is None:
        return None
    buy = checked.request.side is Side.BUY
    low = rules.min_trailing_above_bips if buy else rules.min_trailing_below_bips
    high = rules.max_trailing_above_bips if buy else rules.max_trailing_below_bips
    if low and bips < low:
        return checked.refuse(Rule.TRAILING, f"distance {bips} basis points is below the least {low}")
    if high and bips > high:
        return checked.refuse(Rule.TRAILING, f"distance {bips} basis points is above the most {high}")
    return None


def _check_lot(checked: Checked) -> Rejection | None:
    rules, qty = checked.instrument.filters, _quantity(checked)
    if qty is None:
        return None
    bounds = (rules.min_qty, rules.max_qty, rules.step_size)
    refusal = _lot(checked, qty, (Rule.LOT, Rule.LOT_STEP), bounds)
    shown = checked.request.display_qty
    if refusal is not None or shown is None:
        return refusal
    return _lot(checked, shown, (Rule.LOT, Rule.LOT_STEP), bounds, what="displayed quantity")


def _check_iceberg(checked: Checked) -> Rejection | None:
    """ICEBERG_PARTS: ceil(quantity / displayed quantity) is limited."""
    shown, limit = checked.request.display_qty, checked.instrument.filters.iceberg_parts
    if shown is None or not limit:
        return None
    parts = div_up(checked.request.qty or 0, shown)
    if parts <= limit:
        return None
    return checked.refuse(Rule.ICEBERG, f"it would be shown in {parts} parts, allowed are {limit}")


def _check_market_lot(checked: Checked) -> Rejection | None:
    rules, qty = checked.instrument.filters, _quantity(checked)
    if qty is None or checked.request.type.has_limit:
        return None
    bounds = (rules.market_min_qty, rules.market_max_qty, rules.market_step_size)
    return _lot(checked, qty, (Rule.MARKET_LOT, Rule.MARKET_LOT), bounds)


def _lot(
    checked: Checked,
    qty: int,
    rules: tuple[Rule, Rule],
    bounds: tuple[int, int, int],
    *,
    what: str = "quantity",
) -> Rejection | None:
    low, high, step = bounds
    text = checked.qty_text
    if low and qty < low:
        return checked.refuse(rules[0], f"{what} {text(qty)} is below the least {text(low)}")
    if high and qty > high:
        return checked.refuse(rules[0], f"{what} {text(qty)} is above the most {text(high)}")
    if step and checked.request.qty is not None and qty % step:
        near = "below" if qty < step else "not a multiple of"
        return checked.refuse(rules[1], f"{what} {text(qty)} is {near} the step {text(step)}")
    return None


def _quantity(checked: Checked) -> int | None:
    """Return the quantity, for orders by quote amount estimated at the reference price."""
    request = checked.request
    if request.qty is not None or request.quote_amount is None or not checked.reference_price:
        return request.qty
    step = order_step(checked.instrument)
    return qty_for_quote(checked.instrument, checked.reference_price, request.quote_amount, step)


def _check_funds(checked: Checked) -> Rejection | None:
    """KuCoin's rules for market orders by quote amount."""
    amount, rules = checked.request.quote_amount, checked.instrument.filters
    if amount is None:
        return None
    if rules.quote_step and amount % rules.quote_step:
        return checked.refuse(Rule.FUNDS_STEP, f"{_amount(amount)} is not a multiple of {_amount(rules.quote_step)}")
    return _notional(checked, amount, rules.min_quote, rules.max_quote)


def _check_notional(checked: Checked) -> Rejection | None:
    request, rules = checked.request, checked.instrument.filters
    if not request.type.has_limit:
        value = _market_notional(checked)
        low = rules.min_notional if rules.min_notional_for_market else 0
        high = rules.max_notional if rules.max_notional_for_market else 0
    else:
        value = checked.instrument.notional_down(request.price or 0, request.qty or 0)
        low, high = rules.min_notional, rules.max_notional
    return None if value is None else _notional(checked, value, low, high)


def _market_notional(checked: Checked) -> int | None:
    request = checked.request
    if request.quote_amount is not None:
        return request.quote_amount
    if not checked.reference_price:
        return None
    return checked.instrument.notional_down(checked.reference_price, request.qty or 0)


def _notional(checked: Checked, value: int, low: int, high: int) -> Rejection | None:
    if low and value < low:
        return checked.refuse(Rule.NOTIONAL, f"order value {_amount(value)} is below {_amount(low)}")
    if high and value > high:
        return checked.refuse(Rule.NOTIONAL_MAX, f"order value {_amount(value)} is above {_amount(high)}")
    return None


def _check_percent_price(checked: Checked) -> Rejection | None:
    price, reference, rules = checked.request.price, checked.reference_price, checked.instrument.filters
    if price is None or not reference:
        return None
    buy = checked.request.side is Side.BUY
    up = rules.bid_multiplier_up_ppm if buy else rules.ask_multiplier_up_ppm
    down = rules.bid_multiplier_down_ppm if buy else rules.ask_multiplier_down_ppm
    too_high = bool(up) and price * PPM > reference * up
    too_low = bool(down) and price * PPM < reference * down
    if not (too_high or too_low):
        return None
    same = (rules.bid_multiplier_up_ppm, rules.bid_multiplier_down_ppm) == (
        rules.ask_multiplier_up_ppm,
        rules.ask_multiplier_down_ppm,
    )
    text = checked.instrument.price_text
    limit = reference * up // PPM if too_high else -(-reference * down // PPM)
    return checked.refuse(
        Rule.PERCENT_PRICE if same else Rule.PERCENT_PRICE_BY_SIDE,
        f"price {text(price)} is {'above' if too_high else 'below'} {text(limit)}",
    )


def _check_open_orders(checked: Checked) -> Rejection | None:
    rules, orders = checked.instrument.filters, checked.open_orders
    total = len(orders)
    if rules.max_num_orders and total >= rules.max_num_orders:
        return checked.refuse(Rule.NUM_ORDERS, f"{total} orders are open, allowed are {rules.max_num_orders}")
    request = checked.request
    if request.type.is_conditional and rules.max_num_algo_orders:
        waiting = sum(order.request.type.is_conditional for order in orders)
        if waiting >= rules.max_num_algo_orders:
            allowed = f"allowed are {rules.max_num_algo_orders}"
            return checked.refuse(Rule.NUM_ALGO_ORDERS, f"{waiting} stop orders are open, {allowed}")
    if request.display_qty is not None and rules.max_num_iceberg_orders:
        icebergs = sum(order.request.display_qty is not None for order in orders)
        if icebergs >= rules.max_num_iceberg_orders:
            allowed = f"allowed are {rules.max_num_iceberg_orders}"
            return checked.refuse(Rule.NUM_ICEBERG_ORDERS, f"{icebergs} icebergs are open, {allowed}")
    return None


def _check_position(checked: Checked) -> Rejection | None:
    limit = checked.instrument.filters.max_position
    if not limit or checked.request.side is Side.SELL:
        return None
    pending = sum(order.remaining_qty for order in checked.open_orders if order.request.side is Side.BUY)
    wanted = checked.position + base_up(checked.instrument, pending + (_quantity(checked) or 0))
    allowed = base_up(checked.instrument, limit)
    if wanted <= allowed:
        return None
    return checked.refuse(Rule.POSITION, f"position would be {_amount(wanted)}, {_amount(allowed)} are allowed")


def _check_trading(checked: Checked) -> Rejection | None:
    if checked.instrument.is_trading:
        return None
    return checked.refuse(Rule.CLOSED, f"{checked.instrument.symbol} has status {checked.instrument.status}")


def _amount(value: int) -> str:
    return format_trimmed(value, AMOUNT_DECIMALS)


_CHECKS: tuple[Callable[[Checked], Rejection | None], ...] = (
    _check_trading,
    _check_parameters,
    _check_price,
    _check_trailing,
    _check_lot,
    _check_market_lot,
    _check_iceberg,
    _check_funds,
    _check_notional,
    _check_percent_price,
    _check_open_orders,
    _check_position,
)


def unknown_symbol(request: OrderRequest) -> Rejection:
    """Return the refusal of an instrument that the market source does not have."""
    venue = Venue.KUCOIN if request.instrument.startswith(Venue.KUCOIN.value) else Venue.BINANCE
    return refuse(Rule.SYMBOL, venue, request.instrument)
