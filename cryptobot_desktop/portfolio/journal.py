"""Execution facts become postings: what is reserved, paid, received, charged and released."""

from collections.abc import Iterable, Sequence

from cryptobot_desktop.domain.facts import ExecutionFact
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.ledger import Posting
from cryptobot_desktop.domain.orders import Order
from cryptobot_desktop.portfolio.ledger import Ledger


def postings_for_deposit(portfolio: str, epoch: int, asset: str, amount: int) -> list[Posting]:
    """Return the opening transfer from world to available."""
    raise NotImplementedError


def postings_for_close(ledger: Ledger, portfolio: str, epoch: int) -> list[Posting]:
    """Return transfers of everything available back to world; open orders must be cancelled before."""
    raise NotImplementedError


class Journal:
    """Remembers what each open order holds, and words facts as postings. Feed it every execution fact in order."""

    def postings_for(self, fact: ExecutionFact, instrument: Instrument, epoch: int) -> Sequence[Posting]:
        """Return the postings of one fact (none for a rejection). `instrument` is the order's own."""
        raise NotImplementedError

    def restore(self, orders: Iterable[Order]) -> None:
        """Take up the open orders after a restart."""
        raise NotImplementedError
