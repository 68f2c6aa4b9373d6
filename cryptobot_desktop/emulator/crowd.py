"""A crowd of noise traders: resting orders at random distances that come and go at random."""

from collections.abc import Callable

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.emulator.market_types import PairSpec
from cryptobot_desktop.emulator.matching import LimitOrderBook


class CrowdCharacter:
    """How a crowd behaves: `population` orders at rest, `arrivals` per second, how far from the best price.

    Distances are `nearest + reach x (u^-tail - 1)` with u uniform in (0, 1], as shares of the price, cut at
    `farthest`: near the touch for a large crowd of impatient orders, far away for the patient ones.
    """

    __slots__ = ("arrivals", "farthest", "improving", "nearest", "population", "reach", "tail")

    def __init__(
        self, *, population: int, arrivals: float, reach: float, tail: float, nearest: float, improving: float
    ) -> None:
        self.population = population
        self.arrivals = arrivals
        self.reach = reach
        self.tail = tail
        self.nearest = nearest
        self.improving = improving
        self.farthest = 0.05


IMPATIENT = CrowdCharacter(population=220, arrivals=3.4, reach=0.00013, tail=0.8, nearest=0.0, improving=0.2)
PATIENT = CrowdCharacter(population=1_600, arrivals=1.1, reach=0.002, tail=0.7, nearest=0.0004, improving=0.0)


class Crowd:
    """The resting orders of one crowd on both sides of a book."""

    def __init__(
        self,
        spec: PairSpec,
        book: LimitOrderBook,
        character: CrowdCharacter,
        *,
        random: Callable[[], float],
        draw_qty: Callable[[], int],
    ) -> None:
        self._spec = spec
        self._book = book
        self._random = random
        self._draw_qty = draw_qty
        self._ids: list[int] = []
        self._slots: dict[int, int] = {}
        self.character = character

    @property
    def crowding(self) -> float:
        """Return how many orders rest, as a multiple of the usual number; cancels are proportional to it."""
        return len(self._ids) / self.character.population

    def gather(self, at_ms: int) -> None:
        """Fill an empty book to the usual number of orders."""
        for index in range(self.character.population):
            self._rest(Side.BUY if index % 2 else Side.SELL, at_ms, improving=0.0)

    def arrive(self, at_ms: int) -> None:
        """Let one more order come in, likelier on the side that has fewer levels left."""
        bids, asks = len(self._book.bids.keys), len(self._book.asks.keys)
        side = Side.BUY if self._random() * (bids + asks) < asks else Side.SELL
        self._rest(side, at_ms, improving=self.character.improving)

    def leave(self, at_ms: int) -> None:
        """Let one order at random be canceled."""
        if self._ids:
            order_id = self._ids[int(self._random() * len(self._ids))]
            self.forget(order_id)
            self._book.cancel(order_id, at_ms=at_ms)

    def forget(self, order_id: int) -> None:
        """Strike an order that has gone off the list (no effect on others' orders)."""
        slot = self._slots.pop(order_id, None)
        if slot is not None:
            moved = self._ids.pop()
            if moved != order_id:
                self._ids[slot] = moved
                self._slots[moved] = slot

    def _rest(self, side: Side, at_ms: int, *, improving: float) -> None:
        """Rest an order inside the spread or, mostly, some way behind the best price; it never takes."""
        book, tick = self._book, self._spec.tick_size
        bid, ask = book.bids.best_price(), book.asks.best_price()
        if not bid or not ask:
            return
        gap = (ask - bid) // tick
        if gap > 1 and self._random() < improving:
            into = (1 + int((gap - 1) * self._random() ** 2)) * tick
            price = bid + into if side is Side.BUY else ask - into
        else:
            price = self._behind(side, bid if side is Side.BUY else ask)
        order_id = book.submit_limit(side, price, qty=self._draw_qty(), at_ms=at_ms)
        self._slots[order_id] = len(self._ids)
        self._ids.append(order_id)

    def _behind(self, side: Side, best: int) -> int:
        """Draw a price behind the best one; half of them are round, the rounder the farther away."""
        tick, who = self._spec.tick_size, self.character
        share = who.nearest + who.reach * ((1.0 - self._random()) ** -who.tail - 1.0)
        ticks = int(best * min(who.farthest, share)) // tick
        grid = tick
        if self._random() < 0.5:
            grid = tick * int(10 ** max(0, len(str(ticks)) - 2))
        if side is Side.BUY:
            return max(tick, (best - ticks * tick) // grid * grid)
        return -((best + ticks * tick) // -grid) * grid
