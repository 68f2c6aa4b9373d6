"""The trades hash: one number that two runs share only when all their fills are the same (docs/formats.md)."""

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.orders import Fill


def fill_text(fill: Fill, instrument: Instrument) -> str:
    """Return the canonical line of a fill, without the line end."""
    raise NotImplementedError


class TradesHash:
    """SHA-256 over the canonical lines of all fills, in order."""

    def __init__(self) -> None:
        raise NotImplementedError

    def add(self, fill: Fill, instrument: Instrument) -> None:
        """Take in the next fill."""
        raise NotImplementedError

    def hexdigest(self) -> str:
        """Return the hash so far as 64 hex digits."""
        raise NotImplementedError
