"""The state that a ledger adds up to at one row: head of the chain, balances, positions; and its hash.

Written down now and then, so that a start need not read all rows. The document is the JSON of `LedgerState`, all
arrays, no blanks, sorted; the state hash is SHA-256 over its UTF-8 bytes (docs/formats.md).
"""

from hashlib import sha256

import msgspec
from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput


class LotState(Struct, frozen=True, array_like=True, gc=False):
    """What is left of one buy."""

    quantity: int
    cost: int
    at_ms: int


class HoldingState(Struct, frozen=True, array_like=True):
    """One position with its open lots, oldest first; all figures are ledger amounts."""

    base: str
    quote: str
    quantity: int
    fifo_cost: int
    average_cost: int
    realised_fifo: int
    realised_average: int
    fees: int
    uncovered: int
    lots: tuple[LotState, ...]


class OriginState(Struct, frozen=True, array_like=True):
    """What the fills of one origin (a bot, or the user) on one instrument add up to."""

    origin: str
    instrument: str
    held: int
    cost: int
    realised: int
    fills: int


class BookState(Struct, frozen=True, array_like=True):
    """Positions of a portfolio's running epoch after `fills` fills, the newest of them at `last_ms`."""

    portfolio: str
    epoch: int
    fills: int
    last_ms: int
    holdings: tuple[HoldingState, ...]
    """Sorted by base and quote."""
    origins: tuple[OriginState, ...]
    """Sorted by origin and instrument."""


class LedgerState(Struct, frozen=True, array_like=True):
    """Everything that the rows up to `seq`, and the fills stored with them, add up to."""

    seq: int
    head_hash: str
    balances: tuple[tuple[str, str, int], ...]
    """(account, asset, amount), sorted, without zeros."""
    books: tuple[BookState, ...]
    """Sorted by portfolio; epochs without a fill are left out."""

    @property
    def size(self) -> int:
        """Return how many figures it holds, roughly: what writing it down costs."""
        lots = sum(len(holding.lots) for book in self.books for holding in book.holdings)
        return len(self.balances) + sum(len(book.origins) + len(book.holdings) for book in self.books) + lots


def state_document(state: LedgerState) -> str:
    """Return the canonical text of a state."""
    return msgspec.json.encode(state).decode()


def document_hash(document: str) -> str:
    """Return the state hash of a document."""
    return sha256(document.encode()).hexdigest()


def state_hash(state: LedgerState) -> str:
    """Return the hash that two ledgers share only when they have come to the same state through the same rows."""
    return document_hash(state_document(state))


def parse_state(document: str) -> LedgerState:
    """Return the state of a document; InvalidInput when it is not one."""
    try:
        return msgspec.json.decode(document, type=LedgerState)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise InvalidInput(f"the state document cannot be read: {error}") from None
