"""Stopping at any moment and going on from the database is the same as never having stopped."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.commands import CancelOrder, PlaceOrder
from cryptobot_desktop.domain.facts import DecisionMade
from cryptobot_desktop.domain.market import Candle, Side
from cryptobot_desktop.domain.orders import Fill, Order, OrderType
from cryptobot_desktop.engine.session import BotSpec
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import check_ledger
from tests.unit.engine.trading_floor import BTC, Floor, bars, live, received

BOTS = (
    BotSpec(strategy="sma_cross", params={"fast": "1", "slow": "3"}),
    BotSpec(strategy="rsi_reversion", params={"period": "3", "low": "40", "high": "60"}),
)
CLOSES = st.lists(st.integers(60, 140), min_size=6, max_size=40)
ORDERS = st.lists(
    st.tuples(st.integers(0, 39), st.sampled_from(list(Side)), st.integers(0, 30), st.integers(1, 50)), max_size=12
)
"""(after which bar, side, distance from its close in USDT, quantity in thousandths of a coin) of the user's orders.

All rest on arrival: that an order has crossed the last price of a file is not stored with it.
"""


@dataclass
class Outcome:
    """Everything by which two runs are compared; session ids are cut out of the names of orders."""

    balances: object
    orders: object
    decisions: object
    fills: object
    bots: object
    head: int


def act(floor: Floor, closes: Sequence[int], number: int, orders: Sequence[tuple[int, Side, int, int]]) -> None:
    """Play one bar, then send and cancel what the user wants after it."""
    session = floor.session
    session.pipeline.process(received(bars(closes))[number])
    for place, (after, side, distance, thousandths) in enumerate(orders):
        if after == number:
            away = -distance if side is Side.BUY else distance
            session.desk.execute(
                place,
                PlaceOrder(
                    client_id=f"mine-{place}",
                    portfolio="main",
                    instrument=BTC.id,
                    side=side,
                    type=OrderType.LIMIT,
                    qty=thousandths * 100,
                    price=max(1, closes[number] + away) * 100,
                ),
            )
        elif after + 5 == number and place % 3 == 0:
            session.desk.execute(place, CancelOrder(f"mine-{place}"))


def run(path: Path, closes: Sequence[int], orders: Sequence[tuple[int, Side, int, int]], stops: set[int]) -> Outcome:
    """Play everything over one file, closing it and starting again before each bar in `stops`."""
    floor = Floor(path, bots=BOTS)
    floor.play(live())
    for number in range(len(closes)):
        if number in stops and number > 0:
            floor.session.outbox.flush()
            floor.database.close()
            floor = Floor(path, bots=BOTS, history=bars(closes)[:number], name=f"s{number}")
            floor.play(live())
        act(floor, closes, number, orders)
    with floor:
        floor.session.outbox.flush()
        report = check_ledger(floor.database, audit)
        assert report.holds, report.findings
        stored = floor.stored()
        pipeline = floor.session.pipeline
        return Outcome(
            stored.balances,
            [plain_order(order) for order in (*stored.open_orders, *stored.closed_orders)],
            [plain_decision(decision) for decision in stored.decisions],
            [plain_fill(fill) for fill in stored.fills],
            [(b.name, b.base_held, b.realized, b.fills, b.strategy.snapshot()) for b in pipeline.bots],
            stored.last_seq,
        )


def plain_order(order: Order) -> object:
    """Return an order without the session's name in its id."""
    request = order.request
    return (
        request.origin,
        request.side,
        request.qty,
        request.price,
        order.status,
        order.filled_qty,
        order.filled_quote,
        order.reserved,
        order.created_ms,
        order.updated_ms,
    )


def plain_decision(decision: DecisionMade) -> object:
    """Return a decision without the session's name in its id."""
    return decision.bot, decision.intent, decision.outcome, decision.qty, decision.reasons, decision.at_ms


def plain_fill(fill: Fill) -> object:
    """Return a fill without the session's name in its ids."""
    return (
        fill.client_id.partition(":")[0],
        fill.side,
        fill.price,
        fill.qty,
        fill.quote_amount,
        fill.fee,
        fill.liquidity,
        fill.at_ms,
    )


@given(closes=CLOSES, orders=ORDERS, stops=st.sets(st.integers(1, 39), min_size=1, max_size=4))
@settings(max_examples=25)
def test_restarts_at_any_bar_change_no_balance_no_order_and_no_decision(
    closes: list[int], orders: list[tuple[int, Side, int, int]], stops: set[int]
) -> None:
    with TemporaryDirectory() as folder:
        whole = run(Path(folder) / "whole.sqlite", closes, orders, set())
        parted = run(Path(folder) / "parted.sqlite", closes, orders, stops)
    assert parted == whole


def test_what_happened_while_the_program_was_off_fills_nothing_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "profile.sqlite"
    order = PlaceOrder(
        client_id="mine",
        portfolio="main",
        instrument=BTC.id,
        side=Side.BUY,
        type=OrderType.LIMIT,
        qty=1_000_000,
        price=7_000,
    )
    closes = [100, 90, 60, 95, 100]
    with Floor(path) as floor:
        floor.play(live() + received(bars(closes[:2])))
        assert floor.command(order).ok
    candles: list[Candle] = bars(closes)
    with Floor(path, history=candles[:4], name="later") as floor:
        floor.play(live() + received(candles))
        assert floor.fills == []
        assert [o.client_id for o in floor.session.exchange.open_orders()] == ["mine"]
        floor.play(received(bars([100, 65], first=4)[1:]))
        assert [fill.client_id for fill in floor.fills] == ["mine"]
