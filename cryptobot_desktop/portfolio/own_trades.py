"""What one origin (a bot, or the user) has bought, sold and earned with its own orders on one instrument."""

from dataclasses import dataclass

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import Fill

USER = "user"
"""Origin of the orders that no bot made."""


def origin_of(client_id: str) -> str:
    """Return who made an order id: the bot's name before the colon, else ``user``."""
    origin, colon, _ = client_id.partition(":")
    return origin if colon else USER


def position_change(fill: Fill, instrument: Instrument) -> int:
    """Return by how much a fill changes the holding of the base asset, fee included."""
    amount = instrument.base_amount(fill.qty)
    change = amount if fill.side is Side.BUY else -amount
    return change - fill.fee if fill.fee_asset == instrument.base else change


@dataclass(slots=True)
class OwnTrades:
    """Sums over fills; `held` is a ledger amount of the base asset, `cost` and `realised` of the quote asset."""

    held: int = 0
    cost: int = 0
    realised: int = 0
    """What sells brought above the average cost, before fees."""
    fills: int = 0

    def take(self, fill: Fill, instrument: Instrument) -> None:
        """Take in the next fill."""
        if fill.side is Side.BUY:
            self.cost += fill.quote_amount
        else:
            amount = instrument.base_amount(fill.qty)
            cost = self.cost * min(amount, self.held) // self.held if self.held > 0 else 0
            self.cost -= cost
            self.realised += fill.quote_amount - cost
        self.held += position_change(fill, instrument)
        self.fills += 1
