"""Makes the commands of a checked draft: one order, or a list of orders that belong together. Pure."""

import msgspec

from cryptobot_desktop.domain.commands import PlaceOrder, PlaceOrderList
from cryptobot_desktop.domain.instrument import FeeRule, Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import PPM, div_up
from cryptobot_desktop.domain.orders import ListKind, OrderType, TimeInForce
from cryptobot_desktop.gui.ticket.draft import OrderDraft, Typed
from cryptobot_desktop.gui.ticket.kinds import KINDS, ExitKind, Kind

Built = tuple[tuple[PlaceOrder, ...], PlaceOrderList | None]


def built(draft: OrderDraft, typed: Typed, client_id: str) -> Built:
    """Return the orders, and the list that holds them when they are sent together."""
    if not draft.kind.is_list:
        return (_single(draft, typed, client_id),), None
    orders = _pair(draft, typed) if draft.kind is Kind.OCO else _entry_and_exits(draft, typed)
    named = tuple(
        msgspec.structs.replace(order, client_id=f"{client_id}-{number}") for number, order in enumerate(orders, 1)
    )
    return named, PlaceOrderList(client_id, ListKind(draft.kind.value), named)


def exit_qty(draft: OrderDraft, qty: int) -> int:
    """Return what an entry leaves to be sold again: less the fee where it is taken from what is bought."""
    instrument = draft.instrument
    if draft.side is Side.SELL or instrument.fee_rule is not FeeRule.RECEIVED:
        return qty
    bought = instrument.base_amount(qty)
    fee = div_up(bought * max(draft.fees.maker_ppm, draft.fees.taker_ppm), PPM)
    step = max(1, instrument.filters.step_size)
    return instrument.qty_from_amount(bought - fee) // step * step


def _single(draft: OrderDraft, typed: Typed, client_id: str) -> PlaceOrder:
    known = KINDS[draft.kind].lifetimes
    order = _order(draft, _type(draft, typed), draft.side, typed.qty)
    return msgspec.structs.replace(
        order,
        client_id=client_id,
        quote_amount=typed.amount,
        price=typed.price,
        time_in_force=draft.time_in_force if draft.time_in_force in known else TimeInForce.GTC,
        stop_price=typed.trigger,
        trailing_bips=typed.bips,
        display_qty=typed.shown,
        expire_ms=typed.expire_ms,
    )


def _type(draft: OrderDraft, typed: Typed) -> OrderType:
    if draft.kind is Kind.ICEBERG:
        return OrderType.LIMIT
    if draft.kind is Kind.TRAILING_STOP and typed.price is not None:
        return OrderType.TRAILING_STOP_LIMIT
    return OrderType(draft.kind.value)


def _order(draft: OrderDraft, kind: OrderType, side: Side, qty: int | None) -> PlaceOrder:
    return PlaceOrder(
        client_id="",
        portfolio=draft.portfolio,
        instrument=draft.instrument.id,
        side=side,
        type=kind,
        qty=qty,
        stp=draft.stp,
    )


def _pair(draft: OrderDraft, typed: Typed) -> tuple[PlaceOrder, ...]:
    return _target(draft, typed, draft.side, typed.qty), _stop(draft, typed, draft.side, typed.qty)


def _entry_and_exits(draft: OrderDraft, typed: Typed) -> tuple[PlaceOrder, ...]:
    entry = msgspec.structs.replace(_order(draft, OrderType.LIMIT, draft.side, typed.qty), price=typed.price)
    side = Side.SELL if draft.side is Side.BUY else Side.BUY
    qty = exit_qty(draft, typed.qty or 0)
    if draft.kind is Kind.BRACKET:
        return entry, _target(draft, typed, side, qty), _stop(draft, typed, side, qty)
    if draft.exit_kind is ExitKind.LIMIT:
        return entry, _target(draft, typed, side, qty)
    if draft.exit_kind is ExitKind.STOP:
        return entry, _stop(draft, typed, side, qty)
    trailing = _order(draft, OrderType.TRAILING_STOP, side, qty)
    return entry, msgspec.structs.replace(trailing, trailing_bips=typed.bips)


def _target(draft: OrderDraft, typed: Typed, side: Side, qty: int | None) -> PlaceOrder:
    """Return the leg that takes the profit: Binance wants it to be a maker in a pair."""
    alone = draft.kind is Kind.OTO or draft.instrument.venue is Venue.KUCOIN
    kind = OrderType.LIMIT if alone else OrderType.LIMIT_MAKER
    return msgspec.structs.replace(_order(draft, kind, side, qty), price=typed.target)


def _stop(draft: OrderDraft, typed: Typed, side: Side, qty: int | None) -> PlaceOrder:
    kind = OrderType.STOP_LOSS if typed.stop_limit is None else OrderType.STOP_LOSS_LIMIT
    return msgspec.structs.replace(_order(draft, kind, side, qty), stop_price=typed.stop, price=typed.stop_limit)
