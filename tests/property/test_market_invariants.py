"""The venue's filters, mirror images, pessimism, bias and the kill switch (I-12, I-27 to I-30)."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.commands import CancelOrder, PlaceOrder, ReleaseKillSwitch, TripKillSwitch
from cryptobot_desktop.domain.facts import OrderAccepted, OrderCanceled
from cryptobot_desktop.domain.instrument import Filters, Venue
from cryptobot_desktop.domain.latency import Latency
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import FeeRates, FillModel, Order, OrderStatus, OrderType
from cryptobot_desktop.execution.exchange import PaperExchange
from tests.builders import FreePurse, MemoryBook, btc_usdt, market_of, order_request
from tests.oracle.floor import Floor as PlainFloor
from tests.oracle.orders import PlainOrder
from tests.oracle.rules import refusal
from tests.oracle.terms import PlainVenue, Tariff
from tests.property.both import played_alone
from tests.property.scripts import Op, Setting, script_of
from tests.property.test_oracle_comparison import seeds
from tests.scale import examples
from tests.unit.engine.trading_floor import BTC, START_MS, Floor, book, live

FEW = examples(15)
PRICE, QTY = Fraction(1, 100), Fraction(1, 1000)

rules = st.fixed_dictionaries(
    {},
    optional={
        "tick_size": st.sampled_from([1, 2, 5]),
        "min_price": st.integers(90, 99),
        "max_price": st.integers(101, 110),
        "step_size": st.sampled_from([1, 2, 5]),
        "min_qty": st.integers(1, 9),
        "max_qty": st.integers(10, 30),
        "market_step_size": st.sampled_from([1, 3]),
        "market_min_qty": st.integers(1, 9),
        "market_max_qty": st.integers(10, 30),
        "min_notional": st.integers(1, 20).map(lambda units: units * 10**5),
        "max_notional": st.integers(10, 30).map(lambda units: units * 10**5),
        "min_notional_for_market": st.booleans(),
        "max_notional_for_market": st.booleans(),
        "bid_multiplier_up_ppm": st.sampled_from([1_010_000, 1_050_000]),
        "bid_multiplier_down_ppm": st.sampled_from([990_000, 950_000]),
        "ask_multiplier_up_ppm": st.sampled_from([1_010_000, 1_050_000]),
        "ask_multiplier_down_ppm": st.sampled_from([990_000, 950_000]),
    },
)
SCALES = {
    **dict.fromkeys(("tick_size", "min_price", "max_price"), PRICE),
    **dict.fromkeys(("step_size", "min_qty", "max_qty", "market_step_size", "market_min_qty", "market_max_qty"), QTY),
    **dict.fromkeys(("min_notional", "max_notional"), Fraction(1, 10**8)),
    **dict.fromkeys((f"{s}_multiplier_{w}_ppm" for s in ("bid", "ask") for w in ("up", "down")), Fraction(1, 10**6)),
}
NAMES = {
    "tick_size": "tick",
    "step_size": "step",
    "market_step_size": "market_step",
    **{f"{side}_multiplier_{way}_ppm": f"{side}_{way}" for side in ("bid", "ask") for way in ("up", "down")},
}


@settings(max_examples=examples(300))
@given(
    found=rules,
    kind=st.sampled_from(["limit", "market"]),
    buy=st.booleans(),
    qty=st.integers(1, 35),
    price=st.integers(85, 115),
    kucoin=st.booleans(),
)
def test_i12_an_order_is_rejected_exactly_when_the_oracle_rejects_it(
    found: dict[str, Any], kind: str, buy: bool, qty: int, price: int, kucoin: bool
) -> None:
    venue = Venue.KUCOIN if kucoin else Venue.BINANCE
    instrument = btc_usdt(venue=venue, filters=Filters(**found), qty_decimals=3)
    market = market_of(instrument, MemoryBook({50: 100}, {200: 100}), last=100)
    request = order_request(
        instrument,
        "o",
        Side.BUY if buy else Side.SELL,
        qty=qty,
        type=OrderType(kind),
        price=price if kind == "limit" else None,
    )
    exchange = PaperExchange({}, purse=FreePurse())
    list(exchange.submit(request, market, 1))
    order = exchange.order("o")
    assert order is not None
    limits = {NAMES.get(name, name): value * SCALES[name] for name, value in found.items() if name in SCALES}
    plain_venue = PlainVenue(
        kucoin,
        PRICE,
        QTY,
        Tariff(Fraction(1, 1000), Fraction(1, 1000)),
        limits=limits,
        market_min_notional=found.get("min_notional_for_market", True),
        market_max_notional=found.get("max_notional_for_market", False),
    )
    floor = PlainFloor(plain_venue)
    floor.last = 100 * PRICE
    plain = PlainOrder("o", buy, kind, qty=qty * QTY, limit=price * PRICE if kind == "limit" else None)
    assert (order.status is OrderStatus.REJECTED) == bool(refusal(floor, plain)), (order.reject_reason, found)


MIRROR = 2_000
"""Prices p and MIRROR - p are mirror images in the scripts."""


def mirrored(op: Op) -> Op:
    """Return an operation with buyers and sellers exchanged."""
    if op[0] == "book":
        return ("book", *({MIRROR - p: q for p, q in side.items()} for side in (op[2], op[1])))
    if op[0] == "trade":
        return ("trade", MIRROR - op[1], op[2], not op[3], *op[4:])
    if op[0] == "order":
        fields = {**op[1], "buy": not op[1]["buy"]}
        for name in ("price", "stop_price"):
            if name in fields:
                fields[name] = MIRROR - fields[name]
        return ("order", fields)
    return op


def _has_mirror_image(op: Op) -> bool:
    """Trailing stops and orders by amount are not symmetric in price, wild prints lie outside five per cent."""
    if op[0] == "order":
        return "trailing" not in op[1]["type"] and op[1]["qty"] is not None
    if op[0] == "trade":
        return abs(op[1] - MIRROR // 2) < 45
    return op[0] not in ("list", "again")


def _fills(script: Sequence[Op], setting: Setting) -> list[tuple[str, int, int, str]]:
    both = played_alone(setting, script)
    return [(fill.client_id, fill.price, fill.qty, fill.liquidity.value) for _, fill in both.order_fills()]


@settings(max_examples=FEW)
@given(seed=seeds)
def test_i27_a_mirrored_market_gives_mirrored_fills(seed: int) -> None:
    setting, script = script_of(seed)
    # On KuCoin nothing is held for armed orders and a stop is never too late, on neither side.
    rich = replace(setting, kucoin=True, cash=10**15, coins=10**15, latency_ms=0, discount=False)
    kept = [op for op in script if _has_mirror_image(op) and op[0] != "restart"]
    middle = [op for op in kept if op[0] != "book" or all(abs(p - 1_000) < 40 for side in op[1:] for p in side)]
    plain = _fills(middle, rich)
    reflected = _fills([mirrored(op) for op in middle], rich)
    by_order: list[dict[str, list[tuple[int, int, str]]]] = [{}, {}]
    for found, fills in zip(by_order, (plain, reflected), strict=True):
        for name, price, qty, role in fills:
            found.setdefault(name, []).append((price, qty, role))
    assert by_order[0] == {name: [(MIRROR - p, q, r) for p, q, r in fills] for name, fills in by_order[1].items()}


@settings(max_examples=FEW)
@given(seed=seeds)
def test_i27_the_same_prices_in_finer_units_give_the_same_fills(seed: int) -> None:
    setting, script = script_of(seed)
    rich = replace(setting, cash=10**15, coins=10**15, discount=False, decimals=(2, 3), latency_ms=0)
    finer = replace(rich, decimals=(2, 4))

    def ten(op: Op) -> Op:
        if op[0] == "book":
            return ("book", *({p: q * 10 for p, q in side.items()} for side in op[1:]))
        if op[0] == "trade":
            return (*op[:2], op[2] * 10, *op[3:])
        if op[0] == "amend":
            return (*op[:2], op[2] * 10)
        names = ("qty", "display_qty")
        if op[0] == "order":
            return ("order", {k: v * 10 if k in names and v else v for k, v in op[1].items()})
        return op

    plain = [op for op in script if op[0] != "list" and not (op[0] == "order" and op[1]["qty"] is None)]
    # The expected model shares in whole units, so finer ones share more finely.
    exact = replace(rich, model="pessimistic"), replace(finer, model="pessimistic")
    scaled = _fills([ten(op) for op in plain], exact[1])
    assert [(n, p, q * 10, r) for n, p, q, r in _fills(plain, exact[0])] == scaled


levels = st.dictionaries(st.integers(101, 130), st.integers(1, 20), min_size=1)


def bought(asks: dict[int, int], qty: int, fee_ppm: int, latency_ms: int, later: dict[int, int]) -> Order:
    """Buy at the market; the book becomes `later` while the order travels."""
    instrument = btc_usdt(venue=Venue.KUCOIN, qty_decimals=3)
    shown = MemoryBook({99: 1}, dict(asks))
    market = market_of(instrument, shown, last=100)
    latency = Latency((latency_ms,) if latency_ms else ())
    exchange = PaperExchange(
        {Venue.KUCOIN: FeeRates(fee_ppm, fee_ppm)}, purse=FreePurse(), latency=latency, model=FillModel.PESSIMISTIC
    )
    list(exchange.submit(order_request(instrument, "o", Side.BUY, qty=qty), market, 1))
    shown.asks = dict(later)
    list(exchange.advance(market, 1_000))
    order = exchange.order("o")
    assert order is not None
    return order


@settings(max_examples=examples(100))
@given(asks=levels, qty=st.integers(1, 60), worse=st.integers(0, 15), thinner=st.integers(1, 4))
def test_i28_latency_into_a_worse_or_thinner_book_never_helps(
    asks: dict[int, int], qty: int, worse: int, thinner: int
) -> None:
    later = {price + worse: -(-size // thinner) for price, size in asks.items()}
    at_once, late = bought(asks, qty, 1_000, 0, later), bought(asks, qty, 1_000, 50, later)
    assert late.filled_qty <= at_once.filled_qty
    if late.filled_qty == at_once.filled_qty:
        assert late.filled_quote >= at_once.filled_quote


@settings(max_examples=FEW)
@given(seed=seeds, low=st.integers(0, 2_000), more=st.integers(0, 2_000))
def test_i28_higher_fees_never_leave_more_money(seed: int, low: int, more: int) -> None:
    setting, script = script_of(seed)
    rich = replace(setting, cash=10**15, coins=10**15, discount=False)
    cheap = played_alone(replace(rich, maker_ppm=low, taker_ppm=low), script)
    dear = played_alone(replace(rich, maker_ppm=low + more, taker_ppm=low + more), script)
    for asset in ("USDT", "BTC"):
        assert dear.wallet.held_of("main", asset) <= cheap.wallet.held_of("main", asset)


@settings(max_examples=examples(40))
@given(
    path=st.lists(st.tuples(levels, st.integers(0, 5)), min_size=4, max_size=12),
    qty=st.integers(1, 20),
    delay=st.integers(1, 3),
)
def test_i29_the_paper_price_is_never_better_than_what_could_be_had_after_the_delay(
    path: list[tuple[dict[int, int], int]], qty: int, delay: int
) -> None:
    """The bias of an order that travels is 0: it gets what the book of its arrival gives, not what it saw when sent."""
    instrument = btc_usdt(qty_decimals=3)
    books = [asks for asks, _ in path]
    bias = []
    for start in range(len(books) - delay):
        shown = MemoryBook({99: 1}, dict(books[start]))
        market = market_of(instrument, shown, last=100)
        exchange = PaperExchange({}, purse=FreePurse(), latency=Latency((delay * 10,)))
        list(exchange.submit(order_request(instrument, "o", Side.BUY, qty=qty), market, start * 10))
        for step in range(start + 1, start + delay + 1):
            list(exchange.advance(market, step * 10 - 1))
            shown.asks = dict(books[step])
        list(exchange.advance(market, (start + delay) * 10))
        order = exchange.order("o")
        assert order is not None
        left, cost = order.filled_qty, 0
        for price in sorted(books[start + delay]):
            part = min(left, books[start + delay][price])
            cost, left = cost + price * part, left - part
        assert left == 0
        bias.append(order.filled_quote - cost * 1_000)
    assert sum(bias) >= 0
    assert set(bias) <= {0}


wishes = st.lists(st.tuples(st.sampled_from(["place", "cancel", "trip", "release"]), st.integers(0, 5)), max_size=14)


@settings(max_examples=examples(10))
@given(script=wishes)
def test_i30_pb11_after_the_kill_switch_nothing_is_accepted(script: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder, Floor(Path(folder) / "profile.sqlite", has_books=True) as floor:
        floor.play([*live(), book([(9_990, 10**6)], [(10_010, 10**6)], number=1, at_ms=START_MS)])
        tripped = False
        for number, (what, which) in enumerate([("place", 0), *script, ("trip", 0), ("place", 1), ("place", 2)]):
            before = len(floor.facts)
            if what == "place":
                kind = OrderType.MARKET if which % 2 else OrderType.LIMIT
                price = None if which % 2 else 9_000 + which
                floor.command(
                    PlaceOrder(
                        client_id=f"o{number}",
                        portfolio="main",
                        instrument=BTC.id,
                        side=Side.BUY,
                        type=kind,
                        qty=10_000,
                        price=price,
                    )
                )
            elif what == "cancel":
                floor.command(CancelOrder(f"o{which}"))
            else:
                floor.command(TripKillSwitch("a test") if what == "trip" else ReleaseKillSwitch("a test"))
                tripped = what == "trip"
            told = floor.facts[before:]
            if tripped:
                assert not any(isinstance(fact, OrderAccepted) for fact in told)
                assert floor.session.exchange.open_orders() == ()
                assert all(isinstance(f, OrderCanceled) for f in told if hasattr(f, "order"))
        assert sum(isinstance(fact, OrderAccepted) for fact in floor.facts) >= 1
