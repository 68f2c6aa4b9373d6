"""The life of one order: accepted, filled, ended. Every function returns a new Order; nothing is edited."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from cryptobot_desktop.domain.facts import OrderCanceled, OrderFilled, OrderRejected
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import (
    FeeRates,
    Fill,
    FillEvidence,
    Liquidity,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
)
from cryptobot_desktop.execution.charges import base_up, fee_asset, fee_of, fee_rate_ppm, limit_reserve, quote_moved
from cryptobot_desktop.execution.rejections import Rejection


class Execution(Struct, frozen=True):
    """A part of an order that the market filled, before fees."""

    price: int
    qty: int
    liquidity: Liquidity
    evidence: FillEvidence
    at_ms: int


def rejected(request: OrderRequest, rejection: Rejection, now_ms: int) -> OrderRejected:
    """Return the refusal of an order."""
    order = Order(
        request=request,
        status=OrderStatus.REJECTED,
        created_ms=now_ms,
        updated_ms=now_ms,
        reject_code=rejection.code,
        reject_reason=rejection.reason,
    )
    return OrderRejected(order, now_ms)


def ended(order: Order, status: OrderStatus, reason: str, now_ms: int) -> OrderCanceled:
    """End an open order without further fills; whatever it held is free again."""
    order = msgspec.structs.replace(order, status=status, updated_ms=now_ms, reserved=0)
    return OrderCanceled(order, reason, now_ms)


def filled(
    order: Order,
    instrument: Instrument,
    rates: FeeRates,
    executions: Sequence[Execution],
    *,
    complete: bool | None = None,
) -> OrderFilled:
    """Apply executions to an open order. `complete` decides for orders by quote amount whether they are done."""
    fills: list[Fill] = []
    held = order.reserved
    filled_qty, filled_quote = order.filled_qty, order.filled_quote
    for execution in executions:
        filled_qty += execution.qty
        fill = _fill(order, instrument, rates, execution, filled_qty, held)
        held -= _spent(instrument, fill)
        filled_quote += fill.quote_amount
        fills.append(fill)
    done = filled_qty >= order.request.qty if order.request.qty is not None else bool(complete)
    at_ms = max(order.updated_ms, executions[-1].at_ms)
    after = msgspec.structs.replace(
        order,
        status=OrderStatus.FILLED if done else OrderStatus.PARTIALLY_FILLED,
        filled_qty=filled_qty,
        filled_quote=filled_quote,
        updated_ms=at_ms,
    )
    after = msgspec.structs.replace(after, reserved=min(held, _still_held(after, instrument, rates, held)))
    return OrderFilled(after, tuple(fills), at_ms)


def _still_held(order: Order, instrument: Instrument, rates: FeeRates, held: int) -> int:
    """Return what an order still needs; a waiting market order keeps all it has, as its price is not yet known."""
    request = order.request
    if not order.status.is_open:
        return 0
    if request.type is OrderType.MARKET or request.price is None:
        return held
    return limit_reserve(instrument, request.side, request.price, order.remaining_qty, rates)


def _fill(
    order: Order, instrument: Instrument, rates: FeeRates, execution: Execution, filled_qty: int, held: int
) -> Fill:
    request = order.request
    rate = fee_rate_ppm(rates, execution.liquidity)
    quote = quote_moved(instrument, request.side, execution.price, execution.qty)
    fee = fee_of(instrument, request.side, execution.price, execution.qty, rate)
    asset = fee_asset(instrument, request.side)
    if request.side is Side.BUY:
        # Only the very last part can meet this bound: its predecessors were all rounded up.
        quote = min(quote, held)
        fee = min(fee, held - quote) if asset == instrument.quote else fee
    return Fill(
        fill_id=f"{request.client_id}:{filled_qty}",
        client_id=request.client_id,
        portfolio=request.portfolio,
        instrument=request.instrument,
        side=request.side,
        price=execution.price,
        qty=execution.qty,
        quote_amount=quote,
        fee=fee,
        fee_asset=asset,
        liquidity=execution.liquidity,
        at_ms=execution.at_ms,
        evidence=execution.evidence,
    )


def _spent(instrument: Instrument, fill: Fill) -> int:
    """Return what a fill takes out of the reservation."""
    if fill.side is Side.SELL:
        return base_up(instrument, fill.qty)
    return fill.quote_amount + (fill.fee if fill.fee_asset == instrument.quote else 0)
