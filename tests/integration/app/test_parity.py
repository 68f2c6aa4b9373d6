"""A session over real sockets, its replay and a backtest on its capsule are the same, whatever surrounds them."""

import logging
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from cryptobot_desktop.app.command_line import main
from cryptobot_desktop.app.engine_thread import EngineThread, Wishes
from cryptobot_desktop.app.profile import Profile
from cryptobot_desktop.backtest.verify import verify_capsule
from cryptobot_desktop.domain.commands import (
    AddBot,
    CancelOrder,
    Command,
    PlaceOrder,
    PreviewOrder,
    UnwatchInstrument,
    WatchInstrument,
)
from cryptobot_desktop.domain.facts import CommandAnswered
from cryptobot_desktop.domain.instrument import InstrumentId, Venue
from cryptobot_desktop.domain.market import FeedState, Side
from cryptobot_desktop.domain.orders import OrderType
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.handle import EngineHandle
from cryptobot_desktop.engine.session import BotSpec, SessionSpec
from cryptobot_desktop.storage.capsule import CapsuleFolder
from cryptobot_desktop.storage.database import FILE_NAME
from tests.integration.app.program import cryptobot, document, start

WITHIN_S = 20.0
BTC = InstrumentId("binance:BTCUSDT")
WISHES = Wishes(keep_portfolio=True, from_wall_clock=False)
SPEC = SessionSpec(speed=100, bots=(BotSpec(strategy="sma_cross", params={"fast": "1", "slow": "2"}),))
SURROUNDINGS = (
    {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "4242", "TZ": "Asia/Kathmandu", "LC_ALL": "de_DE.UTF-8", "LANG": "tr_TR.UTF-8"},
)
SAME = (
    "trades_hash",
    "ledger_hash",
    "orders",
    "fills",
    "final_equity",
    "market_events",
    "fees",
    "max_drawdown",
    "bots",
)


class Program:
    """The command line in this process, where nothing of the surroundings matters: quicker than a process each."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CRYPTOBOT_DATA_DIR", str(folder))
        self._capsys = capsys

    def __call__(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one command to its end."""
        self._capsys.readouterr()
        status = main(arguments)
        out, err = self._capsys.readouterr()
        return subprocess.CompletedProcess(arguments, status, out, err)


@pytest.fixture
def program(data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """Return the command line on a data folder of its own."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield Program(data_dir, capsys, monkeypatch)
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()


class Desk:
    """A running engine and a user who waits for answers."""

    def __init__(self, folder: Path, spec: SessionSpec) -> None:
        self.profile = Profile(folder)
        self.handle = EngineHandle()
        self.engine = EngineThread(spec, self.profile, self.handle, wishes=WISHES, environment={})
        self.engine.start()

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + WITHIN_S
        while not holds():
            assert time.monotonic() < deadline, "it did not come in time"
            assert self.engine.is_running, self.engine.trouble
            time.sleep(0.01)

    def wait_until_live(self) -> None:
        """Wait until every watched book is live."""
        self.wait_for(
            lambda: (
                (picture := self.handle.snapshot()) is not None
                and bool(picture.instruments)
                and all(card.state is FeedState.LIVE for card in picture.instruments)
            )
        )

    def ask(self, command: Command) -> CommandAnswered:
        """Send a command and return its answer."""
        number = self.handle.submit(command)
        found: list[CommandAnswered] = []

        def answered() -> bool:
            facts = [notice.fact for notice in self.handle.notices(0).notices]
            found[:] = [f for f in facts if isinstance(f, CommandAnswered) and f.command_id == number]
            return bool(found)

        self.wait_for(answered)
        return found[0]

    def order(self, client_id: str, *, price: int | None = None) -> PlaceOrder:
        """Return a purchase of 0.01 BTC."""
        btc = next(instrument for instrument in self.handle.catalogue() if instrument.id == BTC)
        return PlaceOrder(
            client_id=client_id,
            portfolio="main",
            instrument=BTC,
            side=Side.BUY,
            type=OrderType.MARKET if price is None else OrderType.LIMIT,
            qty=10 ** (btc.qty_decimals - 2),
            price=None if price is None else price * 10**btc.price_decimals,
        )

    def end(self) -> dict[str, Any]:
        """Stop the session and return its report."""
        self.engine.stop()
        assert self.engine.join()
        self.profile.close()
        assert self.engine.report is not None, self.engine.trouble
        return self.engine.report


def busy_session(folder: Path) -> tuple[dict[str, Any], Path]:
    """Trade for some seconds over sockets: bots, orders, cancels, a second instrument, refused wishes."""
    desk = Desk(folder, SPEC)
    desk.wait_until_live()
    assert desk.ask(desk.order("one")).ok
    assert desk.ask(desk.order("far", price=50_000)).ok
    assert not desk.ask(desk.order("far", price=51_000)).ok
    assert desk.ask(WatchInstrument("ETH/USDT")).ok
    assert not desk.ask(WatchInstrument("NOPE/USDT")).ok
    eth = InstrumentId("binance:ETHUSDT")
    desk.handle.submit(PreviewOrder(desk.order("never")))
    desk.wait_until_live()
    assert desk.ask(AddBot("flip", "sma_cross", "main", eth, Timeframe.M1, {"fast": "1", "slow": "2"})).ok
    fills = desk.engine._live.session.pipeline.totals  # type: ignore[union-attr]
    desk.wait_for(lambda: fills.fills >= 3)
    assert not desk.ask(UnwatchInstrument(eth)).ok
    assert desk.ask(CancelOrder("far")).ok
    report = desk.end()
    return report, CapsuleFolder(folder).find(report["session_id"])


@pytest.mark.slow
def test_a_session_over_sockets_its_replays_and_a_backtest_are_the_same_to_the_last_digit(data_dir: Path) -> None:
    report, capsule = busy_session(data_dir)
    assert report["fills"] >= 3
    other = data_dir.parent / "elsewhere"
    books = [data_dir.parent / "a.json", data_dir.parent / "b.json"]
    for surroundings, file in zip(SURROUNDINGS, books, strict=True):
        replayed = document(cryptobot(other, "replay", str(capsule), "--json", "--books", str(file), **surroundings))
        assert replayed == report
    assert books[0].read_bytes() == books[1].read_bytes()
    tested = document(cryptobot(other, "backtest", "--data", str(capsule), "--json", **SURROUNDINGS[1]))
    assert {name: tested[name] for name in SAME} == {name: report[name] for name in SAME}
    verified = cryptobot(data_dir, "verify", str(capsule), "--ledger", "--json", **SURROUNDINGS[0])
    assert verified.returncode == 0, orjson.loads(verified.stdout)["summary"]
    certificate = document(verified)
    assert certificate["result"] == "equal"
    assert certificate["hashes"]["trades_hash"] == report["trades_hash"]
    assert certificate["compared"]["stored_fills"] == report["fills"]
    assert not (other / FILE_NAME).exists()  # neither command touches the ledger of a profile


@pytest.mark.slow
def test_a_second_session_on_the_same_portfolio_begins_with_what_was_stored_and_replays_equal(data_dir: Path) -> None:
    spec = SessionSpec(speed=100, venue=Venue.BINANCE, bots=SPEC.bots)
    for number in range(2):
        desk = Desk(data_dir, spec)
        desk.wait_until_live()
        assert desk.ask(desk.order(f"buy-{number}")).ok
        assert desk.ask(desk.order(f"rest-{number}", price=50_000)).ok
        report = desk.end()
        verdict = verify_capsule(CapsuleFolder(data_dir).find(report["session_id"]))
        assert verdict.holds, verdict.summary
        assert verdict.is_complete
        assert verdict.report == report


@pytest.mark.slow
def test_the_recording_of_a_killed_session_is_equal_up_to_its_last_block(data_dir: Path) -> None:
    process = start(data_dir, "run", "--speed", "100", "--duration", "5h", "--bot", "sma_cross:fast=1,slow=2")
    folder = CapsuleFolder(data_dir)
    deadline = time.monotonic() + WITHIN_S
    while not (found := folder.capsules()) or found[0].stat().st_size < 400_000:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.communicate()
    done = cryptobot(data_dir, "verify", str(found[0]), "--ledger")
    assert done.returncode == 0, done.stdout
    assert "recorded up to" in done.stdout
    assert "the session was killed" in done.stdout
    assert "differences" in done.stdout


@pytest.mark.slow
def test_recorded_fast_runs_verify_and_a_changed_ledger_is_named(data_dir: Path, program: Program) -> None:
    run = ("run", "--speed", "max", "--duration", "20m", "--json", "--bot", "sma_cross:fast=1,slow=3")
    report = document(program(*run, "--venue", "kucoin"))
    assert report["fills"] > 0
    name = report["session_id"]
    out = data_dir / "out"
    assert program("verify", name, "--ledger", "--out", str(out)).returncode == 0
    page = (out / "certificate.html").read_text(encoding="utf-8")
    assert report["trades_hash"] in page
    assert "Replay and session are equal" in page
    assert orjson.loads((out / "certificate.json").read_bytes())["differences"] == 0
    with sqlite3.connect(data_dir / FILE_NAME) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("UPDATE transfer SET amount = amount + 1 WHERE seq = 3")
    connection.close()
    found = program("verify", name)
    assert found.returncode == 1
    assert "ledger row 3, amount: the ledger holds" in found.stdout


@pytest.mark.slow
def test_a_capsule_is_a_market_for_other_bots_at_full_speed_and_says_where_it_is_not(
    data_dir: Path, program: Program
) -> None:
    bot = ("--bot", "sma_cross:fast=1,slow=3")
    report = document(program("run", "--speed", "max", "--duration", "20m", "--json", *bot))
    capsule = str(CapsuleFolder(data_dir).find(report["session_id"]))
    same: list[dict[str, Any]] = [
        document(program("backtest", "--data", capsule, "--json", *bot)),
        document(program("run", "--market", f"recording:{capsule}", "--speed", "max", "--json", *bot)),
    ]
    for other in same:
        assert other["trades_hash"] == report["trades_hash"]
        assert other["ledger_hash"] == report["ledger_hash"]
    again = same[1]["session_id"]
    assert program("verify", again, "--ledger").returncode == 0
    without = document(program("backtest", "--data", capsule, "--json", "--bot", "none"))
    assert without["fills"] == 0
    paced: subprocess.CompletedProcess[str] = program("run", "--market", f"recording:{capsule}")
    assert paced.returncode == 2
    assert "--speed max only" in paced.stderr
