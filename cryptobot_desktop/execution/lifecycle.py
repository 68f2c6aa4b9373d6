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
    FillModel,
    Liquidity,
    ModelResult,
    Order,
    OrderRequest,
    OrderStatus,
    QueueTrace,
)
from cryptobot_desktop.execution.charges import base_up, limit_reserve, quote_moved
from cryptobot_desktop.execution.fees import Charge, Fees
from cryptobot_desktop.execution.rejections import Rejection


class Execution(Struct, frozen=True, gc=False):
    """A part of an order that the market filled, before fees."""

    price: int
    qty: int
    liquidity: Liquidity
    evidence: FillEvidence
    at_ms: int


class Trail(Struct, frozen=True, gc=False):
    """What a fill's receipt says beside its evidence."""

    model: FillModel | None = None
    latency_ms: int = 0
    queue: QueueTrace | None = None
    others: tuple[ModelResult, ...] = ()


NO_TRAIL = Trail()


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
    order = msgspec.structs.replace(order, status=status, updated_ms=now_ms, reserved=0, reject_reason=reason)
    return OrderCanceled(order, reason, now_ms)


def filled(
    order: Order,
    instrument: Instrument,
    fees: Fees,
    executions: Sequence[Execution],
    *,
    trail: Trail = NO_TRAIL,
    complete: bool | None = None,
) -> OrderFilled:
    """Apply executions to an open order. `complete` decides for orders by quote amount whether they are done."""
    last = executions[-1]
    fills: list[Fill] = []
    held, discount = order.reserved, 0
    filled_qty, filled_quote = order.filled_qty, order.filled_quote
    for execution in executions:
        filled_qty += execution.qty
        charge = fees.charge(order.request, instrument, execution.price, execution.qty, execution.liquidity, discount)
        discount += charge.amount if charge.value is not None else 0
        told = _with_receipt(execution, charge, trail, is_last=execution is last)
        fill = _fill(order, instrument, charge, told, filled_qty=filled_qty, held=held)
        held -= _spent(instrument, fill)
        filled_quote += fill.quote_amount
        fills.append(fill)
    wanted = order.request.qty
    done = filled_qty + order.canceled_qty >= wanted if wanted is not None else bool(complete)
    at_ms = max(order.updated_ms, last.at_ms)
    after = msgspec.structs.replace(
        order,
        status=OrderStatus.FILLED if done else OrderStatus.PARTIALLY_FILLED,
        filled_qty=filled_qty,
        filled_quote=filled_quote,
        updated_ms=at_ms,
        reserved=0 if done else held,
    )
    return OrderFilled(still_holding(after, instrument, fees.rates(instrument)), tuple(fills), at_ms)


def still_holding(order: Order, instrument: Instrument, rates: FeeRates) -> Order:
    """Return the order with no more held than its rest needs; a market buy keeps all it has for its unknown price."""
    request = order.request
    if not order.status.is_open:
        reserved = 0
    elif request.qty is None or (request.side is Side.BUY and request.price is None):
        return order
    else:
        needed = limit_reserve(instrument, request.side, request.price or 0, order.remaining_qty, rates)
        reserved = min(order.reserved, needed)
    return order if reserved == order.reserved else msgspec.structs.replace(order, reserved=reserved)


def _with_receipt(execution: Execution, charge: Charge, trail: Trail, *, is_last: bool) -> Execution:
    maker = execution.liquidity is Liquidity.MAKER
    evidence = msgspec.structs.replace(
        execution.evidence,
        model=trail.model,
        latency_ms=trail.latency_ms,
        queue=trail.queue if maker else None,
        fee_rate_ppm=charge.rate_ppm,
        fee_discount_ppm=charge.discount_ppm,
        others=trail.others if is_last else (),
    )
    return Execution(execution.price, execution.qty, execution.liquidity, evidence, execution.at_ms)


def _fill(
    order: Order,
    instrument: Instrument,
    charge: Charge,
    execution: Execution,
    *,
    filled_qty: int,
    held: int,
) -> Fill:
    request = order.request
    quote = quote_moved(instrument, request.side, execution.price, execution.qty)
    fee = charge.amount
    if request.side is Side.BUY:
        # Only the very last part can meet this bound: its predecessors were all rounded up.
        quote = min(quote, held)
        fee = min(fee, held - quote) if charge.asset == instrument.quote else fee
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
        fee_asset=charge.asset,
        liquidity=execution.liquidity,
        at_ms=execution.at_ms,
        evidence=execution.evidence,
        fee_value=charge.value,
    )


def _spent(instrument: Instrument, fill: Fill) -> int:
    """Return what a fill takes out of the reservation."""
    if fill.side is Side.SELL:
        return base_up(instrument, fill.qty)
    return fill.quote_amount + (fill.fee if fill.fee_asset == instrument.quote else 0)
