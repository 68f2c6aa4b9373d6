"""A second matching engine: slow, in exact fractions, sharing no code with the product.

It works in real units (prices and quantities as Fractions), trades are played unit by unit, and what was
consumed is recomputed from the history each time. One instrument, one side rule: evidence only.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

TINY = Fraction(1, 10**8)


def up(value: Fraction) -> Fraction:
    """Round up to eight decimals."""
    return ceil(value / TINY) * TINY


def down(value: Fraction) -> Fraction:
    """Round down to eight decimals."""
    return floor(value / TINY) * TINY


@dataclass
class PlainOrder:
    """An order in real units."""

    name: str
    buy: bool
    qty: Fraction | None = None
    funds: Fraction | None = None
    limit: Fraction | None = None
    tif: str = "GTC"
    post_only: bool = False
    status: str = "open"
    filled: Fraction = Fraction(0)
    before: Fraction = Fraction(0)
    """Displayed quantity before us."""
    fills: list[tuple[Fraction, Fraction, str]] = field(default_factory=list)
    """(price, quantity, maker or taker)."""

    def left(self) -> Fraction:
        """What is still wanted."""
        assert self.qty is not None
        return self.qty - self.filled

    def add(self, price: Fraction, qty: Fraction, role: str) -> None:
        """Record a fill; parts at one price from one event are kept apart by the caller."""
        self.fills.append((price, qty, role))
        self.filled += qty
        if self.qty is not None and self.filled == self.qty:
            self.status = "filled"


class SlowExchange:
    """Plays a script of books, trades and orders for one instrument."""

    def __init__(self, qty_unit: Fraction, step: Fraction) -> None:
        self.unit = qty_unit
        self.step = step
        self.bids: dict[Fraction, Fraction] = {}
        self.asks: dict[Fraction, Fraction] = {}
        self.live = True
        self.history: list[tuple[bool, Fraction, Fraction, Fraction]] = []
        """(from the asks?, price, displayed, taken)."""
        self.orders: list[PlainOrder] = []

    def book(self, bids: dict[Fraction, Fraction], asks: dict[Fraction, Fraction]) -> None:
        """Show a new book; then serve resting orders whose price the other side has come to."""
        self.bids, self.asks = bids, asks
        if not self._usable():
            return
        for buy in (True, False):
            for order in self._line(buy):
                for price, part in self._walk(buy, order.left(), order.limit):
                    self._take(buy, price, part)
                    assert order.limit is not None
                    order.add(order.limit, part, "maker")

    def trade(self, price: Fraction, qty: Fraction, taker_buys: bool) -> None:
        """Play a public trade unit by unit through the queue."""
        if not self._usable():
            return
        got: dict[str, Fraction] = {}
        for _ in range(int(qty / self.unit)):
            line = [o for o in self._line(not taker_buys) if self._reached(o, price)]
            for order in line:
                if order.limit != price:
                    order.before = Fraction(0)
            winner = next((o for o in line if o.before == 0 and o.left() - got.get(o.name, 0) > 0), None)
            if winner is not None:
                got[winner.name] = got.get(winner.name, Fraction(0)) + self.unit
                continue
            for order in line:
                order.before = max(Fraction(0), order.before - self.unit)
        for order in self._line(not taker_buys):
            if got.get(order.name):
                assert order.limit is not None
                order.add(order.limit, got[order.name], "maker")

    def submit(self, order: PlainOrder) -> str:
        """Take an order; returns rejected, filled, expired or open."""
        other = self.asks if order.buy else self.bids
        order.status = "rejected"
        at_once = order.limit is None or order.tif != "GTC"
        if not self._usable():
            assert at_once, "the script sends resting orders to live books only"
            return order.status
        if order.limit is None and not other:
            return order.status
        if order.post_only and any(self._good(order, price) for price in other):
            return order.status
        order.status = "open"
        parts = self._funds_walk(order) if order.qty is None else self._walk(order.buy, order.qty, order.limit)
        if order.tif == "FOK" and sum((part for _, part in parts), Fraction(0)) < (order.qty or 0):
            parts = []
        for price, part in parts:
            self._take(order.buy, price, part)
            order.add(price, part, "taker")
        if order.qty is None:
            order.status = "filled" if parts and self._nothing_more(order) else "expired"
        elif order.status == "open" and at_once:
            order.status = "expired"
        own = self.bids if order.buy else self.asks
        if order.status == "open":
            assert order.limit is not None
            mates = [o.before for o in self._line(order.buy) if o.limit == order.limit]
            order.before = max([own.get(order.limit, Fraction(0)), *mates])
            self.orders.append(order)
        return order.status

    def _usable(self) -> bool:
        return self.live and not (self.bids and self.asks and max(self.bids) >= min(self.asks))

    def _good(self, order: PlainOrder, price: Fraction) -> bool:
        return order.limit is None or (price <= order.limit if order.buy else price >= order.limit)

    def _reached(self, order: PlainOrder, price: Fraction) -> bool:
        assert order.limit is not None
        return order.limit >= price if order.buy else order.limit <= price

    def _line(self, buy: bool) -> list[PlainOrder]:
        """Open orders of a side, first in line first (sorting is stable, so time decides at one price)."""
        line = [o for o in self.orders if o.buy == buy and o.status == "open"]
        return sorted(line, key=lambda o: -(o.limit or 0) if buy else (o.limit or 0))

    def _free(self, from_asks: bool, price: Fraction, displayed: Fraction) -> Fraction:
        used = Fraction(0)
        for asks, at, shown, taken in reversed(self.history):
            if (asks, at) != (from_asks, price):
                continue
            if shown != displayed:
                break
            used += taken
        return displayed - used

    def _take(self, from_asks: bool, price: Fraction, qty: Fraction) -> None:
        shown = (self.asks if from_asks else self.bids)[price]
        self.history.append((from_asks, price, shown, qty))

    def _sorted(self, from_asks: bool) -> list[tuple[Fraction, Fraction]]:
        levels = self.asks if from_asks else self.bids
        return sorted(levels.items(), reverse=not from_asks)

    def _walk(self, buy: bool, want: Fraction, limit: Fraction | None) -> list[tuple[Fraction, Fraction]]:
        parts = []
        for price, displayed in self._sorted(buy):
            beyond = limit is not None and (price > limit if buy else price < limit)
            free = self._free(buy, price, displayed)
            if beyond or want == 0 or free <= 0:
                continue
            part = min(free, want)
            parts.append((price, part))
            want -= part
        return parts

    def _funds_walk(self, order: PlainOrder) -> list[tuple[Fraction, Fraction]]:
        assert order.funds is not None
        money, parts = order.funds, []
        for price, displayed in self._sorted(order.buy):
            free = self._free(order.buy, price, displayed)
            want = floor(money / price / self.step) * self.step
            if free <= 0:
                continue
            if want == 0:
                break
            part = min(free, want)
            parts.append((price, part))
            exact = price * part
            money -= up(exact) if order.buy else down(exact)
            if part == want:
                break
        return parts

    def _nothing_more(self, order: PlainOrder) -> bool:
        """True when the money ran out rather than the book."""
        assert order.funds is not None
        spent = sum((up(p * q) if order.buy else down(p * q) for p, q, _ in order.fills), Fraction(0))
        remaining = [price for price, shown in self._sorted(order.buy) if self._free(order.buy, price, shown) > 0]
        last_price, last_qty, _ = order.fills[-1]
        if (order.funds - spent) < self.step * last_price:
            return True
        worth = floor((order.funds + last_price * last_qty - spent) / last_price / self.step) * self.step
        return worth == last_qty or bool(remaining)
