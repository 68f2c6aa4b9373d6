"""A recovery returns exactly what was stored."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.errors import UserActionNeeded
from cryptobot_desktop.domain.journal import StoredState
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import all_epochs, load_state
from tests.unit.storage.trading_story import TradingStory

WORDS = (
    *("portfolio", "place", "place", "place", "fill", "fill", "cancel", "reject", "decide", "bot", "unbot"),
    *("trip", "session", "tick", "commit", "commit", "restart"),
)
STEPS = st.tuples(st.sampled_from(WORDS), st.integers(0, 5))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return an empty database as bytes, because making one takes longer than all else."""
    path = tmp_path_factory.mktemp("template") / FILE_NAME
    ProfileDatabase(path).close()
    return path.read_bytes()


def newest_epoch_of(story: TradingStory) -> dict[str, int]:
    return {record.name: record.epoch for record in story.portfolios}


def expected(story: TradingStory) -> StoredState:
    """Return what a naive reader of plain lists makes of the story."""
    newest = newest_epoch_of(story)
    first_seen = {record.name: at for at, record in reversed(list(enumerate(story.portfolios)))}
    running = [r for r in story.portfolios if newest[r.name] == r.epoch]
    portfolios = sorted(running, key=lambda r: first_seen[r.name])
    orders = list(story.orders.values())
    running_fills = tuple(f for epoch, f in story.fills if newest[f.portfolio] == epoch)
    return StoredState(
        balances={key: amount for key, amount in story.ledger.balances().items() if amount},
        last_seq=len(story.transfers),
        last_hash=story.transfers[-1].row_hash if story.transfers else "",
        portfolios=tuple(portfolios),
        open_orders=tuple(sorted((o for o in orders if o.status.is_open), key=lambda o: o.created_ms)),
        closed_orders=tuple(sorted((o for o in orders if not o.status.is_open), key=lambda o: o.updated_ms)[-200:]),
        fills=running_fills,
        tail_fills=running_fills,
        decisions=tuple(story.decisions[-500:]),
        bots=tuple(story.bots.values()),
        instruments=(story.instrument,),
        kill_switch=story.kill_switch[-1] if story.kill_switch else None,
        last_session=story.session,
        sessions=tuple(story.sessions.values()),
    )


def tell(story: TradingStory, what: str, number: int) -> None:
    """Do one step of a story, where it is possible."""
    held = [o.client_id for o in story.orders.values() if o.status.is_open]
    name = ("main", "other")[number % 2]
    if what in ("place", "reject"):
        if name in newest_epoch_of(story):
            order = f"u:{len(story.orders)}"
            story.place(order, 1 + number, name) if what == "place" else story.reject(order, name)
    elif what in ("fill", "cancel"):
        if held:
            touch(story, what, held[number % len(held)])
    else:
        tell_more(story, what, number, name)


def touch(story: TradingStory, what: str, client_id: str) -> None:
    """Fill or cancel an open order."""
    if what == "cancel":
        story.cancel(client_id)
    elif story.orders[client_id].reserved:
        story.fill(client_id, f"f{len(story.fills)}")


def tell_more(story: TradingStory, what: str, number: int, name: str) -> None:
    """Do a step that is not about orders."""
    if what == "portfolio":
        story.open_portfolio(name)
    elif what == "decide":
        story.decide(f"d{len(story.decisions)}")
    elif what == "bot":
        story.put_bot(f"b{number}", f"state {len(story.decisions)}")
    elif what == "unbot" and f"b{number}" in story.bots:
        story.remove_bot(f"b{number}")
    elif what == "trip":
        story.trip(number > 2)
    elif what == "session" and (story.session is None or number > 4):
        story.put_session(f"s{story.now}")
    elif what == "tick":
        story.now += number


@settings(max_examples=60)
@given(steps=st.lists(STEPS, min_size=5, max_size=60))
def test_a_recovery_equals_a_naive_model(
    template: bytes, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("profile") / FILE_NAME
    path.write_bytes(template)
    database, story = ProfileDatabase(path), TradingStory()
    story.open_portfolio("main")
    for what, number in steps:
        if what in ("commit", "restart"):
            database.commit(story.batch())
        if what == "restart":
            database.close()
            database = ProfileDatabase(path)
        tell(story, what, number)
    database.commit(story.batch())
    assert load_state(database) == expected(story)
    assert all_epochs(database) == story.portfolios
    assert list(database.transfers()) == story.transfers
    assert check_ledger(database, audit).findings == ()
    database.close()


def test_open_orders_keep_the_order_of_creation_when_they_change(data_dir: Path) -> None:
    database, story = ProfileDatabase(data_dir / FILE_NAME), TradingStory()
    story.open_portfolio()
    for number in range(5):
        story.place(f"u:{number}")
    database.commit(story.batch())
    story.fill("u:0", "f0")
    story.fill("u:3", "f3")
    database.commit(story.batch())
    database.connection.execute("VACUUM")
    assert [order.client_id for order in load_state(database).open_orders] == [f"u:{n}" for n in range(5)]
    database.close()


def test_the_newest_closed_orders_and_decisions_come_oldest_first(data_dir: Path) -> None:
    database, story = ProfileDatabase(data_dir / FILE_NAME), TradingStory()
    story.open_portfolio()
    for number in range(600):
        story.now += 1
        story.decide(f"d{number}")
        if number < 250:
            story.place(f"u:{number}")
            story.cancel(f"u:{number}")
    database.commit(story.batch())
    state = load_state(database)
    assert [order.client_id for order in state.closed_orders] == [f"u:{n}" for n in range(50, 250)]
    assert [decision.decision_id for decision in state.decisions] == [f"d{n}" for n in range(100, 600)]
    database.close()


def test_a_restart_reads_orders_through_their_indices(data_dir: Path) -> None:
    database = ProfileDatabase(data_dir / FILE_NAME)
    statements: list[str] = []
    database.connection.set_trace_callback(statements.append)
    load_state(database)
    database.connection.set_trace_callback(None)
    plans = [
        detail
        for statement in statements
        if "order_state" in statement
        for *_, detail in database.connection.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]
    database.close()
    assert len(plans) == 2
    assert all("USING INDEX order_state_" in plan for plan in plans), plans


def test_a_damaged_document_is_one_clear_error(data_dir: Path) -> None:
    database, story = ProfileDatabase(data_dir / FILE_NAME), TradingStory()
    story.open_portfolio()
    story.place("u:1")
    database.commit(story.batch())
    database.connection.execute("UPDATE order_state SET document = '{\"request\": 7}'")
    with pytest.raises(UserActionNeeded, match=r"damaged Order .*backups"):
        load_state(database)
    database.close()


def test_a_row_that_lost_a_column_is_one_clear_error(data_dir: Path) -> None:
    path, story = data_dir / FILE_NAME, TradingStory()
    story.open_portfolio()
    story.place("u:1")
    database = ProfileDatabase(path)
    database.commit(story.batch())
    database.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as file:  # as a torn page reads
        file.execute("PRAGMA writable_schema = ON")
        file.execute("UPDATE sqlite_master SET sql = replace(sql, 'document TEXT NOT NULL', 'document TEXT')")
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE order_state SET document = NULL")
    database = ProfileDatabase(path)
    with pytest.raises(UserActionNeeded, match=r"damaged (row|Order) .*backups"):
        load_state(database)
    database.close()


def test_orders_for_an_instrument_that_got_lost_are_one_clear_error(data_dir: Path) -> None:
    database, story = ProfileDatabase(data_dir / FILE_NAME), TradingStory()
    story.open_portfolio()
    story.place("u:1")
    database.commit(story.batch())
    database.connection.execute("PRAGMA foreign_keys = OFF")
    database.connection.execute("DELETE FROM instrument")
    with pytest.raises(UserActionNeeded, match=r"damaged table of instruments.*binance:BTCUSDT.*backups"):
        load_state(database)
    database.close()


def test_a_damaged_page_is_one_clear_error(data_dir: Path) -> None:
    path = data_dir / FILE_NAME
    database, story = ProfileDatabase(path), TradingStory()
    story.open_portfolio()
    for number in range(500):
        story.place(f"u:{number}")
    database.commit(story.batch())
    root = database.connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'order_state'").fetchone()[0]
    database.close()
    content = bytearray(path.read_bytes())
    content[(root - 1) * 4096 : root * 4096] = b"\xff" * 4096
    path.write_bytes(bytes(content))
    database = ProfileDatabase(path)
    with pytest.raises(UserActionNeeded, match=r"damaged or not a database.*backups"):
        load_state(database)
    report = check_ledger(database, audit)
    assert not report.holds
    assert report.findings[0].startswith("file: ")
    database.close()
