"""What a fill costs: rate times exact notional, rounded up, in the venue's asset or in the discount asset.

Sources: Binance's commission FAQ (taken from what is received; BNB: 25 % less), KuCoin's fee page (always the quote
asset; KCS: 20 % less). When the discount asset is lacking or has no price, the venue charges as usual.
"""

from collections.abc import Mapping

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.numbers import PPM, div_up
from cryptobot_desktop.domain.orders import FeeRates, Liquidity, OrderRequest
from cryptobot_desktop.domain.purse import Purse
from cryptobot_desktop.execution.charges import exact_quote_fee, fee_asset, fee_of

_DEFAULT = FeeRates()


class Charge(Struct, frozen=True, gc=False):
    """One fee: ledger amount, asset, and its value in the quote asset where the fill's price does not tell it."""

    amount: int
    asset: str
    value: int | None = None
    rate_ppm: int = 0
    discount_ppm: int = 0


class Fees:
    """The venues' rates and the portfolios' discount assets."""

    def __init__(self, rates: Mapping[Venue, FeeRates], purse: Purse) -> None:
        self._rates = dict(rates)
        self._purse = purse

    def rates(self, instrument: Instrument) -> FeeRates:
        """Return the rates of an instrument's venue."""
        return self._rates.get(instrument.venue, _DEFAULT)

    def set_rates(self, venue: Venue, rates: FeeRates) -> None:
        """Charge other rates from now on."""
        self._rates[venue] = rates

    def charge(
        self, request: OrderRequest, instrument: Instrument, price: int, qty: int, liquidity: Liquidity, spent: int
    ) -> Charge:
        """Return the fee of one fill. `spent` is what earlier fills of the same event take of the discount asset."""
        rates = self.rates(instrument)
        rate = rates.maker_ppm if liquidity is Liquidity.MAKER else rates.taker_ppm
        if rates.discount_asset:
            cheaper = self._discounted(request, instrument, price, qty, rate, spent)
            if cheaper is not None:
                return cheaper
        return Charge(
            fee_of(instrument, request.side, price, qty, rate), fee_asset(instrument, request.side), rate_ppm=rate
        )

    def _discounted(
        self, request: OrderRequest, instrument: Instrument, price: int, qty: int, rate: int, spent: int
    ) -> Charge | None:
        rates, usual = self.rates(instrument), fee_asset(instrument, request.side)
        asset, less = rates.discount_asset, rates.discount_ppm
        if asset in (instrument.base, instrument.quote):
            if usual != asset:
                return None
            fee = div_up(fee_of(instrument, request.side, price, qty, rate) * (PPM - less), PPM)
            return Charge(fee, asset, None, rate, less)
        worth = self._purse.rate(asset, instrument.quote)
        if worth is None or worth.numerator <= 0:
            return None
        exact, unit = exact_quote_fee(instrument, price, qty, rate * (PPM - less))
        value = div_up(exact, unit * PPM)
        amount = div_up(exact * worth.denominator, unit * PPM * worth.numerator)
        if amount + spent > self._purse.available(request.portfolio, asset):
            return None
        return Charge(amount, asset, value, rate, less)
