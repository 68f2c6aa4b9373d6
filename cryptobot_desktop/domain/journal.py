"""What is written in one transaction before anyone is told, and what a restart finds again."""

from msgspec import Struct

from cryptobot_desktop.domain.facts import DecisionMade
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.ledger import BotRecord, PortfolioRecord, Transfer
from cryptobot_desktop.domain.ledger_state import BookState, LedgerState
from cryptobot_desktop.domain.orders import Fill, Order


class KillSwitchRecord(Struct, frozen=True):
    """One change of the kill switch."""

    tripped: bool
    reason: str
    at_ms: int


class SessionRecord(Struct, frozen=True, kw_only=True):
    """One run of the engine; `ended_ms` 0 means that it runs or died."""

    session_id: str
    mode: str
    """``paper``; a database of another mode is refused."""
    market: str
    venue: str
    portfolio: str
    synthetic: bool
    seed: int
    code_version: str
    started_ms: int
    """Market time of the start."""
    last_ms: int
    """Market time of the newest commit; a resumed synthetic market goes on from here."""
    ended_ms: int = 0
    is_run: bool = False
    """True for a repeatable run with a portfolio of its own, which nobody goes on with by himself."""


class CommitBatch(Struct, frozen=True, kw_only=True):
    """Rows of one transaction. Orders, bots and sessions replace their older state, all else is appended."""

    transfers: tuple[Transfer, ...] = ()
    orders: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()
    decisions: tuple[DecisionMade, ...] = ()
    portfolios: tuple[PortfolioRecord, ...] = ()
    bots: tuple[BotRecord, ...] = ()
    removed_bots: tuple[str, ...] = ()
    kill_switch: tuple[KillSwitchRecord, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    sessions: tuple[SessionRecord, ...] = ()
    snapshot: LedgerState | None = None
    """What the ledger adds up to once this batch is written."""


class StoredState(Struct, frozen=True, kw_only=True):
    """What the database knows at start.

    `balances` maps (account, asset) to a ledger amount; `last_seq` and `last_hash` are the head of the
    chain. Positions follow from `books`, as they were at `snapshot_seq`, and `tail_fills`.
    """

    balances: dict[tuple[str, str], int]
    last_seq: int
    last_hash: str
    portfolios: tuple[PortfolioRecord, ...]
    open_orders: tuple[Order, ...]
    closed_orders: tuple[Order, ...]
    """The newest 200, oldest first."""
    fills: tuple[Fill, ...]
    """The newest 500 of the running epochs, oldest first."""
    decisions: tuple[DecisionMade, ...]
    """The newest 500, oldest first."""
    bots: tuple[BotRecord, ...]
    instruments: tuple[Instrument, ...]
    kill_switch: KillSwitchRecord | None
    last_session: SessionRecord | None
    sessions: tuple[SessionRecord, ...] = ()
    """The newest 500, oldest first."""
    snapshot_seq: int = 0
    """Ledger row of the newest snapshot, 0 when there is none."""
    books: tuple[BookState, ...] = ()
    """Positions of the running epochs in that snapshot."""
    tail_fills: tuple[Fill, ...] = ()
    """All fills of the running epochs since, oldest first."""
