"""kill -9 at any moment loses nothing that was acknowledged, and the next start goes on."""

import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from cryptobot_desktop.app.markets import SYNTHETIC_EPOCH_MS, emulated_venue
from cryptobot_desktop.domain.commands import PlaceOrder
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import OrderType
from cryptobot_desktop.engine.player import InProcessPlayer
from cryptobot_desktop.engine.session import SessionSpec
from cryptobot_desktop.marketdata.adapters import adapter_for
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from tests.integration.app.program import cryptobot, document, start
from tests.unit.engine.trading_floor import START_MS, Floor

FILL = re.compile(r"^\S+Z  (\S+)  (buy|sell) (\S+) BTC/USDT at (\S+), fee ")
BOT = ("--bot", "sma_cross:fast=1,slow=2")
RESTING, MARKETABLE = 45, 5


def btc_of_the_emulator() -> Instrument:
    """Return the instrument as the built-in exchange describes it."""
    spec = SessionSpec()
    player = InProcessPlayer(emulated_venue(spec, SYNTHETIC_EPOCH_MS), adapter_for(spec.venue))
    return next(instrument for instrument in player.catalogue() if instrument.name == "BTC/USDT")


def leave_fifty_orders(folder: Path) -> None:
    """Make a portfolio with 45 orders far below the market and 5 that the first book will fill."""
    btc = btc_of_the_emulator()
    assert START_MS == SYNTHETIC_EPOCH_MS
    with Floor(folder / FILE_NAME, instruments=[btc], has_books=True) as floor:
        for number in range(RESTING + MARKETABLE):
            price = 20_000 + number if number < RESTING else 80_000
            order = PlaceOrder(
                client_id=f"mine-{number}",
                portfolio="main",
                instrument=btc.id,
                side=Side.BUY,
                type=OrderType.LIMIT,
                qty=10 ** (btc.qty_decimals - 3),
                price=price * 10**btc.price_decimals,
            )
            assert floor.command(order).ok


def run_until(process: "subprocess.Popen[str]", wanted: int) -> list[tuple[str, str, str]]:
    """Read what the program acknowledges until there are enough fills, kill it, and read what was still on its way."""
    assert process.stderr is not None
    acknowledged: list[tuple[str, str, str]] = []
    for line in process.stderr:
        found = FILL.match(line)
        if found is not None:
            acknowledged.append((found[1], found[2], found[3]))
        if len(acknowledged) >= wanted:
            break
    process.send_signal(signal.SIGKILL)
    rest, _ = process.stderr.read(), process.wait()
    acknowledged += [(found[1], found[2], found[3]) for line in rest.splitlines() if (found := FILL.match(line))]
    if process.stdout is not None:
        process.stdout.close()
    process.stderr.close()
    return acknowledged


def assert_all_there(folder: Path, acknowledged: Sequence[tuple[str, str, str]]) -> ProfileDatabase:
    """Check the ledger, and that every acknowledged fill is stored with its figures."""
    database = ProfileDatabase(folder / FILE_NAME, read_only=True)
    report = check_ledger(database, audit)
    assert report.holds, report.findings
    state = load_state(database)
    known = {instrument.id: instrument for instrument in state.instruments}
    stored = [(f.client_id, f.side.value, known[f.instrument].qty_text(f.qty)) for f in state.fills]
    missing = [fill for fill in acknowledged if fill not in stored]
    assert missing == []
    return database


@pytest.mark.slow
def test_fifty_resting_orders_and_every_acknowledged_fill_survive_repeated_kills(data_dir: Path) -> None:
    leave_fifty_orders(data_dir)
    acknowledged: list[tuple[str, str, str]] = []
    for wanted in (2, 4, 1):
        process = start(data_dir, "run", "--portfolio", "main", "--speed", "100", "--duration", "5h", *BOT)
        acknowledged += run_until(process, wanted)
        database = assert_all_there(data_dir, acknowledged)
        resting = {order.client_id for order in load_state(database).open_orders}
        database.close()
        assert {f"mine-{number}" for number in range(RESTING)} <= resting
    database = assert_all_there(data_dir, acknowledged)
    filled = {fill.client_id for fill in load_state(database).fills}
    database.close()
    assert {f"mine-{number}" for number in range(RESTING, RESTING + MARKETABLE)} <= filled
    assert any(name.startswith("sma_cross:") for name, *_ in acknowledged)
    again = document(
        cryptobot(data_dir, "run", "--portfolio", "main", "--speed", "max", "--duration", "5m", "--json", *BOT)
    )
    assert [bot["name"] for bot in again["bots"]] == ["sma_cross"]
    assert cryptobot(data_dir, "ledger", "check").returncode == 0


@pytest.mark.slow
def test_a_run_at_full_speed_that_is_killed_has_stored_what_it_said(data_dir: Path) -> None:
    acknowledged: list[tuple[str, str, str]] = []
    for wanted in (1, 20):
        process = start(data_dir, "run", "--speed", "max", "--duration", "10h", "--portfolio", "main", *BOT)
        acknowledged += run_until(process, wanted)
        assert_all_there(data_dir, acknowledged).close()
    assert len(acknowledged) > 20
    assert cryptobot(data_dir, "ledger", "check").returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_polite_signal_ends_a_run_with_its_report(data_dir: Path, number: signal.Signals) -> None:
    process = start(data_dir, "run", "--speed", "50", "--json", *BOT)
    assert process.stderr is not None
    for line in process.stderr:
        if " live" in line:
            break
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 0, err
    assert '"ended_at"' in out
    assert "Traceback" not in err
    database = ProfileDatabase(data_dir / FILE_NAME, read_only=True)
    last = load_state(database).last_session
    database.close()
    assert last is not None
    assert last.ended_ms > 0


@pytest.mark.slow
def test_a_second_program_on_the_folder_of_a_running_one_is_refused_and_harms_nothing(data_dir: Path) -> None:
    process = start(data_dir, "run", "--speed", "50", *BOT)
    assert process.stderr is not None
    next(line for line in process.stderr if " live" in line)
    second = cryptobot(data_dir, "run", "--speed", "max", "--duration", "1m")
    checked = cryptobot(data_dir, "ledger", "check")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert second.returncode == 1
    assert f"process {process.pid}" in second.stderr
    assert len(second.stderr.splitlines()) == 1
    assert checked.returncode == 0
    assert process.returncode == 0
