"""What a session tells whoever records it, and where it stands at a moment."""

import hashlib
import platform
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
import orjson

from cryptobot_desktop.domain.journal import SessionRecord, StoredState
from cryptobot_desktop.domain.recording import Checkpoint, FactSeen, SessionEnded, SessionInput, SessionStart
from cryptobot_desktop.engine.code_identity import code_fingerprint
from cryptobot_desktop.engine.pipeline import Pipeline
from cryptobot_desktop.engine.session import MarketShape, SessionSpec
from cryptobot_desktop.portfolio.own_trades import origin_of


class Recorder(Protocol):
    """Takes every input of a session before the engine acts on it, and every answer after it. Never raises."""

    @property
    def ended_because(self) -> str:
        """Return why nothing is recorded any more; empty while all is well."""
        ...

    @property
    def where(self) -> str:
        """Return the file that is written, empty when there is none."""
        ...

    def follow(self, state: Callable[[], Checkpoint]) -> None:
        """Learn whom to ask where the session stands."""
        ...

    def add(self, entry: SessionInput) -> None:
        """Take the next input."""
        ...

    def add_fact(self, seen: FactSeen) -> None:
        """Take an answer to the input before."""
        ...

    def rest(self) -> None:
        """Write what there is; called between two inputs."""
        ...

    def close(self, ended: SessionEnded) -> None:
        """Write the end."""
        ...


class NoRecorder:
    """Records nothing: for backtests and replays."""

    ended_because = ""
    where = ""

    def follow(self, state: Callable[[], Checkpoint]) -> None:
        """Ask nobody."""

    def add(self, entry: SessionInput) -> None:
        """Forget it."""

    def add_fact(self, seen: FactSeen) -> None:
        """Forget it."""

    def rest(self) -> None:
        """Write nothing."""

    def close(self, ended: SessionEnded) -> None:
        """Write nothing."""


def session_start(
    spec: SessionSpec, record: SessionRecord, stored: StoredState, *, shape: MarketShape, names: tuple[str, ...]
) -> SessionStart:
    """Return the start of a recording. `names` are those of all bots ever, which a new bot cannot have."""
    return SessionStart(
        record=record,
        spec=msgspec.to_builtins(spec),
        stored=_needed(stored, None if not record.is_run else record.portfolio),
        names=tuple(sorted({*names, *_origins(stored)})),
        has_books=shape.has_books,
        base=shape.base,
        code=code_fingerprint(),
        environment=environment(),
    )


def environment() -> dict[str, str]:
    """Return what a session runs in and must not depend on."""
    return {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}


def checkpoint(pipeline: Pipeline) -> Checkpoint:
    """Return where a session stands."""
    totals, ledger = pipeline.totals, pipeline.accounts.ledger
    return Checkpoint(
        at_ms=pipeline.now_ms,
        market_events=totals.market_events,
        orders=totals.orders,
        fills=totals.fills,
        trades_hash=totals.trades_hash.hexdigest(),
        ledger_hash=totals.ledger_hash.hexdigest(),
        ledger_seq=ledger.seq,
        ledger_head=ledger.head_hash,
    )


def session_ended(report: dict[str, Any] | None, books: dict[str, Any], reason: str = "") -> SessionEnded:
    """Return the end of a recording."""
    return SessionEnded(reason=reason, report=report, books_hash=books_hash(books))


def books_hash(books: dict[str, Any]) -> str:
    """Return SHA-256 of the books' document as JSON with sorted keys."""
    return hashlib.sha256(orjson.dumps(books, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _needed(stored: StoredState, portfolio: str | None) -> StoredState:
    """Leave out what cannot matter to a session: what is only shown, and other portfolios' positions of a run."""
    shown = msgspec.structs.replace(stored, decisions=(), sessions=(), last_session=None, fills=())
    if portfolio is None:
        return shown
    return msgspec.structs.replace(
        shown,
        books=tuple(book for book in stored.books if book.portfolio == portfolio),
        tail_fills=tuple(fill for fill in stored.tail_fills if fill.portfolio == portfolio),
    )


def _origins(stored: StoredState) -> set[str]:
    """Return who has ever traded in a running epoch; no new bot may have such a name."""
    before = {state.origin for book in stored.books for state in book.origins}
    return before | {origin_of(fill.client_id) for fill in stored.tail_fills}
