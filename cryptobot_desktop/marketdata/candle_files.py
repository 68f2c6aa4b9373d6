"""Candle and trade files (CSV, plain or gzip): strict reading with file and line in every error, and writing."""

import gzip
import os
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Final

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Candle, CandleSource, Side, Trade
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS
from cryptobot_desktop.domain.timeframe import DAY_MS, Timeframe, bar_end_ms, bar_open_ms
from cryptobot_desktop.marketdata.csv_rows import CsvRows, DecimalsSeen, ScaledColumn, read_time
from cryptobot_desktop.marketdata.symbol_names import inferred_instrument
from cryptobot_desktop.marketdata.text_files import reason

CANDLE_COLUMNS: Final = ("time", "open", "high", "low", "close", "volume")
TRADE_COLUMNS: Final = ("time", "id", "price", "qty", "is_buyer_maker")
_MAX_PRICE_DECIMALS: Final = 12
_SHORTEST_MONTH_MS: Final = 28 * DAY_MS
_LONGEST_MONTH_MS: Final = 31 * DAY_MS
_FLAGS: Final = {"true": True, "false": False}
_TORN: Final = "the file ends in the middle of a line; what was before it is used"


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


def read_candles(path: Path, about: Instrument | NamedPair, timeframe: Timeframe | None = None) -> CandleFile:
    """Return the bars of ``time,open,high,low,close,volume`` (ms UTC); InvalidInput names file and line.

    Without `timeframe` the usual distance of two bars tells it.
    """
    rows = CsvRows(path, CANDLE_COLUMNS)
    if timeframe is None:
        timeframe = _usual_timeframe(rows)
    instrument = _candle_instrument(rows, about) if isinstance(about, NamedPair) else about
    prices = ScaledColumn(instrument.price_decimals, minimum=1, cuts=False)
    volumes = ScaledColumn(instrument.qty_decimals, minimum=0, cuts=True)
    candles: list[Candle] = []
    for cells in rows:
        time = rows.read(read_time, cells[0], "time")
        opened, high, low, close = (
            rows.read(prices, text, name) for text, name in zip(cells[1:5], CANDLE_COLUMNS[1:5], strict=True)
        )
        if high < max(opened, low, close) or low > min(opened, close):
            raise rows.error(f"is no bar: open {cells[1]}, high {cells[2]}, low {cells[3]}, close {cells[4]}")
        volume = rows.read(volumes, cells[5], "volume")
        candles.append(
            Candle(
                instrument.id,
                timeframe,
                time,
                opened,
                high,
                low,
                close,
                volume,
                None,
                None,
                True,
                CandleSource.IMPORTED,
            )
        )
    if not candles:
        raise InvalidInput(f"file {path} holds no bars below its header")
    candles, findings = _in_order(candles)
    _check_timeframe(path, candles, timeframe)
    findings += _holes(candles, timeframe, instrument.venue)
    findings += _rounded(prices, "prices", instrument.price_decimals)
    findings += _rounded(volumes, "volumes", instrument.qty_decimals)
    return CandleFile(instrument, timeframe, candles, (*findings, *([_TORN] if rows.torn else [])))


def write_candles(path: Path, candles: Iterable[Candle], instrument: Instrument) -> int:
    """Write bars as CSV (gzip when the name ends in ``.gz``), whole or not at all; return their number."""
    price, qty = instrument.price_text, instrument.qty_text
    lines = [",".join(CANDLE_COLUMNS)]
    lines += [
        f"{bar.open_ms},{price(bar.open)},{price(bar.high)},{price(bar.low)},{price(bar.close)},{qty(bar.volume)}"
        for bar in candles
    ]
    data = ("\n".join(lines) + "\n").encode()
    if path.suffix == ".gz":
        data = gzip.compress(data, mtime=0)  # the same bars give the same bytes
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InvalidInput(f"file {path} cannot be written: {reason(error)}") from None
    return len(lines) - 1


def read_trades(path: Path, about: Instrument | NamedPair) -> TradeFile:
    """Return the trades of ``time,id,price,qty,is_buyer_maker`` (ms UTC); InvalidInput names file and line."""
    rows = CsvRows(path, TRADE_COLUMNS)
    instrument = _trade_instrument(rows, about) if isinstance(about, NamedPair) else about
    prices = ScaledColumn(instrument.price_decimals, minimum=1, cuts=False)
    qtys = ScaledColumn(instrument.qty_decimals, minimum=1, cuts=False)
    trades: dict[str, Trade] = {}
    repeated = 0
    for number, cells in enumerate(rows):
        price, qty = rows.read(prices, cells[2], "price"), rows.read(qtys, cells[3], "qty")
        side = Side.SELL if rows.read(_flag, cells[4], "is_buyer_maker") else Side.BUY
        time = rows.read(read_time, cells[0], "time")
        key = cells[1] or f"row-{number}"
        repeated += key in trades
        trades.setdefault(key, Trade(instrument.id, key, price, qty, side, time))
    if not trades:
        raise InvalidInput(f"file {path} holds no trades below its header")
    ordered = sorted(trades.values(), key=lambda trade: trade.venue_ms)
    findings = [f"{repeated} trades came twice and were used once"] if repeated else []
    if any(first is not second for first, second in zip(ordered, trades.values(), strict=True)):
        findings.append("the trades were not in order of time and were sorted")
    findings += _rounded(prices, "prices", instrument.price_decimals)
    findings += _rounded(qtys, "quantities", instrument.qty_decimals)
    return TradeFile(instrument, ordered, (*findings, *([_TORN] if rows.torn else [])))


def _usual_timeframe(rows: CsvRows) -> Timeframe:
    """Return the timeframe whose length is the most frequent distance of two lines; one bar counts as 1m."""
    times = [rows.read(read_time, cells[0], "time") for cells in rows]
    steps = Counter(abs(second - first) for first, second in pairwise(times))
    if not steps:
        return Timeframe.M1
    usual = steps.most_common(1)[0][0]
    found = next((timeframe for timeframe in Timeframe if timeframe.length_ms == usual), None)
    if found is None and _SHORTEST_MONTH_MS <= usual <= _LONGEST_MONTH_MS:
        found = Timeframe.MO1
    if found is None:
        raise InvalidInput(f"file {rows.path} holds bars {usual} ms apart, which is no known timeframe; name it")
    return found


def _candle_instrument(rows: CsvRows, about: NamedPair) -> Instrument:
    """Return an instrument with as many decimals as the file's prices and volumes use."""
    prices, volumes = DecimalsSeen(), DecimalsSeen()
    for cells in rows:
        for text, name in zip(cells[1:5], CANDLE_COLUMNS[1:5], strict=True):
            rows.read(prices.see, text, name)
        rows.read(volumes.see, cells[5], "volume")
    return inferred_instrument(
        about.venue,
        about.symbol,
        prices.fitting(_MAX_PRICE_DECIMALS),
        volumes.fitting(AMOUNT_DECIMALS),
        largest_qty=volumes.largest,
    )


def _trade_instrument(rows: CsvRows, about: NamedPair) -> Instrument:
    prices, qtys = DecimalsSeen(), DecimalsSeen()
    for cells in rows:
        rows.read(prices.see, cells[2], "price")
        rows.read(qtys.see, cells[3], "qty")
    return inferred_instrument(
        about.venue,
        about.symbol,
        prices.fitting(_MAX_PRICE_DECIMALS),
        qtys.fitting(AMOUNT_DECIMALS),
        largest_qty=qtys.largest,
    )


def _flag(text: str) -> bool:
    found = _FLAGS.get(text.strip().lower())
    if found is None:
        raise InvalidInput(f"{text[:40]!r} is not true or false")
    return found


def _in_order(candles: list[Candle]) -> tuple[list[Candle], list[str]]:
    """Return bars sorted by time, each time once (the later line wins), and what was mended."""
    if all(first.open_ms < second.open_ms for first, second in pairwise(candles)):
        return candles, []
    by_time = {candle.open_ms: candle for candle in candles}
    findings = []
    repeated = len(candles) - len(by_time)
    if repeated:
        findings.append(f"{repeated} bars had the time of another one; the later line was used")
    if any(first.open_ms > second.open_ms for first, second in pairwise(candles)):
        findings.append("the bars were not in order of time and were sorted")
    return [by_time[time] for time in sorted(by_time)], findings


def _check_timeframe(path: Path, candles: list[Candle], timeframe: Timeframe) -> None:
    """Refuse a file whose bars are plainly of another length."""
    steps = Counter(bar_end_ms(first.open_ms, timeframe) - second.open_ms for first, second in pairwise(candles))
    if steps and 0 not in steps:
        typical = Counter(second.open_ms - first.open_ms for first, second in pairwise(candles)).most_common(1)[0][0]
        known = next((t.value for t in Timeframe if t.length_ms == typical), f"{typical} ms")
        raise InvalidInput(f"file {path} holds bars {known} apart, asked for was {timeframe.value}; name the right one")


def _holes(candles: list[Candle], timeframe: Timeframe, venue: Venue) -> list[str]:
    gaps = missing = 0
    for first, second in pairwise(candles):
        end = bar_end_ms(first.open_ms, timeframe)
        if end < second.open_ms:
            gaps += 1
            length = timeframe.length_ms
            missing += (second.open_ms - end) // length if length else 1
    findings = [f"{gaps} gaps, {missing} bars are missing"] if gaps else []
    strays = sum(bar_open_ms(bar.open_ms, timeframe, venue) != bar.open_ms for bar in candles)
    if strays:
        findings.append(f"{strays} bars do not open on the {timeframe.value} grid of {venue.value}")
    return findings


def _rounded(column: ScaledColumn, name: str, decimals: int) -> list[str]:
    if not column.rounded:
        return []
    return [
        f"{column.rounded} different {name} had more digits than belong to them and were rounded to {decimals} decimals"
    ]
