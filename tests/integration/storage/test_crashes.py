"""kill -9: what was acknowledged is there, the chain holds, and a half-made file is never met."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cryptobot_desktop.config.profile_settings import ProfileSettings
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from cryptobot_desktop.storage.schema import ensure_current, inspect
from tests.unit.storage.next_version import next_version_in
from tests.unit.storage.trading_story import TradingStory

ROOT = Path(__file__).resolve().parents[3]
KILLS = 30

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL does not exist on Windows"),
]


def child(*arguments: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    script = str(Path(__file__).with_name("crashing_trader.py"))
    return subprocess.Popen(
        [sys.executable, script, *map(str, arguments)], stdout=subprocess.PIPE, text=True, env=environment
    )


def said_before_kill(chance: random.Random, *arguments: object) -> list[list[str]]:
    """Let a child work, kill it a random while after its first line, and return the words of its whole lines."""
    process = child(*arguments)
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    killer = threading.Timer(chance.uniform(0, 0.04), process.kill)
    killer.start()
    lines += process.stdout.readlines()
    killer.join()
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    return [line.split() for line in lines if line.endswith("\n")]


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(data_dir: Path) -> None:
    path, chance = data_dir / FILE_NAME, random.Random(20)
    commits = 0
    for kill in range(KILLS):
        reported = [(int(seq), head) for seq, head in said_before_kill(chance, path, kill)]
        assert reported
        commits += len(reported)
        database = ProfileDatabase(path)
        stored = {row.seq: row.row_hash for row in database.transfers()}
        assert [(seq, stored.get(seq)) for seq, _ in reported] == reported
        report = check_ledger(database, audit)
        assert report.findings == ()
        first = load_state(database)
        database.close()
        again = ProfileDatabase(path)
        assert load_state(again) == first
        again.close()
    assert commits > KILLS


@pytest.mark.parametrize("at_statement", [1, 7, 12, 20, 33, 50, 60])
def test_a_first_start_killed_at_any_statement_leaves_nothing_half_made(data_dir: Path, at_statement: int) -> None:
    path = data_dir / FILE_NAME
    process = child(path, "open", at_statement)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    database = ProfileDatabase(path)
    assert load_state(database).last_seq == 0
    assert check_ledger(database, audit).findings == ()
    database.close()
    assert [file.name for file in data_dir.iterdir()] == [FILE_NAME]


def test_a_migration_killed_at_any_statement_leaves_the_old_or_the_new_form(data_dir: Path, tmp_path: Path) -> None:
    path, story = data_dir / FILE_NAME, TradingStory()
    next_version = next_version_in(tmp_path / "migrations")
    story.open_portfolio()
    database = ProfileDatabase(path)
    database.commit(story.batch())
    database.close()
    found = []
    for at_statement in range(1, 60, 4):
        process = child(path, "migrate", at_statement, next_version.folder)
        said, _ = process.communicate()
        found.append(inspect(path, "paper", next_version))
        if said:
            break
        assert process.returncode == -signal.SIGKILL
    assert found[0] == "0002"
    ensure_current(path, "paper", next_version)
    assert inspect(path, "paper", next_version) == "0003"


def test_settings_are_whole_and_not_older_than_what_was_saved_when_the_process_is_killed(data_dir: Path) -> None:
    path, chance = data_dir / "settings.toml", random.Random(9)
    for _ in range(10):
        path.unlink(missing_ok=True)
        said = said_before_kill(chance, path, "settings")
        settings = ProfileSettings(path)
        assert settings.problems == ()
        kept = settings.get("a")
        assert isinstance(kept, str)
        assert kept == settings.get("b")
        assert int(kept[: len(kept) // 500]) - int(said[-1][0]) in (0, 1)
