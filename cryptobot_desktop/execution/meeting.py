"""Orders at the exchange meet a market event: which are filled, which wake."""

from collections.abc import Iterable, Iterator, Sequence

from cryptobot_desktop.domain.facts import ExecutionFact, OrderAmended
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import BookDelta, BookSnapshot, Candle, CandleSource, Trade
from cryptobot_desktop.domain.market_view import BookView
from cryptobot_desktop.domain.orders import OrderStatus, OrderType
from cryptobot_desktop.execution.arrival import crosses, plan_now
from cryptobot_desktop.execution.desk import Desk
from cryptobot_desktop.execution.file_matching import FileScene, Pool, match_candle, match_trade_file
from cryptobot_desktop.execution.matching import Hit, is_late, match_book, match_trade
from cryptobot_desktop.execution.rejections import Rejection, Rule, refuse
from cryptobot_desktop.execution.resting import RestingOrder, RestingOrders
from cryptobot_desktop.execution.surroundings import Surroundings
from cryptobot_desktop.execution.triggers import followed, is_reached

Facts = Iterator[ExecutionFact]
NOTHING: tuple[ExecutionFact, ...] = ()


class Meeting:
    """Public trades, books and bars against the orders of one instrument."""

    def __init__(self, surroundings: Surroundings, desk: Desk) -> None:
        self._around = surroundings
        self._desk = desk

    def trade(self, trade: Trade, orders: RestingOrders, confirmed: int | None, now_ms: int) -> Facts:
        """Fill resting orders with a public trade, then wake the armed ones that a confirmed price has reached."""
        instrument = self._around.market.instrument(trade.instrument)
        if instrument is None or not orders.first_sight(trade.trade_id):
            return
        armed = tuple(orders.armed)  # what this trade's fills place is not for this trade
        if self._around.market.book(trade.instrument) is None:
            scene = self._file_scene(orders, instrument, trade.qty, now_ms)
            yield from self._carry_out(match_trade_file(scene, trade), instrument, now_ms)
        elif self._around.live_book(trade.instrument) is not None:
            yield from self._carry_out(match_trade(orders, trade, self._around.model, now_ms), instrument, now_ms)
        else:
            return
        if confirmed is not None and armed:
            yield from self._wake(trade, armed, confirmed, now_ms)

    def book(self, change: BookDelta | BookSnapshot, orders: RestingOrders, now_ms: int) -> Iterable[ExecutionFact]:
        """Fill resting orders to whose price the displayed other side has come."""
        instrument = self._around.market.instrument(change.instrument)
        book = self._around.live_book(change.instrument)
        if instrument is None or book is None or orders.count == len(orders.armed):
            return NOTHING
        return self._meet_book(instrument, book, orders, change, now_ms)

    def candle(self, candle: Candle, orders: RestingOrders, now_ms: int) -> Facts:
        """Fill and wake orders with a closed bar of a source without a book."""
        market = self._around.market
        instrument = market.instrument(candle.instrument)
        has_book = market.book(candle.instrument) is not None
        # A bar that is not final says nothing yet, a built one repeats trades that were evidence already.
        if instrument is None or has_book or candle.closed is False or candle.source is CandleSource.BUILT:
            return
        scene = self._file_scene(orders, instrument, candle.volume or None, now_ms)
        for hit in match_candle(scene, candle):
            yield from self._desk.apply(hit, instrument, now_ms)
            yield from self._desk.finish()  # they live through the rest of the bar
        for resting in tuple(orders.armed):
            if resting.order is not self._around.orders[resting.order.client_id]:
                yield OrderAmended(self._around.keep(resting, resting.order), "trailed", now_ms)

    def _meet_book(
        self,
        instrument: Instrument,
        book: BookView,
        orders: RestingOrders,
        change: BookDelta | BookSnapshot,
        now_ms: int,
    ) -> Facts:
        if orders.waiting or orders.unsettled:
            yield from self._settle(instrument, book, orders, now_ms)
        orders.refresh(self._around.model, book, change)
        hits = match_book(orders, instrument.id, book, self._around.liquidity, now_ms)
        yield from self._carry_out(hits, instrument, now_ms)

    def _carry_out(self, hits: Iterable[Hit], instrument: Instrument, now_ms: int) -> Facts:
        # Each hit is carried out before the next is looked for: hits share volume and must see what others took.
        for hit in hits:
            yield from self._desk.apply(hit, instrument, now_ms)
        self._desk.show_new_parts()

    def _file_scene(self, orders: RestingOrders, instrument: Instrument, volume: int | None, now_ms: int) -> FileScene:
        rates = self._around.fees.rates(instrument)
        return FileScene(orders, instrument, rates, self._around.model, now_ms, Pool(volume))

    def _wake(self, trade: Trade, armed: Sequence[RestingOrder], price: int, now_ms: int) -> Facts:
        """Judge every armed order by a confirmed price; the woken ones arrive after all were judged."""
        around, woken = self._around, []
        for resting in armed:
            if is_late(resting, trade) or not resting.is_open:
                continue
            order = resting.order
            if order.request.type.is_trailing:
                order = followed(order, price)
                if order is not resting.order:
                    yield OrderAmended(around.keep(resting, order), "trailed", now_ms)
            trigger = order.trigger_price
            if trigger is not None and is_reached(order.request, trigger, price):
                woken.append(resting)
        if woken:
            self._take_off(trade)
        yield from self._arrive_woken(woken, price, now_ms)

    def _arrive_woken(self, woken: Sequence[RestingOrder], price: int, now_ms: int) -> Facts:
        for resting in woken:
            if resting.is_open:  # the other leg of its pair may have ended it
                yield from self._desk.wake(resting, price, now_ms, arrives=True)

    def _take_off(self, trade: Trade) -> None:
        """Count the trade's quantity as gone from the level that it hit, until that level changes."""
        book = self._around.live_book(trade.instrument)
        hit_side = trade.aggressor.opposite
        displayed = book.qty_at(hit_side, trade.price) if book is not None else 0
        if displayed:
            self._around.liquidity.take(trade.instrument, hit_side, (trade.price, displayed), trade.qty)

    def _settle(self, instrument: Instrument, book: BookView, orders: RestingOrders, now_ms: int) -> Facts:
        """Let orders meet the first live book since they were sent (or since the restart)."""
        for resting in tuple(orders.waiting):
            hit = Hit(resting, ends="the market has an order book now; send the market order again")
            yield from self._desk.apply(hit, instrument, now_ms)
        for resting in tuple(orders.unsettled):
            if not resting.is_open:
                continue
            orders.unsettled.remove(resting)
            request = resting.order.request
            orders.join(resting, book.qty_at(request.side, resting.price))
            resting.shown = request.display_qty
            if resting.arrived:
                continue
            resting.arrived = True
            yield from self._first_book(resting, instrument, book, now_ms)

    def _first_book(self, resting: RestingOrder, instrument: Instrument, book: BookView, now_ms: int) -> Facts:
        request = resting.order.request
        if resting.kind is OrderType.LIMIT_MAKER and crosses(request, book):
            reason = refuse(Rule.POST_ONLY, instrument.venue).reason
            yield from self._desk.end(resting, OrderStatus.EXPIRED, reason, now_ms)
            return
        checked = self._around.checked(request, instrument, now_ms)
        plan = plan_now(checked, resting.kind, self._around.scene(request, instrument))
        if not isinstance(plan, Rejection):
            self._around.open.leave(resting)
            yield from self._desk.enter(resting, instrument, plan, now_ms)
