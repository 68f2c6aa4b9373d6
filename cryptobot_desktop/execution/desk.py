"""The exchange's own desk: turns plans and hits into facts, one at a time.

Everything that gives facts is a generator: whoever asks settles each fact before the next one is made, so that the
purse is always up to date.
"""

from collections.abc import Iterator, Sequence

import msgspec

from cryptobot_desktop.domain.facts import ExecutionFact, OrderAmended, OrderTriggered
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.numbers import div_up
from cryptobot_desktop.domain.orders import (
    Fill,
    FillModel,
    Liquidity,
    ListRole,
    Order,
    OrderPhase,
    OrderStatus,
)
from cryptobot_desktop.execution.arrival import Plan, plan_now, plan_sending
from cryptobot_desktop.execution.crossing import PREVENTED, Stretch
from cryptobot_desktop.execution.lifecycle import Execution, Trail, ended, filled, still_holding
from cryptobot_desktop.execution.matching import Hit, book_execution
from cryptobot_desktop.execution.others import Others
from cryptobot_desktop.execution.rejections import Rejection
from cryptobot_desktop.execution.resting import RestingOrder
from cryptobot_desktop.execution.surroundings import Surroundings, too_poor
from cryptobot_desktop.execution.triggers import activated
from cryptobot_desktop.execution.walk import Take

Facts = Iterator[ExecutionFact]


class Desk:
    """What happens to orders that are known: arriving, waking, filling, shrinking, ending."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._freed: list[tuple[RestingOrder, Fill]] = []
        self._used_up: list[RestingOrder] = []
        """Icebergs whose shown part is gone."""

    def arrive(self, resting: RestingOrder, at_ms: int, what: str, reference: int | None = None) -> Facts:
        """Let an order that travelled, or a leg whose turn has come, arrive; `reference` as in `checked`."""
        around, order = self._around, resting.order
        instrument = around.instrument(order)
        checked = around.checked(order.request, instrument, at_ms, reference)
        budget = around.spendable(order, instrument)
        scene = around.scene(order.request, instrument)
        plan = plan_sending(checked, scene, budget=budget if order.reserved else None)
        shared = self._held_by_pair(order)
        refusal = _refusal(order, instrument, plan, budget + shared)
        if refusal is not None or isinstance(plan, Rejection):
            text = refusal.text if refusal is not None else ""
            yield from self.end(resting, OrderStatus.EXPIRED, text, at_ms, closes_list=what != "placed")
            return
        conditional = order.request.type.is_conditional
        resting.number = next(around.numbers)
        arrived = msgspec.structs.replace(
            order,
            status=OrderStatus.NEW if order.status is OrderStatus.PENDING_NEW else order.status,
            phase=OrderPhase.ARMED if conditional else OrderPhase.WORKING,
            updated_ms=at_ms,
            reserved=_holding(order, max(0, plan.reserved - shared), budget),
        )
        if order.request.type.is_trailing:
            arrived = activated(arrived, checked.reference_price)
        yield OrderAmended(around.keep(resting, arrived), what, at_ms)
        yield from self.enter(resting, instrument, plan, at_ms)

    def wake(self, resting: RestingOrder, price: int, at_ms: int, *, arrives: bool) -> Facts:
        """Let a triggered order become what it is: its pair ends first, then it arrives (`arrives`) or waits."""
        around = self._around
        yield from self._end_siblings(resting.order, "the other leg of its pair was triggered", at_ms)
        order = resting.order
        instrument, kind = around.instrument(order), order.request.type.awakened
        checked = around.checked(order.request, instrument, at_ms, None if arrives else price)
        budget = around.spendable(order, instrument)
        scene = around.scene(order.request, instrument)
        plan = plan_now(checked, kind, scene, budget if order.reserved else None)
        refusal = _refusal(order, instrument, plan, budget)
        reserved = order.reserved
        if refusal is None and not isinstance(plan, Rejection):
            reserved = _holding(order, plan.reserved + plan.margin, budget)
        around.open.leave(resting)
        resting.kind, resting.number = kind, next(around.numbers)
        woken = msgspec.structs.replace(
            order, phase=OrderPhase.WORKING, triggered_ms=at_ms, updated_ms=at_ms, reserved=reserved
        )
        yield OrderTriggered(around.keep(resting, woken), price, at_ms)
        if refusal is not None or isinstance(plan, Rejection):
            text = refusal.text if refusal is not None else ""
            yield from self.end(resting, OrderStatus.EXPIRED, text, at_ms, closes_list=False)
        elif arrives:
            yield from self.enter(resting, instrument, plan, at_ms)
        else:
            around.open.enter(resting)

    def enter(self, resting: RestingOrder, instrument: Instrument, plan: Plan, at_ms: int) -> Facts:
        """Carry out a plan: put the order into its place, let it take, and end what does not stay."""
        request = resting.order.request
        resting.since_ms, resting.arrived, resting.takes = at_ms, plan.arrived, plan.takes
        queue = self._around.open.enter(resting)
        if resting.order.phase is OrderPhase.ARMED:
            return
        if plan.displayed is not None and resting in queue.unsettled:
            queue.unsettled.remove(resting)
            queue.join(resting, plan.displayed)
            resting.others = Others(request.qty, self._around.model)
            resting.shown = request.display_qty
        last = max((n for n, stretch in enumerate(plan.crossing.stretches) if stretch.takes), default=-1)
        for number, stretch in enumerate(plan.crossing.stretches):
            executions = self._taken(resting, stretch, plan.update_id, at_ms)
            complete = plan.crossing.complete and number == last
            yield from self.apply(Hit(resting, executions, complete), instrument, at_ms)
            yield from self._meet_own(resting, stretch, at_ms)
        yield from self.apply(Hit(resting, ends=plan.ends), instrument, at_ms)

    def _meet_own(self, resting: RestingOrder, stretch: Stretch, at_ms: int) -> Facts:
        """Carry out self-trade prevention after a stretch of the walk."""
        if stretch.meets is None:
            return
        if not stretch.smaller_by:
            yield from self.end(stretch.meets, OrderStatus.EXPIRED, PREVENTED, at_ms)
            return
        yield from self.shrink(stretch.meets, stretch.smaller_by, "decremented", at_ms)
        yield from self.shrink(resting, stretch.smaller_by, "decremented", at_ms)

    def shrink(self, resting: RestingOrder, part: int, what: str, at_ms: int) -> Facts:
        """Take a part off an order's quantity; one that has nothing left ends."""
        around, order = self._around, resting.order
        smaller = msgspec.structs.replace(order, canceled_qty=order.canceled_qty + part, updated_ms=at_ms)
        if smaller.remaining_qty == 0:
            around.keep(resting, smaller)
            yield from self.end(resting, OrderStatus.EXPIRED, PREVENTED, at_ms)
            return
        instrument = around.instrument(order)
        if order.request.price is None and order.phase is not OrderPhase.WORKING:
            kept = div_up(order.reserved * smaller.remaining_qty, order.remaining_qty)
            smaller = msgspec.structs.replace(smaller, reserved=kept)
        if not self._other_legs(order):  # what a leg holds serves the other one too
            smaller = still_holding(smaller, instrument, around.fees.rates(instrument))
        yield OrderAmended(around.keep(resting, smaller), what, at_ms)

    def apply(self, hit: Hit, instrument: Instrument, now_ms: int) -> Facts:
        """Turn a hit into facts."""
        resting = hit.resting
        if hit.wakes_at is not None:
            yield from self.wake(resting, hit.wakes_at, now_ms, arrives=False)
        if hit.executions and resting.is_open:
            yield from self._fill(resting, instrument, hit)
        if hit.ends and resting.is_open:
            yield from self.end(resting, OrderStatus.EXPIRED, hit.ends, now_ms)

    def end(
        self, resting: RestingOrder, status: OrderStatus, reason: str, at_ms: int, *, closes_list: bool = True
    ) -> Facts:
        """End an open order; unless it leaves alone, the rest of its list ends with it."""
        fact = ended(resting.order, status, reason, at_ms)
        self._around.keep(resting, fact.order)
        yield fact
        list_id = fact.order.request.list_id
        if list_id and closes_list:
            for other in self._around.open.of_list(list_id):
                yield from self.end(other, status, f"its list ended: {reason}", at_ms, closes_list=False)

    def _fill(self, resting: RestingOrder, instrument: Instrument, hit: Hit) -> Facts:
        around, order = self._around, resting.order
        trail = Trail(
            around.model,
            max(0, order.arrives_ms - order.created_ms) if order.arrives_ms else 0,
            resting.queue.trace() if resting.queue is not None else None,
            resting.others.results(instrument, order.request.side) if resting.others is not None else (),
        )
        fact = filled(order, instrument, around.fees, hit.executions, trail=trail, complete=hit.complete)
        around.keep(resting, fact.order)
        if resting.is_open and resting.shown is not None:
            self._show_next(resting, hit.executions)
        yield fact
        if fact.order.request.list_id:
            yield from self._after_fill(fact.order, fact.fills[-1])

    def _show_next(self, resting: RestingOrder, executions: tuple[Execution, ...]) -> None:
        """Note what an iceberg has sold; a new part is shown at the back when the event has met all orders."""
        resting.shown = (resting.shown or 0) - sum(part.qty for part in executions if part.liquidity is Liquidity.MAKER)
        if resting.shown <= 0:
            self._used_up.append(resting)

    def show_new_parts(self) -> None:
        """Show new parts of icebergs. Call it when a trade or a book has met all orders."""
        while self._used_up:
            self._show(self._used_up.pop(0))

    def _show(self, resting: RestingOrder) -> None:
        book = self._around.live_book(resting.order.request.instrument)
        if not resting.is_open or book is None:
            return
        self._around.open.leave(resting)
        resting.number, resting.queue = next(self._around.numbers), None
        resting.shown = resting.order.request.display_qty
        queue = self._around.open.enter(resting)
        queue.unsettled.remove(resting)
        queue.join(resting, book.qty_at(resting.side, resting.price))

    def _after_fill(self, order: Order, fill: Fill) -> Facts:
        """End the other leg of a pair; free the legs that waited for this order."""
        if order.request.list_role is not ListRole.WORKING:
            yield from self._end_siblings(order, "the other leg of its pair was filled", fill.at_ms)
            return
        if order.status is OrderStatus.FILLED:
            legs = self._around.open.of_list(order.request.list_id)
            self._freed += [(leg, fill) for leg in legs if leg.order.phase is OrderPhase.PENDING]

    def finish(self) -> Facts:
        """Place the legs whose working order was filled. Call it when everything else of the moment has happened.

        In files without a book nothing but the fill itself tells where the market is.
        """
        while self._freed:
            leg, fill = self._freed.pop(0)
            if leg.is_open:
                is_file = self._around.market.book(fill.instrument) is None
                yield from self.arrive(leg, fill.at_ms, "placed", fill.price if is_file else None)

    def _held_by_pair(self, order: Order) -> int:
        """Return what the other leg of a pair holds: it serves both, as only one of them can fill."""
        return max((other.order.reserved for other in self._other_legs(order)), default=0)

    def _other_legs(self, order: Order) -> list[RestingOrder]:
        """Return the open orders that end when this one is filled or wakes."""
        request = order.request
        if request.list_role not in (ListRole.EITHER, ListRole.PENDING):
            return []
        return [
            other
            for other in self._around.open.of_list(request.list_id)
            if other.order.request.list_role is request.list_role and other.order.client_id != request.client_id
        ]

    def _end_siblings(self, order: Order, reason: str, at_ms: int) -> Facts:
        for other in self._other_legs(order):
            yield from self.end(other, OrderStatus.EXPIRED, reason, at_ms, closes_list=False)

    def _taken(
        self, resting: RestingOrder, stretch: Stretch, update_id: int | None, at_ms: int
    ) -> tuple[Execution, ...]:
        """Consume what a stretch takes and return it as executions at the levels' prices."""
        around, request, takes = self._around, resting.order.request, stretch.takes
        if not takes:
            return ()
        for take in takes:
            around.liquidity.take(request.instrument, request.side.opposite, (take.price, take.displayed), take.qty)
        others = resting.others = resting.others or Others(request.qty, around.model)
        _note_others(others, takes)
        return tuple(book_execution(take, take.price, Liquidity.TAKER, update_id, at_ms) for take in takes)


def _note_others(others: Others, takes: Sequence[Take]) -> None:
    """Give the other models their walk: the optimistic one finds everything that is displayed."""
    left = sum(take.qty for take in takes)
    for take in takes:
        part = min(left, take.displayed)
        others.take(FillModel.OPTIMISTIC, take.price, part)
        others.take(FillModel.EXPECTED, take.price, take.qty)
        others.take(FillModel.PESSIMISTIC, take.price, take.qty)
        left -= part


def _refusal(order: Order, instrument: Instrument, plan: Plan | Rejection, budget: int) -> Rejection | None:
    """Return why an order cannot go on: the plan's own refusal, or that it cannot be paid.

    A market order that holds something buys what that pays for.
    """
    if isinstance(plan, Rejection):
        return plan
    buys_less = order.reserved > 0 and not order.request.type.has_limit
    if buys_less or plan.reserved <= budget:
        return None
    return too_poor(order.request, instrument, plan.reserved, budget)


def _holding(order: Order, needed: int, budget: int) -> int:
    """Return what an order holds from now on: what it held, or more when that is needed and to be had."""
    return max(order.reserved, min(needed, budget))
