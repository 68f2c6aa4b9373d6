"""A child process for crash tests: trades into a profile database and prints what was acknowledged, until killed.

``python crashing_trader.py DATABASE SEED`` prints the newest ledger row after each commit.
``python crashing_trader.py DATABASE open N`` opens the database and kills itself at the Nth SQL statement;
``... migrate N FOLDER`` does so while it migrates an existing database with the scripts in FOLDER.
``python crashing_trader.py OLD migrate-each FOLDER`` migrates copies of OLD, killed at the 1st, 2nd, ... statement.
``python crashing_trader.py FILE settings`` saves settings again and again and prints after each time.
"""

import os
import random
import shutil
import signal
import sqlite3
import sys
from pathlib import Path

from cryptobot_desktop.config.profile_settings import ProfileSettings
from cryptobot_desktop.portfolio.ledger import START_HASH, Ledger, LedgerSnapshot
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.recovery import all_epochs, load_state
from cryptobot_desktop.storage.schema import SchemaHistory, ensure_current
from tests.unit.storage.trading_story import TradingStory


def trade(path: Path, seed: int) -> None:
    """Go on from what is stored; never ends."""
    database = ProfileDatabase(path)
    state = load_state(database)
    story, chance = TradingStory(), random.Random(seed)
    balances = tuple((name, asset, amount) for (name, asset), amount in state.balances.items())
    story.ledger = Ledger(LedgerSnapshot(state.last_seq, state.last_hash or START_HASH, balances))
    story.portfolios = all_epochs(database)
    for order in state.open_orders:
        story.orders[order.client_id] = order
        story.order_epochs[order.client_id] = story.epoch()
    if not story.portfolios:
        story.open_portfolio()
    while True:
        for _ in range(chance.randint(1, 20)):
            step(story, chance)
        database.commit(story.batch())
        print(story.ledger.seq, story.ledger.head_hash, flush=True)


def step(story: TradingStory, chance: random.Random) -> None:
    """Place, fill or cancel something, or reset the portfolio."""
    held = [order for order in story.orders.values() if order.status.is_open]
    what = chance.random()
    if what < 0.01:
        story.open_portfolio()
    elif what < 0.5 or not held:
        story.place(f"u:{story.ledger.seq}:{len(story.orders)}", chance.randint(1, 1_000))
    elif what < 0.8 and held[0].reserved:
        story.fill(held[0].client_id, f"f{story.ledger.seq}")
    else:
        story.cancel(chance.choice(held).client_id)


def die_at(at_statement: int) -> None:
    """Kill this process at the Nth statement that any connection runs from now on."""
    real_connect, count = sqlite3.connect, 0

    def count_down(_statement: str) -> None:
        nonlocal count
        count += 1
        if count >= at_statement:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched_connect(*args: object, **options: object) -> sqlite3.Connection:
        connection = real_connect(*args, **options)  # type: ignore[call-overload]
        connection.set_trace_callback(count_down)
        return connection

    sqlite3.connect = watched_connect  # type: ignore[assignment]
    sqlite3.dbapi2.connect = watched_connect  # type: ignore[attr-defined]


def migrate_each(old: Path, folder: Path) -> None:
    """Migrate one copy after the other, each killed one statement later, until one gets to its end; print each."""
    import sqlalchemy  # noqa: F401 - both once, not in each child

    number = 0
    while True:
        number += 1
        copy = folder / str(number) / old.name
        copy.parent.mkdir()
        shutil.copy(old, copy)
        child = os.fork()
        if child == 0:
            die_at(number)
            ensure_current(copy, "paper")
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(number, "killed" if os.WIFSIGNALED(status) else "done", flush=True)
        if not os.WIFSIGNALED(status):
            return


def save_settings_for_ever(path: Path) -> None:
    """Save a growing value under two names that must always be equal."""
    number = 0
    while True:
        number += 1
        settings = ProfileSettings(path)
        settings.set("a", str(number) * 500)
        settings.set("b", str(number) * 500)
        settings.save()
        print(number, flush=True)


def main(database: str, what: str, *rest: str) -> None:
    """Do what the command line says."""
    path = Path(database)
    if what == "open":
        die_at(int(rest[0]))
        ProfileDatabase(path).close()
    elif what == "migrate":
        die_at(int(rest[0]))
        ensure_current(path, "paper", SchemaHistory(Path(rest[1]), ("0001", "0002", "0003")))
        print("migrated")
    elif what == "migrate-each":
        migrate_each(path, Path(rest[0]))
    elif what == "settings":
        save_settings_for_ever(path)
    else:
        trade(path, int(what))


if __name__ == "__main__":
    main(*sys.argv[1:])
