"""The trades hash: one number that two runs share only when all their fills are the same (docs/formats.md)."""

from hashlib import sha256

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.domain.orders import Fill


def fill_text(fill: Fill, instrument: Instrument) -> str:
    """Return the canonical line of a fill, without the line end."""
    price, qty = instrument.price_text(fill.price), instrument.qty_text(fill.qty)
    fee = format_trimmed(fill.fee, AMOUNT_DECIMALS)
    return f"{fill.instrument}|{fill.side}|{price}|{qty}|{fee}|{fill.fee_asset}|{fill.liquidity}|{fill.at_ms}"


class TradesHash:
    """SHA-256 over the canonical lines of all fills, in order."""

    def __init__(self) -> None:
        self._digest = sha256()

    def add(self, fill: Fill, instrument: Instrument) -> None:
        """Take in the next fill."""
        self._digest.update(f"{fill_text(fill, instrument)}\n".encode())

    def hexdigest(self) -> str:
        """Return the hash so far as 64 hex digits."""
        return self._digest.hexdigest()
