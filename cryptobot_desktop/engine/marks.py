"""Last prices between assets: which watched instruments price which asset in which other one."""

from collections.abc import Mapping

from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market_view import MarketView
from cryptobot_desktop.portfolio.positions import Mark

Pricing = list[tuple[InstrumentId, Instrument]]
"""The instruments between two assets; the first one that has a price prices them."""


class Marks:
    """Looks prices up. `instruments` is shared with the market's watch list and only grows."""

    def __init__(self, market: MarketView, instruments: Mapping[InstrumentId, Instrument]) -> None:
        self._market = market
        self._instruments = instruments
        self._pairs: dict[tuple[str, str], Pricing] = {}
        self._paired = -1

    def between(self, asset: str, quote: str) -> Pricing:
        """Return what may price one asset in the other, either way round."""
        self.pair_up()
        return self._pairs.get((asset, quote), [])

    def first(self, pricing: Pricing) -> Mark | None:
        """Return the last price of the first instrument that has one, or None."""
        for key, instrument in pricing:
            price = self._market.last_price(key)
            if price is not None:
                return Mark(instrument, price)
        return None

    def pair_up(self) -> bool:
        """Take in instruments that were added; True when there were any."""
        if len(self._instruments) == self._paired:
            return False
        self._paired = len(self._instruments)
        self._pairs = {}
        for key, instrument in self._instruments.items():
            for pair in ((instrument.base, instrument.quote), (instrument.quote, instrument.base)):
                self._pairs.setdefault(pair, []).append((key, instrument))
        return True
