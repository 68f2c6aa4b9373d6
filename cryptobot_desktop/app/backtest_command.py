"""``cryptobot backtest``: bots over recorded data, or over the built-in market, without touching the profile."""

from pathlib import Path

from cryptobot_desktop.app.fast_run import FastRun
from cryptobot_desktop.app.markets import SYNTHETIC_EPOCH_MS
from cryptobot_desktop.app.options import Options
from cryptobot_desktop.app.run_command import DEFAULT_BOT, write_json
from cryptobot_desktop.app.words import report_lines
from cryptobot_desktop.backtest.output import write_results
from cryptobot_desktop.backtest.playback import NOTHING_STORED
from cryptobot_desktop.backtest.run import BacktestResult, Listener, run_capsule, run_recorded
from cryptobot_desktop.backtest.sources import FILE_SYMBOL, open_data
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.engine.books import books_document
from cryptobot_desktop.engine.outbox import MemoryStore
from cryptobot_desktop.engine.report import run_report
from cryptobot_desktop.engine.session import MarketSource, SessionSpec
from cryptobot_desktop.storage.capsule import is_capsule


def execute(options: Options) -> int:
    """Run the backtest, print its report and write its files."""
    parsed = options.parsed
    if bool(parsed.data) == bool(parsed.market):
        raise InvalidInput("backtest needs either --data FILE, or --market synthetic[:SEED] or recording:PATH")
    spec = options.session(default_bot=DEFAULT_BOT)
    result = _synthetic(spec) if parsed.market and spec.source is MarketSource.SYNTHETIC else _recorded(options, spec)
    if parsed.books:
        write_json(Path(parsed.books), result.books)
    where = "not stored"
    if parsed.out:
        write_results(Path(parsed.out), result)
        where = parsed.out
    if options.wants_json:
        options.print_document(result.report)
    else:
        print("\n".join([*result.findings, *report_lines(result.report, where)]))
    return 0


def _recorded(options: Options, spec: SessionSpec) -> BacktestResult:
    if options.parsed.market and spec.source is not MarketSource.RECORDING:
        raise InvalidInput(f"backtest cannot run on market {options.parsed.market!r}; give --data or a recording")
    path = Path(options.parsed.data or spec.recording)
    if is_capsule(path) and path.is_file():
        return run_capsule(path, spec, as_recorded=not options.parsed.bot)
    symbol = spec.symbols[0] if spec.symbols else FILE_SYMBOL
    data = open_data(path, symbol=symbol, venue=spec.venue)
    return run_recorded(spec, data)


def _synthetic(spec: SessionSpec) -> BacktestResult:
    known: dict[InstrumentId, Instrument] = {}
    listen = Listener()
    session = FastRun(spec, MemoryStore(), NOTHING_STORED, tell=listen, known=known).run()
    return BacktestResult(
        report=run_report(session),
        instruments=tuple(session.pipeline.market_instruments().values()),
        fills=tuple(listen.fills),
        decisions=tuple(listen.decisions),
        equity=session.pipeline.accounts.get(spec.portfolio).curve.points(),
        findings=(f"built-in market from {SYNTHETIC_EPOCH_MS} ms on: all prices are synthetic",),
        books=books_document(session.market),
    )
