"""Instruments and frames that the wire tests share."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptobot_desktop.domain.instrument import FeeRule, Instrument, Venue


def binance(symbol: str = "BTCUSDT", *, price_decimals: int = 2, qty_decimals: int = 5) -> Instrument:
    return Instrument(
        venue=Venue.BINANCE,
        symbol=symbol,
        base="BTC",
        quote="USDT",
        price_decimals=price_decimals,
        qty_decimals=qty_decimals,
    )


def kucoin(symbol: str = "BTC-USDT", *, price_decimals: int = 10) -> Instrument:
    return Instrument(
        venue=Venue.KUCOIN,
        symbol=symbol,
        base="BTC",
        quote="USDT",
        price_decimals=price_decimals,
        qty_decimals=8,
        fee_rule=FeeRule.QUOTE,
    )


def messages(shared_data: Path) -> Iterator[dict[str, Any]]:
    """Yield every sample message with its file's name under ``file``."""
    for path in sorted((shared_data / "messages").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield {**json.loads(line), "file": path.stem}


TRADE = {
    "e": "trade",
    "E": 1723161255343,
    "s": "BTCUSDT",
    "t": 3735683259,
    "p": "61837.63000000",
    "q": "0.02000000",
    "T": 1723161255342,
    "m": True,
    "M": True,
}
BOOK_TICKER = {"u": 50093239219, "s": "BTCUSDT", "b": "61837.63", "B": "3.78826", "a": "61837.64", "A": "1.6052"}
DEPTH = {
    "e": "depthUpdate",
    "E": 1723161255508,
    "s": "BTCUSDT",
    "U": 157,
    "u": 160,
    "b": [["61830.17000000", "0.00000000"], ["61818.52000000", "0.21367000"]],
    "a": [["61837.64000000", "1.60520000"]],
}
BAR = {
    "t": 1633998480000,
    "T": 1633998539999,
    "s": "BTCUSDT",
    "i": "1m",
    "f": 1,
    "L": 30,
    "o": "100.00000000",
    "c": "101.50000000",
    "h": "102.00000000",
    "l": "99.00000000",
    "v": "10.50000000",
    "n": 30,
    "x": False,
    "q": "1050.12345678",
    "V": "1",
    "Q": "1",
    "B": "0",
}
KLINE = {"e": "kline", "E": 1633998523963, "s": "BTCUSDT", "k": BAR}


def tape_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a recorded tape."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def combined(stream: str, data: object) -> str:
    return json.dumps({"stream": stream, "data": data}, separators=(",", ":"))


def push(topic: str, data: object, subject: str = "x") -> str:
    return json.dumps({"type": "message", "topic": topic, "subject": subject, "data": data})
