"""The venues' names for candle lengths."""

from typing import Final

from cryptobot_desktop.domain.timeframe import Timeframe

KUCOIN_INTERVALS: Final[dict[Timeframe, str]] = {
    Timeframe.M1: "1min",
    Timeframe.M3: "3min",
    Timeframe.M5: "5min",
    Timeframe.M15: "15min",
    Timeframe.M30: "30min",
    Timeframe.H1: "1hour",
    Timeframe.H2: "2hour",
    Timeframe.H4: "4hour",
    Timeframe.H6: "6hour",
    Timeframe.H8: "8hour",
    Timeframe.H12: "12hour",
    Timeframe.D1: "1day",
    Timeframe.W1: "1week",
    Timeframe.MO1: "1month",
}
"""KuCoin has no three-day bars."""

_FROM_KUCOIN: Final = {name: timeframe for timeframe, name in KUCOIN_INTERVALS.items()}
_FROM_TEXT: Final = {timeframe.value: timeframe for timeframe in Timeframe}


def from_kucoin(name: str) -> Timeframe | None:
    """Return the timeframe of a KuCoin name such as ``1min``; None when it is unknown."""
    return _FROM_KUCOIN.get(name)


def from_any(name: str | None) -> Timeframe | None:
    """Return the timeframe of either venue's name (``1m`` or ``1min``); None when it is unknown."""
    if name is None:
        return None
    return _FROM_TEXT.get(name) or _FROM_KUCOIN.get(name)


def display_interval(name: str | None) -> str | None:
    """Return the program's word for an interval (``1min`` -> ``1m``); an unknown one is kept as it is."""
    timeframe = from_any(name)
    return timeframe.value if timeframe else name
