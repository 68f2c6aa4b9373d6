"""A start from a snapshot: what does not agree is one error that names it; when snapshots are written."""

import itertools
import sqlite3
from pathlib import Path

import pytest

from cryptobot_desktop.domain.errors import InvariantBroken, UserActionNeeded
from cryptobot_desktop.domain.journal import CommitBatch
from cryptobot_desktop.engine import accounts as engine_accounts
from cryptobot_desktop.portfolio.ledger import START_HASH
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from tests.unit.engine.trading_floor import Floor, bars, live, received
from tests.unit.storage.trading_story import TradingStory


@pytest.fixture
def path(data_dir: Path) -> Path:
    """Return a ledger of 22 rows with a snapshot at row 11."""
    path, story = data_dir / FILE_NAME, TradingStory()
    database = ProfileDatabase(path)
    story.open_portfolio()
    for number in range(7):
        story.place(f"bot:{number}", 40 + number)
        story.fill(f"bot:{number}", f"f{number}")
        if story.ledger.seq in (10, 13):
            database.commit(story.batch_with_snapshot())
    database.commit(story.batch())
    assert load_state(database).snapshot_seq == 13
    database.close()
    return path


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE balance SET amount = amount + 1 WHERE account = 'main#1/reserved'",
            "account main#1/reserved is stored",
        ),
        ("DELETE FROM balance WHERE asset = 'BTC'", "account main#1/available is stored with 0 BTC, its rows give"),
        ("UPDATE transfer SET amount = 7 WHERE seq = 15", "ledger row 15 is damaged"),
        ("DELETE FROM transfer WHERE seq = 16", "ledger row 17 is damaged: it follows row 15"),
        ("DELETE FROM transfer WHERE seq = 22", r"account main#1/available is stored with .* BTC"),
        ("DELETE FROM transfer WHERE seq >= 13", "the snapshot at ledger row 13 does not belong to the row"),
        ("UPDATE ledger_snapshot SET head_hash = 'x'", "the snapshot at ledger row 13 does not belong to the row"),
        ("UPDATE ledger_snapshot SET state_hash = 'x'", "the snapshot at ledger row 13 is damaged"),
        (
            "UPDATE ledger_snapshot SET document = replace(document, '10', '11')",
            "the snapshot at ledger row 13 is damaged",
        ),
    ],
)
def test_a_disagreement_is_one_error_that_names_it_and_nothing_is_mended(
    path: Path, statement: str, words: str
) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.close()
    before = path.read_bytes()
    database = ProfileDatabase(path, read_only=True)
    with pytest.raises(UserActionNeeded, match=words) as caught:
        load_state(database)
    assert "was left as it is" in str(caught.value)
    assert "backup list" in str(caught.value)
    database.close()
    assert path.read_bytes() == before


def test_only_rows_and_fills_since_the_snapshot_are_read(path: Path) -> None:
    database = ProfileDatabase(path, read_only=True)
    statements: list[str] = []
    database.connection.set_trace_callback(statements.append)
    state = load_state(database)
    database.connection.set_trace_callback(None)
    database.close()
    assert any("FROM transfer WHERE seq > 13" in text for text in statements)
    assert len(state.tail_fills) == 3
    assert state.books[0].fills == 4
    assert len(state.fills) == 7


def test_a_snapshot_of_another_moment_is_not_written(path: Path) -> None:
    database, story = ProfileDatabase(path), TradingStory()
    story.open_portfolio()
    with pytest.raises(InvariantBroken, match="ledger_snapshot does not belong to the newest row"):
        database.commit(CommitBatch(snapshot=story.state()))
    assert story.state().head_hash != START_HASH
    database.close()


def test_the_engine_writes_snapshots_along_with_rows_and_goes_on_from_them(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_accounts, "SNAPSHOT_ROWS", 60)
    from tests.unit.engine.test_pipeline import FLIPPER

    closes = [100 + (number % 2) * 10 for number in range(60)]
    with Floor(data_dir / FILE_NAME, bots=[FLIPPER]) as floor:
        floor.play(live() + received(bars(closes)))
        expected, bot = floor.session.pipeline.accounts.state(), next(iter(floor.session.pipeline.bots))
        figures = (bot.base_held, bot.fills, bot.realized)
        written = [batch.snapshot for batch in floor.store.batches if batch.snapshot is not None]
        assert len(written) > 2
        assert all(b.seq - a.seq >= 60 for a, b in itertools.pairwise(written))
        assert all(batch.transfers for batch in floor.store.batches if batch.snapshot is not None)
        assert floor.session.pipeline.accounts.due_snapshot(ending=True) in (None, expected)
    with Floor(data_dir / FILE_NAME, name="second") as again:
        accounts = again.session.pipeline.accounts
        assert accounts.state() == expected
        bot = again.session.pipeline.bots.get(bot.name)
        assert (bot.base_held, bot.fills, bot.realized) == figures
        assert bot.name in again.session.pipeline.bots.taken
