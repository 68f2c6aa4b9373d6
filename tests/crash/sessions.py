"""What the killed children do: trade to the end of a session, or to the point at which they die."""

from collections.abc import Callable
from contextlib import suppress

import msgspec

from cryptobot_desktop.domain.journal import CommitBatch
from cryptobot_desktop.engine.assembly import Assembled
from cryptobot_desktop.engine.outbox import MemoryStore
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.recovery import load_fills, load_state
from tests.crash.children import Shim, die, die_at_statement
from tests.crash.engine_run import Beginning, Diary, NotedStore, Store, ignore, play, profile_in, put_together
from tests.crash.oracle import Segment, digest
from tests.crash.script import history, time_of
from tests.crash.world import World

OFTEN = 40
"""Pages of write-ahead log after which some runs checkpoint, so that crashes fall into checkpoints too."""
TOO_EARLY, IN_TWO = "tells too early", "stores in two"
"""Broken ways to store, which a campaign must find fault with."""


class TellsTooEarly:
    """A broken store for the control: the user is told before the rows are stored."""

    def __init__(self, store: Store, diary: Diary) -> None:
        self._store = store
        self._diary = diary
        self.session: Assembled | None = None

    def commit(self, batch: CommitBatch) -> None:
        """Acknowledge, then write."""
        self._diary.attempt()
        if self.session is not None:
            self._diary.acknowledge(self.session)
        self._store.commit(batch)


class StoresInTwo:
    """A broken store for the control: a batch is two transactions, money first and orders later."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def commit(self, batch: CommitBatch) -> None:
        """Write the ledger rows and what they need, then the rest."""
        empty = CommitBatch()
        late = ("orders", "fills", "decisions", "bots", "removed_bots")
        self._store.commit(msgspec.structs.replace(batch, **{name: getattr(empty, name) for name in late}))
        self._store.commit(CommitBatch(**{name: getattr(batch, name) for name in late}))


def trade(world: World, segment: Segment, control: str = "", checkpoint_pages: int = 0) -> None:
    """Play a segment to its end as a child that says what it has stored."""
    diary = Diary(world.profile)
    database = ProfileDatabase(profile_in(world.profile))
    if checkpoint_pages:
        database.connection.execute(f"PRAGMA wal_autocheckpoint = {checkpoint_pages}")
    store: Store = StoresInTwo(database) if control == IN_TWO else database
    items = world.items[segment.start : segment.end]
    if control == TOO_EARLY:
        early = TellsTooEarly(store, diary)

        def keep(session: Assembled) -> None:
            early.session = session

        play(database, early, segment.beginning, items, keep)
    else:
        play(database, NotedStore(store, diary), segment.beginning, items, diary.acknowledge)
    database.close()


def start_only(world: World, segment: Segment) -> None:
    """Open and recover, as each start does, and leave."""
    database = ProfileDatabase(profile_in(world.profile))
    put_together(MemoryStore(), load_state(database), segment.beginning, ignore)
    database.close()


def at_intent(world: World, segment: Segment, number: int) -> None:
    """Die when the Nth batch is built and nothing of it is written."""

    class Dying:
        def __init__(self) -> None:
            self.left = number

        def commit(self, batch: CommitBatch) -> None:
            self.left -= 1
            if self.left <= 0:
                die()
            database.commit(batch)

    database = ProfileDatabase(profile_in(world.profile))
    _play_noted(world, segment, database, Dying())


def at_untold(world: World, segment: Segment, number: int) -> None:
    """Die when the Nth batch is stored and nobody has been told."""
    left = number

    def after() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            die()

    database = ProfileDatabase(profile_in(world.profile))
    _play_noted(world, segment, database, database, after)


def _play_noted(
    world: World, segment: Segment, database: ProfileDatabase, store: Store, after: Callable[[], None] | None = None
) -> None:
    diary = Diary(world.profile)
    items = world.items[segment.start : segment.end]
    play(database, NotedStore(store, diary, after), segment.beginning, items, diary.acknowledge)
    database.close()


def at_statement(world: World, segment: Segment, number: int, contains: str = "", control: str = "") -> None:
    """Die before the Nth SQL statement that contains a text."""
    die_at_statement(number, contains)
    trade(world, segment, control)


def at_change(world: World, segment: Segment, number: int, name: str = "") -> None:
    """Die before the Nth change of a file."""
    Shim().kill_at(world.profile, number, name)
    trade(world, segment, checkpoint_pages=OFTEN)


def in_recovery(world: World, segment: Segment, number: int) -> None:
    """Die before the Nth change of a file while a start recovers."""
    Shim().kill_at(world.profile, number)
    start_only(world, segment)


def stop_politely(world: World, segment: Segment, commits: int) -> None:
    """Play a segment until so many commits are stored, and close the file."""

    class Stop(Exception):
        """Enough."""

    def told(_session: Assembled) -> None:
        if diary.commits >= commits:
            raise Stop

    database, diary = ProfileDatabase(profile_in(world.profile)), Diary(world.profile)
    items = world.items[segment.start : segment.end]
    with suppress(Stop):
        play(database, NotedStore(database, diary), segment.beginning, items, told)
    database.close()


def go_on(world: World, segment: Segment, commits: int) -> tuple[str, list[str]]:
    """Start on what is there, as if the program had been off for a while; return a digest and what is wrong."""
    stopped = segment.moments[commits].place
    resumed = stopped + (len(world.items) - stopped) // 4
    off_ms, on_ms = time_of(world.items, stopped), time_of(world.items, resumed)
    database = ProfileDatabase(profile_in(world.profile))
    before = {order.client_id for order in load_state(database).open_orders}
    seen: list[str] = []

    def told(session: Assembled) -> None:
        if not seen:
            seen.extend(order.client_id for order in session.exchange.open_orders())

    beginning = Beginning("again", on_ms, history(world.items, resumed))
    play(database, database, beginning, world.items[resumed : resumed + 200], told)
    wrong = [] if before <= set(seen) else [f"open before and not after: {sorted(before - set(seen))}"]
    for record in load_state(database).portfolios:
        for fill in load_fills(database, record.name, record.epoch):
            if off_ms < fill.at_ms < on_ms:
                wrong.append(f"fill {fill.fill_id} is dated {fill.at_ms}, when the program was off")
    found = digest(database), wrong
    database.close()
    return found
