"""Checks what is typed into the order ticket against the instrument's filters, and makes the order of it. Pure.

The paper exchange has the last word (averages, open-order counts); here stands what can be said while typing.
"""

from decimal import ROUND_FLOOR, Decimal

from msgspec import Struct

from cryptobot_desktop.domain.commands import PlaceOrder
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import FeeRule, Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, AMOUNT_UNIT, PPM, format_trimmed, parse_decimal
from cryptobot_desktop.domain.orders import FeeRates, OrderType, TimeInForce
from cryptobot_desktop.gui.format import amount_text

SIZE, PRICE = "size", "price"


class OrderDraft(Struct, frozen=True, kw_only=True):
    """What stands in the ticket. `by_amount`: the size is in the quote asset. `None` funds are not checked."""

    instrument: Instrument
    portfolio: str
    side: Side
    type: OrderType
    size_text: str
    price_text: str = ""
    by_amount: bool = False
    time_in_force: TimeInForce = TimeInForce.GTC
    last: int | None = None
    available: int | None = None
    """Free quote asset, a ledger amount."""
    held: int | None = None
    """Held quantity of the base asset, scaled."""
    fees: FeeRates = FeeRates()


class CheckedOrder(Struct, frozen=True):
    """The order when it can be sent, otherwise what is wrong, by field; an empty field is just unfinished."""

    order: PlaceOrder | None
    problems: dict[str, str]
    unfinished: str = ""


class _Refused(Exception):
    """A field cannot be used as it stands."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def check_draft(draft: OrderDraft, client_id: str) -> CheckedOrder:
    """Return the order that the draft means, or its problems."""
    if not draft.instrument.is_trading:
        return CheckedOrder(None, {SIZE: f"{draft.instrument.name} is not trading: {draft.instrument.status}"})
    if draft.type is not OrderType.MARKET and not draft.price_text.strip():
        return CheckedOrder(None, {}, "Type a price")
    try:
        price = _price(draft)
        if not draft.size_text.strip():
            return CheckedOrder(None, {}, f"Type {'an amount' if draft.by_amount else 'a quantity'}")
        return CheckedOrder(_sized(draft, price, client_id), {})
    except _Refused as refused:
        return CheckedOrder(None, {refused.field: str(refused)})


def _price(draft: OrderDraft) -> int | None:
    if draft.type is OrderType.MARKET:
        return None
    rules, quote = draft.instrument.filters, draft.instrument.quote
    decimals = draft.instrument.price_decimals
    price = _stepped(PRICE, draft.price_text, decimals, max(1, rules.tick_size))
    _within(PRICE, price, (rules.min_price, rules.max_price), decimals, quote)
    return price


def _sized(draft: OrderDraft, price: int | None, client_id: str) -> PlaceOrder:
    amount = qty = None
    if draft.by_amount and draft.type is OrderType.MARKET:
        amount = _market_amount(draft)
    else:
        qty = _qty_from_amount(draft, price) if draft.by_amount else _typed_qty(draft)
        _check_qty(draft, qty)
    _check_notional(draft, price, qty, amount)
    _check_funds(draft, price, qty, amount)
    return PlaceOrder(
        client_id=client_id,
        portfolio=draft.portfolio,
        instrument=draft.instrument.id,
        side=draft.side,
        type=draft.type,
        qty=qty,
        quote_amount=amount,
        price=price,
        time_in_force=draft.time_in_force if draft.type is OrderType.LIMIT else TimeInForce.GTC,
    )


def _market_amount(draft: OrderDraft) -> int:
    rules = draft.instrument.filters
    amount = _stepped(SIZE, draft.size_text, AMOUNT_DECIMALS, max(1, rules.quote_step))
    _within(SIZE, amount, (rules.min_quote, rules.max_quote), AMOUNT_DECIMALS, draft.instrument.quote)
    return amount


def _step(draft: OrderDraft) -> int:
    rules = draft.instrument.filters
    market = rules.market_step_size if draft.type is OrderType.MARKET else 0
    return max(1, rules.step_size, market)


def _typed_qty(draft: OrderDraft) -> int:
    return _stepped(SIZE, draft.size_text, draft.instrument.qty_decimals, _step(draft))


def _qty_from_amount(draft: OrderDraft, price: int | None) -> int:
    """Return how much a quote amount buys at the limit price, rounded down to the step."""
    amount = _stepped(SIZE, draft.size_text, AMOUNT_DECIMALS, 1)
    if not price:
        return 0
    instrument = draft.instrument
    scale = 10 ** (instrument.price_decimals + instrument.qty_decimals)
    step = _step(draft)
    return int(amount * scale // (price * AMOUNT_UNIT) // step * step)


def _check_qty(draft: OrderDraft, qty: int) -> None:
    rules, decimals, base = draft.instrument.filters, draft.instrument.qty_decimals, draft.instrument.base
    _within(SIZE, qty, (max(1, rules.min_qty), rules.max_qty), decimals, base)
    if draft.type is OrderType.MARKET:
        _within(SIZE, qty, (rules.market_min_qty, rules.market_max_qty), decimals, base)


def _check_notional(draft: OrderDraft, price: int | None, qty: int | None, amount: int | None) -> None:
    rules, market = draft.instrument.filters, draft.type is OrderType.MARKET
    notional = _notional(draft, price, qty, amount)
    if notional is None:
        return
    low = rules.min_notional if rules.min_notional_for_market or not market else 0
    high = rules.max_notional if rules.max_notional_for_market or not market else 0
    _within(SIZE, notional, (low, high), AMOUNT_DECIMALS, draft.instrument.quote, what="order value ")


def _notional(draft: OrderDraft, price: int | None, qty: int | None, amount: int | None) -> int | None:
    if amount is not None:
        return amount
    worth = price if price is not None else draft.last
    return draft.instrument.notional_up(worth, qty) if worth and qty is not None else None


def _check_funds(draft: OrderDraft, price: int | None, qty: int | None, amount: int | None) -> None:
    instrument = draft.instrument
    if draft.side is Side.SELL:
        if draft.held is not None and qty is not None and qty > draft.held:
            held = instrument.qty_text(draft.held)
            raise _Refused(SIZE, f"{instrument.qty_text(qty)} is more than {held} held")
        return
    cost = _notional(draft, price, qty, amount)
    if cost is None or draft.available is None:
        return
    if instrument.fee_rule is FeeRule.QUOTE:
        cost += -(-cost * draft.fees.taker_ppm // PPM)
    if cost > draft.available:
        raise _Refused(SIZE, f"needs {amount_text(cost)}, free {amount_text(draft.available)}")


def _stepped(field: str, text: str, decimals: int, step: int) -> int:
    """Return typed text as a positive scaled integer on the step, or refuse with the nearest good values."""
    try:
        value = parse_decimal(text.strip())
    except InvalidInput:
        raise _Refused(field, f"{text.strip()[:20]!r} is not a plain number such as 0.25") from None
    if value <= 0:
        raise _Refused(field, "must be above 0")
    exact = value.scaleb(decimals)
    below = int((exact / step).to_integral_value(ROUND_FLOOR)) * step
    if Decimal(below) != exact:
        near = [_plain(near, decimals) for near in (below, below + step) if near > 0]
        raise _Refused(field, f"off the step, try {' or '.join(near)}")
    return below


def _within(field: str, value: int, bounds: tuple[int, int], decimals: int, unit: str, *, what: str = "") -> None:
    """Refuse a value outside (lowest, highest); 0 as a bound means none."""
    lowest, highest = bounds
    if lowest and value < lowest:
        raise _Refused(field, f"{what}{_plain(value, decimals)} is below {_plain(lowest, decimals)} {unit}")
    if highest and value > highest:
        raise _Refused(field, f"{what}{_plain(value, decimals)} is above {_plain(highest, decimals)} {unit}")


def _plain(value: int, decimals: int) -> str:
    return format_trimmed(value, decimals)


def share_size(draft: OrderDraft, share_ppm: int) -> tuple[str, bool]:
    """Return the size that uses a share of what is free (buy) or held (sell), as (text, by_amount)."""
    instrument = draft.instrument
    if draft.side is Side.SELL:
        step = _step(draft)
        qty = (draft.held or 0) * share_ppm // PPM // step * step
        return instrument.qty_text(qty), False
    amount = (draft.available or 0) * share_ppm // PPM
    if instrument.fee_rule is FeeRule.QUOTE:
        amount = amount * PPM // (PPM + draft.fees.taker_ppm)
    step = max(AMOUNT_UNIT // 100, instrument.filters.quote_step)
    return format_trimmed(amount // step * step, AMOUNT_DECIMALS), True
