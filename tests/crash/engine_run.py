"""The real engine over a real profile database, told step by step what is acknowledged. Runs in a child process."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from cryptobot_desktop.domain.facts import Fact
from cryptobot_desktop.domain.journal import CommitBatch, SessionRecord, StoredState
from cryptobot_desktop.domain.latency import Latency, latency_of
from cryptobot_desktop.domain.market import Candle, Received
from cryptobot_desktop.engine.assembly import Assembled, assemble, open_session, restore, watch_instrument
from cryptobot_desktop.engine.session import SessionSpec
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from tests.crash.script import BOTS, BTC, Item, feed_begins

WORDS = "acknowledged.txt"


class Beginning(Struct, frozen=True):
    """Where a session begins: its name, its market time, and the bars that are known then."""

    name: str
    at_ms: int
    bars: list[Candle]
    latency_ms: int = 0
    """How long orders are under way; longer than a step of the script, some are when the engine dies."""
    group_rows: int = 0
    """Rows that are committed together, as a run at full speed does; 0 = each event is stored before the next."""


class Said(Struct, frozen=True):
    """What a child said before it died: commits begun, commits acknowledged, and the head of the ledger then."""

    attempted: int = 0
    acknowledged: int = 0
    seq: int = 0
    head: str = ""


class Store(Protocol):
    """What the engine writes to."""

    def commit(self, batch: CommitBatch) -> None:
        """Store a batch."""
        ...


class Diary:
    """Writes down, unbuffered, which commits were begun and which were acknowledged."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder / WORDS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.commits = 0

    def attempt(self) -> None:
        """Note that a commit begins."""
        self.commits += 1
        os.write(self._descriptor, f"attempt {self.commits}\n".encode())

    def acknowledge(self, session: Assembled) -> None:
        """Note that everything so far is stored, as the user would be told."""
        ledger = session.pipeline.accounts.ledger
        os.write(self._descriptor, f"stored {self.commits} {ledger.seq} {ledger.head_hash}\n".encode())


class NotedStore:
    """The real database; commits are noted in the diary, and `after` is called behind each."""

    def __init__(self, store: Store, diary: Diary, after: Callable[[], None] | None = None) -> None:
        self._store = store
        self._diary = diary
        self._after = after

    def commit(self, batch: CommitBatch) -> None:
        """Write through."""
        self._diary.attempt()
        self._store.commit(batch)
        if self._after is not None:
            self._after()


def read_words(words: bytes) -> Said:
    """Return what the whole lines of a diary say."""
    attempted, stored = 0, (0, 0, "")
    for line in words.decode().splitlines(keepends=True):
        if not line.endswith("\n"):
            continue
        what, number, *rest = line.split()
        if what == "attempt":
            attempted = int(number)
        else:
            stored = int(number), int(rest[0]), rest[1]
    return Said(attempted, *stored)


def put_together(store: Store, stored: StoredState, beginning: Beginning, tell: Callable[[Fact], None]) -> Assembled:
    """Assemble a session on stored state, by the functions that the program uses."""
    record = SessionRecord(
        session_id=beginning.name,
        mode="paper",
        market="scripted",
        venue="binance",
        portfolio="main",
        synthetic=False,
        seed=0,
        code_version="crash",
        started_ms=beginning.at_ms,
        last_ms=beginning.at_ms,
    )
    latency = latency_of([beginning.latency_ms]) if beginning.latency_ms else Latency()
    spec = SessionSpec(symbols=(BTC.symbol,), bots=BOTS, latency=latency)
    session = assemble(spec, record, store=store, tell=tell)
    watch_instrument(session, BTC)
    session.market.load_history(beginning.bars)
    restore(session, stored)
    return session


def ignore(_fact: Fact) -> None:
    """Tell nobody."""


def play(
    database: ProfileDatabase,
    store: Store,
    beginning: Beginning,
    items: Iterable[Item],
    told: Callable[[Assembled], None],
) -> None:
    """Go on from what is stored; `told` is called with each fact that is told, and when `Outbox.flush` has returned."""
    session = put_together(store, load_state(database), beginning, lambda _fact: told(session))
    open_session(session)
    session.outbox.flush()
    told(session)
    for number, item in enumerate([feed_begins(beginning.at_ms), *items]):
        if isinstance(item, Received):
            session.pipeline.process(item)
        else:
            session.desk.execute(number, item)
        waiting = session.outbox.rows >= beginning.group_rows if beginning.group_rows else not session.outbox.is_empty
        if waiting:
            session.outbox.flush()
            told(session)
    now_ms = session.pipeline.now_ms
    session.outbox.put_session(msgspec.structs.replace(session.record, last_ms=now_ms, ended_ms=now_ms))
    session.outbox.flush()
    told(session)


def profile_in(folder: Path) -> Path:
    """Return where the ledger lies in a data folder."""
    return folder / FILE_NAME
