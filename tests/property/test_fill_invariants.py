"""What no fill may ever do, over generated scripts (I-01 to I-08, I-18 to I-23)."""

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.facts import OrderAccepted, OrderFilled, OrderRejected
from cryptobot_desktop.domain.ledger import AccountKind
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import FillModel, Liquidity, Order, OrderStatus, OrderType
from cryptobot_desktop.execution.exchange import PaperExchange
from tests.builders import FreePurse, MemoryBook, btc_usdt, market_of, order_request
from tests.property.both import OWNERS, alone, played_alone
from tests.property.scripts import script_of
from tests.property.test_oracle_comparison import seeds
from tests.scale import examples

TINY = Fraction(1, 10**8)
FEW = examples(20)
either = st.booleans()


@settings(max_examples=FEW)
@given(seed=seeds, has_book=either)
def test_i01_no_fill_is_worse_than_its_limit(seed: int, has_book: bool) -> None:
    for order, fill in alone(seed, has_book=has_book).order_fills():
        limit = order.request.price
        if limit is not None:
            assert fill.price <= limit if fill.side is Side.BUY else fill.price >= limit


@settings(max_examples=FEW)
@given(seed=seeds, model=st.sampled_from([FillModel.PESSIMISTIC.value, FillModel.EXPECTED.value]))
def test_i02_a_level_never_gives_more_than_it_shows(seed: int, model: str) -> None:
    setting, script = script_of(seed)
    # A restart forgets what was taken, as it forgets the book.
    both = played_alone(replace(setting, model=model), [op for op in script if op[0] != "restart"])
    taken: dict[tuple[int, int], tuple[int, int]] = {}
    for _, fill in both.order_fills():
        number, price = fill.evidence.update_id, fill.evidence.level_price
        if fill.evidence.kind != "book":
            continue
        assert number is not None
        assert price is not None
        side = 1 if fill.side is Side.BUY else 0
        shown = both.books[number][side][price]
        since, used = taken.get((side, price), (number, 0))
        if any(both.books[version][side].get(price) != shown for version in range(since, number)):
            used = 0  # it changed meanwhile: the level counts as new
        assert used + fill.qty <= shown
        taken[side, price] = (number, used + fill.qty)


offers = st.dictionaries(st.integers(100, 140), st.integers(1, 50), min_size=1)


def bought(asks: dict[int, int], qty: int) -> Order:
    """Buy at the market of a book and return the order."""
    instrument = btc_usdt(qty_decimals=3)
    market = market_of(instrument, MemoryBook({99: 1}, dict(asks)), last=100)
    exchange = PaperExchange({}, purse=FreePurse())
    list(exchange.submit(order_request(instrument, "o", Side.BUY, qty=qty), market, 1))
    order = exchange.order("o")
    assert order is not None
    return order


@settings(max_examples=examples(100))
@given(asks=offers, qty=st.integers(1, 400), more=st.integers(1, 200))
def test_i04_a_larger_order_never_gets_a_better_average(asks: dict[int, int], qty: int, more: int) -> None:
    small, large = bought(asks, qty), bought(asks, qty + more)
    assert Fraction(small.filled_quote, small.filled_qty) <= Fraction(large.filled_quote, large.filled_qty)


@settings(max_examples=examples(100))
@given(asks=offers, qty=st.integers(1, 400), cheaper=st.integers(1, 20))
def test_i04_a_better_book_never_gives_a_worse_result(asks: dict[int, int], qty: int, cheaper: int) -> None:
    plain = bought({price + 20: size for price, size in asks.items()}, qty)
    better = bought({price + 20 - cheaper: size for price, size in asks.items()}, qty)
    assert better.filled_qty == plain.filled_qty
    assert better.filled_quote <= plain.filled_quote


@settings(max_examples=examples(100))
@given(asks=st.dictionaries(st.integers(100, 5_000), st.integers(1, 9), min_size=2), qty=st.integers(2, 100))
def test_i05_slippage_is_what_the_book_says_however_much(asks: dict[int, int], qty: int) -> None:
    left, cost = qty, Fraction(0)
    for price in sorted(asks):
        part = min(left, asks[price])
        cost += Fraction(price * part, 10**5)
        left -= part
    order = bought(asks, qty)
    assert order.filled_qty == qty - left
    assert order.filled_quote * TINY == cost


@settings(max_examples=FEW)
@given(seed=seeds)
def test_i06_maker_only_after_resting_and_post_only_never_takes(seed: int) -> None:
    both = alone(seed, latency_ms=0)
    arrived: dict[str, int] = {}
    for fact in both.facts:
        order = fact.order
        if type(fact).__name__ in ("OrderAccepted", "OrderTriggered") or getattr(fact, "what", "") == "placed":
            arrived[order.client_id] = fact.at_ms
        if not isinstance(fact, OrderFilled):
            continue
        for fill in fact.fills:
            if fill.liquidity is Liquidity.MAKER:
                assert fill.at_ms > arrived[order.client_id]
                assert order.request.type not in (OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT)
            else:
                assert order.request.type is not OrderType.LIMIT_MAKER


@settings(max_examples=FEW)
@given(seed=seeds, has_book=either)
def test_i07_each_fee_is_rate_times_exact_notional_rounded_up(seed: int, has_book: bool) -> None:
    both = alone(seed, has_book=has_book, cash=10**15, coins=10**15, discount=False)
    setting, paid = both.setting, defaultdict(int)
    scale = 10 ** sum(setting.decimals)
    for _, fill in both.order_fills():
        rate = Fraction(setting.maker_ppm if fill.liquidity is Liquidity.MAKER else setting.taker_ppm, 10**6)
        in_base = fill.side is Side.BUY and not setting.kucoin
        assert fill.fee_asset == ("BTC" if in_base else "USDT")
        exact = Fraction(fill.qty, 10 ** setting.decimals[1]) if in_base else Fraction(fill.price * fill.qty, scale)
        due = ceil(exact * rate / TINY)
        # A sale never pays more than it brings; where the fee comes on top, a hold may lack units of rounding for it.
        on_top = setting.kucoin and fill.side is Side.BUY
        assert fill.fee == min(due, fill.quote_amount if not in_base else due) or (on_top and fill.fee < due)
        paid[fill.portfolio, fill.fee_asset] += fill.fee
    for owner in OWNERS:
        for asset in ("USDT", "BTC"):
            assert both.wallet.balance(owner, AccountKind.FEES, asset) == paid[owner, asset]


@settings(max_examples=FEW)
@given(seed=seeds)
def test_i07_a_discount_is_charged_in_its_asset_or_not_at_all(seed: int) -> None:
    both = alone(seed, discount=True, tokens=10**15, cash=10**15, coins=10**15)
    scale = 10 ** sum(both.setting.decimals)
    for _, fill in both.order_fills():
        ppm = both.setting.maker_ppm if fill.liquidity is Liquidity.MAKER else both.setting.taker_ppm
        exact = Fraction(fill.price * fill.qty, scale) * Fraction(ppm, 10**6) * Fraction(3, 4)
        assert fill.fee_asset == "TOK"
        assert fill.fee == ceil(exact / 3 / TINY)
        assert fill.fee_value == ceil(exact / TINY)


@settings(max_examples=FEW)
@given(seed=seeds, has_book=either)
def test_i18_nothing_fills_or_wakes_on_a_doubtful_market(seed: int, has_book: bool) -> None:
    both = alone(seed, has_book=has_book)
    for fact, usable in zip(both.facts, both.usable, strict=True):
        if type(fact).__name__ in ("OrderFilled", "OrderTriggered"):
            assert usable


@settings(max_examples=FEW)
@given(seed=seeds, model=st.sampled_from([model.value for model in FillModel]))
def test_i19_passive_fills_of_a_trade_never_exceed_it(seed: int, model: str) -> None:
    both = alone(seed, model=model)
    got: dict[str, int] = defaultdict(int)
    for _, fill in both.order_fills():
        if fill.evidence.kind == "trade":
            assert fill.liquidity is Liquidity.MAKER
            got[fill.evidence.trade_id] += fill.qty
    assert all(qty <= both.trades[int(trade[1:])] for trade, qty in got.items())


@settings(max_examples=FEW)
@given(seed=seeds, has_book=either)
def test_i20_every_fill_rests_on_the_public_market_never_on_our_own_orders(seed: int, has_book: bool) -> None:
    both = alone(seed, has_book=has_book)
    for _, fill in both.order_fills():
        evidence = fill.evidence
        assert evidence.kind in (("book", "trade") if has_book else ("candle", "trade"))
        assert evidence.level_qty is None or fill.qty <= evidence.level_qty
        if evidence.kind == "book":
            assert evidence.update_id is not None
            levels = both.books[evidence.update_id][1 if fill.side is Side.BUY else 0]
            assert evidence.level_price in levels


@settings(max_examples=FEW)
@given(seed=seeds, has_book=either)
def test_i21_holds_are_never_negative_and_are_released_once(seed: int, has_book: bool) -> None:
    both = alone(seed, has_book=has_book)
    for fact in both.facts:
        assert fact.order.reserved >= 0
        assert fact.order.status.is_open or fact.order.reserved == 0
        if isinstance(fact, OrderRejected):
            assert fact.order.reserved == 0
    for owner in OWNERS:
        for asset, side in (("USDT", Side.BUY), ("BTC", Side.SELL)):
            held = sum(
                order.reserved
                for order in both.exchange.open_orders()
                if order.request.side is side and order.request.portfolio == owner
            )
            assert both.wallet.balance(owner, AccountKind.RESERVED, asset) == held


@settings(max_examples=FEW)
@given(seed=seeds, has_book=either)
def test_i21_a_buy_pays_at_least_the_exact_sum(seed: int, has_book: bool) -> None:
    both = alone(seed, has_book=has_book, discount=False)
    # Where the fee comes on top, fees that were rounded up part by part may leave the last part less for its price.
    on_top = both.setting.kucoin
    exact: dict[str, Fraction] = defaultdict(Fraction)
    paid: dict[str, int] = defaultdict(int)
    for _, fill in both.order_fills():
        if fill.side is Side.BUY:
            maker = fill.liquidity is Liquidity.MAKER
            rate = Fraction(both.setting.maker_ppm if maker else both.setting.taker_ppm, 10**6) if on_top else 0
            exact[fill.client_id] += Fraction(fill.price * fill.qty, 10 ** sum(both.setting.decimals)) * (1 + rate)
            paid[fill.client_id] += fill.quote_amount + (fill.fee if on_top else 0)
    assert all(paid[name] * TINY >= exact[name] for name in exact)


@settings(max_examples=FEW)
@given(seed=seeds)
def test_i23_an_order_gets_at_most_one_fill_from_one_trade(seed: int) -> None:
    both = alone(seed)
    pairs = [(f.client_id, f.evidence.trade_id) for _, f in both.order_fills() if f.evidence.kind == "trade"]
    assert len(pairs) == len(set(pairs))
    ids = [fill.fill_id for _, fill in both.order_fills()]
    assert len(ids) == len(set(ids))
    accepted = [fact.order.client_id for fact in both.facts if isinstance(fact, OrderAccepted)]
    assert len(accepted) == len(set(accepted))


LEGAL = {
    OrderStatus.PENDING_NEW: {"pending_new", "new", "canceled", "expired"},
    OrderStatus.NEW: {"new", "partially_filled", "filled", "canceled", "expired"},
    OrderStatus.PARTIALLY_FILLED: {"partially_filled", "filled", "canceled", "expired"},
}


@settings(max_examples=FEW)
@given(seed=seeds, has_book=either)
def test_i08_pb06_orders_live_along_legal_edges_and_their_parts_add_up(seed: int, has_book: bool) -> None:
    both = alone(seed, has_book=has_book)
    states: dict[str, Order] = {}
    for fact in both.facts:
        order, before = fact.order, states.get(fact.order.client_id)
        if isinstance(fact, OrderAccepted | OrderRejected):
            assert before is None
        else:
            assert before is not None
            assert order.status.value in LEGAL[before.status]
            assert order.filled_qty >= before.filled_qty
            assert order.canceled_qty >= before.canceled_qty
        if order.request.qty is not None:
            assert order.filled_qty + order.remaining_qty + order.canceled_qty == order.request.qty
            assert (order.status is OrderStatus.FILLED) <= (order.remaining_qty == 0)
        states[order.client_id] = order
