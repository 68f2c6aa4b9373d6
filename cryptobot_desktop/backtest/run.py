"""One backtest: recorded data through the pipeline, and the result that the command line prints."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from cryptobot_desktop import __version__
from cryptobot_desktop.backtest.playback import spec_of
from cryptobot_desktop.backtest.replay import overridden, replay, replay_market
from cryptobot_desktop.backtest.sources import FILE_SYMBOL, RecordedData, from_candles, open_data
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.facts import DecisionMade, Fact, OrderFilled
from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.journal import SessionRecord
from cryptobot_desktop.domain.market import Candle, Received
from cryptobot_desktop.domain.orders import FeeRates, Fill
from cryptobot_desktop.domain.timeframe import Timeframe, bar_end_ms, parse_timeframe
from cryptobot_desktop.engine.assembly import Assembled, assemble, chosen, open_session, watch_instrument
from cryptobot_desktop.engine.books import books_document
from cryptobot_desktop.engine.outbox import GROUP_ROWS, MemoryStore, Store
from cryptobot_desktop.engine.recorder import NoRecorder, Recorder
from cryptobot_desktop.engine.report import run_report
from cryptobot_desktop.engine.session import BotSpec, MarketSource, SessionSpec
from cryptobot_desktop.storage.capsule import Capsule, is_capsule
from cryptobot_desktop.strategies.registry import parse_bot_spec


class BacktestResult(Struct, frozen=True, kw_only=True):
    """What a backtest found. `report` is the document that ``backtest --json`` prints."""

    report: dict[str, Any]
    instruments: tuple[Instrument, ...]
    fills: tuple[Fill, ...]
    decisions: tuple[DecisionMade, ...]
    equity: tuple[tuple[int, int], ...]
    """(time in UTC ms, equity as a ledger amount of the portfolio's asset)."""
    findings: tuple[str, ...]
    """What was found and mended in the data."""
    books: dict[str, Any] = {}
    """The order books at the end, as ``--books`` writes them; empty for data without books."""


def run(
    data: str | Path | tuple[Instrument, list[Candle]],
    *,
    bots: Sequence[str | BotSpec] = (),
    symbol: str | None = None,
    timeframe: str | None = None,
    cash: str = "10000 USDT",
    fees: FeeRates | None = None,
) -> BacktestResult:
    """Run bots over a candles CSV, a trades CSV, a recording, a capsule, or candles in memory; nothing is stored.

    `bots` are texts such as ``sma_cross:fast=10,slow=30``; `symbol` in KuCoin's spelling (``BTC-USDT``)
    means KuCoin's rules, any other Binance's; without it a CSV is of BTC/USDT, and of a recording everything is
    watched. Bots trade on the file's own bars unless `timeframe` names longer ones. A capsule without `bots` plays
    its own bots and commands, with its own cash. Bad input raises InvalidInput.
    """
    venue = Venue.KUCOIN if "-" in (symbol or "") else Venue.BINANCE
    spec = SessionSpec(
        source=MarketSource.RECORDING,
        venue=venue,
        symbols=(symbol,) if symbol is not None else (),
        timeframe=parse_timeframe(timeframe) if timeframe is not None else Timeframe.M1,
        timeframe_is_open=timeframe is None,
        bots=tuple(read_bot(bot) if isinstance(bot, str) else bot for bot in bots),
        cash=cash,
        fees=fees,
    )
    if isinstance(data, tuple):
        recorded = from_candles(*data)
    elif is_capsule(Path(data)):
        return run_capsule(Path(data), spec, as_recorded=not bots)
    else:
        name = symbol or FILE_SYMBOL
        recorded = open_data(Path(data), symbol=name, venue=spec.venue)
    return run_recorded(spec, recorded)


class Listener:
    """Keeps what a result is made of; called with each fact."""

    def __init__(self) -> None:
        self.fills: list[Fill] = []
        self.decisions: list[DecisionMade] = []

    def __call__(self, fact: Fact) -> None:
        """Take a fact."""
        if isinstance(fact, OrderFilled):
            self.fills.extend(fact.fills)
        elif isinstance(fact, DecisionMade):
            self.decisions.append(fact)


def run_capsule(path: Path, spec: SessionSpec, *, as_recorded: bool) -> BacktestResult:
    """Play a capsule: with its own bots and commands, or (not `as_recorded`) only its market to the bots of `spec`.

    Of `spec`, what is named in it (fees, cash) holds for a replay as recorded too.
    """
    capsule, listen = Capsule(path), Listener()
    if as_recorded:
        found = replay(capsule, spec=overridden(spec_of(capsule.start), spec), tell=listen)
    else:
        found = replay_market(capsule, spec, tell=listen)
    pipeline = found.session.pipeline
    return BacktestResult(
        report=found.report,
        instruments=tuple(pipeline.known.values()),
        fills=tuple(listen.fills),
        decisions=tuple(listen.decisions),
        equity=pipeline.accounts.get(found.session.spec.portfolio).curve.points(),
        findings=found.notes,
        books=found.books,
    )


def run_recorded(
    spec: SessionSpec, recorded: RecordedData, *, store: Store | None = None, session_id: str = "backtest"
) -> BacktestResult:
    """Run a session specification over recorded data."""
    listen = Listener()
    spec, instruments = settle_on(spec, recorded)
    record = SessionRecord(
        session_id=session_id,
        mode="paper",
        market=recorded.label,
        venue=spec.venue.value,
        portfolio=spec.portfolio,
        synthetic=False,
        seed=spec.seed,
        code_version=__version__,
        started_ms=recorded.start_ms,
        last_ms=recorded.start_ms,
    )
    session = assemble(spec, record, store=store or MemoryStore(), tell=listen, shape=recorded.shape)
    for instrument in instruments:
        watch_instrument(session, instrument)
    open_session(session)
    play(session, until(recorded, spec.duration_ms))
    account = session.pipeline.accounts.get(spec.portfolio)
    return BacktestResult(
        report=_with_findings(run_report(session), recorded),
        instruments=instruments,
        fills=tuple(listen.fills),
        decisions=tuple(listen.decisions),
        equity=account.curve.points(),
        findings=recorded.findings,
        books=books_document(session.market),
    )


def until(recorded: RecordedData, duration_ms: int | None) -> Iterable[Received]:
    """Return the events of the first `duration_ms` of market time, all of them when it is None."""
    if duration_ms is None:
        return recorded.events
    end_ms = recorded.start_ms + duration_ms
    return (received for received in recorded.events if received.received_ms <= end_ms)


def settle_on(spec: SessionSpec, recorded: RecordedData) -> tuple[SessionSpec, tuple[Instrument, ...]]:
    """Return the session with the data's own venue and symbols, and what it watches.

    Where the data hold one instrument, they decide; else the named ones are watched, or all when none is named.
    """
    instruments = recorded.instruments
    if not instruments:
        raise InvalidInput(f"{recorded.label} names no instrument; nothing can be tested on it")
    if len(instruments) > 1:
        instruments = chosen({instrument.id: instrument for instrument in instruments}, spec.symbols)
    symbols = tuple(instrument.symbol for instrument in instruments)
    timeframe = recorded.shape.base if spec.timeframe_is_open else spec.timeframe
    if bar_end_ms(0, timeframe) < bar_end_ms(0, recorded.shape.base):
        raise InvalidInput(
            f"{recorded.label} holds {recorded.shape.base.value} bars, bots cannot trade on {timeframe.value} ones; "
            f"name {recorded.shape.base.value} or longer"
        )
    settled = msgspec.structs.replace(spec, venue=instruments[0].venue, symbols=symbols, timeframe=timeframe)
    return settled, instruments


def _with_findings(report: dict[str, Any], recorded: RecordedData) -> dict[str, Any]:
    """Add what was found in the data: who reads only the document must not take a mended file for complete."""
    quality = report["data_quality"] | {"findings": list(recorded.findings)}
    if recorded.findings:
        quality["grade"] = "doubtful"
    return report | {"data_quality": quality}


def play(session: Assembled, events: Iterable[Received]) -> None:
    """Send events through the pipeline as fast as possible; rows are stored in groups."""
    process, outbox = session.pipeline.process, session.outbox
    for received in events if isinstance(session.recorder, NoRecorder) else _recorded(events, session.recorder):
        process(received)
        if outbox.rows >= GROUP_ROWS:
            outbox.flush()
    outbox.flush()


def _recorded(events: Iterable[Received], recorder: Recorder) -> Iterator[Received]:
    """Give the events on, each after it was written down."""
    add = recorder.add
    for received in events:
        add(received)
        yield received


def read_bot(text: str) -> BotSpec:
    """Return the bot named by ``NAME[:key=value,...]``, checked."""
    parsed = parse_bot_spec(text)
    return BotSpec(strategy=parsed.name, params=parsed.params)
