"""The book against a naive second implementation that sorts all orders anew for each match."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.emulator.market_types import BookChanged, TradeHappened
from cryptobot_desktop.emulator.matching import LimitOrderBook

SIDES = st.sampled_from([Side.BUY, Side.SELL])
PRICES = st.integers(90, 110)
QTYS = st.integers(1, 20)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("limit"), SIDES, PRICES, QTYS),
        st.tuples(st.just("market"), SIDES, PRICES, QTYS),
        st.tuples(st.just("cancel"), st.integers(0, 60)),
    ),
    max_size=60,
)


@dataclass
class NaiveOrder:
    number: int
    side: Side
    price: int
    qty: int


class NaiveBook:
    """Price-time priority in the plainest way."""

    def __init__(self) -> None:
        self.orders: list[NaiveOrder] = []
        self.trades: list[tuple[int, int, int, int]] = []

    def submit(self, number: int, side: Side, price: int, qty: int, rests: bool) -> None:
        sign = 1 if side is Side.BUY else -1
        while qty:
            others = [o for o in self.orders if o.side is not side and o.qty and (price - o.price) * sign >= 0]
            if not others:
                break
            maker = min(others, key=lambda o: (o.price * sign, o.number))
            traded = min(qty, maker.qty)
            maker.qty -= traded
            qty -= traded
            self.trades.append((maker.number, number, maker.price, traded))
        if qty and rests:
            self.orders.append(NaiveOrder(number, side, price, qty))

    def cancel(self, number: int) -> None:
        self.orders = [order for order in self.orders if order.number != number]

    def levels(self, side: Side) -> list[tuple[int, int]]:
        totals: dict[int, int] = {}
        for order in self.orders:
            if order.side is side and order.qty:
                totals[order.price] = totals.get(order.price, 0) + order.qty
        return sorted(totals.items(), reverse=side is Side.BUY)


def new_book() -> LimitOrderBook:
    return LimitOrderBook("A/B", first_trade_id=1, first_update_id=1, first_order_id=0)


def play(book: LimitOrderBook, naive: NaiveBook, action: tuple[object, ...], number: int) -> int:
    """Do one action on both books; return the number of the next order."""
    match action:
        case ("cancel", int(order_id)):
            book.cancel(order_id, at_ms=0)
            naive.cancel(order_id)
            return number
        case ("limit", Side() as side, int(price), int(qty)):
            assert book.submit_limit(side, price, qty=qty, at_ms=0) == number
            naive.submit(number, side, price, qty, rests=True)
        case ("market", Side() as side, int(price), int(qty)):
            book.submit_market(side, qty, worst_price=price, at_ms=0)
            naive.submit(number, side, price, qty, rests=False)
    return number + 1


@given(ACTIONS)
def test_the_book_agrees_with_a_naive_one_after_every_action(actions: list[tuple[object, ...]]) -> None:
    book, naive, number = new_book(), NaiveBook(), 0
    for action in actions:
        number = play(book, naive, action, number)
        assert list(book.bids.top(None)) == naive.levels(Side.BUY)
        assert list(book.asks.top(None)) == naive.levels(Side.SELL)
        assert book.bids.best_price() == (naive.levels(Side.BUY) or [(0, 0)])[0][0]
        assert book.asks.best_price() == (naive.levels(Side.SELL) or [(0, 0)])[0][0]
    trades = [(t.maker_order_id, t.taker_order_id, t.price, t.qty) for t in book.tape if isinstance(t, TradeHappened)]
    assert trades == naive.trades


@given(ACTIONS)
def test_replaying_the_changes_gives_the_book_and_ids_are_consecutive(actions: list[tuple[object, ...]]) -> None:
    book, number = new_book(), 0
    for action in actions:
        number = play(book, NaiveBook(), action, number)
    levels: dict[tuple[Side, int], int] = {}
    changes = [h for h in book.tape if isinstance(h, BookChanged)]
    trades = [h for h in book.tape if isinstance(h, TradeHappened)]
    for change in changes:
        levels[change.side, change.price] = change.qty
    for side, own in ((Side.BUY, book.bids), (Side.SELL, book.asks)):
        assert dict(own.top(None)) == {price: qty for (s, price), qty in levels.items() if s is side and qty}
    assert [c.update_id for c in changes] == list(range(1, len(changes) + 1))
    assert [t.trade_id for t in trades] == list(range(1, len(trades) + 1))
    assert book.update_id == len(changes)


@given(st.lists(st.tuples(PRICES, QTYS), min_size=1, max_size=20), SIDES, QTYS, PRICES)
def test_what_the_taker_gets_is_what_the_makers_lose(
    resting: list[tuple[int, int]], side: Side, qty: int, worst: int
) -> None:
    book = new_book()
    for price, size in resting:
        book.submit_limit(side.opposite, price, qty=size, at_ms=0)
    before = sum(order.qty for order in book.orders.values())
    filled = book.submit_market(side, qty, worst_price=worst, at_ms=1)
    trades = [t for t in book.tape if isinstance(t, TradeHappened)]
    assert filled == sum(t.qty for t in trades) == before - sum(order.qty for order in book.orders.values())
    assert filled <= qty
    assert all((worst - t.price) * (1 if side is Side.BUY else -1) >= 0 for t in trades)


def test_the_earlier_of_two_orders_at_a_price_trades_first() -> None:
    book = new_book()
    first = book.submit_limit(Side.SELL, 100, qty=5, at_ms=0)
    second = book.submit_limit(Side.SELL, 100, qty=5, at_ms=0)
    book.submit_market(Side.BUY, 7, worst_price=100, at_ms=1)
    trades = [t for t in book.tape if isinstance(t, TradeHappened)]
    assert [(t.maker_order_id, t.qty) for t in trades] == [(first, 5), (second, 2)]


def test_trades_at_a_level_come_before_its_one_change() -> None:
    book = new_book()
    book.submit_limit(Side.SELL, 100, qty=5, at_ms=0)
    book.submit_limit(Side.SELL, 100, qty=5, at_ms=0)
    book.tape.clear()
    book.submit_limit(Side.BUY, 101, qty=12, at_ms=1)
    kinds = [type(h).__name__ for h in book.tape]
    assert kinds == ["TradeHappened", "TradeHappened", "BookChanged", "BookChanged"]
    assert book.tape[2:] == [
        BookChanged("A/B", 3, Side.SELL, 100, 0, 1),
        BookChanged("A/B", 4, Side.BUY, 101, 2, 1),
    ]


def test_only_orders_filled_to_the_end_are_announced() -> None:
    book, gone = new_book(), list[int]()
    book.on_filled = gone.append
    first = book.submit_limit(Side.SELL, 100, qty=5, at_ms=0)
    book.submit_limit(Side.SELL, 100, qty=5, at_ms=0)
    book.submit_market(Side.BUY, 7, worst_price=100, at_ms=1)
    assert gone == [first]


def test_canceling_an_order_that_is_gone_changes_nothing() -> None:
    book = new_book()
    order = book.submit_limit(Side.BUY, 100, qty=5, at_ms=0)
    assert book.cancel(order, at_ms=1)
    assert not book.cancel(order, at_ms=2)
    assert book.update_id == 2
