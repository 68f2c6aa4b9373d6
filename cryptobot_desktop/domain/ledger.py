"""Words of the double-entry ledger: one transfer moves one amount from one account to another.

Accounts are texts ``<portfolio>#<epoch>/<kind>``: ``available``, ``reserved``, ``fees`` hold what the
portfolio has or has paid; ``world`` is the outside. A balance is credits minus debits, so per asset
all balances including ``world`` sum to zero by construction.
"""

from enum import StrEnum
from functools import lru_cache

from msgspec import Struct


class AccountKind(StrEnum):
    """Parts of a portfolio's money."""

    AVAILABLE = "available"
    RESERVED = "reserved"
    FEES = "fees"
    WORLD = "world"


class CauseKind(StrEnum):
    """Why a transfer was made."""

    DEPOSIT = "deposit"
    RESERVE = "reserve"
    RELEASE = "release"
    FILL = "fill"
    FEE = "fee"
    CLOSE_EPOCH = "close_epoch"


class Posting(Struct, frozen=True, gc=False):
    """A transfer before it has a place in the chain: `amount` > 0 leaves `debit` and enters `credit`."""

    asset: str
    debit: str
    credit: str
    amount: int
    cause_kind: CauseKind
    cause_id: str


class Transfer(Struct, frozen=True, gc=False):
    """One row of the ledger; `row_hash` = SHA-256 over the canonical text of the row and `previous_hash`."""

    seq: int
    asset: str
    debit: str
    credit: str
    amount: int
    cause_kind: CauseKind
    cause_id: str
    at_ms: int
    previous_hash: str
    row_hash: str


@lru_cache(maxsize=1_024)
def account(portfolio: str, epoch: int, kind: AccountKind) -> str:
    """Return the name of an account, e.g. ``main#1/available``; remembered, because every posting asks for some."""
    return f"{portfolio}#{epoch}/{kind.value}"


class PortfolioRecord(Struct, frozen=True, kw_only=True):
    """A portfolio as stored. Only the newest epoch trades."""

    name: str
    epoch: int
    asset: str
    """The asset that equity is counted in."""
    starting_cash: int
    created_ms: int
    synthetic: bool = False
    """True when its prices come from the built-in market."""


class BotRecord(Struct, frozen=True, kw_only=True):
    """A bot as stored; `state` is its strategy's snapshot as JSON text."""

    bot: str
    strategy: str
    portfolio: str
    instrument: str
    timeframe: str
    params: dict[str, str]
    status: str
    """``running`` or ``paused``."""
    max_trade_ppm: int
    max_exposure_ppm: int
    state: str = ""
    state_ms: int = 0
    """Opening time of the newest bar in `state`, 0 before the first."""
