"""Lets the engine read older epochs out of the profile's database, on its own thread."""

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.ledger import PortfolioRecord
from cryptobot_desktop.domain.orders import Fill
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.recovery import all_epochs, instruments, load_fills, load_orders


class StoredEpochs:
    """The engine's EpochArchive over a database that is open."""

    def __init__(self, database: ProfileDatabase) -> None:
        self._database = database

    def epochs(self, portfolio: str) -> tuple[PortfolioRecord, ...]:
        """Return every epoch of a portfolio, oldest first."""
        return tuple(record for record in all_epochs(self._database) if record.name == portfolio)

    def fills(self, portfolio: str, epoch: int) -> tuple[Fill, ...]:
        """Return the fills of an epoch, oldest first."""
        return tuple(load_fills(self._database, portfolio, epoch))

    def order_count(self, portfolio: str, epoch: int) -> int:
        """Return how many orders an epoch had."""
        return len(load_orders(self._database, portfolio, epoch))

    def instruments(self) -> tuple[Instrument, ...]:
        """Return every instrument that stored rows refer to."""
        return tuple(instruments(self._database))
