"""Reads back what a restart needs, and what people ask about stored portfolios."""

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from cryptobot_desktop.domain.errors import UserActionNeeded
from cryptobot_desktop.domain.facts import DecisionMade
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.journal import KillSwitchRecord, SessionRecord, StoredState
from cryptobot_desktop.domain.ledger import BotRecord, PortfolioRecord
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import Fill, FillEvidence, Liquidity, Order
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.snapshots import recover
from cryptobot_desktop.storage.words import OPEN_STATUSES

NEWEST_CLOSED_ORDERS = 200
NEWEST_DECISIONS = 500
NEWEST_SESSIONS = 500

_T = TypeVar("_T")
NEWEST_FILLS = 500
_OPEN = f"status IN {OPEN_STATUSES}"
_CLOSED = f"status NOT IN {OPEN_STATUSES}"
_FILL = """
    SELECT fill_id, client_id, portfolio, instrument, side, price, qty, quote_amount, fee, fee_asset, liquidity, at_ms,
           evidence, fee_value FROM fill"""
_FILLS = f"{_FILL} WHERE portfolio = ? AND epoch = ? ORDER BY seq"
_ONE_FILL = f"{_FILL} WHERE seq = ?"
_RUNNING = "epoch = (SELECT max(epoch) FROM portfolio WHERE name = fill.portfolio)"
_TAIL_FILLS = f"{_FILL} WHERE seq > ? AND {_RUNNING} ORDER BY seq"
_LAST_FILLS = """
    SELECT instrument, price, at_ms FROM fill WHERE seq IN (SELECT max(seq) FROM fill GROUP BY instrument)
    ORDER BY instrument"""
_NEWEST_OF_EPOCH = "SELECT seq FROM fill WHERE portfolio = ? AND epoch = ? ORDER BY seq DESC LIMIT ?"


def load_state(database: ProfileDatabase) -> StoredState:
    """Return everything the engine needs to go on as if it had not stopped.

    The work grows with what happened since the newest snapshot, not with the ledger. UserActionNeeded when the file
    is damaged, or when ledger rows, snapshot and balances do not agree.
    """
    with database.reading(), _damage_in_words():
        ledger = recover(database)
        portfolios = newest_epochs(database)
        running = {(record.name, record.epoch) for record in portfolios}
        newest = _documents(database, f"session ORDER BY seq DESC LIMIT {NEWEST_SESSIONS}", SessionRecord)
        sessions = tuple(reversed(list(newest)))
        state = StoredState(
            balances=ledger.balances,
            last_seq=ledger.seq,
            last_hash=ledger.head_hash if ledger.seq else "",
            portfolios=tuple(portfolios),
            open_orders=tuple(open_orders(database)),
            closed_orders=tuple(_newest(database, f"order_state WHERE {_CLOSED}", "updated_ms", Order)),
            fills=tuple(_newest_fills(database, portfolios)),
            decisions=tuple(_newest(database, "decision", "seq", DecisionMade)),
            bots=tuple(_documents(database, "bot ORDER BY seq", BotRecord)),
            instruments=tuple(instruments(database)),
            kill_switch=_kill_switch(database),
            last_session=sessions[-1] if sessions else None,
            sessions=sessions,
            snapshot_seq=ledger.snapshot_seq,
            books=tuple(book for book in ledger.books if (book.portfolio, book.epoch) in running),
            tail_fills=tuple(_fill(row) for row in database.connection.execute(_TAIL_FILLS, (ledger.fill_seq,))),
        )
        _refuse_unknown_instruments(state)
        return state


def open_orders(database: ProfileDatabase) -> list[Order]:
    """Return the orders that can still fill, in the order of their creation."""
    return _documents(database, f"order_state WHERE {_OPEN} ORDER BY created_ms, seq", Order)


def instruments(database: ProfileDatabase) -> list[Instrument]:
    """Return the instruments that stored rows refer to."""
    return _documents(database, "instrument ORDER BY id", Instrument)


def all_epochs(database: ProfileDatabase) -> list[PortfolioRecord]:
    """Return every epoch of every portfolio, oldest first."""
    rows = database.connection.execute(
        "SELECT name, epoch, asset, starting_cash, created_ms, synthetic FROM portfolio ORDER BY seq"
    )
    return [
        PortfolioRecord(name=n, epoch=e, asset=a, starting_cash=c, created_ms=t, synthetic=bool(s))
        for n, e, a, c, t, s in rows
    ]


def newest_epochs(database: ProfileDatabase) -> list[PortfolioRecord]:
    """Return the running epoch of each portfolio, in the order in which the portfolios were first made."""
    newest: dict[str, PortfolioRecord] = {}
    for record in all_epochs(database):
        if record.name not in newest or record.epoch > newest[record.name].epoch:
            newest[record.name] = record
    return list(newest.values())


def load_orders(database: ProfileDatabase, portfolio: str, epoch: int) -> list[Order]:
    """Return the orders of one epoch of a portfolio in the order of their creation."""
    with database.reading():
        rows = database.connection.execute(
            "SELECT document FROM order_state WHERE portfolio = ? AND epoch = ? ORDER BY created_ms, seq",
            (portfolio, epoch),
        )
        return [_decoded(document, Order) for (document,) in rows]


def load_fills(database: ProfileDatabase, portfolio: str, epoch: int) -> list[Fill]:
    """Return the fills of one epoch of a portfolio, oldest first."""
    with database.reading():
        return [_fill(row) for row in database.connection.execute(_FILLS, (portfolio, epoch))]


def last_fills(database: ProfileDatabase) -> list[tuple[InstrumentId, int, int]]:
    """Return (instrument, price, time) of the newest fill on each instrument."""
    with database.reading():
        rows = database.connection.execute(_LAST_FILLS)
        return [(InstrumentId(instrument), price, at_ms) for instrument, price, at_ms in rows]


def _newest_fills(database: ProfileDatabase, portfolios: list[PortfolioRecord]) -> list[Fill]:
    """Return the newest fills of these epochs, oldest first; found through the index, however many there are."""
    execute = database.connection.execute
    found = [
        seq for record in portfolios for (seq,) in execute(_NEWEST_OF_EPOCH, (record.name, record.epoch, NEWEST_FILLS))
    ]
    return [_fill(execute(_ONE_FILL, (seq,)).fetchone()) for seq in heapq.nlargest(NEWEST_FILLS, found)[::-1]]


_FillRow = tuple[str, str, str, str, str, int, int, int, int, str, str, int, str, int | None]


def _fill(row: _FillRow | None) -> Fill:
    if row is None:
        raise _damaged("Fill (the index of fills names one that is not there)")
    try:
        return _read_fill(row)
    except (TypeError, ValueError) as error:
        raise _damaged(f"Fill ({error})") from error


def _read_fill(row: _FillRow) -> Fill:
    return Fill(
        fill_id=row[0],
        client_id=row[1],
        portfolio=row[2],
        instrument=InstrumentId(row[3]),
        side=Side(row[4]),
        price=row[5],
        qty=row[6],
        quote_amount=row[7],
        fee=row[8],
        fee_asset=row[9],
        liquidity=Liquidity(row[10]),
        at_ms=row[11],
        evidence=_decoded(row[12], FillEvidence),
        fee_value=row[13],
    )


def _newest(database: ProfileDatabase, source: str, by: str, kind: type[_T]) -> list[_T]:
    limit = NEWEST_CLOSED_ORDERS if kind is Order else NEWEST_DECISIONS
    order = f"{by} DESC" if by == "seq" else f"{by} DESC, seq DESC"
    return _documents(database, f"{source} ORDER BY {order} LIMIT {limit}", kind)[::-1]


def _documents(database: ProfileDatabase, rest: str, kind: type[_T]) -> list[_T]:
    rows = database.connection.execute(f"SELECT document FROM {rest}")  # noqa: S608 - constant texts of this module
    return [_decoded(document, kind) for (document,) in rows]


def _decoded(document: str, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(document, type=kind)
    except (msgspec.DecodeError, TypeError) as error:
        raise _damaged(f"{kind.__name__} ({error})") from error


@contextmanager
def _damage_in_words() -> Iterator[None]:
    """A damaged page may read as a row with empty or foreign columns, which SQLite itself does not notice."""
    try:
        yield
    except (AttributeError, TypeError, ValueError) as error:
        raise _damaged(f"row ({error})") from error


def _refuse_unknown_instruments(state: StoredState) -> None:
    known = {instrument.id for instrument in state.instruments}
    fills = (*state.fills, *state.tail_fills)
    referred = {order.request.instrument for order in state.open_orders} | {fill.instrument for fill in fills}
    for missing in sorted(referred - known):
        raise _damaged(f"table of instruments: orders or fills are for {missing}, which is not in it")


def _damaged(what: str) -> UserActionNeeded:
    return UserActionNeeded(
        f"the profile database holds a damaged {what}; run 'cryptobot ledger check', and put a copy of "
        "'cryptobot backup list' in its place: 'cryptobot backup restore', or by hand from its folder 'backups'"
    )


def _kill_switch(database: ProfileDatabase) -> KillSwitchRecord | None:
    row = database.connection.execute(
        "SELECT tripped, reason, at_ms FROM kill_switch ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return KillSwitchRecord(bool(row[0]), row[1], row[2]) if row else None
