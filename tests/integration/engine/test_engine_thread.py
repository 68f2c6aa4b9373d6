"""The engine's thread over a real emulator on loopback sockets: it starts, serves, stops, and never dies silently."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cryptobot_desktop.app.engine_thread import EngineThread, Wishes
from cryptobot_desktop.app.profile import Profile
from cryptobot_desktop.domain.commands import CancelOrder, Command, PlaceOrder, TripKillSwitch, WatchInstrument
from cryptobot_desktop.domain.errors import TemporaryFailure, UserActionNeeded
from cryptobot_desktop.domain.facts import CommandAnswered, EngineFaulted, Fact
from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.journal import CommitBatch
from cryptobot_desktop.domain.market import Candle, FeedState, Side
from cryptobot_desktop.domain.orders import Intent, OrderType
from cryptobot_desktop.engine.handle import EngineHandle
from cryptobot_desktop.engine.session import BotSpec, MarketSource, SessionSpec
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from cryptobot_desktop.strategies.sma_cross import SmaCross
from cryptobot_desktop.strategies.strategy import StrategyView

BTC = InstrumentId("binance:BTCUSDT")
WISHES = Wishes(keep_portfolio=True, from_wall_clock=False)
SPEC = SessionSpec(speed=60, bots=(BotSpec(strategy="sma_cross", params={"fast": "1", "slow": "2"}),))
WITHIN_S = 20.0


class Running:
    """A running engine with what a front end would do: submit, read notices, wait for something."""

    def __init__(self, spec: SessionSpec, profile: Profile) -> None:
        self.handle = EngineHandle()
        self.engine = EngineThread(spec, profile, self.handle, wishes=WISHES)
        self.facts: list[Fact] = []
        self._seen = 0

    def pull(self) -> list[Fact]:
        """Return all facts so far."""
        batch = self.handle.notices(self._seen)
        for notice in batch.notices:
            self._seen = notice.seq
            self.facts.append(notice.fact)
        return self.facts

    def wait_for(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds; fail the test when it does not in time."""
        deadline = time.monotonic() + WITHIN_S
        while not holds():
            faults = [fact.message for fact in self.pull() if isinstance(fact, EngineFaulted)]
            assert time.monotonic() < deadline, f"{what} did not come"
            assert not faults or not self.engine.is_running or what == "the end of the engine", faults
            time.sleep(0.01)

    def wait_until_live(self) -> None:
        """Wait until the book of the first instrument is live."""
        self.wait_for(lambda: self.state() == "running" and self._is_live(), "a live book")

    def state(self) -> str:
        """Return the engine's state in the newest picture."""
        snapshot = self.handle.snapshot()
        return "" if snapshot is None else snapshot.engine_state

    def watched(self) -> int:
        """Return how many instruments the newest picture shows."""
        snapshot = self.handle.snapshot()
        return 0 if snapshot is None else len(snapshot.instruments)

    def ask(self, command: Command) -> CommandAnswered:
        """Send a command and wait for its answer."""
        number = self.handle.submit(command)
        self.wait_for(lambda: self.answer(number) is not None, f"the answer to {command}")
        answer = self.answer(number)
        assert answer is not None
        return answer

    def order(self, client_id: str = "mine") -> PlaceOrder:
        """Return an order for 0.001 BTC at 50,000 USDT, far below the built-in market."""
        btc = next(instrument for instrument in self.handle.catalogue() if instrument.id == BTC)
        return PlaceOrder(
            client_id=client_id,
            portfolio="main",
            instrument=BTC,
            side=Side.BUY,
            type=OrderType.LIMIT,
            qty=10 ** (btc.qty_decimals - 3),
            price=50_000 * 10**btc.price_decimals,
        )

    def answer(self, number: int) -> CommandAnswered | None:
        """Return the answer to a command, if it came."""
        return next((f for f in self.pull() if isinstance(f, CommandAnswered) and f.command_id == number), None)

    def _is_live(self) -> bool:
        snapshot = self.handle.snapshot()
        return snapshot is not None and any(card.state is FeedState.LIVE for card in snapshot.instruments)


@contextmanager
def running(folder: Path, spec: SessionSpec = SPEC, kind: type[Profile] = Profile) -> Iterator[Running]:
    """Run an engine; at the end it must stop within five seconds and leave no thread."""
    before = set(threading.enumerate())
    with kind(folder) as profile:
        session = Running(spec, profile)
        session.engine.start()
        try:
            yield session
        finally:
            session.engine.stop()
            assert session.engine.join(5.0), "the engine did not stop"
    assert set(threading.enumerate()) <= before


def stored_ledger_holds(folder: Path) -> bool:
    """Return True when everything in the database of a folder agrees."""
    database = ProfileDatabase(folder / FILE_NAME, read_only=True)
    try:
        return check_ledger(database, audit).holds
    finally:
        database.close()


@pytest.mark.slow
def test_it_serves_commands_until_it_is_stopped_and_says_how_it_ended(data_dir: Path) -> None:
    with running(data_dir) as session:
        session.wait_until_live()
        assert session.ask(session.order()).ok
        snapshot = session.handle.snapshot()
        assert snapshot is not None
        assert [instrument.name for instrument in session.handle.catalogue()][:1] == ["BTC/USDT"]
        assert not session.ask(CancelOrder("ghost")).ok
        assert session.ask(WatchInstrument("ETH-USDT")).ok
        session.wait_for(lambda: session.watched() == 2, "the second instrument")
        assert not session.ask(WatchInstrument("DOGE/USDT")).ok
    assert session.engine.trouble is None
    assert not session.engine.has_bug
    assert session.state() == "finished"
    assert session.engine.report is not None
    assert session.engine.report["orders"] >= 1
    assert stored_ledger_holds(data_dir)


@pytest.mark.slow
def test_a_restart_brings_back_orders_bots_and_the_kill_switch(data_dir: Path) -> None:
    with running(data_dir) as session:
        session.wait_until_live()
        assert session.ask(session.order()).ok
    with running(data_dir) as session:
        session.wait_until_live()
        snapshot = session.handle.snapshot()
        assert snapshot is not None
        assert [order.client_id for order in snapshot.open_orders if order.request.origin == "user"] == ["mine"]
        assert [card.record.bot for card in snapshot.bots] == ["sma_cross"]
        assert session.ask(TripKillSwitch("enough")).ok
    with running(data_dir) as session:
        session.wait_until_live()
        snapshot = session.handle.snapshot()
        assert snapshot is not None
        assert (snapshot.kill_tripped, snapshot.kill_reason, snapshot.open_orders) == (True, "enough", ())
        assert not session.ask(session.order()).ok


def test_stopping_before_it_has_begun_ends_it_too(data_dir: Path) -> None:
    with running(data_dir):
        pass
    with Profile(data_dir) as profile:
        session = Running(SPEC, profile)
        session.engine.stop()
        session.engine.start()
        assert session.engine.join(5.0)


def test_a_venue_that_accepts_and_never_answers_does_not_keep_it_from_stopping(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("CRYPTOBOT_BINANCE_REST", f"http://{address}")
        monkeypatch.setenv("CRYPTOBOT_BINANCE_WS", f"ws://{address}")
        with running(data_dir, SessionSpec(source=MarketSource.LIVE, speed=1)) as session:
            session.wait_for(lambda: session.handle.snapshot() is not None, "the first picture")


def test_a_bug_in_a_bot_becomes_a_visible_stopped_engine(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: SmaCross, _candle: Candle, _view: StrategyView) -> Intent | None:
        raise ZeroDivisionError("a bug for this test")

    monkeypatch.setattr(SmaCross, "decide", broken)
    with running(data_dir) as session:
        session.wait_for(lambda: not session.engine.is_running, "the end of the engine")
        faults = [fact for fact in session.pull() if isinstance(fact, EngineFaulted)]
        assert len(faults) == 1
        assert "a bug for this test" in faults[0].message
        assert session.engine.has_bug
        assert session.state() == "faulted"
        snapshot = session.handle.snapshot()
        assert snapshot is not None
        assert "bug" in snapshot.engine_message
    assert stored_ledger_holds(data_dir)


def test_an_unusable_setting_ends_it_with_the_reason(data_dir: Path) -> None:
    with running(data_dir, SessionSpec(symbols=("FOO/BAR",), speed=60)) as session:
        session.wait_for(lambda: not session.engine.is_running, "the end of the engine")
        assert isinstance(session.engine.trouble, UserActionNeeded)
        assert "FOO/BAR" in str(session.engine.trouble)
        assert not session.engine.has_bug


class MoodyDatabase(ProfileDatabase):
    """The real database on a disk that sometimes refuses."""

    trouble: UserActionNeeded | TemporaryFailure | None = None

    def commit(self, batch: CommitBatch) -> None:
        """Write the batch unless the disk refuses."""
        if self.trouble is not None:
            raise self.trouble
        super().commit(batch)


class MoodyProfile(Profile):
    """A data folder on that disk."""

    opened: MoodyDatabase | None = None

    def open_database(self) -> MoodyDatabase:
        """Open the database and remember it, so that the test can spoil its disk."""
        type(self).opened = MoodyDatabase(self.database_path)
        return type(self).opened


@pytest.mark.slow
def test_a_full_disk_halts_it_and_space_lets_it_go_on(data_dir: Path) -> None:
    with running(data_dir, kind=MoodyProfile) as session:
        session.wait_until_live()
        database = MoodyProfile.opened
        assert database is not None
        database.trouble = UserActionNeeded("the disk is full")
        number = session.handle.submit(session.order())
        session.wait_for(lambda: session.state() == "halted", "the halt")
        snapshot = session.handle.snapshot()
        assert snapshot is not None
        assert snapshot.engine_message == "the disk is full"
        events = snapshot.market_events
        time.sleep(0.5)
        snapshot = session.handle.snapshot()
        assert snapshot is not None
        assert snapshot.market_events == events  # nothing is decided that cannot be stored
        answer = session.answer(number)
        assert answer is None or not answer.ok  # nobody is told that an order was taken which is not stored
        database.trouble = None
        session.wait_for(lambda: session.state() == "running", "the recovery")
        session.wait_until_live()
        later = session.ask(session.order("b"))
        assert later.ok, later.message
    assert session.engine.trouble is None
    assert stored_ledger_holds(data_dir)
    reader = ProfileDatabase(data_dir / FILE_NAME, read_only=True)
    told = {f.command_id: f.ok for f in session.pull() if isinstance(f, CommandAnswered)}
    open_ids = {order.client_id for order in load_state(reader).open_orders if order.request.origin == "user"}
    reader.close()
    assert open_ids == ({"mine", "b"} if told.get(number) else {"b"})
