"""What is sent to the exchange: orders, lists, cancels and changes, checked when they are sent and when they arrive."""

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial

import msgspec

from cryptobot_desktop.domain.facts import ExecutionFact, OrderAccepted, OrderAmended
from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.orders import ListRole, Order, OrderPhase, OrderRequest, OrderStatus
from cryptobot_desktop.execution.arrival import Plan, plan_sending
from cryptobot_desktop.execution.charges import order_step
from cryptobot_desktop.execution.desk import Desk
from cryptobot_desktop.execution.filters import check_filters, unknown_symbol
from cryptobot_desktop.execution.lifecycle import rejected
from cryptobot_desktop.execution.lists import holdings, list_refusal
from cryptobot_desktop.execution.rejections import Rejection, Rule, refuse
from cryptobot_desktop.execution.resting import RestingOrder
from cryptobot_desktop.execution.surroundings import Surroundings, too_poor
from cryptobot_desktop.execution.travel import Travel
from cryptobot_desktop.execution.triggers import activated

Facts = Iterator[ExecutionFact]
NOTHING: tuple[ExecutionFact, ...] = ()


class Intake:
    """Takes messages of users and bots. With latency each travels, and none overtakes another one."""

    def __init__(self, surroundings: Surroundings, desk: Desk, travel: Travel) -> None:
        self._around = surroundings
        self._desk = desk
        self.travel = travel

    def submit(self, request: OrderRequest, now_ms: int, *, travels: bool) -> Facts:
        """Take an order, or refuse it; one that was sent before gives no facts."""
        earlier = self._around.orders.get(request.client_id)
        if earlier is not None:
            if earlier.request != request:
                yield rejected(request, _duplicate(request), now_ms)
            return
        instrument = self._around.market.instrument(request.instrument)
        answer = self.plan(request, instrument, now_ms, travels=travels)
        if isinstance(answer, Plan) and instrument is not None:
            available = self._around.available(request, instrument)
            if answer.reserved <= available:
                reserved = min(available, answer.reserved + answer.margin)
                resting = yield from self._accept(request, instrument, reserved, now_ms, travels=travels)
                if not travels and resting.is_open:
                    yield from self._desk.enter(resting, instrument, answer, now_ms)
                return
            answer = too_poor(request, instrument, answer.reserved, available)
        assert isinstance(answer, Rejection)
        yield self._refused(request, answer, now_ms)

    def submit_list(self, requests: Sequence[OrderRequest], now_ms: int) -> Facts:
        """Take all orders of a list, or refuse all of them."""
        known = [self._around.orders.get(request.client_id) for request in requests]
        if all(order is not None and order.request == r for order, r in zip(known, requests, strict=True)):
            return
        instrument = self._around.market.instrument(requests[0].instrument)
        reserved = self._list_holdings(requests, instrument, now_ms)
        if isinstance(reserved, Rejection) or instrument is None:
            refusal = reserved if isinstance(reserved, Rejection) else unknown_symbol(requests[0])
            for request, order in zip(requests, known, strict=True):
                fact = rejected(request, refusal, now_ms)
                yield fact if order is not None else self._refused(request, refusal, now_ms)
            return
        arrives_ms = self.travel.arrival_ms(now_ms) if self.travel.takes_time else 0
        for request, amount in zip(requests, reserved, strict=True):
            yield from self._accept(request, instrument, amount, now_ms, travels=True, arrives_ms=arrives_ms)
        step = partial(self._list_arrives, [request.client_id for request in requests])
        if arrives_ms:
            self.travel.at(arrives_ms, step)
        else:
            yield from step(now_ms)

    def send(self, step: Callable[[int], Facts], now_ms: int) -> Facts:
        """Carry out a message now, or when it has travelled."""
        if not self.travel.takes_time:
            return step(now_ms)
        self.travel.at(self.travel.arrival_ms(now_ms), step)
        return iter(NOTHING)

    def cancel(self, client_id: str, reason: str, now_ms: int) -> Facts:
        """Cancel an open order; no facts when it is no longer open."""
        resting = self._around.open.get(client_id)
        if resting is not None:
            yield from self._desk.end(resting, OrderStatus.CANCELED, reason, now_ms)

    def send_cancel(self, client_id: str, reason: str, now_ms: int) -> Facts:
        """Let a request to cancel travel; the order remembers it, also through a restart."""
        arrives_ms = self.travel.arrival_ms(now_ms)
        self.travel.at(arrives_ms, partial(self.cancel, client_id, reason))
        resting = self._around.open.get(client_id)
        if resting is not None:
            order = msgspec.structs.replace(resting.order, cancel_arrives_ms=arrives_ms)
            yield OrderAmended(self._around.keep(resting, order), "canceling", now_ms)

    def amend(self, client_id: str, qty: int, now_ms: int) -> Facts:
        """Make an open order smaller, if that is (still) possible."""
        resting = self._around.open.get(client_id)
        if resting is not None and self.amend_refusal(client_id, qty) is None:
            part = (resting.order.request.qty or 0) - resting.order.canceled_qty - qty
            yield from self._desk.shrink(resting, part, "amended", now_ms)

    def replace(self, client_id: str, request: OrderRequest, now_ms: int) -> Facts:
        """Cancel an order that is still open, and send the other one."""
        resting = self._around.open.get(client_id)
        if resting is not None:
            yield from self._desk.end(resting, OrderStatus.CANCELED, f"replaced by {request.client_id}", now_ms)
            yield from self.submit(request, now_ms, travels=False)

    def amend_refusal(self, client_id: str, qty: int) -> Rejection | None:
        """Return why an order cannot be made `qty` large, or None."""
        resting = self._around.open.get(client_id)
        if resting is None:
            return refuse(Rule.UNKNOWN_ORDER, Venue.BINANCE, f"order {client_id!r} is not open")
        order, instrument = resting.order, self._around.instrument(resting.order)
        if instrument.venue is Venue.KUCOIN:
            return refuse(Rule.AMEND, instrument.venue, "KuCoin cannot make an order smaller in place; replace it")
        whole, text = (order.request.qty or 0) - order.canceled_qty, instrument.qty_text
        if order.request.list_id:
            return refuse(Rule.AMEND, instrument.venue, f"order {client_id!r} belongs to a list")
        if not order.filled_qty < qty < whole:
            bounds = f"between {text(order.filled_qty)} and {text(whole)}"
            return refuse(Rule.AMEND, instrument.venue, f"new quantity {text(qty)} {instrument.base} is not {bounds}")
        if qty % order_step(instrument):
            return refuse(Rule.LOT_STEP, instrument.venue, f"new quantity {text(qty)} is not on the step")
        return None

    def arrive(self, client_id: str, at_ms: int) -> Facts:
        """Let an order that travelled arrive; one that was ended meanwhile does not."""
        resting = self._around.open.get(client_id)
        if resting is not None:
            yield from self._desk.arrive(resting, at_ms, "arrived")

    def watch_end(self, order: Order, earliest_ms: int) -> None:
        """End a GTD order at its time, but not before `earliest_ms` (the restart)."""
        end_ms = order.request.expire_ms
        if end_ms is not None:
            self.travel.at(max(end_ms, earliest_ms), partial(self._expire, order.client_id), expiry=True)

    def plan(
        self, request: OrderRequest, instrument: Instrument | None, now_ms: int, *, travels: bool
    ) -> Plan | Rejection:
        """Return what an order does when it is sent now, or the venue's refusal."""
        if instrument is None:
            return unknown_symbol(request)
        checked = self._around.checked(request, instrument, now_ms)
        return plan_sending(checked, self._around.scene(request, instrument), travels=travels)

    def _accept(
        self,
        request: OrderRequest,
        instrument: Instrument,
        reserved: int,
        now_ms: int,
        *,
        travels: bool,
        arrives_ms: int | None = None,
    ) -> Generator[ExecutionFact, None, RestingOrder]:
        """Accept an order with what it holds; returns it."""
        if arrives_ms is None:
            arrives_ms = self.travel.arrival_ms(now_ms) if travels else 0
        pending = request.list_role is ListRole.PENDING
        order = Order(
            request=request,
            status=OrderStatus.PENDING_NEW if pending else OrderStatus.NEW,
            created_ms=now_ms,
            updated_ms=now_ms,
            reserved=reserved,
            phase=_first_phase(request, travels=travels),
            arrives_ms=arrives_ms,
        )
        if order.phase is OrderPhase.ARMED and request.type.is_trailing:
            order = activated(order, self._around.reference(request.instrument))
        resting = self._around.take_in(order, now_ms)
        yield OrderAccepted(order, now_ms)
        self.watch_end(order, now_ms)
        if travels and not request.list_id:
            self.travel.at(arrives_ms, partial(self.arrive, request.client_id))
        return resting

    def _list_arrives(self, client_ids: Sequence[str], at_ms: int) -> Facts:
        for client_id in client_ids:
            resting = self._around.open.get(client_id)
            if resting is not None and resting.order.phase is OrderPhase.IN_FLIGHT:
                yield from self._desk.arrive(resting, at_ms, "arrived")

    def _list_holdings(
        self, requests: Sequence[OrderRequest], instrument: Instrument | None, now_ms: int
    ) -> list[int] | Rejection:
        """Return what each order of a list holds, or why none is taken."""
        if instrument is None:
            return unknown_symbol(requests[0])
        duplicate = next((r for r in requests if r.client_id in self._around.orders), None)
        if duplicate is not None:
            return _duplicate(duplicate)
        refusal = list_refusal(requests, instrument, self._around.reference(requests[0].instrument))
        reserved: list[int] = []
        for request in requests if refusal is None else ():
            answer = self._leg_plan(request, instrument, now_ms)
            if isinstance(answer, Rejection):
                return answer
            reserved.append(answer)
        if refusal is not None:
            return refusal
        held = holdings(requests, reserved)
        available = self._around.available(requests[0], instrument)
        return held if sum(held) <= available else too_poor(requests[0], instrument, sum(held), available)

    def _leg_plan(self, request: OrderRequest, instrument: Instrument, now_ms: int) -> int | Rejection:
        """Return what an order of a list must hold; a pending leg is only checked by the filters."""
        if request.list_role is ListRole.PENDING:
            refusal = check_filters(self._around.checked(request, instrument, now_ms))
            return 0 if refusal is None else refusal
        answer = self.plan(request, instrument, now_ms, travels=self.travel.takes_time)
        return answer if isinstance(answer, Rejection) else answer.reserved

    def _expire(self, client_id: str, at_ms: int) -> Facts:
        resting = self._around.open.get(client_id)
        if resting is not None:
            yield from self._desk.end(resting, OrderStatus.EXPIRED, "its time is over", at_ms)

    def _refused(self, request: OrderRequest, refusal: Rejection, now_ms: int) -> ExecutionFact:
        fact = rejected(request, refusal, now_ms)
        self._around.orders[request.client_id] = fact.order
        return fact


def _first_phase(request: OrderRequest, *, travels: bool) -> OrderPhase:
    if request.list_role is ListRole.PENDING:
        return OrderPhase.PENDING
    if travels:
        return OrderPhase.IN_FLIGHT
    return OrderPhase.ARMED if request.type.is_conditional else OrderPhase.WORKING


def _duplicate(request: OrderRequest) -> Rejection:
    return refuse(Rule.DUPLICATE, Venue(request.instrument.partition(":")[0]), request.client_id)
