"""The ledger check finds every kind of tampering, and nothing in a sound file."""

import sqlite3
from pathlib import Path

import pytest

from cryptobot_desktop.domain.ledger_records import Audited
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage import checks
from cryptobot_desktop.storage.checks import SHOWN, check_ledger
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from tests.unit.storage.trading_story import TradingStory


@pytest.fixture
def path(data_dir: Path) -> Path:
    path, story = data_dir / FILE_NAME, TradingStory()
    story.open_portfolio()
    story.place("u:0")
    story.open_portfolio()
    for number in range(1, 60):
        story.place(f"u:{number}", number)
    story.fill("u:7", "f7")
    story.cancel("u:8")
    database = ProfileDatabase(path)
    database.commit(story.batch())
    database.close()
    return path


def checked(path: Path, *statements: str) -> Audited:
    """Return the report about a file in which somebody, triggers out of the way, did something."""
    connection = sqlite3.connect(path, isolation_level=None)
    triggers = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    for statement in (*[f"DROP TRIGGER {name}" for name in triggers], *statements):
        connection.execute(statement)
    connection.close()
    database = ProfileDatabase(path, read_only=True)
    report = check_ledger(database, audit)
    database.close()
    return report


def test_a_sound_ledger_has_no_findings(path: Path) -> None:
    report = checked(path)
    assert report.findings == ()
    assert report.holds
    assert (report.rows, report.open_orders) == (67, 58)
    assert len(report.head_hash) == 64


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE transfer SET amount = amount + 1 WHERE seq = 9", "chain: ledger row 9 is damaged"),
        ("DELETE FROM transfer WHERE seq = 9", "chain: ledger row 10 is damaged"),
        ("DELETE FROM transfer WHERE seq = 66", "balance: account main#2/available"),
        (
            "UPDATE balance SET amount = amount + 100000000 WHERE account = 'main#2/available'",
            "balance: account main#2/available: it is stored as 10000.99998238 USDT, its transfers give 9999.99998238",
        ),
        (
            "UPDATE balance SET amount = -1 WHERE account = 'main#2/available'",
            "balance: account main#2/available is -0.00000001 USDT, below 0",
        ),
        ("UPDATE balance SET amount = 5 WHERE account = 'main#2/available'", "conservation: the accounts of USDT sum"),
        (
            "UPDATE order_state SET document = json_set(document, '$.reserved', 9) WHERE client_id = 'u:1'",
            "reserved: account main#2/reserved: the ledger holds 0.00001759 USDT, the open orders hold 0.00001767",
        ),
        ("UPDATE order_state SET status = 'canceled' WHERE client_id = 'u:1'", "reserved: account main#2/reserved"),
        ("UPDATE order_state SET epoch = 1 WHERE client_id = 'u:1'", "orders: order u:1 is open in epoch 1 of main"),
        ("DELETE FROM instrument", "orders: open order u:1 is for binance:BTCUSDT, which is not stored"),
        ("DELETE FROM fill", "cause: ledger row 65 names fill 'f7', which is not stored"),
        ("DELETE FROM order_state WHERE client_id = 'u:8'", "cause: ledger row 13 names reserve 'u:8'"),
        ("DELETE FROM portfolio WHERE epoch = 1", "cause: ledger row 1 names deposit 'main#1'"),
    ],
)
def test_tampering_is_found_and_named(path: Path, statement: str, finding: str) -> None:
    report = checked(path, statement)
    assert not report.holds
    assert any(text.startswith(finding) for text in report.findings), report.findings


def test_many_findings_of_a_kind_are_counted(path: Path) -> None:
    report = checked(path, "DELETE FROM order_state")
    causes = [text for text in report.findings if text.startswith("cause: ")]
    assert len(causes) == SHOWN + 1
    assert causes[-1] == "cause: 42 more like these"


@pytest.fixture
def halves(data_dir: Path) -> Path:
    """Return a ledger with snapshots, as two processes read it."""
    path, story = data_dir / FILE_NAME, TradingStory()
    database = ProfileDatabase(path)
    story.open_portfolio()
    for number in range(80):
        story.place(f"bot:{number}", 40 + number)
        story.fill(f"bot:{number}", f"f{number}")
        if number % 3 == 0:
            story.cancel(f"bot:{number // 2}") if story.orders[f"bot:{number // 2}"].status.is_open else None
        if number % 20 == 19:
            database.commit(story.batch_with_snapshot())
    database.commit(story.batch())
    database.close()
    return path


TAMPERINGS = (
    "",
    "UPDATE transfer SET amount = amount + 1 WHERE seq = 9",
    "UPDATE transfer SET cause_id = 'x' WHERE seq = 200",
    "UPDATE fill SET liquidity = 'maker' WHERE seq = 3",
    "UPDATE fill SET evidence = '{}' WHERE seq = 70",
    "UPDATE order_state SET document = json_set(document, '$.filled_quote', 1) WHERE seq = 2",
    "UPDATE ledger_snapshot SET document = replace(document, 'available', 'reserved')",
    "UPDATE ledger_snapshot SET fill_seq = fill_seq + 1",
    "UPDATE ledger_snapshot SET document = '[]'",
    "DELETE FROM fill WHERE seq IN (5, 75)",
    "UPDATE balance SET amount = amount + 1",
)


@pytest.mark.slow
@pytest.mark.parametrize("statement", TAMPERINGS)
def test_two_processes_find_what_one_finds(halves: Path, statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    statements = [statement] if statement else []
    alone = checked(halves, *statements)
    monkeypatch.setattr(checks, "SPLIT_ROWS", 10)
    together = checked(halves)
    assert together.holds == alone.holds == (not statement)
    assert together.state_hash == alone.state_hash or statement
    # What follows from a damage of the first half does not reach the second: it begins at what its snapshot tells.
    if "ledger_snapshot" not in statement:
        assert set(together.findings) <= set(alone.findings)
