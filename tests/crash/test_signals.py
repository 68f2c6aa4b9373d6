"""A polite signal ends a run in order: status 0 within five seconds, everything stored, nothing left to recover."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from tests.integration.app.program import REPOSITORY, cryptobot, environment, start

WITHIN_S = 5.0
BOT = ("--bot", "sma_cross:fast=1,slow=2")
PACE = ("--speed", "100")
FULL_SPEED = ("--speed", "max", "--duration", "90h")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be sent these signals on Windows"),
]


@pytest.mark.parametrize(("name", "pace"), [("SIGTERM", PACE), ("SIGHUP", PACE), ("SIGTERM", FULL_SPEED)])
def test_a_run_that_is_asked_to_end_leaves_nothing_to_recover(data_dir: Path, pace: tuple[str, ...], name: str) -> None:
    process = start(data_dir, "run", "--json", *pace, *BOT)
    assert process.stderr is not None
    next(line for line in process.stderr if "sma_cross:" in line)  # it has traded
    process.send_signal(getattr(signal, name))
    asked = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert time.monotonic() - asked < WITHIN_S
    assert '"ended_at"' in out
    assert "Traceback" not in err
    assert not (data_dir / f"{FILE_NAME}-wal").exists()
    database = ProfileDatabase(data_dir / FILE_NAME, read_only=True)
    last = load_state(database).last_session
    database.close()
    assert last is not None
    assert last.ended_ms > 0
    checked = cryptobot(data_dir, "ledger", "check")
    assert checked.returncode == 0, checked.stderr


def test_a_run_that_was_told_to_outlive_its_terminal_does(data_dir: Path) -> None:
    process = subprocess.Popen(  # as nohup does it
        ["sh", "-c", 'trap "" HUP; exec "$0" "$@"', sys.executable, "-m", "cryptobot_desktop", "run", *PACE, *BOT],
        cwd=REPOSITORY,
        env=environment(data_dir),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    lines = iter(process.stderr)
    next(line for line in lines if " live" in line)
    os.kill(process.pid, signal.SIGHUP)
    assert next(line for line in lines if "sma_cross:" in line)  # it trades on
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0
