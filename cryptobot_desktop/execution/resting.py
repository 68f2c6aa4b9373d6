"""Open orders of one instrument: limits in price-time order, market orders that wait for a price, seen trades."""

from bisect import insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import Order, OrderType, TimeInForce

_SEEN_TRADES = 1024


@dataclass(slots=True, eq=False)
class RestingOrder:
    """An open order with its place in the queue."""

    order: Order
    number: int
    """Running number of arrival: who comes first at the same price."""
    since_ms: int
    """Evidence from before this moment (arrival, or the restart) does not count."""
    ahead: int | None = None
    """Displayed quantity before us at our price; None until a live book has shown it."""
    arrived: bool = True
    """False while no live book has been seen since the order was sent: it may yet take on arrival."""
    takes: bool = False
    """Without a book: the order crossed the last price on arrival, so its first fill takes."""

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
        return self.order.request.type is OrderType.MARKET

    @property
    def stays(self) -> bool:
        """Return True unless the order ends after its first chance (IOC, FOK)."""
        return self.order.request.time_in_force is TimeInForce.GTC

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
    """All open orders of one instrument."""

    def __init__(self) -> None:
        self.waiting: list[RestingOrder] = []
        """Market orders by arrival (sources without a book only)."""
        self.buys: list[RestingOrder] = []
        self.sells: list[RestingOrder] = []
        self.unsettled: list[RestingOrder] = []
        """Limit orders whose place in the queue no live book has shown yet."""
        self._seen: set[str] = set()
        self._seen_order: deque[str] = deque()

    def __len__(self) -> int:
        return len(self.waiting) + len(self.buys) + len(self.sells)

    def side(self, side: Side) -> list[RestingOrder]:
        """Return the limit orders of one side, first in line first."""
        return self.buys if side is Side.BUY else self.sells

    def all(self) -> list[RestingOrder]:
        """Return every open order, oldest first."""
        return sorted([*self.waiting, *self.buys, *self.sells], key=lambda resting: resting.number)

    def add(self, resting: RestingOrder) -> None:
        """Put an order into its place."""
        if resting.is_market:
            self.waiting.append(resting)
            return
        if resting.ahead is None:
            self.unsettled.append(resting)
        else:
            self.queue_up(resting, resting.ahead)
        insort(self.side(resting.side), resting, key=RestingOrder.rank)

    def queue_up(self, resting: RestingOrder, displayed: int) -> None:
        """Place an order behind all that is displayed at its price, and never before our own earlier orders."""
        earlier = (
            other.ahead or 0
            for other in self.side(resting.side)
            if other.price == resting.price and other.number < resting.number
        )
        resting.ahead = max(displayed, max(earlier, default=0))

    def remove(self, resting: RestingOrder) -> None:
        """Take an order out."""
        (self.waiting if resting.is_market else self.side(resting.side)).remove(resting)
        if resting in self.unsettled:
            self.unsettled.remove(resting)

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
    """Every open order: by client id in order of arrival, and per instrument in the order of matching."""

    def __init__(self) -> None:
        self._by_id: dict[str, RestingOrder] = {}
        self.queues: dict[InstrumentId, RestingOrders] = {}
        """Only instruments that have open orders, so that a look-up tells at once whether an event matters."""

    def __iter__(self) -> Iterator[RestingOrder]:
        return iter(self._by_id.values())

    def get(self, client_id: str) -> RestingOrder | None:
        """Return an open order, or None."""
        return self._by_id.get(client_id)

    def add(self, resting: RestingOrder) -> None:
        """Take in an order."""
        request = resting.order.request
        self._by_id[request.client_id] = resting
        self.queues.setdefault(request.instrument, RestingOrders()).add(resting)

    def remove(self, resting: RestingOrder) -> None:
        """Take out an order that has ended."""
        request = resting.order.request
        del self._by_id[request.client_id]
        queue = self.queues[request.instrument]
        queue.remove(resting)
        if not queue:
            del self.queues[request.instrument]
