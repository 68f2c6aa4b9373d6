"""One number for the ledger of a run, so that two runs can be compared by anybody (docs/formats.md)."""

import hashlib
from collections.abc import Iterable

from cryptobot_desktop.domain.ledger import Transfer


class LedgerFingerprint:
    """SHA-256 over the session's transfers, with portfolios named by order of appearance and without row numbers.

    Line format: ``asset|debit|credit|amount|cause kind|time`` with accounts such as ``p0/available``.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._portfolios: dict[str, str] = {}
        self._aliases: dict[str, str] = {}
        """By account; the same few come again and again."""

    def add(self, transfers: Iterable[Transfer]) -> None:
        """Take in transfers in order."""
        aliases = self._aliases
        lines = ""
        for row in transfers:
            debit = aliases.get(row.debit) or self._alias(row.debit)
            credit = aliases.get(row.credit) or self._alias(row.credit)
            lines += f"{row.asset}|{debit}|{credit}|{row.amount}|{row.cause_kind}|{row.at_ms}\n"
        self._hash.update(lines.encode())

    def hexdigest(self) -> str:
        """Return the hash so far as 64 hex digits."""
        return self._hash.hexdigest()

    def _alias(self, account: str) -> str:
        portfolio, _, kind = account.rpartition("/")
        name = self._portfolios.setdefault(portfolio, f"p{len(self._portfolios)}")
        alias = self._aliases[account] = f"{name}/{kind}"
        return alias
