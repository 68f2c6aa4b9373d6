"""The paper exchange: takes orders, checks them as the venue would, and fills them on evidence only.

Pure: time and market come in as arguments. Everything that gives facts is lazy: settle each fact before the next one is
asked for. Without latency a message arrives in the moment it is sent.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from cryptobot_desktop.domain.facts import ExecutionFact
from cryptobot_desktop.domain.instrument import InstrumentId, Venue
from cryptobot_desktop.domain.latency import Latency
from cryptobot_desktop.domain.market import (
    BookDelta,
    BookSnapshot,
    Candle,
    ClockTick,
    FeedState,
    MarketEvent,
    Trade,
)
from cryptobot_desktop.domain.market_view import MarketView
from cryptobot_desktop.domain.orders import FeeRates, FillModel, Order, OrderPhase, OrderRequest
from cryptobot_desktop.domain.purse import Purse
from cryptobot_desktop.execution.desk import Desk
from cryptobot_desktop.execution.filters import unknown_symbol
from cryptobot_desktop.execution.intake import NOTHING, Intake
from cryptobot_desktop.execution.meeting import Meeting
from cryptobot_desktop.execution.preview import OrderPreview, preview_plan, preview_refusal
from cryptobot_desktop.execution.rejections import Rejection, Rule, refuse
from cryptobot_desktop.execution.resting import RestingOrders
from cryptobot_desktop.execution.surroundings import Surroundings, too_poor
from cryptobot_desktop.execution.travel import Travel

Facts = Iterator[ExecutionFact]
USER_CANCELED = "canceled by the user"
NO_LATENCY = Latency()
Evidence = Trade | BookDelta | BookSnapshot | Candle
_EVIDENCE = (Trade, BookDelta, BookSnapshot, Candle)


class PaperExchange:
    """All paper orders of all portfolios."""

    def __init__(
        self,
        fees: Mapping[Venue, FeeRates],
        *,
        purse: Purse,
        model: FillModel = FillModel.PESSIMISTIC,
        latency: Latency = NO_LATENCY,
        seed: int = 0,
    ) -> None:
        self._around = Surroundings(fees, purse, model)
        self._desk = Desk(self._around)
        self._meeting = Meeting(self._around, self._desk)
        self.travel = Travel(latency, seed)
        """What is on its way; `travel.next_ms` says when `advance` has something to do."""
        self._intake = Intake(self._around, self._desk, self.travel)

    def change_rules(
        self,
        venue: Venue,
        *,
        fees: FeeRates | None = None,
        model: FillModel | None = None,
        latency: Latency | None = None,
    ) -> None:
        """Go on under other rules where they are given; what is done, reserved or on its way stays as it is."""
        if fees is not None:
            self._around.fees.set_rates(venue, fees)
        if model is not None:
            self._around.set_model(model)
        if latency is not None:
            self.travel.latency = latency

    def submit(self, request: OrderRequest, market: MarketView, now_ms: int) -> Facts:
        """Take an order. The same `client_id` with the same payload gives no facts; see `order` for the answer."""
        self._around.market = market
        return self._whole(self._intake.submit(request, now_ms, travels=self.travel.takes_time))

    def submit_list(self, requests: Sequence[OrderRequest], market: MarketView, now_ms: int) -> Facts:
        """Take orders that belong together, all or none; the refused ones all give a fact."""
        self._around.market = market
        return self._whole(self._intake.submit_list(requests, now_ms))

    def cancel(self, client_id: str, market: MarketView, now_ms: int, reason: str = USER_CANCELED) -> Facts:
        """Cancel one open order; with latency the request travels. No facts when it is unknown or no longer open."""
        self._around.market = market
        if self.travel.takes_time:
            return self._intake.send_cancel(client_id, reason, now_ms)
        return self._intake.cancel(client_id, reason, now_ms)

    def cancel_all(
        self,
        now_ms: int,
        *,
        portfolio: str | None = None,
        instrument: InstrumentId | None = None,
        origin: str | None = None,
        reason: str = USER_CANCELED,
    ) -> Facts:
        """End every open order that matches all given selectors, oldest first and at once: this is no request."""
        chosen = [
            order.client_id
            for order in self.open_orders()
            if portfolio in (None, order.request.portfolio)
            and instrument in (None, order.request.instrument)
            and origin in (None, order.request.origin)
        ]
        for client_id in chosen:
            yield from self._intake.cancel(client_id, reason, now_ms)

    def amend(self, client_id: str, qty: int, market: MarketView, now_ms: int) -> Rejection | Facts:
        """Make an open order smaller: `qty` is its new whole quantity. It keeps its place in the queue."""
        self._around.market = market
        refusal = self._intake.amend_refusal(client_id, qty)
        if refusal is not None:
            return refusal
        return self._intake.send(partial(self._intake.amend, client_id, qty), now_ms)

    def replace(self, client_id: str, request: OrderRequest, market: MarketView, now_ms: int) -> Rejection | Facts:
        """Cancel an open order and send another; when the first is no longer open, nothing is sent."""
        self._around.market = market
        if self._around.open.get(client_id) is None:
            venue = Venue(request.instrument.partition(":")[0])
            return refuse(Rule.UNKNOWN_ORDER, venue, f"order {client_id!r} is not open")
        return self._whole(self._intake.send(partial(self._intake.replace, client_id, request), now_ms))

    def advance(self, market: MarketView, now_ms: int) -> Facts:
        """Do what has reached the exchange up to `now_ms`; call it before the market changes."""
        self._around.market = market
        while (due := self.travel.pop(now_ms)) is not None:
            at_ms, step = due
            yield from self._whole(step(at_ms))

    def on_event(self, event: MarketEvent, market: MarketView, now_ms: int) -> Iterable[ExecutionFact]:
        """Let orders meet one market event, which `market` knows already. Call it before strategies see the event."""
        if type(event) is ClockTick:
            return NOTHING
        queue = self._around.open.queues.get(event.instrument)
        matters = queue is not None and queue.count > 0
        if not matters and not isinstance(event, Trade):
            return NOTHING
        self._around.market = market
        if not isinstance(event, _EVIDENCE) or market.state(event.instrument) is not FeedState.LIVE:
            return NOTHING
        confirmed = self._around.confirmed(event) if isinstance(event, Trade) else None
        return self._meet(event, queue, confirmed, now_ms) if queue is not None and matters else NOTHING

    def _meet(
        self, event: Evidence, queue: RestingOrders, confirmed: int | None, now_ms: int
    ) -> Iterable[ExecutionFact]:
        if isinstance(event, Candle):
            return self._meeting.candle(event, queue, now_ms)
        if isinstance(event, Trade):
            return self._whole(self._meeting.trade(event, queue, confirmed, now_ms))
        facts = self._meeting.book(event, queue, now_ms)
        return facts if facts is NOTHING else self._whole(facts)

    def _whole(self, facts: Iterable[ExecutionFact]) -> Facts:
        """Give all facts of a moment, and at its end place the legs that they have set free."""
        yield from facts
        yield from self._desk.finish()

    def open_orders(self) -> tuple[Order, ...]:
        """Return all open orders, oldest first."""
        return tuple(resting.order for resting in self._around.open)

    def order(self, client_id: str) -> Order | None:
        """Return the newest state of an order (also final and rejected ones), or None."""
        return self._around.orders.get(client_id)

    def restore(self, orders: Iterable[Order], now_ms: int) -> None:
        """Take up stored orders after a restart, oldest first; final ones are only remembered for idempotency.

        Queue positions start again behind everything that the next live book displays, and nothing that
        happened before `now_ms` fills them.
        """
        for order in orders:
            if not order.status.is_open:
                self._around.orders[order.client_id] = order
                continue
            resting = self._around.take_in(order, now_ms)
            resting.takes = not order.request.time_in_force.rests
            self._intake.watch_end(order, now_ms)
            self.travel.resume(max(order.arrives_ms, order.cancel_arrives_ms))
            if order.cancel_arrives_ms:
                step = partial(self._intake.cancel, order.client_id, USER_CANCELED)
                self.travel.at(max(now_ms, order.cancel_arrives_ms), step)
            if order.phase is OrderPhase.IN_FLIGHT:
                self.travel.at(max(now_ms, order.arrives_ms), partial(self._intake.arrive, order.client_id))
            elif order.phase is not OrderPhase.PENDING:
                self._around.open.enter(resting)

    def preview(self, request: OrderRequest, market: MarketView, available: int | None = None) -> OrderPreview:
        """Say what `request` would do now; `available` None skips the balance check."""
        self._around.market = market
        instrument = market.instrument(request.instrument)
        answer = self._intake.plan(request, instrument, 0, travels=False)
        if isinstance(answer, Rejection) or instrument is None:
            return preview_refusal(answer if isinstance(answer, Rejection) else unknown_symbol(request))
        if available is not None and answer.reserved > available:
            return preview_refusal(too_poor(request, instrument, answer.reserved, available))
        return preview_plan(request, instrument, answer, self._around.fees.rates(instrument), market)
