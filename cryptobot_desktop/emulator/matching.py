"""A limit order book with price-time priority; every trade and every changed level is written to a tape."""

from bisect import bisect_left, insort
from collections.abc import Callable

from cryptobot_desktop.domain.market import Level, Side
from cryptobot_desktop.emulator.market_types import BookChanged, MarketHappening, TradeHappened


class RestingOrder:
    """An order in the book; `qty` is what is left of it (0 once it is filled or canceled)."""

    __slots__ = ("order_id", "price", "qty", "side")

    def __init__(self, order_id: int, side: Side, price: int, qty: int) -> None:
        self.order_id = order_id
        self.side = side
        self.price = price
        self.qty = qty


class PriceLevel:
    """All orders at one price in order of arrival, and their total quantity."""

    __slots__ = ("orders", "qty")

    def __init__(self) -> None:
        self.orders: dict[int, RestingOrder] = {}
        self.qty = 0


class BookSide:
    """One side of the book. Keys are prices for bids and negated prices for asks, so that the best is the last."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = 1 if side is Side.BUY else -1
        self.keys: list[int] = []
        self.levels: dict[int, PriceLevel] = {}

    def best_price(self) -> int:
        """Return the best price, 0 when the side is empty."""
        return self.keys[-1] * self.sign if self.keys else 0

    def top(self, depth: int | None) -> tuple[Level, ...]:
        """Return the best levels first; None means all of them."""
        keys = self.keys[::-1] if depth is None else self.keys[: -depth - 1 : -1]
        return tuple((key * self.sign, self.levels[key * self.sign].qty) for key in keys)

    def open_level(self, price: int) -> PriceLevel:
        """Return the level at a price, made if need be."""
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = PriceLevel()
            insort(self.keys, price * self.sign)
        return level

    def drop_level(self, price: int) -> None:
        """Forget an empty level."""
        del self.levels[price]
        key = price * self.sign
        if self.keys[-1] == key:
            self.keys.pop()
        else:
            del self.keys[bisect_left(self.keys, key)]


class LimitOrderBook:
    """Matches orders of one pair and numbers what happens.

    `tape` receives every happening in order. `on_trade` is called for each trade as well, `on_filled` with the id
    of each resting order that is filled to the end.
    """

    def __init__(self, pair: str, *, first_trade_id: int, first_update_id: int, first_order_id: int) -> None:
        self.pair = pair
        self.bids = BookSide(Side.BUY)
        self.asks = BookSide(Side.SELL)
        self.orders: dict[int, RestingOrder] = {}
        self.tape: list[MarketHappening] = []
        self.on_trade: Callable[[TradeHappened], None] | None = None
        self.on_filled: Callable[[int], None] | None = None
        self._next_trade_id = first_trade_id
        self._update_id = first_update_id - 1
        self._next_order_id = first_order_id

    @property
    def update_id(self) -> int:
        """Return the number of the last level change."""
        return self._update_id

    def number_trades_from(self, trade_id: int) -> None:
        """Give the next trade this id and forget the tape so far (used once the book has settled)."""
        self._next_trade_id = trade_id
        self.tape = []

    def submit_limit(self, side: Side, price: int, *, qty: int, at_ms: int) -> int:
        """Match a limit order as far as its price allows, rest what remains, return its order id."""
        order_id = self._new_order_id()
        left = self._match(order_id, side, limit=price, qty=qty, at_ms=at_ms)
        if left:
            own = self.bids if side is Side.BUY else self.asks
            level = own.open_level(price)
            order = RestingOrder(order_id, side, price, left)
            level.orders[order_id] = self.orders[order_id] = order
            level.qty += left
            self._write_level(side, (price, level.qty), at_ms)
        return order_id

    def submit_market(self, side: Side, qty: int, *, worst_price: int, at_ms: int) -> int:
        """Take liquidity down to worst_price, cancel what remains, return the filled quantity."""
        return qty - self._match(self._new_order_id(), side, limit=worst_price, qty=qty, at_ms=at_ms)

    def cancel(self, order_id: int, *, at_ms: int) -> bool:
        """Remove a resting order; False when it is not there any more."""
        order = self.orders.pop(order_id, None)
        if order is None:
            return False
        own = self.bids if order.side is Side.BUY else self.asks
        level = own.levels[order.price]
        del level.orders[order_id]
        level.qty -= order.qty
        order.qty = 0
        if not level.qty:
            own.drop_level(order.price)
        self._write_level(order.side, (order.price, level.qty), at_ms)
        return True

    def _match(self, taker_id: int, side: Side, *, limit: int, qty: int, at_ms: int) -> int:
        """Trade against the other side while prices cross; return the quantity left over."""
        other = self.asks if side is Side.BUY else self.bids
        limit_key = limit * other.sign
        while qty and other.keys and other.keys[-1] >= limit_key:
            price = other.keys[-1] * other.sign
            level = other.levels[price]
            while qty and level.orders:
                maker = next(iter(level.orders.values()))
                traded = min(qty, maker.qty)
                qty -= traded
                self._reduce(level, maker, traded)
                self._write_trade(TradeHappened(
                    self.pair, self._next_trade_id, price, traded, side, maker.order_id, taker_id, at_ms,
                ))  # fmt: skip
            if not level.qty:
                other.drop_level(price)
            self._write_level(side.opposite, (price, level.qty), at_ms)
        return qty

    def _reduce(self, level: PriceLevel, maker: RestingOrder, traded: int) -> None:
        maker.qty -= traded
        level.qty -= traded
        if not maker.qty:
            del level.orders[maker.order_id], self.orders[maker.order_id]
            if self.on_filled is not None:
                self.on_filled(maker.order_id)

    def _write_trade(self, trade: TradeHappened) -> None:
        self._next_trade_id += 1
        self.tape.append(trade)
        if self.on_trade is not None:
            self.on_trade(trade)

    def _write_level(self, side: Side, level: Level, at_ms: int) -> None:
        self._update_id += 1
        self.tape.append(BookChanged(self.pair, self._update_id, side, *level, at_ms))

    def _new_order_id(self) -> int:
        self._next_order_id += 1
        return self._next_order_id - 1
