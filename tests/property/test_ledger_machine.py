"""The ledger under generated trading: conservation, no debts, exact reservations, a chain that replays (PB-1..PB-8)."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cryptobot_desktop.domain.facts import ExecutionFact, OrderAccepted, OrderFilled, OrderRejected
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.ledger import AccountKind, Transfer, account
from cryptobot_desktop.domain.market import BookDelta, Side
from cryptobot_desktop.domain.orders import FeeRates, Fill, Order, OrderRequest, OrderStatus, OrderType, TimeInForce
from cryptobot_desktop.portfolio.accounting import Journal, postings_for_deposit
from cryptobot_desktop.portfolio.ledger import Ledger, verify
from cryptobot_desktop.portfolio.positions import Mark, PortfolioBook, value_holdings
from tests.builders import EagerExchange, MemoryBook, btc_usdt, candle_of, market_of, order_request, public_trade
from tests.oracle import money
from tests.oracle.money import PlainCash
from tests.scale import examples

FEES = {Venue.BINANCE: FeeRates(1_000, 1_000), Venue.KUCOIN: FeeRates(700, 1_300)}
LEGAL = {
    OrderStatus.NEW: {OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED},
    OrderStatus.PARTIALLY_FILLED: {
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.EXPIRED,
    },
}
prices = st.integers(90, 110)
sizes = st.integers(1, 9)
levels = st.dictionaries(prices, sizes, max_size=4)


class TradingMachine(RuleBasedStateMachine):
    """One portfolio on one instrument whose notionals do not fit eight decimals, so that rounding matters."""

    @initialize(
        venue=st.sampled_from(list(Venue)),
        decimals=st.sampled_from([(2, 3), (5, 6), (7, 7)]),
        cash=st.integers(0, 3_000_000),
        with_book=st.booleans(),
    )
    def open_portfolio(self, venue: Venue, decimals: tuple[int, int], cash: int, with_book: bool) -> None:
        self.instrument = btc_usdt(venue=venue, price_decimals=decimals[0], qty_decimals=decimals[1])
        self.with_book = with_book
        self.shown = MemoryBook({95: 5}, {105: 5})
        self.market = market_of(self.instrument, self.shown if with_book else None, last=100)
        self.exchange = EagerExchange(FEES)
        self.ledger, self.journal = Ledger(), Journal()
        self.book = PortfolioBook("main", "USDT")
        self.plain = PlainCash()
        self.rows: list[Transfer] = []
        self.fills: list[Fill] = []
        self.states: dict[str, Order] = {}
        self.requests: dict[str, OrderRequest] = {}
        self.now, self.cash = 60_000, 0
        if cash:
            self.deposit(cash)

    @precondition(lambda self: self.cash < 10**7)
    @rule(amount=st.integers(1, 3_000_000))
    def deposit(self, amount: int) -> None:
        self.cash += amount
        self.rows += self.ledger.post(postings_for_deposit("main", 1, "USDT", amount), self.now)
        self.plain.move("USDT", amount * money.TINY)

    @rule(
        side=st.sampled_from(Side),
        qty=st.one_of(sizes, st.integers(1, 60)),
        price=prices,
        kind=st.sampled_from(["market", "funds", "GTC", "GTC", "IOC", "FOK", "maker"]),
        share=st.integers(1, 100),
    )
    def submit(self, side: Side, qty: int, price: int, kind: str, share: int) -> None:
        self.now += 1
        fields: dict[str, Any] = {"qty": qty, "price": price}
        if kind == "market":
            fields = {"qty": qty}
        elif kind == "funds":
            fields = {"quote_amount": max(1, self.cash * share // 100)}
        elif kind == "maker":
            fields["type"] = OrderType.LIMIT_MAKER
        else:
            fields["time_in_force"] = TimeInForce(kind)
        request = order_request(self.instrument, f"o{self.now}", side, **fields)
        self.requests[request.client_id] = request
        self._settle(self.exchange.submit(request, self.market, self._available(side), self.now))

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), other=st.booleans())
    def submit_again(self, data: st.DataObject, other: bool) -> None:
        request = self.requests[data.draw(st.sampled_from(sorted(self.requests)))]
        before = self.exchange.order(request.client_id)
        if other:
            changed = order_request(self.instrument, request.client_id, request.side.opposite, qty=1)
            facts = self.exchange.submit(changed, self.market, 10**12, self.now)
            assert [type(fact) for fact in facts] == [OrderRejected]
        else:
            assert list(self.exchange.submit(request, self.market, 0, self.now)) == []
        assert self.exchange.order(request.client_id) == before

    @rule(bids=levels, asks=levels, live=st.booleans())
    def show_book(self, bids: dict[int, int], asks: dict[int, int], live: bool) -> None:
        self.now += 1
        self.shown.bids, self.shown.asks, self.shown.is_live = bids, asks, live
        self.shown.update_id += 1
        event = BookDelta(self.instrument.id, self.shown.update_id, self.shown.update_id, (), ())
        self._settle(self.exchange.on_event(event, self.market, self.now))

    @rule(price=prices, qty=sizes, taker=st.sampled_from(Side))
    def trade(self, price: int, qty: int, taker: Side) -> None:
        self.now += 1
        self.market.last[self.instrument.id] = price
        event = public_trade(self.instrument, price, qty, taker, at_ms=self.now, trade_id=f"t{self.now}")
        self._settle(self.exchange.on_event(event, self.market, self.now))

    @precondition(lambda self: not self.with_book)
    @rule(opened=prices, low=prices, high=prices, volume=st.integers(0, 30))
    def bar(self, opened: int, low: int, high: int, volume: int) -> None:
        ohlc = (opened, max(opened, low, high), min(opened, low, high), opened)
        event = candle_of(self.instrument, self.now, ohlc, volume=volume)
        self.now += 60_000
        self.market.last[self.instrument.id] = opened
        self._settle(self.exchange.on_event(event, self.market, self.now))

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self._settle(self.exchange.cancel(data.draw(st.sampled_from(sorted(self.requests))), self.now))

    @rule()
    def kill(self) -> None:
        self._settle(self.exchange.cancel_all(self.now))
        assert self.exchange.open_orders() == ()

    @rule()
    def restart(self) -> None:
        open_orders = [order for order in self.states.values() if order.status.is_open]
        before = self.ledger.state_hash()
        self.exchange = EagerExchange(FEES)
        self.exchange.restore(self.states.values(), self.now)
        self.journal = Journal()
        self.journal.restore(open_orders)
        self.ledger = Ledger(self.ledger.snapshot())
        again = PortfolioBook("main", "USDT")
        for fill in self.fills:
            again.apply(fill, self.instrument)
        assert again.positions() == self.book.positions()
        self.book = again
        assert list(self.exchange.open_orders()) == open_orders
        assert self.ledger.state_hash() == before

    @invariant()
    def books_balance(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for asset in ("USDT", "BTC"):
            sums = [amount for (_, name), amount in self.ledger.balances().items() if name == asset]
            assert sum(sums) == 0
            for kind in (AccountKind.AVAILABLE, AccountKind.RESERVED, AccountKind.FEES):
                assert self._balance(kind, asset) >= 0
            assert self._balance(AccountKind.AVAILABLE, asset) * money.TINY == self.plain.free(asset)
            assert self._balance(AccountKind.RESERVED, asset) * money.TINY == self.plain.held(asset)
            fees = self._balance(AccountKind.FEES, asset) * money.TINY
            assert fees == self.plain.paid_fees.get(asset, Fraction(0))

    @invariant()
    def reserved_is_what_open_orders_hold(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for side, asset in ((Side.BUY, "USDT"), (Side.SELL, "BTC")):
            held = sum(order.reserved for order in self.exchange.open_orders() if order.request.side is side)
            assert held == self._balance(AccountKind.RESERVED, asset)

    @invariant()
    def profit_adds_up_to_the_last_unit(self) -> None:
        if not hasattr(self, "ledger"):
            return
        marks = {"BTC": Mark(self.instrument, 101)}
        equity = value_holdings(self.ledger.held("main", 1), "USDT", marks).equity
        profit = self.book.realised() + self.book.unrealised(marks).equity - self.book.fees()
        assert equity - self.cash == profit
        position = self.book.position("BTC", "USDT")
        assert position.realised_fifo - position.cost == position.realised_average - position.average_cost
        assert position.quantity == self.ledger.held("main", 1).get("BTC", 0)

    def teardown(self) -> None:
        if not hasattr(self, "ledger"):
            return
        assert verify(self.rows) is None
        replayed = Ledger()
        replayed.load(self.rows)
        assert replayed.state_hash() == self.ledger.state_hash()

    def _balance(self, kind: AccountKind, asset: str) -> int:
        return self.ledger.balance(account("main", 1, kind), asset)

    def _available(self, side: Side) -> int:
        return self._balance(AccountKind.AVAILABLE, "USDT" if side is Side.BUY else "BTC")

    def _settle(self, facts: Iterable[ExecutionFact]) -> None:
        for fact in facts:
            self._check_life(fact)
            self.rows += self.ledger.post(self.journal.postings_for(fact, self.instrument, 1), fact.at_ms)
            order = fact.order
            paying = "USDT" if order.request.side is Side.BUY else "BTC"
            if isinstance(fact, OrderFilled):
                for fill in fact.fills:
                    self.fills.append(fill)
                    self.book.apply(fill, self.instrument)
                    self._count(fill, used_up=order.reserved == 0)
            self.plain.lock(paying, order.client_id, order.reserved * money.TINY)
            self.states[order.client_id] = order

    def _count(self, fill: Fill, *, used_up: bool) -> None:
        sign = 1 if fill.side is Side.BUY else -1
        base = Fraction(fill.qty, 10**self.instrument.qty_decimals)
        exact = base * Fraction(fill.price, 10**self.instrument.price_decimals)
        difference = fill.quote_amount * money.TINY - exact
        assert abs(difference) < money.TINY or (fill.side is Side.BUY and difference < 0 and used_up)
        self.plain.move("BTC", sign * base)
        self.plain.move("USDT", -sign * fill.quote_amount * money.TINY)
        self.plain.charge(fill.fee_asset, fill.fee * money.TINY)

    def _check_life(self, fact: ExecutionFact) -> None:
        order, before = fact.order, self.states.get(fact.order.client_id)
        if isinstance(fact, OrderAccepted | OrderRejected):
            assert before is None
            return
        assert before is not None
        assert order.status in LEGAL[before.status]
        assert order.filled_qty >= before.filled_qty
        if order.request.qty is not None:
            assert order.filled_qty + order.remaining_qty == order.request.qty
            assert (order.status is OrderStatus.FILLED) == (order.remaining_qty == 0)
        if order.request.side is Side.BUY and not order.status.is_open:
            self._check_sum_paid(order, fact)

    def _check_sum_paid(self, order: Order, fact: ExecutionFact) -> None:
        """Over the whole order the user never pays less than the exact sum, with the fee where it comes on top.

        Parts of a few units, each rounded up, can use up what is held before the last one; that pays what is left.
        """
        fills = [fill for fill in self.fills if fill.client_id == order.client_id]
        fills += fact.fills if isinstance(fact, OrderFilled) else ()
        scale = 10 ** (self.instrument.price_decimals + self.instrument.qty_decimals)
        exact, paid = Fraction(0), order.filled_quote
        for fill in fills:
            on_top = fill.fee_asset == self.instrument.quote
            rate = Fraction(fill.evidence.fee_rate_ppm, 1_000_000) if on_top else Fraction(0)
            exact += Fraction(fill.price * fill.qty, scale) * (1 + rate)
            paid += fill.fee if on_top else 0
        assert paid * money.TINY >= exact


TestTradingMachine = TradingMachine.TestCase
TestTradingMachine.settings = settings(max_examples=examples(150), stateful_step_count=40)
