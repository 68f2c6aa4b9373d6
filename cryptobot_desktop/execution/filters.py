"""The venue's order filters. A filter value of 0 switches its rule off.

Sources: Binance filters.md (modulus counted from 0; MARKET_LOT_SIZE applies beside LOT_SIZE; market
orders are valued at the reference price) and KuCoin's symbol fields (docs/decisions/paper-exchange.md).
"""

from collections.abc import Callable, Iterable

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, PPM, format_trimmed
from cryptobot_desktop.domain.orders import Order, OrderRequest, OrderType, TimeInForce
from cryptobot_desktop.execution.charges import base_up, order_step
from cryptobot_desktop.execution.rejections import Rejection, Rule, refuse
from cryptobot_desktop.execution.walk import qty_for_quote


class Checked(Struct, frozen=True, kw_only=True):
    """An order with what its filters look at."""

    request: OrderRequest
    instrument: Instrument
    reference_price: int | None
    """Last trade price (the middle of the book before the first trade); None switches the rules that need it off."""
    open_orders: tuple[Order, ...] = ()
    """Open orders of the same portfolio and instrument."""
    position: int = 0
    """Ledger amount of the base asset held, free and reserved."""

    def refuse(self, rule: Rule, detail: str) -> Rejection:
        """Word a refusal for the instrument's venue."""
        return refuse(rule, self.instrument.venue, detail)


def check_filters(checked: Checked) -> Rejection | None:
    """Return the first refusal, or None when the venue would take the order."""
    return next((refusal for check in _CHECKS if (refusal := check(checked)) is not None), None)


def _check_parameters(checked: Checked) -> Rejection | None:
    problem = next((text for wrong, text in _problems(checked.request) if wrong), None)
    return checked.refuse(Rule.PARAMETERS, problem) if problem else None


def _problems(request: OrderRequest) -> Iterable[tuple[bool, str]]:
    market = request.type is OrderType.MARKET
    yield (request.qty is None) == (request.quote_amount is None), "exactly one of quantity and quote amount is needed"
    yield request.qty is not None and request.qty <= 0, f"quantity {request.qty} is not above 0"
    yield request.quote_amount is not None and request.quote_amount <= 0, "the quote amount is not above 0"
    yield not market and request.quote_amount is not None, "only market orders can be given by quote amount"
    yield market and request.price is not None, "a market order takes no price"
    yield not market and (request.price is None or request.price <= 0), "a limit order needs a price above 0"
    gtc = request.time_in_force is TimeInForce.GTC
    yield request.type is OrderType.LIMIT_MAKER and not gtc, "a post-only order always stays until it is cancelled"


def _check_price(checked: Checked) -> Rejection | None:
    price, instrument = checked.request.price, checked.instrument
    if price is None:
        return None
    rules, text = instrument.filters, instrument.price_text
    if rules.min_price and price < rules.min_price:
        return checked.refuse(Rule.PRICE, f"price {text(price)} is below {text(rules.min_price)}")
    if rules.max_price and price > rules.max_price:
        return checked.refuse(Rule.PRICE, f"price {text(price)} is above {text(rules.max_price)}")
    if rules.tick_size and price % rules.tick_size:
        return checked.refuse(Rule.TICK, f"price {text(price)} is not a multiple of {text(rules.tick_size)}")
    return None


def _check_lot(checked: Checked) -> Rejection | None:
    rules, qty = checked.instrument.filters, _quantity(checked)
    if qty is None:
        return None
    return _lot(checked, qty, (Rule.LOT, Rule.LOT_STEP), (rules.min_qty, rules.max_qty, rules.step_size))


def _check_market_lot(checked: Checked) -> Rejection | None:
    rules, qty = checked.instrument.filters, _quantity(checked)
    if qty is None or checked.request.type is not OrderType.MARKET:
        return None
    bounds = (rules.market_min_qty, rules.market_max_qty, rules.market_step_size)
    return _lot(checked, qty, (Rule.MARKET_LOT, Rule.MARKET_LOT), bounds)


def _lot(checked: Checked, qty: int, rules: tuple[Rule, Rule], bounds: tuple[int, int, int]) -> Rejection | None:
    low, high, step = bounds
    text = checked.instrument.qty_text
    if low and qty < low:
        return checked.refuse(rules[0], f"quantity {text(qty)} is below {text(low)}")
    if high and qty > high:
        return checked.refuse(rules[0], f"quantity {text(qty)} is above {text(high)}")
    if step and checked.request.qty is not None and qty % step:
        return checked.refuse(rules[1], f"quantity {text(qty)} is not a multiple of {text(step)}")
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
    if request.type is OrderType.MARKET:
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
    limit, count = checked.instrument.filters.max_num_orders, len(checked.open_orders)
    if not limit or count < limit:
        return None
    return checked.refuse(Rule.NUM_ORDERS, f"{count} orders are open, {limit} are allowed")


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
    _check_lot,
    _check_market_lot,
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
