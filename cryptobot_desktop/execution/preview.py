"""What an order would do right now, for the order ticket; nothing is changed by asking."""

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Level, Side
from cryptobot_desktop.domain.market_view import MarketView
from cryptobot_desktop.domain.numbers import PPM, div_up
from cryptobot_desktop.domain.orders import FeeRates, OrderRequest, OrderType
from cryptobot_desktop.execution.arrival import Plan
from cryptobot_desktop.execution.charges import fee_asset, fee_of, order_step, quote_moved
from cryptobot_desktop.execution.depth import reference_price, usable_book
from cryptobot_desktop.execution.rejections import Rejection
from cryptobot_desktop.execution.walk import qty_for_quote


class OrderPreview(Struct, frozen=True, kw_only=True):
    """The answer of `PaperExchange.preview`. Amounts are ledger amounts, prices and quantities scaled integers."""

    accepted: bool
    reject_code: str = ""
    reject_reason: str = ""
    qty: int = 0
    """What would fill at once (estimated from the last price when the source has no book)."""
    resting_qty: int = 0
    """What would rest in the book."""
    average_price: int | None = None
    """Average of the immediate part, rounded against the user; None when nothing fills at once."""
    quote_amount: int = 0
    """What the immediate part costs (buy) or brings (sell), before the fee."""
    fee: int = 0
    """Fee of the immediate part."""
    fee_asset: str = ""
    reserved: int = 0
    """What would be held when the order is accepted, in the paying asset."""
    slippage_ppm: int | None = None
    """Average price against the middle of the book, positive = worse for the user; None without a book."""
    levels: tuple[Level, ...] = ()
    """(price, quantity) taken level by level."""
    note: str = ""
    """What the user should know, e.g. that the book is too thin for the whole order."""


def preview_refusal(refusal: Rejection) -> OrderPreview:
    """Return the preview of an order that the venue would refuse."""
    return OrderPreview(accepted=False, reject_code=refusal.code, reject_reason=refusal.reason)


def preview_plan(
    request: OrderRequest, instrument: Instrument, plan: Plan, rates: FeeRates, market: MarketView
) -> OrderPreview:
    """Return the preview of an order that would be accepted."""
    levels, note = tuple((take.price, take.qty) for take in plan.crossing.walk.takes), plan.ends
    if request.type is OrderType.MARKET and market.book(request.instrument) is None:
        levels, note = _estimate(request, instrument, market), "estimated at the last price; fills at the next one"
    elif not plan.arrived:
        note = "the order book is not live; the order meets it when it is"
    qty = sum(level[1] for level in levels)
    side = request.side
    return OrderPreview(
        accepted=True,
        qty=qty,
        resting_qty=0 if plan.ends else max(0, (request.qty or 0) - qty),
        average_price=_average(side, levels),
        quote_amount=sum(quote_moved(instrument, side, price, part) for price, part in levels),
        fee=sum(fee_of(instrument, side, price, part, rates.taker_ppm) for price, part in levels),
        fee_asset=fee_asset(instrument, side),
        reserved=plan.reserved,
        slippage_ppm=_slippage(side, levels, market, request),
        levels=levels,
        note=note,
    )


def _estimate(request: OrderRequest, instrument: Instrument, market: MarketView) -> tuple[Level, ...]:
    price = reference_price(market, request.instrument) or 0
    if request.qty is not None:
        return ((price, request.qty),)
    return ((price, qty_for_quote(instrument, price, request.quote_amount or 0, order_step(instrument))),)


def _average(side: Side, levels: tuple[Level, ...]) -> int | None:
    qty = sum(level[1] for level in levels)
    if qty == 0:
        return None
    total = sum(price * part for price, part in levels)
    return div_up(total, qty) if side is Side.BUY else total // qty


def _slippage(side: Side, levels: tuple[Level, ...], market: MarketView, request: OrderRequest) -> int | None:
    """Return (average - middle) / middle in ppm, rounded up, turned so that positive is worse."""
    book, _ = usable_book(market, request.instrument)
    bid, ask = (book.best_bid(), book.best_ask()) if book is not None else (None, None)
    qty = sum(level[1] for level in levels)
    if bid is None or ask is None or qty == 0:
        return None
    twice_mid = bid[0] + ask[0]
    difference = 2 * sum(price * part for price, part in levels) - twice_mid * qty
    return div_up((difference if side is Side.BUY else -difference) * PPM, twice_mid * qty)
