"""The double-entry ledger in memory: a hash chain of transfers and the balances that follow from it."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from cryptobot_desktop.domain.ledger import Posting, Transfer

START_HASH = "0" * 64


class LedgerSnapshot(Struct, frozen=True):
    """Balances at one place of the chain; enough to go on without replaying what came before."""

    seq: int
    head_hash: str
    balances: tuple[tuple[str, str, int], ...]
    """(account, asset, balance), sorted."""


class Ledger:
    """Posts transfers, all or nothing. The engine stores what `post` returns before it tells anybody."""

    def __init__(self, snapshot: LedgerSnapshot | None = None) -> None:
        raise NotImplementedError

    @property
    def seq(self) -> int:
        """Return the number of the newest transfer, 0 when there is none."""
        raise NotImplementedError

    @property
    def head_hash(self) -> str:
        """Return the hash of the newest row, START_HASH when there is none (the published `ledger_hash`)."""
        raise NotImplementedError

    def post(self, postings: Iterable[Posting], at_ms: int) -> tuple[Transfer, ...]:
        """Append postings in order, or raise InvariantBroken and change nothing."""
        raise NotImplementedError

    def load(self, transfers: Iterable[Transfer]) -> None:
        """Append stored rows, checking chain, range and balances; raises InvariantBroken at the first fault."""
        raise NotImplementedError

    def balance(self, account: str, asset: str) -> int:
        """Return credits minus debits."""
        raise NotImplementedError

    def balances(self) -> Mapping[tuple[str, str], int]:
        """Return all non-zero balances by (account, asset)."""
        raise NotImplementedError

    def held(self, portfolio: str, epoch: int) -> dict[str, int]:
        """Return available plus reserved per asset, without zeros."""
        raise NotImplementedError

    def state_hash(self) -> str:
        """Return SHA-256 over seq, head hash and all non-zero balances."""
        raise NotImplementedError

    def snapshot(self) -> LedgerSnapshot:
        """Return what is needed to go on from here."""
        raise NotImplementedError


def verify(transfers: Iterable[Transfer], start: LedgerSnapshot | None = None) -> str | None:
    """Return the first fault in words (chain, range, negative balance), or None when all is well."""
    raise NotImplementedError
