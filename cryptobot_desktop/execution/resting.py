"""Open orders: armed ones, limits in price-time order, market orders that wait for a price, seen trades."""

from bisect import insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.market import BookDelta, BookSnapshot, Side
from cryptobot_desktop.domain.market_view import BookView
from cryptobot_desktop.domain.orders import FillModel, Order, OrderPhase, OrderType
from cryptobot_desktop.execution.others import Others
from cryptobot_desktop.execution.queue import Queue

_SEEN_TRADES = 1024


@dataclass(slots=True, eq=False)
class RestingOrder:
    """An open order with its place in the queue."""

    order: Order
    number: int
    """Running number of arrival: who comes first at the same price."""
    since_ms: int
    """Evidence from before this moment (arrival, or the restart) does not count."""
    kind: OrderType
    """What the order is now: a triggered stop is a market or limit order."""
    queue: Queue | None = None
    """None until a live book has shown what is before us."""
    arrived: bool = True
    """False while no live book has been seen since the order was sent: it may yet take on arrival."""
    takes: bool = False
    """Without a book: the order crossed the last price on arrival, so its first fill takes."""
    shown: int | None = None
    """Of an iceberg: what is left of the part that is displayed."""
    others: Others | None = None

    @property
    def price(self) -> int:
        """Return the limit price (0 for market orders)."""
        return self.order.request.price or 0

    @property
    def side(self) -> Side:
        """Return the order's side."""
        return self.order.request.side

    @property
    def is_market(self) -> bool:
        """Return True for a market order that waits for a price."""
        return self.kind is OrderType.MARKET

    @property
    def is_open(self) -> bool:
        """Return True while the order can still fill."""
        return self.order.status.is_open

    @property
    def stays(self) -> bool:
        """Return True unless the order ends after its first chance (IOC, FOK)."""
        return self.order.request.time_in_force.rests

    @property
    def part(self) -> int:
        """Return what takes part in public trades: the rest, of an iceberg the displayed part."""
        rest = self.order.remaining_qty
        return rest if self.shown is None else min(rest, self.shown)

    def rank(self) -> tuple[int, int]:
        """Return the sort key of price-time priority on the order's own side."""
        return (-self.price if self.side is Side.BUY else self.price, self.number)

    def reached_by(self, price: int) -> bool:
        """Return True when `price` is at our limit or beyond it."""
        return price <= self.price if self.side is Side.BUY else price >= self.price

    def passed_by(self, price: int) -> bool:
        """Return True when `price` is strictly beyond our limit: everybody at our price was served."""
        return price < self.price if self.side is Side.BUY else price > self.price


class RestingOrders:
    """All orders of one instrument that are at the exchange."""

    def __init__(self) -> None:
        self.armed: list[RestingOrder] = []
        """Stops, take-profits and trailing stops that wait for their trigger, by arrival."""
        self.waiting: list[RestingOrder] = []
        """Market orders by arrival (sources without a book only)."""
        self.buys: list[RestingOrder] = []
        self.sells: list[RestingOrder] = []
        self.unsettled: list[RestingOrder] = []
        """Limit orders whose place in the queue no live book has shown yet."""
        self._at: dict[tuple[Side, int], list[RestingOrder]] = {}
        """Limit orders by side and price."""
        self.count = 0
        """How many orders there are in all; most instruments have none most of the time."""
        self._seen: set[str] = set()
        self._seen_order: deque[str] = deque()

    def side(self, side: Side) -> list[RestingOrder]:
        """Return the limit orders of one side, first in line first."""
        return self.buys if side is Side.BUY else self.sells

    def _place_of(self, resting: RestingOrder) -> list[RestingOrder]:
        if resting.order.phase is OrderPhase.ARMED:
            return self.armed
        return self.waiting if resting.is_market else self.side(resting.side)

    def add(self, resting: RestingOrder) -> None:
        """Put an order into its place."""
        self.count += 1
        place = self._place_of(resting)
        if place is self.armed or place is self.waiting:
            place.append(resting)
            return
        if resting.queue is None:
            self.unsettled.append(resting)
        insort(place, resting, key=RestingOrder.rank)
        self._at.setdefault((resting.side, resting.price), []).append(resting)

    def join(self, resting: RestingOrder, displayed: int) -> None:
        """Give an order its place behind all that is displayed, and never before our own earlier orders."""
        line = self._at.get((resting.side, resting.price), ())
        before = [other.queue for other in line if other.queue is not None and other.number < resting.number]
        resting.queue = Queue(displayed, before[-1] if before else None)

    def remove(self, resting: RestingOrder) -> None:
        """Take an order out."""
        self.count -= 1
        place = self._place_of(resting)
        place.remove(resting)
        if place is self.buys or place is self.sells:
            self._at[resting.side, resting.price].remove(resting)
            if not self._at[resting.side, resting.price]:
                del self._at[resting.side, resting.price]
        if resting in self.unsettled:
            self.unsettled.remove(resting)

    def refresh(self, model: FillModel, book: BookView, change: BookDelta | BookSnapshot) -> None:
        """Tell the queues what is displayed at their prices now: those that a delta names, all after a snapshot."""
        if isinstance(change, BookSnapshot):
            places = list(self._at)
        else:
            places = [(Side.BUY, level[0]) for level in change.bids] + [(Side.SELL, level[0]) for level in change.asks]
        for place in places:
            for resting in self._at.get(place, ()):
                if resting.queue is not None:
                    resting.queue.book(model, book.qty_at(*place))

    def first_sight(self, trade_id: str) -> bool:
        """Return False when this public trade was already used here; trades without an id always count."""
        if not trade_id:
            return True
        if trade_id in self._seen:
            return False
        self._seen.add(trade_id)
        self._seen_order.append(trade_id)
        if len(self._seen_order) > _SEEN_TRADES:
            self._seen.discard(self._seen_order.popleft())
        return True


class OpenOrders:
    """Every open order: by client id in order of arrival, and per instrument in the order of matching.

    Orders in flight and pending legs are known by their id only, until they `enter`.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, RestingOrder] = {}
        self.queues: dict[InstrumentId, RestingOrders] = {}
        """Instruments that have or had orders."""
        self._entered: set[str] = set()

    def __iter__(self) -> Iterator[RestingOrder]:
        return iter(self._by_id.values())

    def get(self, client_id: str) -> RestingOrder | None:
        """Return an open order, or None."""
        return self._by_id.get(client_id)

    def of_list(self, list_id: str) -> list[RestingOrder]:
        """Return the open orders of a list."""
        return [resting for resting in self._by_id.values() if resting.order.request.list_id == list_id]

    def add(self, resting: RestingOrder) -> None:
        """Take in an order that is not yet at the exchange."""
        self._by_id[resting.order.request.client_id] = resting

    def enter(self, resting: RestingOrder) -> RestingOrders:
        """Put an order into its place at the exchange; returns the orders of its instrument."""
        queue = self.queues.setdefault(resting.order.request.instrument, RestingOrders())
        queue.add(resting)
        self._entered.add(resting.order.client_id)
        return queue

    def leave(self, resting: RestingOrder) -> None:
        """Take an order out of its place; it stays known. Call it before its phase, kind or number changes."""
        request = resting.order.request
        if request.client_id in self._entered:
            self._entered.discard(request.client_id)
            self.queues[request.instrument].remove(resting)

    def remove(self, resting: RestingOrder) -> None:
        """Take out an order that has ended."""
        self.leave(resting)
        del self._by_id[resting.order.client_id]
