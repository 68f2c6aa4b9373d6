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
        amount = instrument.base_amount(fill.qty)
        if fill.side is Side.BUY:
            self.cost += fill.quote_amount
            self.held += amount
        else:
            cost = self.cost * min(amount, self.held) // self.held if self.held > 0 else 0
            self.cost -= cost
            self.realised += fill.quote_amount - cost
            self.held -= amount
        if fill.fee_asset == instrument.base:
            self.held -= fill.fee
        self.fills += 1
