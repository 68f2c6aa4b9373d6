"""A bare Python event loop with Bar, Order and Fill objects: what any event engine in Python has to pay at least.

Prices are whole cents, so the averages are compared exactly and its fills are the ones to agree with. The tight
loop does the same without any object or call per bar: less than that cannot be written in plain Python.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FEE_RATE = 0.001
FAST, SLOW = 10, 30


@dataclass(slots=True)
class PlainBar:
    """One bar in whole cents."""

    time: int
    open: int
    high: int
    low: int
    close: int


@dataclass(slots=True)
class PlainOrder:
    """One market order for one unit."""

    number: int
    side: int
    qty: float


@dataclass(slots=True)
class PlainFill:
    """One execution at the close of the deciding bar."""

    order: PlainOrder
    time: int
    price: int
    fee: float


class PlainCross:
    """SMA(10) against SMA(30), long only; equal averages are no cross, as in the program's own bot."""

    def __init__(self) -> None:
        self._window: deque[int] = deque(maxlen=SLOW)
        self._fast = self._slow = 0
        self._relation = 0

    def on_bar(self, bar: PlainBar) -> int:
        """Return +1 for a cross above, -1 for one below, else 0."""
        window = self._window
        if len(window) == SLOW:
            self._slow -= window[0]
        if len(window) >= FAST:
            self._fast -= window[-FAST]
        window.append(bar.close)
        self._fast += bar.close
        self._slow += bar.close
        if len(window) < SLOW:
            return 0
        difference = self._fast * SLOW - self._slow * FAST
        relation = (difference > 0) - (difference < 0) or self._relation
        crossed = relation if self._relation and relation != self._relation else 0
        self._relation = relation
        return crossed


class PlainBroker:
    """Cash, position, fills and equity."""

    def __init__(self, cash: float) -> None:
        self.cash, self.position = cash, 0.0
        self.fills: list[PlainFill] = []
        self.equity: list[float] = []
        self._orders: list[PlainOrder] = []

    def send(self, order: PlainOrder) -> None:
        """Take an order; it is filled at once."""
        self._orders.append(order)

    def match(self, bar: PlainBar) -> None:
        """Fill what waits at the bar's close and take the fee."""
        while self._orders:
            order = self._orders.pop()
            value = order.qty * bar.close / 100
            self.cash -= order.side * value + value * FEE_RATE
            self.position += order.side * order.qty
            self.fills.append(PlainFill(order, bar.time, bar.close, value * FEE_RATE))

    def mark(self, bar: PlainBar) -> None:
        """Note what everything is worth."""
        self.equity.append(self.cash + self.position * bar.close / 100)


Row = tuple[int, int, int, int, int]
"""Time, open, high, low, close."""


def run_plain(rows: Iterable[Row], cash: float) -> PlainBroker:
    """Run the strategy, event by event; each row becomes a bar when its turn comes, as in any event engine."""
    strategy, broker = PlainCross(), PlainBroker(cash)
    for row in rows:
        bar = PlainBar(*row)
        crossed = strategy.on_bar(bar)
        if crossed > 0 and not broker.position:
            broker.send(PlainOrder(len(broker.fills) + 1, 1, 1.0))
        elif crossed < 0 and broker.position:
            broker.send(PlainOrder(len(broker.fills) + 1, -1, 1.0))
        broker.match(bar)
        broker.mark(bar)
    return broker


def run_tight(closes: Sequence[int], cash: float) -> tuple[float, int]:
    """Run the same in one loop over the closes, without objects; return the last equity and the number of fills."""
    window: deque[int] = deque(maxlen=SLOW)
    fast = slow = relation = fills = 0
    position, equity = 0.0, []
    for close in closes:
        if len(window) == SLOW:
            slow -= window[0]
        if len(window) >= FAST:
            fast -= window[-FAST]
        window.append(close)
        fast += close
        slow += close
        if len(window) == SLOW:
            difference = fast * SLOW - slow * FAST
            now = 1 if difference > 0 else -1 if difference < 0 else relation
            if relation and now != relation and (now > 0) != (position > 0):
                cash -= now * close / 100 + close / 100 * FEE_RATE
                position += now
                fills += 1
            relation = now
        equity.append(cash + position * close / 100)
    return equity[-1], fills
