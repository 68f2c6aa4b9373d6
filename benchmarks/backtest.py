"""The backtest pipeline: bars per second of an SMA cross 10/30, and events per second of a recorded exchange."""

import gzip
import importlib
import sys
import warnings
from pathlib import Path

import orjson

from benchmarks.event_loop import FAST, FEE_RATE, SLOW, PlainBroker, Row, run_plain, run_tight
from benchmarks.market import INSTRUMENT, START_MS, Bars, random_walk
from benchmarks.measure import Case, CrossCheckFailed, Given, Report, Table, agree, in_turn, main, rates
from cryptobot_desktop.backtest import BacktestResult
from cryptobot_desktop.backtest import run as run_ours
from cryptobot_desktop.domain.market import Candle
from cryptobot_desktop.domain.timeframe import MINUTE_MS

OURS, LOOP, TIGHT, PEER = "cryptobot backtest.run", "bare Python event loop", "one tight loop", "backtesting.py"
CASH = 10_000_000
TAPE = Path(__file__).resolve().parents[2] / "shared/data/orderbook/binance_btcusdt_20240808_10min.jsonl.gz"
TAPE_BOT = "sma_cross:fast=1,slow=2,size=0.1"
ON_TAPE, PARSED = "cryptobot backtest.run, book kept", "gzip and orjson.loads alone"


def run(report: Report) -> None:
    """Measure both: bars beside a bare loop and a peer, and a recording beside the reading of its lines."""
    _bars(report)
    if TAPE.is_file():
        _tape(report)
    else:
        report.notes.append(f"the recorded tape is absent ({TAPE.name}); events per second were not measured")


def _bars(report: Report) -> None:
    """Measure all over the same bars, after comparing their fills one by one."""
    bars = random_walk(report.settings.size(quick=3_000, usual=100_000, full=500_000))
    candles, plain, frame = bars.candles(), plain_rows(bars), _frame(bars)
    closes = bars.close.tolist()
    _cross_check(report, candles, plain, frame)
    cases = [
        Case(OURS, lambda _: ours(candles), units=len(bars)),
        Case(LOOP, lambda _: run_plain(plain, CASH), units=len(bars)),
        Case(TIGHT, lambda _: run_tight(closes, CASH), units=len(bars)),
        Case(PEER, lambda _: _backtesting(frame), units=len(bars)),
    ]
    rounds = min(report.settings.rounds, 5)
    table = Table(f"SMA cross over {len(bars):,} one-minute bars", "bars/s, more is better", LOOP)
    table.add("bars/s", rates(in_turn(cases, rounds)))
    report.tables.append(table)
    report.target("bars/s", table.rows[OURS]["bars/s"].median, 400_000)
    report.target("times the bare event loop", table.ratio(OURS, "bars/s"), 1 / 3)
    report.target("times backtesting.py", table.ratio(OURS, "bars/s", PEER), 2.5)
    report.notes += [
        "Ours is the live path: risk checks, exact money, double-entry ledger with its hash chain, equity per bar; "
        "stored in memory. The bare loops have floats, one unit per trade and no checks.",
        "Bars: data in memory before the clock starts, for all rows; the bare event loop makes its bars as it goes.",
    ]


def _tape(report: Report) -> None:
    """Measure a recording from the file to the fills: every frame is decoded and the whole book is kept."""
    result = run_ours(TAPE, bots=[TAPE_BOT], cash="100000 USDT")
    if not result.fills or result.report["data_quality"]["grade"] != "complete":
        raise CrossCheckFailed(f"the tape gave {len(result.fills)} fills, quality {result.report['data_quality']}")
    events = result.report["market_events"]
    report.checks.append(f"the tape's {events:,} events keep the book without a gap and fill {len(result.fills)} times")
    cases = [
        Case(ON_TAPE, lambda _: run_ours(TAPE, bots=[TAPE_BOT], cash="100000 USDT"), units=events),
        Case(PARSED, lambda _: _parse_tape(), units=events),
    ]
    table = Table("Ten recorded minutes of Binance BTC/USDT, from the file on", "events/s, more is better", PARSED)
    table.add("events/s", rates(in_turn(cases, min(report.settings.rounds, 5))))
    report.tables.append(table)
    report.target("events/s of the tape", table.rows[ON_TAPE]["events/s"].median, 50_000)


def _parse_tape() -> int:
    """Read every line and parse it, no more."""
    with gzip.open(TAPE, "rb") as lines:
        return sum(1 for line in lines if orjson.loads(line))


def ours(candles: list[Candle]) -> BacktestResult:
    """Run the program's own backtest."""
    return run_ours((INSTRUMENT, candles), bots=[f"sma_cross:fast={FAST},slow={SLOW},size=0.1"], cash=f"{CASH} USDT")


def plain_rows(bars: Bars) -> list[Row]:
    """Return the bars as the bare loop takes them."""
    times = range(START_MS, START_MS + len(bars) * MINUTE_MS, MINUTE_MS)
    columns = (column.tolist() for column in (bars.open, bars.high, bars.low, bars.close))
    return list(zip(times, *columns, strict=True))


def _frame(bars: Bars) -> Given:
    pandas = importlib.import_module("pandas")
    columns = {name.capitalize(): bars.floats(name) for name in ("open", "high", "low", "close")}
    index = pandas.date_range("2024-01-01", periods=len(bars), freq="min")
    return pandas.DataFrame({**columns, "Volume": 100.0}, index=index)


def _backtesting(frame: Given) -> Given:
    """Run the peer, filled at the close of the deciding bar as ours is."""
    library = importlib.import_module("backtesting")
    crossover = importlib.import_module("backtesting.lib").crossover

    def init(self: Given) -> None:
        close = self.data.Close.s
        self.fast = self.I(close.rolling(FAST).mean, name="fast")
        self.slow = self.I(close.rolling(SLOW).mean, name="slow")

    def decide(self: Given) -> None:
        if not self.position and crossover(self.fast, self.slow):
            self.buy(size=1)
        elif self.position and crossover(self.slow, self.fast):
            self.position.close()

    strategy = type("Cross", (library.Strategy,), {"init": init, "next": decide})
    test = library.Backtest(frame, strategy, cash=CASH, commission=FEE_RATE, trade_on_close=True, finalize_trades=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return test.run()


def _cross_check(report: Report, candles: list[Candle], plain: list[Row], frame: Given) -> None:
    """Compare our fills with the bare loop's one by one: side, price and time; the peer's by number."""
    mine, exact = ours(candles), run_plain(plain, CASH)
    if len(mine.fills) != len(exact.fills):
        raise CrossCheckFailed(f"{len(mine.fills)} fills of ours, {len(exact.fills)} of the bare loop")
    for fill, expected in zip(mine.fills, exact.fills, strict=True):
        side = 1 if fill.side.value == "buy" else -1
        if (side, fill.price) != (expected.order.side, expected.price) or fill.at_ms != expected.time + MINUTE_MS:
            raise CrossCheckFailed(f"{fill} should be {expected}")
    equity, tight_fills = run_tight([row[-1] for row in plain], CASH)
    agree("equity of the tight loop", equity, exact.equity[-1])
    agree("fills of the tight loop", tight_fills, len(exact.fills))
    report.checks.append(f"all {len(mine.fills):,} fills equal the bare loop's in side, price and time (whole cents)")
    report.checks.append(_peer_fills(_backtesting(frame), exact))


def _peer_fills(stats: Given, exact: PlainBroker) -> str:
    """Say how many fills the peer found; ties of its rounded averages may differ from exact ones."""
    found = 2 * len(stats["_trades"]) + len(exact.fills) % 2
    if abs(found - len(exact.fills)) > max(4, len(exact.fills) // 500):
        raise CrossCheckFailed(f"{found} fills of backtesting.py, {len(exact.fills)} of the bare loop")
    return f"backtesting.py has {found:,} fills (its averages are rounded, so bars on which both are equal may differ)"


if __name__ == "__main__":
    sys.exit(main("backtest", run))
