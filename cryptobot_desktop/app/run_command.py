"""``cryptobot run``: the engine without a window."""

import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import orjson

from cryptobot_desktop.app.engine_thread import EngineThread, Wishes
from cryptobot_desktop.app.fast_run import FastRun
from cryptobot_desktop.app.markets import own_portfolio
from cryptobot_desktop.app.options import Options
from cryptobot_desktop.app.profile import Profile
from cryptobot_desktop.app.recording import Recording
from cryptobot_desktop.app.stop_signals import end_in_order_on_signals
from cryptobot_desktop.app.words import fact_lines, report_lines
from cryptobot_desktop.domain.errors import InvariantBroken, UserActionNeeded
from cryptobot_desktop.domain.facts import EngineFaulted, Fact
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.engine.books import books_document
from cryptobot_desktop.engine.handle import EngineHandle
from cryptobot_desktop.engine.report import money, run_report, utc
from cryptobot_desktop.engine.session import BotSpec, SessionSpec
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.storage.recovery import load_state

PULL_S = 0.1
SUMMARY_EVERY_S = 5.0
DEMO_SPEED = 60
DEMO_DURATION_MS = 45 * 60 * 1_000
DEMO_BOT = BotSpec(strategy="sma_cross", params={"fast": "2", "slow": "5"})
DEFAULT_BOT = BotSpec(strategy="sma_cross")
"""What trades when no --bot is given; ``--bot none`` runs without one."""


def execute(options: Options) -> int:
    """Run until the duration is over or a signal comes; print the report."""
    spec = options.session(default_bot=DEFAULT_BOT)
    keep = options.parsed.portfolio is not None
    with options.profile() as profile:
        options.start_logs(profile.folder)
        if spec.speed == 0:
            report, books = _fast(spec, profile, keep_portfolio=keep)
        else:
            report, books = _at_pace(spec, profile, Wishes(keep_portfolio=keep, from_wall_clock=False))
        show_report(options, report, profile)
        _write_books(options.parsed.books, books)
    return 0


def run_demo(options: Options) -> int:
    """What a start without a display does: the built-in market in quick motion, one bot, a live summary."""
    spec = SessionSpec(default_bots=(DEMO_BOT,), speed=DEMO_SPEED, duration_ms=DEMO_DURATION_MS)
    print("No display: the built-in market plays here, 60 times as fast as real time, for 45 seconds.", file=sys.stderr)
    with options.profile() as profile:
        options.start_logs(profile.folder)
        report, _ = _at_pace(spec, profile, Wishes(keep_portfolio=True, from_wall_clock=True))
        show_report(options, report, profile)
    return 0


def show_report(options: Options, report: dict[str, Any], profile: Profile) -> None:
    """Print the report as asked for."""
    if options.wants_json:
        options.print_document(report)
    else:
        print("\n".join(report_lines(report, str(profile.database_path))))


def _fast(spec: SessionSpec, profile: Profile, *, keep_portfolio: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    known: dict[InstrumentId, Instrument] = {}
    database = profile.open_database()
    try:
        stored = load_state(database)
        spec = spec if keep_portfolio else own_portfolio(spec, stored)
        runner = FastRun(
            spec,
            database,
            stored,
            tell=lambda fact: tell(fact, known),
            known=known,
            is_run=not keep_portfolio,
        )
        end_in_order_on_signals(runner.stop)
        runner.recording = Recording(profile.capsules())
        session = runner.run()
        return run_report(session), books_document(session.market)
    finally:
        database.close()


def _at_pace(spec: SessionSpec, profile: Profile, wishes: Wishes) -> tuple[dict[str, Any], dict[str, Any]]:
    handle = EngineHandle()
    engine = EngineThread(spec, profile, handle, wishes=wishes)
    end_in_order_on_signals(engine.stop)
    engine.start()
    _follow(engine, handle)
    engine.join()
    if engine.trouble is not None:
        raise engine.trouble
    if engine.report is None and not engine.has_bug:
        raise UserActionNeeded("the run was stopped before its market was loaded; nothing was traded")
    if engine.report is None or engine.has_bug:
        raise InvariantBroken("the engine met a bug and stopped; the log has the details, nothing stored is lost")
    return engine.report, engine.books


def _follow(engine: EngineThread, handle: EngineHandle) -> None:
    """Print facts as they are stored, and a line of summary now and then, until the engine has ended."""
    seen, next_summary = 0, time.monotonic() + SUMMARY_EVERY_S
    while True:
        running = engine.is_running
        batch = handle.notices(seen)
        known = {instrument.id: instrument for instrument in handle.catalogue()}
        for notice in batch.notices:
            seen = notice.seq
            if not isinstance(notice.fact, EngineFaulted):  # that becomes the error of this command
                tell(notice.fact, known)
        if not running:
            return
        if time.monotonic() >= next_summary:
            next_summary += SUMMARY_EVERY_S
            _summary(handle.snapshot())
        time.sleep(PULL_S)


def _summary(snapshot: EngineSnapshot | None) -> None:
    if snapshot is None:
        return
    prices = [
        f"{card.instrument.name} {card.instrument.price_text(card.last)} ({card.state.value})"
        for card in snapshot.instruments
        if card.last is not None
    ]
    worth = [f"{card.name} {money(card.equity, card.asset)}" for card in snapshot.portfolios]
    parts = [utc(snapshot.at_ms), ", ".join(prices), ", ".join(worth[-1:]), f"{snapshot.market_events} events"]
    print("  ".join(part for part in parts if part), file=sys.stderr)


def tell(fact: Fact, known: dict[InstrumentId, Instrument]) -> None:
    """Print what a person should read about a fact on standard error."""
    for line in fact_lines(fact, known):
        print(line, file=sys.stderr)


def _write_books(path: str | None, books: dict[str, Any]) -> None:
    if path is not None:
        write_json(Path(path), books)


def write_json(path: Path, document: object) -> None:
    """Write a document, making the folder; UserActionNeeded names the file when that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(orjson.dumps(msgspec.to_builtins(document), option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise UserActionNeeded(f"file {path} cannot be written: {error.strerror}; choose another place") from None
