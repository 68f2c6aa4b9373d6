"""The paper exchange against an independent engine in exact fractions (I-01..I-08, I-18..I-23)."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.facts import ExecutionFact, OrderFilled
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import BookDelta, Side
from cryptobot_desktop.domain.orders import FeeRates, OrderType, SelfTrade, TimeInForce
from tests.builders import EagerExchange, MemoryBook, btc_usdt, market_of, order_request, public_trade
from tests.oracle import money
from tests.oracle.matching import PlainOrder, SlowExchange

RATES = FeeRates(maker_ppm=800, taker_ppm=1_000)
PLENTY = 10**17
WITHOUT_EXPLAIN = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
PRICE_UNIT = Fraction(1, 100)
QTY_UNIT = Fraction(1, 1000)

prices = st.integers(97, 104)
sizes = st.integers(1, 8)
levels = st.dictionaries(prices, sizes, max_size=5)
any_books = st.tuples(st.just("book"), levels, levels)
bids = st.dictionaries(st.integers(96, 100), sizes, max_size=4)
asks = st.dictionaries(st.integers(101, 105), sizes, max_size=4)
books = st.tuples(st.just("book"), bids, asks)
trades = st.tuples(st.just("trade"), prices, st.integers(1, 15), st.booleans())
resting = st.one_of(
    st.tuples(st.just("limit"), st.just(True), sizes, st.integers(97, 100), st.sampled_from(["GTC", "POST"])),
    st.tuples(st.just("limit"), st.just(False), sizes, st.integers(101, 104), st.sampled_from(["GTC", "POST"])),
)
limits = st.tuples(st.just("limit"), st.booleans(), sizes, prices, st.sampled_from(["GTC", "IOC", "FOK", "POST"]))
markets = st.tuples(st.just("market"), st.booleans(), st.integers(1, 20))
funded = st.tuples(st.just("funds"), st.booleans(), st.integers(1, 3_000_000))
states = st.tuples(st.just("live"), st.sampled_from([True, True, True, False]))
# one_of counts nested branches one by one, so this list is the real weighting.
unfunded = (books, any_books, limits, markets, states, *[trades] * 6, *[resting] * 3)  # resting has two branches
items = st.one_of(funded, *unfunded)
scripts = st.lists(items, min_size=25, max_size=60)


class Pair:
    """Plays one script on both engines."""

    def __init__(self, venue: Venue) -> None:
        self.instrument = btc_usdt(venue=venue, price_decimals=2, qty_decimals=3)
        self.shown = MemoryBook()
        self.market = market_of(self.instrument, self.shown)
        self.exchange = EagerExchange({venue: RATES})
        self.slow = SlowExchange(QTY_UNIT, QTY_UNIT)
        self.fills: dict[str, list[tuple[Fraction, Fraction, str]]] = {}
        self.plain: dict[str, PlainOrder] = {}
        self.facts: list[ExecutionFact] = []
        self.now = 1_000

    def play(self, script: Sequence[tuple[object, ...]]) -> None:
        self.play_one(("book", {95: 5}, {105: 5}))
        for item in script:
            self.now += 1
            self.play_one(item)

    def play_one(self, item: tuple[object, ...]) -> None:
        kind, *rest = item
        getattr(self, f"_{kind}")(*rest)

    def _book(self, bids: dict[int, int], asks: dict[int, int]) -> None:
        self.shown.bids, self.shown.asks = dict(bids), dict(asks)
        self.shown.update_id += 1
        delta = BookDelta(self.instrument.id, self.shown.update_id, self.shown.update_id, (), ())
        self._note(self.exchange.on_event(delta, self.market, self.now))
        self.slow.book(_real(bids), _real(asks))

    def _live(self, live: bool) -> None:
        self.shown.is_live = self.slow.live = live

    def _trade(self, price: int, qty: int, taker_buys: bool) -> None:
        side = Side.BUY if taker_buys else Side.SELL
        event = public_trade(self.instrument, price, qty, side, at_ms=self.now, trade_id=f"t{self.now}")
        self._note(self.exchange.on_event(event, self.market, self.now))
        self._note(self.exchange.on_event(event, self.market, self.now))  # the same trade again never counts (I-23)
        self.slow.trade(price * PRICE_UNIT, qty * QTY_UNIT, taker_buys)

    def _limit(self, buy: bool, qty: int, price: int, tif: str) -> None:
        if tif in ("GTC", "POST") and not self._usable():
            return
        fields = {
            "qty": qty,
            "price": price,
            "type": OrderType.LIMIT_MAKER if tif == "POST" else OrderType.LIMIT,
            "time_in_force": TimeInForce.GTC if tif == "POST" else TimeInForce(tif),
        }
        plain = PlainOrder(f"o{self.now}", buy, qty * QTY_UNIT, limit=price * PRICE_UNIT, post_only=tif == "POST")
        plain.tif = "GTC" if tif == "POST" else tif
        self._send(plain, fields)

    def _market(self, buy: bool, qty: int) -> None:
        self._send(PlainOrder(f"o{self.now}", buy, qty * QTY_UNIT), {"qty": qty})

    def _funds(self, buy: bool, amount: int) -> None:
        self._send(PlainOrder(f"o{self.now}", buy, funds=amount * money.TINY), {"quote_amount": amount})

    def _send(self, plain: PlainOrder, fields: dict[str, object]) -> None:
        side = Side.BUY if plain.buy else Side.SELL
        request = order_request(self.instrument, plain.name, side, stp=SelfTrade.NONE, **fields)
        self._note(self.exchange.submit(request, self.market, PLENTY, self.now))
        self.plain[plain.name] = plain
        self.slow.submit(plain)

    def _usable(self) -> bool:
        bids, asks = self.shown.bids, self.shown.asks
        return self.shown.is_live and not (bids and asks and max(bids) >= min(asks))

    def _note(self, facts: Sequence[ExecutionFact]) -> None:
        self.facts += facts
        for fact in facts:
            if isinstance(fact, OrderFilled):
                merged = self.fills.setdefault(fact.order.client_id, [])
                merged += [(f.price * PRICE_UNIT, f.qty * QTY_UNIT, f.liquidity.value) for f in fact.fills]


def _real(levels: dict[int, int]) -> dict[Fraction, Fraction]:
    return {price * PRICE_UNIT: qty * QTY_UNIT for price, qty in levels.items()}


def _played(venue: Venue, script: Sequence[tuple[object, ...]]) -> Pair:
    pair = Pair(venue)
    pair.play(script)
    return pair


@pytest.mark.timeout(400)  # shrinking a failure takes its time
@settings(max_examples=250, phases=WITHOUT_EXPLAIN)
@given(venue=st.sampled_from(list(Venue)), script=scripts)
def test_fills_and_states_equal_those_of_the_slow_engine(venue: Venue, script: list[tuple[object, ...]]) -> None:
    pair = _played(venue, script)
    for name, plain in pair.plain.items():
        order = pair.exchange.order(name)
        assert order is not None
        assert pair.fills.get(name, []) == plain.fills, name
        expected = "open" if order.status.is_open else order.status.value
        assert expected == plain.status, name


@settings(max_examples=100)
@given(venue=st.sampled_from(list(Venue)), script=scripts)
def test_every_fill_keeps_its_limit_its_fee_and_its_evidence(venue: Venue, script: list[tuple[object, ...]]) -> None:
    pair = _played(venue, script)
    for fact in pair.facts:
        assert fact.order.reserved >= 0
        assert fact.order.status.is_open or fact.order.reserved == 0
        if not isinstance(fact, OrderFilled):
            continue
        for fill in fact.fills:
            plain = pair.plain[fill.client_id]
            price, qty = fill.price * PRICE_UNIT, fill.qty * QTY_UNIT
            assert plain.limit is None or (price <= plain.limit if plain.buy else price >= plain.limit)
            rate = RATES.maker_ppm if fill.liquidity.value == "maker" else RATES.taker_ppm
            in_base = fill.fee_asset == "BTC"
            assert in_base == (venue is Venue.BINANCE and plain.buy)
            assert fill.fee * money.TINY == money.fee(price, qty, rate, in_base)
            assert fill.quote_amount * money.TINY == price * qty  # 2 + 3 decimals fit into 8
            assert fill.qty <= (fill.evidence.level_qty or 0)
            assert fill.evidence.kind in ("book", "trade")
    ids = [fill.fill_id for fact in pair.facts if isinstance(fact, OrderFilled) for fill in fact.fills]
    assert len(ids) == len(set(ids))


@settings(max_examples=150)
@given(
    asks=st.dictionaries(st.integers(100, 140), st.integers(1, 50), min_size=1),
    qty=st.integers(1, 400),
    more=st.integers(1, 200),
)
def test_a_larger_market_buy_never_gets_a_better_average(asks: dict[int, int], qty: int, more: int) -> None:
    instrument = btc_usdt(qty_decimals=3)

    def average(amount: int) -> Fraction:
        market = market_of(instrument, MemoryBook({99: 1}, dict(asks)))
        request = order_request(instrument, "o", Side.BUY, qty=amount)
        exchange = EagerExchange({})
        exchange.submit(request, market, PLENTY, 1)
        order = exchange.order("o")
        assert order is not None
        return Fraction(order.filled_quote, order.filled_qty)

    assert average(qty) <= average(qty + more)


@settings(max_examples=60)
@given(script=scripts, cut=st.integers(0, 60))
def test_what_happens_later_never_changes_earlier_fills(script: list[tuple[object, ...]], cut: int) -> None:
    whole, part = _played(Venue.BINANCE, script), _played(Venue.BINANCE, script[:cut])
    assert whole.facts[: len(part.facts)] == part.facts


@settings(max_examples=150)
@given(
    offers=st.dictionaries(st.integers(100, 130), st.integers(1, 30), min_size=1),
    qty=st.integers(1, 100),
    cheaper=st.integers(1, 20),
    buy=st.booleans(),
)
def test_a_book_that_is_better_at_every_level_never_gives_a_worse_result(
    offers: dict[int, int], qty: int, cheaper: int, buy: bool
) -> None:
    instrument = btc_usdt(qty_decimals=3)

    def result(shift: int) -> tuple[int, int]:
        moved = {(price - shift if buy else 200 - price + shift): size for price, size in offers.items()}
        book = MemoryBook({1: 1}, moved) if buy else MemoryBook(moved, {10_000: 1})
        exchange = EagerExchange({})
        side = Side.BUY if buy else Side.SELL
        exchange.submit(order_request(instrument, "o", side, qty=qty), market_of(instrument, book), PLENTY, 1)
        order = exchange.order("o")
        assert order is not None
        return order.filled_qty, order.filled_quote if buy else -order.filled_quote

    plain, better = result(0), result(cheaper)
    assert better[0] == plain[0]
    assert better[1] <= plain[1]


MIRROR = 201
"""Prices p and MIRROR - p are mirror images in the scripts (the middle lies between 100 and 101)."""


def _mirrored(item: tuple[object, ...]) -> tuple[object, ...]:
    kind, *rest = item
    if kind == "book":
        bids, asks = rest
        assert isinstance(bids, dict)
        assert isinstance(asks, dict)
        return ("book", {MIRROR - p: q for p, q in asks.items()}, {MIRROR - p: q for p, q in bids.items()})
    if kind == "trade":
        price, qty, taker_buys = rest
        assert isinstance(price, int)
        return ("trade", MIRROR - price, qty, not taker_buys)
    if kind == "limit":
        buy, qty, price, tif = rest
        assert isinstance(price, int)
        return ("limit", not buy, qty, MIRROR - price, tif)
    return (kind, not rest[0], *rest[1:]) if kind == "market" else item


@settings(max_examples=60)
@given(script=st.lists(st.one_of(*unfunded), min_size=25, max_size=60))
def test_a_mirrored_market_gives_mirrored_fills(script: list[tuple[object, ...]]) -> None:
    start = ("book", {96: 5}, {105: 5})
    plain, mirror = _played(Venue.KUCOIN, [start, *script]), _played(Venue.KUCOIN, [start, *map(_mirrored, script)])
    for name in {*plain.fills, *mirror.fills}:
        reflected = [(MIRROR * PRICE_UNIT - price, qty, role) for price, qty, role in mirror.fills.get(name, [])]
        assert plain.fills.get(name, []) == reflected
