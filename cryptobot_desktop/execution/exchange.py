"""The paper exchange: takes orders, checks them as the venue would, and fills them on evidence only."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

from cryptobot_desktop.domain.facts import ExecutionFact, OrderAccepted, OrderFilled
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId, Venue
from cryptobot_desktop.domain.market import (
    BookDelta,
    BookSnapshot,
    Candle,
    ClockTick,
    FeedState,
    MarketEvent,
    Side,
    Trade,
)
from cryptobot_desktop.domain.market_view import BookView, MarketView
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.domain.orders import (
    FeeRates,
    Liquidity,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    TimeInForce,
)
from cryptobot_desktop.execution.arrival import Plan, crosses, plan_arrival, walk_limit
from cryptobot_desktop.execution.depth import reference_price, usable_book
from cryptobot_desktop.execution.filters import Checked, unknown_symbol
from cryptobot_desktop.execution.lifecycle import Execution, ended, filled, rejected
from cryptobot_desktop.execution.liquidity import LiquidityLedger
from cryptobot_desktop.execution.matching import (
    Hit,
    book_execution,
    match_book,
    match_file_event,
    match_trade,
)
from cryptobot_desktop.execution.preview import OrderPreview, preview_plan, preview_refusal
from cryptobot_desktop.execution.rejections import Rejection, Rule, refuse
from cryptobot_desktop.execution.resting import OpenOrders, RestingOrder, RestingOrders
from cryptobot_desktop.execution.walk import Walk

NOTHING: Sequence[ExecutionFact] = ()
_DEFAULT_RATES = FeeRates()


class PaperExchange:
    """All paper orders of all portfolios. Pure: time and market come in as arguments."""

    def __init__(self, fees: Mapping[Venue, FeeRates]) -> None:
        self._fees = dict(fees)
        self._orders: dict[str, Order] = {}
        self._open = OpenOrders()
        self._liquidity = LiquidityLedger()
        self._numbers = count(1)

    def submit(
        self, request: OrderRequest, market: MarketView, available: int, now_ms: int, position: int = 0
    ) -> Sequence[ExecutionFact]:
        """Take an order. `available` is the free ledger amount of the paying asset (quote for buys, base for sells).

        `position` is the ledger amount of the base asset held in all (free and reserved), for MAX_POSITION.
        The same `client_id` with the same payload answers with no new facts; see `order` for the earlier answer.
        """
        earlier = self._orders.get(request.client_id)
        instrument = market.instrument(request.instrument)
        if earlier is not None:
            if earlier.request == request:
                return NOTHING
            venue = Venue(request.instrument.partition(":")[0])
            return (rejected(request, refuse(Rule.DUPLICATE, venue, request.client_id), now_ms),)
        answer = self._plan(request, instrument, market, position)
        if isinstance(answer, Plan) and instrument is not None:
            if answer.reserved <= available:
                return self._accept(
                    request, instrument, answer, min(available, answer.reserved + answer.margin), now_ms
                )
            answer = _too_poor(request, instrument, answer.reserved, available)
        assert isinstance(answer, Rejection)
        fact = rejected(request, answer, now_ms)
        self._orders[request.client_id] = fact.order
        return (fact,)

    def on_event(self, event: MarketEvent, market: MarketView, now_ms: int) -> Sequence[ExecutionFact]:
        """Fill resting orders on the evidence of one market event. Call it before strategies see the event."""
        queues = self._open.queues
        if not queues or isinstance(event, ClockTick):
            return NOTHING
        orders = queues.get(event.instrument)
        if orders is None:
            return NOTHING
        if isinstance(event, (Trade, BookDelta, BookSnapshot, Candle)):
            return self._match(event, orders, market, now_ms)
        return NOTHING

    def cancel(self, client_id: str, now_ms: int, reason: str = "canceled by the user") -> Sequence[ExecutionFact]:
        """Cancel one open order; no facts when it is unknown or no longer open."""
        resting = self._open.get(client_id)
        return NOTHING if resting is None else (self._end(resting, OrderStatus.CANCELED, reason, now_ms),)

    def cancel_all(
        self,
        now_ms: int,
        *,
        portfolio: str | None = None,
        instrument: InstrumentId | None = None,
        origin: str | None = None,
        reason: str = "canceled by the user",
    ) -> Sequence[ExecutionFact]:
        """Cancel every open order that matches all given selectors, oldest first."""
        chosen = [
            order.client_id
            for order in self.open_orders()
            if portfolio in (None, order.request.portfolio)
            and instrument in (None, order.request.instrument)
            and origin in (None, order.request.origin)
        ]
        return [fact for client_id in chosen for fact in self.cancel(client_id, now_ms, reason)]

    def open_orders(self) -> tuple[Order, ...]:
        """Return all open orders, oldest first."""
        return tuple(resting.order for resting in self._open)

    def order(self, client_id: str) -> Order | None:
        """Return the newest state of an order (also final and rejected ones), or None."""
        return self._orders.get(client_id)

    def restore(self, orders: Iterable[Order], now_ms: int) -> None:
        """Take up stored orders after a restart, oldest first; final ones are only remembered for idempotency.

        Queue positions start again behind everything that the next live book displays, and nothing that
        happened before `now_ms` fills them.
        """
        for order in orders:
            self._orders[order.client_id] = order
            if order.status.is_open:
                takes = order.request.time_in_force is not TimeInForce.GTC
                self._open.add(RestingOrder(order, next(self._numbers), now_ms, takes=takes))

    def preview(self, request: OrderRequest, market: MarketView, available: int | None = None) -> OrderPreview:
        """Say what `request` would do now; `available` None skips the balance check."""
        instrument = market.instrument(request.instrument)
        answer = self._plan(request, instrument, market, 0)
        if isinstance(answer, Rejection) or instrument is None:
            return preview_refusal(answer if isinstance(answer, Rejection) else unknown_symbol(request))
        if available is not None and answer.reserved > available:
            return preview_refusal(_too_poor(request, instrument, answer.reserved, available))
        return preview_plan(request, instrument, answer, self._rates(instrument), market)

    def _rates(self, instrument: Instrument) -> FeeRates:
        return self._fees.get(instrument.venue, _DEFAULT_RATES)

    def _plan(
        self, request: OrderRequest, instrument: Instrument | None, market: MarketView, position: int
    ) -> Plan | Rejection:
        if instrument is None:
            return unknown_symbol(request)
        queue = self._open.queues.get(request.instrument)
        checked = Checked(
            request=request,
            instrument=instrument,
            reference_price=reference_price(market, request.instrument),
            open_orders=tuple(r.order for r in queue.all() if r.order.request.portfolio == request.portfolio)
            if queue
            else (),
            position=position,
        )
        return plan_arrival(checked, market, self._liquidity, self._rates(instrument))

    def _accept(
        self, request: OrderRequest, instrument: Instrument, plan: Plan, reserved: int, now_ms: int
    ) -> Sequence[ExecutionFact]:
        order = Order(request=request, status=OrderStatus.NEW, created_ms=now_ms, updated_ms=now_ms, reserved=reserved)
        resting = RestingOrder(
            order, next(self._numbers), now_ms, ahead=plan.ahead, arrived=plan.arrived, takes=plan.takes
        )
        self._orders[request.client_id] = order
        self._open.add(resting)
        facts: list[ExecutionFact] = [OrderAccepted(order, now_ms)]
        executions = self._taken(request, plan.walk, plan.update_id, now_ms)
        facts += self._apply(Hit(resting, executions, plan.walk.complete, plan.ends), instrument, now_ms)
        return facts

    def _taken(self, request: OrderRequest, walk: Walk, update_id: int | None, now_ms: int) -> tuple[Execution, ...]:
        """Consume what a walk takes and return it as executions at the levels' prices."""
        for take in walk.takes:
            self._liquidity.take(request.instrument, request.side.opposite, (take.price, take.displayed), take.qty)
        return tuple(book_execution(take, take.price, Liquidity.TAKER, update_id, now_ms) for take in walk.takes)

    def _apply(self, hit: Hit, instrument: Instrument, now_ms: int) -> Iterator[ExecutionFact]:
        """Turn a hit into facts and take orders that are done out of the queue."""
        resting = hit.resting
        if hit.executions:
            yield self._fill(resting, instrument, hit)
        if hit.ends and resting.order.status.is_open:
            yield self._end(resting, OrderStatus.EXPIRED, hit.ends, now_ms)

    def _fill(self, resting: RestingOrder, instrument: Instrument, hit: Hit) -> OrderFilled:
        fact = filled(resting.order, instrument, self._rates(instrument), hit.executions, complete=hit.complete)
        resting.order = fact.order
        self._orders[fact.order.client_id] = fact.order
        if not fact.order.status.is_open:
            self._open.remove(resting)
        return fact

    def _end(self, resting: RestingOrder, status: OrderStatus, reason: str, now_ms: int) -> ExecutionFact:
        fact = ended(resting.order, status, reason, now_ms)
        resting.order = fact.order
        self._orders[fact.order.client_id] = fact.order
        self._open.remove(resting)
        return fact

    def _match(
        self, event: Trade | BookDelta | BookSnapshot | Candle, orders: RestingOrders, market: MarketView, now_ms: int
    ) -> Sequence[ExecutionFact]:
        instrument = market.instrument(event.instrument)
        if instrument is None or market.state(event.instrument) is not FeedState.LIVE:
            return NOTHING
        if market.book(event.instrument) is None:
            hits = match_file_event(orders, instrument, event, self._rates(instrument), now_ms)
        else:
            book, _ = usable_book(market, event.instrument)
            hits = self._book_hits(event, orders, instrument, book, now_ms) if book is not None else iter(())
        # Each hit is applied before the next is looked for: hits share volume and must see what the others took.
        facts = [fact for hit in hits for fact in self._apply(hit, instrument, now_ms)]
        return facts or NOTHING

    def _book_hits(
        self, event: MarketEvent, orders: RestingOrders, instrument: Instrument, book: BookView, now_ms: int
    ) -> Iterator[Hit]:
        if isinstance(event, Trade):
            if orders.first_sight(event.trade_id):
                yield from match_trade(orders, event, now_ms)
        elif isinstance(event, (BookDelta, BookSnapshot)):
            yield from self._settle(orders, instrument, book, now_ms)
            yield from match_book(orders, instrument, book, self._liquidity, now_ms)

    def _settle(self, orders: RestingOrders, instrument: Instrument, book: BookView, now_ms: int) -> Iterator[Hit]:
        """Let orders meet the first live book since they were sent (or since the restart)."""
        for resting in tuple(orders.waiting):
            yield Hit(resting, ends="the market has an order book now; send the market order again")
        for resting in tuple(orders.unsettled):
            orders.unsettled.remove(resting)
            request = resting.order.request
            orders.queue_up(resting, book.qty_at(request.side, resting.price))
            if resting.arrived:
                continue
            resting.arrived = True
            if request.type is OrderType.LIMIT_MAKER and crosses(request, book):
                yield Hit(resting, ends=refuse(Rule.POST_ONLY, instrument.venue).reason)
                continue
            walk = walk_limit(request, book, self._liquidity, resting.order.remaining_qty)
            yield Hit(resting, self._taken(request, walk, book.update_id, now_ms))


def _too_poor(request: OrderRequest, instrument: Instrument, needed: int, available: int) -> Rejection:
    asset = instrument.quote if request.side is Side.BUY else instrument.base
    need, have = (format_trimmed(amount, AMOUNT_DECIMALS) for amount in (needed, available))
    return refuse(Rule.BALANCE, instrument.venue, f"{need} {asset} are needed, {have} are free")
