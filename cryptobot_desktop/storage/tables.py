"""The tables as SQLModel classes: the one description that migrations are checked against.

Hot inserts do not use the ORM (it costs 15 times raw sqlite3); see `database.py`. All tables are
STRICT, so that an integer column can never silently turn into a float.
"""

from sqlmodel import Field, SQLModel

_STRICT = {"sqlite_strict": True}


class MetaRow(SQLModel, table=True):
    """Facts about the file itself: its mode and when it was made."""

    __tablename__ = "meta"
    __table_args__ = _STRICT
    key: str = Field(primary_key=True)
    value: str


class PortfolioRow(SQLModel, table=True):
    """One epoch of a portfolio."""

    __tablename__ = "portfolio"
    __table_args__ = _STRICT
    name: str = Field(primary_key=True)
    epoch: int = Field(primary_key=True)
    asset: str
    starting_cash: int
    created_ms: int
    synthetic: int


class TransferRow(SQLModel, table=True):
    """One row of the double-entry ledger; never changed, never deleted."""

    __tablename__ = "transfer"
    __table_args__ = _STRICT
    seq: int = Field(primary_key=True)
    asset: str
    debit: str
    credit: str
    amount: int
    cause_kind: str
    cause_id: str
    at_ms: int
    previous_hash: str
    row_hash: str


class OrderRow(SQLModel, table=True):
    """The newest state of an order; `document` is the whole Order as JSON."""

    __tablename__ = "order_state"
    __table_args__ = _STRICT
    client_id: str = Field(primary_key=True)
    portfolio: str
    instrument: str
    status: str
    created_ms: int
    updated_ms: int
    document: str


class FillRow(SQLModel, table=True):
    """One execution; never changed, never deleted."""

    __tablename__ = "fill"
    __table_args__ = _STRICT
    seq: int = Field(primary_key=True)
    fill_id: str = Field(unique=True)
    client_id: str
    portfolio: str
    epoch: int
    instrument: str
    side: str
    price: int
    qty: int
    quote_amount: int
    fee: int
    fee_asset: str
    liquidity: str
    at_ms: int
    evidence: str


class DecisionRow(SQLModel, table=True):
    """What risk answered to an intent, with all reasons; never changed, never deleted."""

    __tablename__ = "decision"
    __table_args__ = _STRICT
    seq: int = Field(primary_key=True)
    decision_id: str
    bot: str
    portfolio: str
    outcome: str
    at_ms: int
    document: str


class BotRow(SQLModel, table=True):
    """A bot and the snapshot of its strategy."""

    __tablename__ = "bot"
    __table_args__ = _STRICT
    bot: str = Field(primary_key=True)
    portfolio: str
    status: str
    document: str


class KillSwitchRow(SQLModel, table=True):
    """Every change of the kill switch; the newest row counts."""

    __tablename__ = "kill_switch"
    __table_args__ = _STRICT
    seq: int = Field(primary_key=True)
    tripped: int
    reason: str
    at_ms: int


class InstrumentRow(SQLModel, table=True):
    """Instruments that orders refer to, so that old rows can be read without a network."""

    __tablename__ = "instrument"
    __table_args__ = _STRICT
    id: str = Field(primary_key=True)
    document: str


class SessionRow(SQLModel, table=True):
    """One run of the engine."""

    __tablename__ = "session"
    __table_args__ = _STRICT
    session_id: str = Field(primary_key=True)
    started_ms: int
    last_ms: int
    ended_ms: int
    document: str
