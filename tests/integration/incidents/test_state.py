"""Incidents in which simulated trading lost or invented state (N5 to N11), as tests."""

import threading
from itertools import pairwise
from pathlib import Path

import pytest

from cryptobot_desktop.app.engine_thread import EngineThread, Wishes
from cryptobot_desktop.app.profile import AlreadyRunning, Profile
from cryptobot_desktop.domain.commands import CancelOrder, PlaceOrder, PlaceOrderList
from cryptobot_desktop.domain.errors import TemporaryFailure, UserActionNeeded
from cryptobot_desktop.domain.facts import OrderAccepted, OrderFilled
from cryptobot_desktop.domain.journal import CommitBatch
from cryptobot_desktop.domain.market import Received, Side, Trade
from cryptobot_desktop.domain.orders import ListKind, Order, OrderPhase, OrderType
from cryptobot_desktop.engine.handle import EngineHandle
from cryptobot_desktop.engine.session import SessionSpec
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from tests.unit.engine.trading_floor import BTC, START_MS, Floor, book, live


def levels(middle: int, *, number: int, at_ms: int) -> Received:
    """Return a deep book around a price in cents."""
    sides = [[(middle + sign * n, 10_000_000) for n in range(1, 6)] for sign in (-1, 1)]
    return book(sides[0], sides[1], number=number, at_ms=at_ms)


def trade(name: str, price: int, at_ms: int, qty: int = 1_000, taker: Side = Side.BUY) -> Received:
    """Return a public trade."""
    return Received(at_ms, Trade(BTC.id, name, price, qty, taker, at_ms))


def order(name: str, kind: OrderType, side: Side = Side.BUY, **fields: object) -> PlaceOrder:
    """Return an order of the user for 0.1 BTC."""
    plain = {"qty": 10_000, **fields}
    return PlaceOrder(client_id=name, portfolio="main", instrument=BTC.id, side=side, type=kind, **plain)  # type: ignore[arg-type]


def open_market(floor: Floor) -> None:
    """Show a live book around 100 and a first trade."""
    floor.play([*live(), levels(10_000, number=1, at_ms=START_MS), trade("t0", 10_000, START_MS + 1)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the profile database will be."""
    return tmp_path / FILE_NAME


def test_n05_an_order_that_is_sent_again_is_one_order(path: Path) -> None:
    with Floor(path, has_books=True) as floor:
        open_market(floor)
        same = order("mine", OrderType.MARKET)
        assert floor.command(same).ok
        rows = floor.stored().last_seq
        for _ in range(5):
            assert floor.command(same).ok  # whoever got no answer asks again and gets the first answer
        assert not floor.command(order("mine", OrderType.MARKET, qty=20_000)).ok
        assert floor.stored().last_seq == rows
        assert sum(isinstance(fact, OrderAccepted) for fact in floor.facts) == 1
        assert len(floor.fills) == 1
    with Floor(path, has_books=True, name="later") as floor:
        open_market(floor)
        assert floor.command(same).ok
        assert floor.fills == []
        assert floor.stored().last_seq == rows


def test_n06_a_locked_database_tells_nothing_and_loses_nothing(path: Path) -> None:
    with Floor(path, has_books=True) as floor:
        open_market(floor)
        told = len(floor.facts)
        floor.store.trouble = TemporaryFailure("database is locked")
        floor.session.desk.execute(1, order("mine", OrderType.MARKET))
        for _ in range(3):
            with pytest.raises(TemporaryFailure):
                floor.session.outbox.flush()
        assert len(floor.facts) == told
        assert floor.stored().fills == ()
        floor.store.trouble = None
        floor.session.outbox.flush()
        assert [fill.client_id for fill in floor.stored().fills] == ["mine"]
        batch = next(n for n, entry in enumerate(floor.diary) if isinstance(entry, CommitBatch) and entry.fills)
        fact = next(n for n, entry in enumerate(floor.diary) if isinstance(entry, OrderFilled))
        assert batch < fact


def test_n07_a_storage_that_fails_stops_the_intake_of_orders(path: Path) -> None:
    """What a failed commit holds back never happened for anybody; a restart knows nothing of it."""
    with Floor(path, has_books=True) as floor:
        open_market(floor)
        before = floor.stored()
        floor.store.trouble = UserActionNeeded("the disk is full")
        for number in range(3):
            floor.session.desk.execute(number, order(f"o{number}", OrderType.MARKET))
            with pytest.raises(UserActionNeeded):
                floor.session.outbox.flush()
        assert floor.fills == []
    with Floor(path, has_books=True, name="later") as floor:
        assert floor.stored().balances == before.balances
        assert floor.session.exchange.open_orders() == ()


def test_n08_a_restart_keeps_balances_and_history(path: Path) -> None:
    with Floor(path, has_books=True) as floor:
        open_market(floor)
        for number in range(4):
            floor.command(order(f"o{number}", OrderType.MARKET, Side.SELL if number == 3 else Side.BUY))
        before = floor.stored()
    for number in range(3):
        with Floor(path, has_books=True, name=f"again-{number}") as floor:
            open_market(floor)
            assert floor.stored().balances == before.balances
            assert floor.stored().fills == before.fills
            assert floor.stored().last_seq == before.last_seq


def test_n09_a_database_of_another_mode_is_refused(path: Path) -> None:
    ProfileDatabase(path).close()
    before = path.read_bytes()
    for mode in ("testnet", "live", "real", "PAPER", ""):
        for read_only in (True, False):
            with pytest.raises(UserActionNeeded, match="belongs to mode 'paper'"):
                ProfileDatabase(path, mode=mode, read_only=read_only)
    assert path.read_bytes() == before


def test_n10_two_programs_never_trade_on_one_folder(data_dir: Path) -> None:
    with Profile(data_dir), pytest.raises(AlreadyRunning), Profile(data_dir):
        pass


def test_n10_one_public_trade_fills_an_order_once(path: Path) -> None:
    with Floor(path, has_books=True) as floor:
        open_market(floor)
        assert floor.command(order("mine", OrderType.LIMIT, price=9_990, qty=10_000)).ok
        for n in range(4):
            floor.play([trade("same", 9_980, START_MS + 10 + n, qty=2_000, taker=Side.SELL)])
        assert [fill.qty for fill in floor.fills] == [2_000]


@pytest.mark.slow
def test_n10_i22_orders_of_eight_threads_are_one_after_another_and_all_counted(data_dir: Path) -> None:
    handle = EngineHandle()
    with Profile(data_dir) as profile:
        spec = SessionSpec(speed=60)
        engine = EngineThread(spec, profile, handle, wishes=Wishes(keep_portfolio=True, from_wall_clock=False))
        engine.start()
        try:
            _wait_until_live(handle)
            btc = next(i for i in handle.catalogue() if i.name == "BTC/USDT")

            def send(worker: int) -> None:
                for n in range(10):
                    handle.submit(
                        PlaceOrder(
                            client_id=f"w{worker}-{n}",
                            portfolio="main",
                            instrument=btc.id,
                            side=Side.BUY,
                            type=OrderType.MARKET,
                            qty=10 ** (btc.qty_decimals - 4),
                        )
                    )

            workers = [threading.Thread(target=send, args=(n,)) for n in range(8)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            _wait_for(lambda: _answers(handle) >= 80)
        finally:
            engine.stop()
            assert engine.join(10.0)
    database = ProfileDatabase(data_dir / FILE_NAME, read_only=True)
    state = load_state(database)
    database.close()
    bought = sum(fill.qty for fill in state.fills)
    assert {fill.client_id for fill in state.fills} == {f"w{w}-{n}" for w in range(8) for n in range(10)}
    assert bought == 80 * 10 ** (btc.qty_decimals - 4)


def _answers(handle: EngineHandle) -> int:
    return sum(type(notice.fact).__name__ == "CommandAnswered" for notice in handle.notices(0).notices)


def _wait_until_live(handle: EngineHandle) -> None:
    def is_live() -> bool:
        snapshot = handle.snapshot()
        return snapshot is not None and any(card.state.value == "live" for card in snapshot.instruments)

    _wait_for(is_live)


def _wait_for(holds: object) -> None:
    assert callable(holds)
    for _ in range(2_000):
        if holds():
            return
        threading.Event().wait(0.01)
    pytest.fail("what was waited for did not come within 20 s")


def place_fifty(floor: Floor) -> None:
    """Leave fifty orders of all kinds: limits, makers, icebergs, stops, trailing ones, and half-filled brackets."""
    floor.command(order("coins", OrderType.MARKET, qty=1_000_000))
    kinds: list[tuple[OrderType, dict[str, object]]] = [
        (OrderType.LIMIT, {"price": 9_000}),
        (OrderType.LIMIT_MAKER, {"price": 9_100}),
        (OrderType.LIMIT, {"price": 9_050, "display_qty": 2_000}),
        (OrderType.STOP_LOSS, {"stop_price": 11_500}),
        (OrderType.STOP_LOSS_LIMIT, {"stop_price": 11_400, "price": 11_450}),
        (OrderType.TAKE_PROFIT, {"stop_price": 8_800}),
        (OrderType.TAKE_PROFIT_LIMIT, {"stop_price": 8_700, "price": 8_750}),
        (OrderType.TRAILING_STOP, {"trailing_bips": 1_500}),
        (OrderType.TRAILING_STOP_LIMIT, {"trailing_bips": 1_600, "price": 11_000}),
    ]
    for number in range(38):
        kind, fields = kinds[number % len(kinds)]
        answer = floor.command(order(f"o{number}", kind, **fields))
        assert answer.ok, answer.message
    for number in range(4):
        working = order(f"in{number}", OrderType.LIMIT, price=9_990 - number)
        exits = (
            order(f"gain{number}", OrderType.LIMIT_MAKER, Side.SELL, price=11_000, qty=8_000),
            order(f"stop{number}", OrderType.STOP_LOSS, Side.SELL, stop_price=9_000, qty=8_000),
        )
        command = PlaceOrderList(f"list{number}", ListKind.OTOCO, (working, *exits))
        answer = floor.command(command)
        assert answer.ok, answer.message


def image(floor: Floor) -> list[Order]:
    """Return all open orders by name."""
    return sorted(floor.session.exchange.open_orders(), key=lambda o: o.client_id)


def test_n11_fifty_orders_of_all_kinds_live_after_a_restart_and_the_gap_fills_nothing(path: Path) -> None:
    with Floor(path, has_books=True) as floor:
        open_market(floor)
        place_fifty(floor)
        # Two brackets enter: the first is filled and its exits are placed, the second is half filled.
        floor.play([trade("t1", 9_989, START_MS + 10, qty=14_000, taker=Side.SELL)])
        before = image(floor)
        phases = {o.phase for o in before}
        assert phases == {OrderPhase.WORKING, OrderPhase.ARMED, OrderPhase.PENDING}
        assert any(o.filled_qty and o.request.list_id for o in before), "no bracket is half filled"
        assert any(o.best_price for o in before), "no trailing stop is armed"
        assert len(before) >= 49
        fills = floor.stored().fills
    gap_ms = START_MS + 3_600_000
    with Floor(path, has_books=True, name="later") as floor:
        assert image(floor) == before
        # What happened meanwhile would have touched nearly all of them.
        floor.play([*live(), trade("gap1", 8_600, START_MS + 20), trade("gap2", 11_600, START_MS + 30)])
        assert floor.fills == []
        floor.play([levels(10_000, number=9, at_ms=gap_ms), trade("t9", 10_000, gap_ms + 1)])
        assert image(floor) == before
        assert floor.stored().fills == fills
        assert floor.command(CancelOrder("o0")).ok
        floor.play([trade("t10", 9_985, gap_ms + 20, qty=10_000_000, taker=Side.SELL)])
        assert all(fill.at_ms >= gap_ms for fill in floor.fills)
        assert floor.fills, "the orders are dead"
        times = [fill.at_ms for fill in floor.stored().fills]
        assert all(a <= b for a, b in pairwise(times))
