"""A database as the first schema's program left it, for tests of migrating."""

import sqlite3
from pathlib import Path

import msgspec

from cryptobot_desktop.storage.schema import HISTORY, SchemaHistory, ensure_current
from tests.unit.storage.trading_story import TradingStory

FIRST = SchemaHistory(HISTORY.folder, ("0001",))


def old_story() -> TradingStory:
    """Return what the old file holds: open, part-filled, cancelled and rejected orders in two epochs."""
    story = TradingStory()
    story.open_portfolio()
    for number in range(12):
        story.now += 1
        story.place(f"bot:{number}", 40 + number)
        if number % 2:
            story.fill(f"bot:{number}", f"f{number}")
        if number == 6:
            story.open_portfolio()
    story.cancel("bot:9")
    story.reject("bot:rejected")
    return story


def old_database(path: Path) -> TradingStory:
    """Make the file with the first migration and the statements of its time; return what is in it."""
    ensure_current(path, "paper", FIRST)
    story = old_story()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    for record in story.portfolios:
        connection.execute(
            "INSERT INTO portfolio (name, epoch, asset, starting_cash, created_ms, synthetic) VALUES (?,?,?,?,?,1)",
            (record.name, record.epoch, record.asset, record.starting_cash, record.created_ms),
        )
    connection.execute(
        "INSERT INTO instrument VALUES (?,?)",
        (story.instrument.id, msgspec.json.encode(story.instrument).decode()),
    )
    plain = [msgspec.structs.astuple(row) for row in story.transfers]
    rows = [(*row[:5], row[5].value, *row[6:]) for row in plain]
    connection.executemany("INSERT INTO transfer VALUES (?,?,?,?,?,?,?,?,?,?)", rows)
    connection.executemany(
        "INSERT INTO balance VALUES (?,?,?)", [(*key, amount) for key, amount in story.ledger.balances().items()]
    )
    for order in story.orders.values():
        epoch = story.order_epochs[order.client_id]
        connection.execute(
            "INSERT INTO order_state (client_id, portfolio, epoch, instrument, status, created_ms, updated_ms, "
            "document) VALUES (?,?,?,?,?,?,?,?)",
            (
                *(order.client_id, "main", epoch, order.request.instrument, order.status.value),
                *(order.created_ms, order.updated_ms, msgspec.json.encode(order).decode()),
            ),
        )
    for epoch, fill in story.fills:
        connection.execute(
            "INSERT INTO fill (fill_id, client_id, portfolio, epoch, instrument, side, price, qty, quote_amount, fee, "
            "fee_asset, liquidity, at_ms, evidence) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                *(fill.fill_id, fill.client_id, "main", epoch, fill.instrument, fill.side.value, fill.price, fill.qty),
                *(fill.quote_amount, fill.fee, fill.fee_asset, fill.liquidity.value, fill.at_ms),
                msgspec.json.encode(fill.evidence).decode(),
            ),
        )
    connection.execute("COMMIT")
    connection.close()
    story.batch()  # all of it is stored now
    return story
