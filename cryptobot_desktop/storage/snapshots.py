"""The ledger's state at start: the newest snapshot, the rows since, and the balances beside them, which must agree.

Nothing is mended here. A disagreement means that somebody or something changed the file; it is named and the user
decides, because every repair would be a guess about money.
"""

from typing import NoReturn

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded
from cryptobot_desktop.domain.ledger_chain import START_HASH, Balances, Replay
from cryptobot_desktop.domain.ledger_state import BookState, LedgerState, document_hash, parse_state
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.storage.anchor import Anchor, anchor_path, read_anchor
from cryptobot_desktop.storage.database import ProfileDatabase

_NEWEST = "SELECT seq, fill_seq, head_hash, state_hash, document FROM ledger_snapshot ORDER BY seq DESC LIMIT 1"


class Recovered(Struct, frozen=True):
    """What rows and snapshot add up to: head of the chain, balances without zeros, positions at the snapshot."""

    seq: int
    head_hash: str
    balances: Balances
    snapshot_seq: int = 0
    fill_seq: int = 0
    """Newest fill that `books` hold."""
    books: tuple[BookState, ...] = ()


def recover(database: ProfileDatabase) -> Recovered:
    """Return the ledger's state; UserActionNeeded names the first row or account that does not agree."""
    anchor = read_anchor(database.path)  # before the rows: another program may write on meanwhile
    state, fill_seq = _newest_snapshot(database)
    before = {(name, asset): amount for name, asset, amount in state.balances}
    replay = Replay(state.seq, state.head_hash, before)
    fault = replay.run(database.ledger_rows(state.seq))
    if fault:
        _refuse(database, fault)
    found = {key: amount for key, amount in replay.balances.items() if amount}
    _compare(database, found)
    missing = lost_rows(database, anchor)
    if missing:
        _refuse(database, missing)
    return Recovered(replay.seq, replay.head, found, state.seq, fill_seq, state.books)


def lost_rows(database: ProfileDatabase, anchor: Anchor | None) -> str:
    """Return which rows were stored here and are gone, or nothing."""
    if anchor is None:
        return ""
    execute = database.connection.execute
    row = execute("SELECT row_hash FROM transfer WHERE seq = ?", (anchor.seq,)).fetchone()
    if row is not None:
        is_same = row[0] == anchor.head_hash
        return "" if is_same else f"row {anchor.seq} is another one than was stored here, so this is another ledger"
    (last,) = execute("SELECT ifnull(max(seq), 0) FROM transfer").fetchone()
    return (
        f"ledger rows {last + 1} to {anchor.seq} were stored and are missing, as when the write-ahead log "
        f"{database.path.name}-wal was deleted or moved; put it back, or delete {anchor_path(database.path).name} to "
        "go on without them"
    )


def balances(database: ProfileDatabase) -> Balances:
    """Return the stored balances that are not zero, by (account, asset)."""
    rows = database.connection.execute("SELECT account, asset, amount FROM balance WHERE amount <> 0")
    return {(account, asset): amount for account, asset, amount in rows}


def _newest_snapshot(database: ProfileDatabase) -> tuple[LedgerState, int]:
    row = database.connection.execute(_NEWEST).fetchone()
    if row is None:
        return LedgerState(0, START_HASH, (), ()), 0
    seq, fill_seq, head_hash, state_hash, document = row
    if document_hash(document) != state_hash:
        _refuse(database, f"the snapshot at ledger row {seq} is damaged: its content does not give its hash")
    try:
        state = parse_state(document)
    except InvalidInput as error:
        _refuse(database, f"the snapshot at ledger row {seq} is damaged: {error}")
    at = database.connection.execute("SELECT row_hash FROM transfer WHERE seq = ?", (seq,)).fetchone()
    if (state.seq, state.head_hash) != (seq, head_hash) or at is None or at[0] != head_hash:
        _refuse(database, f"the snapshot at ledger row {seq} does not belong to the row that is stored there")
    return state, fill_seq


def _compare(database: ProfileDatabase, found: Balances) -> None:
    stored = balances(database)
    if stored == found:
        return
    name, asset = min(key for key in stored.keys() | found.keys() if stored.get(key) != found.get(key))
    one, other = (format_trimmed(side.get((name, asset), 0), AMOUNT_DECIMALS) for side in (stored, found))
    _refuse(database, f"account {name} is stored with {one} {asset}, its rows give {other}")


def _refuse(database: ProfileDatabase, what: str) -> NoReturn:
    path = database.path
    raise UserActionNeeded(
        f"{path.name} in {path.parent} was changed or is damaged: {what}; it was left as it is - run 'cryptobot ledger "
        "check' to see everything, 'cryptobot backup list' for a copy to restore, or choose another folder with "
        "--data-dir"
    )
