"""Candle and trade files (CSV, plain or gzip): strict reading with file and line in every error, and writing."""

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Candle, Trade
from cryptobot_desktop.domain.timeframe import Timeframe


class CandleFile(Struct, frozen=True):
    """Bars of a file in order of time, the instrument (given or inferred) and what was found and mended."""

    instrument: Instrument
    timeframe: Timeframe
    candles: list[Candle]
    findings: tuple[str, ...]


class TradeFile(Struct, frozen=True):
    """Trades of a file in order of time, the instrument (given or inferred) and what was found and mended."""

    instrument: Instrument
    trades: list[Trade]
    findings: tuple[str, ...]


class NamedPair(Struct, frozen=True):
    """Which instrument a file is about, when nothing more is known: any spelling of the symbol."""

    symbol: str
    venue: Venue = Venue.BINANCE


def read_candles(path: Path, about: Instrument | NamedPair, timeframe: Timeframe) -> CandleFile:
    """Return the bars of ``time,open,high,low,close,volume`` (ms UTC); InvalidInput names file and line."""
    raise NotImplementedError


def write_candles(path: Path, candles: Iterable[Candle], instrument: Instrument) -> int:
    """Write bars as CSV (gzip when the name ends in ``.gz``), whole or not at all; return their number."""
    raise NotImplementedError


def read_trades(path: Path, about: Instrument | NamedPair) -> TradeFile:
    """Return the trades of ``time,id,price,qty,is_buyer_maker`` (ms UTC); InvalidInput names file and line."""
    raise NotImplementedError
