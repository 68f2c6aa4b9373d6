"""The tables as SQLModel classes: the one description that migrations are checked against.

Hot inserts do not use the ORM (it costs 15 times raw sqlite3); see `batch_rows.py`. All tables are
STRICT, so that an integer column can never silently turn into a float.
"""

from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from cryptobot_desktop.storage.words import OPEN_STATUSES

_STRICT = {"sqlite_strict": True}
_EMPTY = {"server_default": ""}


def _text(**options: Any) -> Any:  # noqa: ANN401 - what SQLModel's own Field takes and gives
    """Return a TEXT column; SQLModel's own choice, VARCHAR, does not exist in STRICT tables."""
    return Field(sa_type=Text, **options)


class MetaRow(SQLModel, table=True):
    """Facts about the file itself: its mode."""

    __tablename__ = "meta"
    __table_args__ = _STRICT
    key: str = _text(primary_key=True)
    value: str = _text()


class PortfolioRow(SQLModel, table=True):
    """One epoch of a portfolio; never changed, never deleted."""

    __tablename__ = "portfolio"
    __table_args__ = (UniqueConstraint("name", "epoch"), _STRICT)
    seq: int = Field(primary_key=True)
    name: str = _text()
    epoch: int
    asset: str = _text()
    starting_cash: int
    created_ms: int
    synthetic: int


class TransferRow(SQLModel, table=True):
    """One row of the double-entry ledger; never changed, never deleted."""

    __tablename__ = "transfer"
    __table_args__ = _STRICT
    seq: int = Field(primary_key=True)
    asset: str = _text()
    debit: str = _text()
    credit: str = _text()
    amount: int
    cause_kind: str = _text()
    cause_id: str = _text()
    at_ms: int
    previous_hash: str = _text()
    row_hash: str = _text()


class BalanceRow(SQLModel, table=True):
    """What the transfers add up to, written along with them, so that a start need not read them all."""

    __tablename__ = "balance"
    __table_args__ = _STRICT
    account: str = _text(primary_key=True)
    asset: str = _text(primary_key=True)
    amount: int


class SnapshotRow(SQLModel, table=True):
    """What the ledger added up to at one row, as a document with its hash; never changed, never deleted."""

    __tablename__ = "ledger_snapshot"
    __table_args__ = _STRICT
    seq: int = Field(primary_key=True)
    fill_seq: int
    head_hash: str = _text()
    state_hash: str = _text()
    document: str = _text()


class OrderRow(SQLModel, table=True):
    """The newest state of an order; `document` is the whole Order as JSON, `seq` the order of creation."""

    __tablename__ = "order_state"
    __table_args__ = (
        Index("order_state_open", "created_ms", "seq", sqlite_where=text(f"status IN {OPEN_STATUSES}")),
        Index("order_state_closed", "updated_ms", "seq", sqlite_where=text(f"status NOT IN {OPEN_STATUSES}")),
        _STRICT,
    )
    seq: int = Field(primary_key=True)
    client_id: str = _text(unique=True)
    portfolio: str = _text()
    epoch: int
    instrument: str = _text()
    status: str = _text()
    created_ms: int
    updated_ms: int
    document: str = _text()
    row_hash: str = _text(sa_column_kwargs=_EMPTY)


class FillRow(SQLModel, table=True):
    """One execution; never changed, never deleted."""

    __tablename__ = "fill"
    __table_args__ = (Index("fill_by_portfolio", "portfolio", "epoch", "seq"), _STRICT)
    seq: int = Field(primary_key=True)
    fill_id: str = _text(unique=True)
    client_id: str = _text()
    portfolio: str = _text()
    epoch: int
    instrument: str = _text()
    side: str = _text()
    price: int
    qty: int
    quote_amount: int
    fee: int
    fee_asset: str = _text()
    liquidity: str = _text()
    at_ms: int
    evidence: str = _text()
    fee_value: int | None = None
    row_hash: str = _text(sa_column_kwargs=_EMPTY)


class DecisionRow(SQLModel, table=True):
    """What risk answered to an intent, with all reasons; never changed, never deleted."""

    __tablename__ = "decision"
    __table_args__ = _STRICT
    seq: int = Field(primary_key=True)
    decision_id: str = _text()
    bot: str = _text()
    portfolio: str = _text()
    outcome: str = _text()
    at_ms: int
    document: str = _text()


class BotRow(SQLModel, table=True):
    """A bot and the snapshot of its strategy."""

    __tablename__ = "bot"
    __table_args__ = _STRICT
    seq: int = Field(primary_key=True)
    bot: str = _text(unique=True)
    portfolio: str = _text()
    status: str = _text()
    document: str = _text()


class KillSwitchRow(SQLModel, table=True):
    """Every change of the kill switch; the newest row counts."""

    __tablename__ = "kill_switch"
    __table_args__ = _STRICT
    seq: int = Field(primary_key=True)
    tripped: int
    reason: str = _text()
    at_ms: int


class InstrumentRow(SQLModel, table=True):
    """Instruments that orders refer to, so that old rows can be read without a network."""

    __tablename__ = "instrument"
    __table_args__ = _STRICT
    id: str = _text(primary_key=True)
    document: str = _text()


class SessionRow(SQLModel, table=True):
    """One run of the engine."""

    __tablename__ = "session"
    __table_args__ = _STRICT
    seq: int = Field(primary_key=True)
    session_id: str = _text(unique=True)
    started_ms: int
    last_ms: int
    ended_ms: int
    document: str = _text()
