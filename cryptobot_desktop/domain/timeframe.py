"""Candle timeframes and the venue's own time grid.

Binance weeks open Monday 00:00 UTC, KuCoin weeks Thursday 00:00 UTC (whole weeks since the epoch);
three-day bars count from the epoch; months start on the first.
"""

from datetime import UTC, datetime
from enum import StrEnum

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue

MINUTE_MS = 60_000
DAY_MS = 86_400_000
_WEEK_MS = 7 * DAY_MS
_MONDAY_OFFSET_MS = 4 * DAY_MS  # 1970-01-01 was a Thursday


class Timeframe(StrEnum):
    """The bar lengths that both venues know."""

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H4 = "4h"
    H6 = "6h"
    H8 = "8h"
    H12 = "12h"
    D1 = "1d"
    D3 = "3d"
    W1 = "1w"
    MO1 = "1M"

    @property
    def length_ms(self) -> int | None:
        """Return the fixed length, or None for calendar months."""
        return _LENGTHS.get(self)


_LENGTHS: dict[Timeframe, int] = {
    Timeframe.M1: MINUTE_MS,
    Timeframe.M3: 3 * MINUTE_MS,
    Timeframe.M5: 5 * MINUTE_MS,
    Timeframe.M15: 15 * MINUTE_MS,
    Timeframe.M30: 30 * MINUTE_MS,
    Timeframe.H1: 60 * MINUTE_MS,
    Timeframe.H2: 120 * MINUTE_MS,
    Timeframe.H4: 240 * MINUTE_MS,
    Timeframe.H6: 360 * MINUTE_MS,
    Timeframe.H8: 480 * MINUTE_MS,
    Timeframe.H12: 720 * MINUTE_MS,
    Timeframe.D1: DAY_MS,
    Timeframe.D3: 3 * DAY_MS,
    Timeframe.W1: _WEEK_MS,
}


def parse_timeframe(text: str) -> Timeframe:
    """Return the timeframe named by text such as ``5m``; anything else raises InvalidInput."""
    try:
        return Timeframe(text)
    except ValueError:
        allowed = ", ".join(t.value for t in Timeframe)
        raise InvalidInput(f"timeframe {text!r} is unknown; allowed: {allowed}") from None


def bar_open_ms(time_ms: int, timeframe: Timeframe, venue: Venue) -> int:
    """Return the opening time of the bar that contains time_ms, on the venue's grid."""
    length = timeframe.length_ms
    if length is None:
        moment = datetime.fromtimestamp(time_ms / 1000, UTC)
        return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp()) * 1000
    offset = _MONDAY_OFFSET_MS if timeframe is Timeframe.W1 and venue is Venue.BINANCE else 0
    return (time_ms - offset) // length * length + offset


def bar_end_ms(open_ms: int, timeframe: Timeframe) -> int:
    """Return the exclusive end of the bar that opens at open_ms."""
    length = timeframe.length_ms
    if length is not None:
        return open_ms + length
    moment = datetime.fromtimestamp(open_ms / 1000, UTC)
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1000
