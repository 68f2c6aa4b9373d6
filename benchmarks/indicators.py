"""Five indicators as one set, RSI(14), MACD(12, 26, 9), Bollinger(20, 2), ATR(14), EMA(50): per bar and over arrays."""

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.market import INSTRUMENT, Bars, random_walk
from benchmarks.measure import Case, Given, Report, Table, agree, in_turn, main, times
from cryptobot_desktop.domain.market import Candle
from cryptobot_desktop.indicators import Bar, bar_of, compute, create

OURS, EXACT = "cryptobot, bar by bar", "cryptobot, bar by bar, from exact candles"
TALIPP, TALIB, STREAM, TA = "talipp add", "TA-Lib recompute", "TA-Lib stream", "ta recompute"
ARRAY = "cryptobot, array path"
SET: dict[str, dict[str, int]] = {
    "rsi": {"period": 14},
    "macd": {"fast": 12, "slow": 26, "signal": 9},
    "bollinger": {"period": 20},
    "atr": {"period": 14},
    "ema": {"period": 50},
}
WINDOW = 1_000

Columns = dict[str, Any]


def run(report: Report) -> None:
    """Measure the set per bar and over arrays, after checking the values against TA-Lib."""
    bars = random_walk(report.settings.size(quick=4_000, usual=100_000))
    columns = {name: bars.floats(name) for name in ("open", "high", "low", "close")}
    columns["volume"] = np.full(len(bars), 100.0)
    _cross_check(report, columns)
    _per_bar(report, bars, columns)
    _over_arrays(report, columns)
    report.notes += [
        f"Per bar: recompute means over the last {WINDOW:,} bars, as bots do that keep a frame and call the library "
        "on every bar; TA-Lib's stream functions recompute as well.",
        "No compiled code of ours: the bar by bar path is plain Python.",
    ]


def _per_bar(report: Report, bars: Bars, columns: Columns) -> None:
    """Measure one appended bar."""
    count = report.settings.size(quick=200, usual=2_000)
    few = report.settings.size(quick=2, usual=10)
    candles = bars.candles()[: WINDOW + count]
    ready = _bars({name: column[: WINDOW + count] for name, column in columns.items()})
    window = {name: column[:WINDOW] for name, column in columns.items()}
    cases = [
        Case(OURS, _feed(ready[WINDOW:]), lambda: _our_set(ready[:WINDOW]), count),
        Case(EXACT, _feed_exact(candles[WINDOW:]), lambda: _our_set(ready[:WINDOW]), count),
        Case(TALIPP, _feed_talipp(ready[WINDOW:]), lambda: _talipp_set(ready[:WINDOW]), count),
        Case(TALIB, _repeat(lambda: _talib(window), count // 10), units=count // 10),
        Case(STREAM, _repeat(lambda: _talib_stream(window), count // 10), units=count // 10),
        Case(TA, _repeat(lambda: _ta(window), few), units=few),
    ]
    table = Table("One bar appended", "µs per bar for the set of five", OURS)
    table.add("per bar", times(in_turn(cases, report.settings.rounds), 1e6))
    report.tables.append(table)
    report.target("five indicators, µs per bar", table.rows[OURS]["per bar"].median, 2.0, at_least=False)
    for peer, least in ((TALIPP, 6.0), (TALIB, 10.0), (TA, 2_500.0)):
        report.target(f"faster per bar than {peer}", table.ratio(peer, "per bar"), least)


def _over_arrays(report: Report, columns: Columns) -> None:
    """Measure the whole array at once."""
    rounds = min(report.settings.rounds, 5)
    cases = [
        Case(ARRAY, lambda _: _our_arrays(columns)),
        Case("TA-Lib", lambda _: _talib(columns)),
        Case("ta", lambda _: _ta(columns)),
        Case(OURS, _feed(_bars(columns)), lambda: _our_set([])),
    ]
    table = Table(f"{len(columns['close']):,} bars at once", "ms for the set of five", "TA-Lib")
    table.add("arrays", times(in_turn(cases, rounds), 1e3))
    report.tables.append(table)
    report.target(
        "array path, ms per 100,000 bars",
        table.rows[ARRAY]["arrays"].median * 1e5 / len(columns["close"]),
        35.0,
        at_least=False,
    )


def _bars(columns: Columns) -> list[Bar]:
    names = ("open", "high", "low", "close", "volume")
    return [Bar(*row) for row in zip(*(columns[name].tolist() for name in names), strict=True)]


def _our_set(history: Sequence[Bar]) -> list[Any]:
    made = [create(name, **parameters) for name, parameters in SET.items()]
    for bar in history:
        for indicator in made:
            indicator.update(bar)
    return made


def _feed(bars: Sequence[Bar]) -> Callable[[Any], None]:
    def work(indicators: Given) -> None:
        rsi, macd, bollinger, atr, ema = (indicator.update for indicator in indicators)
        for bar in bars:
            rsi(bar)
            macd(bar)
            bollinger(bar)
            atr(bar)
            ema(bar)

    return work


def _feed_exact(candles: Sequence[Candle]) -> Callable[[Any], None]:
    def work(indicators: Given) -> None:
        updates = [indicator.update for indicator in indicators]
        for candle in candles:
            bar = bar_of(candle, INSTRUMENT)
            for update in updates:
                update(bar)

    return work


def _talipp_set(history: Sequence[Bar]) -> list[Any]:
    library = importlib.import_module("talipp.indicators")
    made = [library.RSI(14), library.MACD(12, 26, 9), library.BB(20, 2.0), library.ATR(14), library.EMA(50)]
    _feed_talipp(history)(made)
    return made


def _feed_talipp(bars: Sequence[Bar]) -> Callable[[Any], None]:
    shape = importlib.import_module("talipp.ohlcv").OHLCV
    rows = [(bar.close, shape(bar.open, bar.high, bar.low, bar.close, bar.volume)) for bar in bars]

    def work(indicators: Given) -> None:
        rsi, macd, bands, atr, ema = (indicator.add for indicator in indicators)
        for close, row in rows:
            rsi(close)
            macd(close)
            bands(close)
            atr(row)
            ema(close)

    return work


def _talib(columns: Columns) -> dict[str, Any]:
    """Return TA-Lib's arrays by our output names."""
    library = importlib.import_module("talib")
    close = columns["close"]
    line, signal, histogram = library.MACD(close, 12, 26, 9)
    upper, middle, lower = library.BBANDS(close, 20, 2.0, 2.0)
    atr = library.ATR(columns["high"], columns["low"], close, 14)
    return {
        "rsi": [library.RSI(close, 14)],
        "macd": [line, signal, histogram],
        "bollinger": [upper, middle, lower],
        "atr": [atr],
        "ema": [library.EMA(close, 50)],
    }


def _talib_stream(columns: Columns) -> None:
    library = importlib.import_module("talib.stream")
    close = columns["close"]
    library.RSI(close, 14)
    library.MACD(close, 12, 26, 9)
    library.BBANDS(close, 20, 2.0, 2.0)
    library.ATR(columns["high"], columns["low"], close, 14)
    library.EMA(close, 50)


def _ta(columns: Columns) -> None:
    pandas, library = importlib.import_module("pandas"), importlib.import_module("ta")
    close, high, low = (pandas.Series(columns[name]) for name in ("close", "high", "low"))
    library.momentum.RSIIndicator(close, 14).rsi()
    macd = library.trend.MACD(close, 26, 12, 9)
    macd.macd(), macd.macd_signal(), macd.macd_diff()
    bands = library.volatility.BollingerBands(close, 20, 2)
    bands.bollinger_hband(), bands.bollinger_mavg(), bands.bollinger_lband()
    library.volatility.AverageTrueRange(high, low, close, 14).average_true_range()
    library.trend.EMAIndicator(close, 50).ema_indicator()


def _our_arrays(columns: Columns) -> dict[str, dict[str, Any]]:
    return {name: compute(name, columns, **parameters) for name, parameters in SET.items()}


def _repeat(work: Callable[[], object], count: int) -> Callable[[object], None]:
    def many(_: object) -> None:
        for _number in range(count):
            work()

    return many


def _cross_check(report: Report, columns: Columns) -> None:
    """Compare the last values of our two paths with TA-Lib's, whatever order the outputs have."""
    theirs, arrays = _talib(columns), _our_arrays(columns)
    for indicator in _our_set(_bars(columns)):
        name = indicator.NAME
        expected = sorted(float(line[-1]) for line in theirs[name])
        mine = sorted(float(value) for value in indicator.values().values())
        batch = sorted(float(line[-1]) for line in arrays[name].values())
        for place, value in enumerate(expected):
            agree(f"{name} bar by bar after {len(columns['close'])} bars", mine[place], value)
            agree(f"{name} over arrays", batch[place], value)
    report.checks.append(f"after {len(columns['close']):,} bars both our paths equal TA-Lib's values to 1e-9")


if __name__ == "__main__":
    sys.exit(main("indicators", run))
