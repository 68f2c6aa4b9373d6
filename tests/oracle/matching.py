"""A second matching engine: slow, in exact fractions, sharing no code with the product.

It works in real units; trades are played unit by unit through the queue. One instrument; the only source of its
rules is docs/fill-rules.md. Messages travel for a time that the caller gives with each of them.
"""

from collections.abc import Callable
from fractions import Fraction
from heapq import heappop, heappush
from itertools import pairwise

from tests.oracle.arrival import accept, arrive, first_hold, problem_on_arrival, refused, settle_freed
from tests.oracle.bars import PlainBar, play_bar, play_trade
from tests.oracle.floor import Floor, Levels
from tests.oracle.orders import PlainOrder
from tests.oracle.resting import meet_book, meet_trade
from tests.oracle.rules import refusal
from tests.oracle.settlement import affords, end, shrink
from tests.oracle.terms import PlainVenue
from tests.oracle.triggers import confirm, wake
from tests.oracle.units import NOTHING

Action = Callable[[], None]


class SlowExchange:
    """Plays a script of books, trades, bars and orders for one instrument."""

    def __init__(self, venue: PlainVenue, model: str = "pessimistic", *, has_book: bool = True) -> None:
        self.floor = Floor(venue, model, has_book=has_book)
        self._way: list[tuple[int, int, Action]] = []
        self._last_arrival = 0
        self._messages = 0

    def advance(self, now: int) -> None:
        """Do what is due up to `now`, in order of time; expiries come before arrivals of the same moment."""
        floor = self.floor
        while True:
            expiry = min((o.expires for o in floor.open_orders if o.expires is not None), default=None)
            arrival = self._way[0][0] if self._way else None
            due = [at for at in (expiry, arrival) if at is not None and at <= now]
            if not due:
                break
            floor.now = max(floor.now, min(due))
            if expiry is not None and expiry == min(due):
                order = next(o for o in floor.open_orders if o.expires == expiry)
                end(floor, order, "expired")
            else:
                heappop(self._way)[2]()
            settle_freed(floor)
        floor.now = max(floor.now, now)

    def book(self, bids: Levels, asks: Levels, now: int) -> None:
        """Show a new book; then serve resting orders."""
        self.advance(now)
        self.floor.show(bids, asks)
        if self.floor.usable():
            meet_book(self.floor)
            settle_freed(self.floor)

    def state(self, *, live: bool, synced: bool, now: int) -> None:
        """Change the state of feed and book."""
        self.advance(now)
        self.floor.live, self.floor.synced = live, synced

    def trade(self, name: str, price: Fraction, qty: Fraction, taker_buys: bool, now: int, at: int) -> None:
        """Play a public trade that the venue dates `at`."""
        self.advance(now)
        floor = self.floor
        floor.last = price
        if (not floor.usable() if floor.has_book else not floor.live) or name in floor.trades_seen:
            return
        floor.trades_seen.add(name)
        counts = confirm(floor, price, name)

        def woken() -> None:
            if counts:
                wake(floor, price, qty, taker_buys, at)

        if floor.has_book:
            meet_trade(floor, price, qty, taker_buys, at)
            woken()
            settle_freed(floor)
        else:
            play_trade(floor, price, qty, at, woken)

    def bar(self, bar: PlainBar, close: Fraction, now: int) -> None:
        """Play a closed bar (sources without a book)."""
        self.advance(now)
        self.floor.last = close
        if self.floor.live and not self.floor.has_book:
            play_bar(self.floor, bar)

    def submit(self, orders: list[PlainOrder], now: int, latency: int = 0) -> str:
        """Send one order, or a list that is taken wholly or not at all. Returns the broken rule, or an empty text."""
        self.advance(now)
        floor = self.floor
        code = self._refusal(orders, latency)
        if code:
            for order in orders:
                order.status, order.code = "rejected", code
                floor.orders[order.name] = order
            return code
        for order in orders:
            order.phase = "pending" if order.role == "pending" else "in_flight" if latency else _phase(order)
            needed, margin = (NOTHING, NOTHING)
            if order.role != "pending":
                needed, margin = first_hold(floor, order, waits=bool(latency))
            accept(floor, order, needed, margin)
        self._send(lambda: self._arrive(orders, late=bool(latency)), latency)
        return ""

    def cancel(self, name: str, now: int, latency: int = 0) -> None:
        """Ask for the end of an order."""
        self.advance(now)
        self._send(lambda: self._cancel(name), latency)

    def amend(self, name: str, qty: Fraction, now: int, latency: int = 0) -> None:
        """Ask for a smaller quantity."""
        self.advance(now)
        self._send(lambda: self._amend(name, qty), latency)

    def restart(self, now: int) -> None:
        """Forget what no ledger keeps: the book and all that was taken from it, and the place in the queue."""
        floor = self.floor
        floor.now = now
        floor.taken.clear()
        floor.trades_seen.clear()
        floor.confirmed = floor.doubtful = None
        for order in floor.open_orders:
            order.since = now
            order.before = None
            order.met = True
            order.crossed = order.tif in ("IOC", "FOK")
            order.number = floor.next_number()
            order.place = order.number if order.phase == "working" else 0
            order.shown = min(order.display, order.left) if order.display else NOTHING

    def _send(self, action: Action, latency: int) -> None:
        if not latency and not self._way:
            self._last_arrival = self.floor.now
            action()
            settle_freed(self.floor)
            return
        self._last_arrival = max(self._last_arrival, self.floor.now + latency)
        self._messages += 1
        heappush(self._way, (self._last_arrival, self._messages, action))
        self.advance(self.floor.now)

    def _refusal(self, orders: list[PlainOrder], latency: int) -> str:
        floor = self.floor
        for order in orders:
            order.phase = "pending" if order.role == "pending" else _phase(order)
            code = refusal(floor, order) if latency or order.phase == "pending" else refused(floor, order)
            if code:
                return code
        if _misplaced(floor, orders):
            return "relation"
        paying = [o for o in orders if o.role != "pending"]
        wants = [first_hold(floor, order, waits=bool(latency))[0] for order in paying]
        return "" if affords(floor, paying[0], max(wants)) else "balance"

    def _arrive(self, orders: list[PlainOrder], *, late: bool) -> None:
        floor = self.floor
        arriving = [o for o in orders if o.role != "pending" and o.open]
        for order in arriving:
            code = ""
            if late and order.open:
                order.phase = _phase(order)
                code = refusal(floor, order) or problem_on_arrival(floor, order)
            if code:
                order.code = code
                end(floor, order, "expired")
        for order in arriving:
            if order.open:
                arrive(floor, order)

    def _cancel(self, name: str) -> None:
        order = self.floor.orders.get(name)
        if order is not None and order.open:
            end(self.floor, order, "canceled")

    def _amend(self, name: str, qty: Fraction) -> None:
        floor, order = self.floor, self.floor.orders.get(name)
        if order is None or not order.open or order.qty is None or floor.venue.kucoin or order.group:
            return
        less = order.qty - order.canceled - qty
        step = floor.venue.step
        if less <= 0 or qty <= order.filled or qty % step or order.phase not in ("working", "armed"):
            return
        shrink(floor, order, less)


def _phase(order: PlainOrder) -> str:
    return "armed" if order.sleeps else "working"


def _misplaced(floor: Floor, orders: list[PlainOrder]) -> bool:
    """True when the prices of a pair are not on the right sides of the market and of each other."""
    pair = [o for o in orders if o.role in ("either", "pending")]
    if len(pair) != 2:
        return False
    stops = [o for o in pair if o.kind.startswith(("stop_loss", "trailing"))]
    if len(stops) != 1 or pair[0].buy != pair[1].buy or pair[0].qty != pair[1].qty:
        return True
    stop = stops[0].stop if not stops[0].trails else None
    gain = next(o for o in pair if o is not stops[0])
    aim = gain.stop if gain.sleeps else gain.limit
    middle = floor.reference if gain.role == "either" else None
    prices = [p for p in (stop, middle, aim) if p is not None]
    if pair[0].buy:
        prices.reverse()
    return any(low >= high for low, high in pairwise(prices))
