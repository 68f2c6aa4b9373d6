"""The state of the slow exchange: the book as shown, what was taken from it, orders, money."""

from collections import deque
from collections.abc import Iterator
from fractions import Fraction

from tests.oracle.money import PlainCash
from tests.oracle.orders import PlainOrder
from tests.oracle.terms import PlainVenue
from tests.oracle.units import NOTHING

Levels = dict[Fraction, Fraction]


class Floor:
    """Everything the rules look at; the rules themselves are functions in the neighbouring modules."""

    def __init__(self, venue: PlainVenue, model: str = "pessimistic", *, has_book: bool = True) -> None:
        self.venue = venue
        self.model = model
        self.has_book = has_book
        self.now = 0
        self.bids: Levels = {}
        self.asks: Levels = {}
        self.live = True
        """The feed is LIVE."""
        self.synced = True
        """The book is provably in sync."""
        self.last: Fraction | None = None
        self.moment: Fraction | None = None
        """Within a bar: the price of the moment, so that nobody knows its close before its end."""
        self.confirmed: Fraction | None = None
        self.doubtful: tuple[Fraction, str] | None = None
        self.taken: dict[tuple[bool, Fraction], tuple[Fraction, Fraction]] = {}
        """(from the asks?, price) -> (displayed then, taken since)."""
        self.trades_seen: set[str] = set()
        self.orders: dict[str, PlainOrder] = {}
        self.open_orders: list[PlainOrder] = []
        self.cash: dict[str, PlainCash] = {}
        self.rates: dict[str, Fraction] = {}
        """Price of one unit of an asset in the quote asset."""
        self.numbers = 0
        self.freed: deque[PlainOrder] = deque()
        """Working orders that are filled and whose pending legs are still to be placed."""

    @property
    def reference(self) -> Fraction | None:
        """Return the last confirmed price; before the first one the last price."""
        if self.moment is not None:
            return self.moment
        return self.last if self.confirmed is None else self.confirmed

    def purse(self, owner: str) -> PlainCash:
        """Return an account, empty at first."""
        return self.cash.setdefault(owner, PlainCash())

    def next_number(self) -> int:
        """Return the next place in the order of arrival."""
        self.numbers += 1
        return self.numbers

    def usable(self) -> bool:
        """True when the book may be used at all."""
        crossed = bool(self.bids and self.asks) and max(self.bids) >= min(self.asks)
        return self.live and self.synced and self.has_book and not crossed

    def show(self, bids: Levels, asks: Levels) -> None:
        """Display a new book."""
        self.bids, self.asks = dict(bids), dict(asks)

    def displayed(self, asks: bool, price: Fraction) -> Fraction:
        """Return what is displayed at a price."""
        return (self.asks if asks else self.bids).get(price, NOTHING)

    def free(self, asks: bool, price: Fraction) -> Fraction:
        """Return what of a level nobody of ours has taken; the optimist forgets."""
        shown = self.displayed(asks, price)
        then, used = self.taken.get((asks, price), (NOTHING, NOTHING))
        return shown if then != shown or self.model == "optimistic" else max(NOTHING, shown - used)

    def take(self, asks: bool, price: Fraction, qty: Fraction) -> None:
        """Remember that a part of a level is gone, as long as it shows the same quantity."""
        shown = self.displayed(asks, price)
        then, used = self.taken.get((asks, price), (shown, NOTHING))
        self.taken[(asks, price)] = (shown, qty + (used if then == shown else NOTHING))

    def ladder(self, asks: bool) -> Iterator[tuple[Fraction, Fraction]]:
        """Yield (price, still to be had), best first."""
        for price in sorted(self.asks if asks else self.bids, reverse=not asks):
            free = self.free(asks, price)
            if free > 0:
                yield price, free

    def line(self, buy: bool) -> list[PlainOrder]:
        """Return resting orders of a side, first in line first."""
        resting = [o for o in self.open_orders if o.buy == buy and o.phase == "working" and o.limit is not None]
        return sorted(resting, key=lambda o: (-(o.limit or 0) if buy else (o.limit or 0), o.place))

    def group(self, order: PlainOrder) -> list[PlainOrder]:
        """Return all orders of an order's list, itself included."""
        if not order.group:
            return [order]
        return [o for o in self.orders.values() if o.group == order.group]

    def pair(self, order: PlainOrder) -> list[PlainOrder]:
        """Return the other legs of which only one may fill."""
        return [o for o in self.group(order) if o is not order and o.role == order.role] if order.in_pair else []

    def stand_in_line(self, order: PlainOrder) -> None:
        """Give an order its place behind what is displayed, and never before earlier ones of ours."""
        assert order.limit is not None
        shown = self.displayed(not order.buy, order.limit)
        order.place = order.place or self.next_number()
        order.seen, order.traded = shown, NOTHING
        if self.model == "optimistic":
            order.before = NOTHING
            return
        mates = [o.before or NOTHING for o in self.line(order.buy) if o.limit == order.limit and o.place < order.place]
        order.before = max([shown, *mates])
