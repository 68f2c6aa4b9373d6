"""The bar that every indicator takes: floats, made from exact candles at the edge."""

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Candle, candle_floats
from cryptobot_desktop.indicators.exact import LARGEST


class Bar(Struct, frozen=True, gc=False):
    """Open, high, low and close in quote units and volume in base units, as floats; never used for money.

    Nothing is checked here, for speed: `bar_of` makes it from whole numbers, `compute` checks its columns.
    """

    open: float
    high: float
    low: float
    close: float
    volume: float = 0.0


def bar_of(candle: Candle, instrument: Instrument) -> Bar:
    """Return an exact candle as the bar that indicators take."""
    return Bar(*candle_floats(candle, instrument))


def close_of(value: object) -> float:
    """Return the price that a single-price indicator works on: a bar's close, or the finite number itself."""
    if isinstance(value, Bar):
        return value.close
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise InvalidInput(f"an indicator takes a Bar or a finite price up to {LARGEST:g}, not {value!r:.60}")
    return float(value)


def whole_bar(value: object) -> Bar:
    """Return the bar itself; indicators that need high and low (or volume) cannot live on a price alone."""
    if not isinstance(value, Bar):
        raise InvalidInput(f"this indicator takes a Bar (open, high, low, close, volume), not {value!r:.60}")
    return value
