"""What the wizard asks of the program: does a venue answer, and how would a bot have done lately."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence

import httpx2

from cryptobot_desktop.app.fast_run import FastRun
from cryptobot_desktop.backtest.playback import NOTHING_STORED
from cryptobot_desktop.domain.errors import CryptobotError
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.numbers import AMOUNT_UNIT
from cryptobot_desktop.engine.outbox import MemoryStore
from cryptobot_desktop.engine.session import BotSpec, SessionSpec
from cryptobot_desktop.gui.wizard.choice import ConnectionReport, MarketChoice
from cryptobot_desktop.marketdata.adapters import adapter_for
from cryptobot_desktop.marketdata.endpoints import endpoints_for

TIMEOUT_S = 8.0
CURVE_DURATION_MS = 3 * 60 * 60 * 1_000


def check_connection(market: MarketChoice, report: Callable[[ConnectionReport], None]) -> None:
    """Ask a venue for its time in a thread of its own; the report says in words how it went."""
    if market is MarketChoice.SYNTHETIC:
        report(ConnectionReport(True, "the built-in market needs no connection"))
        return

    def work() -> None:
        answer = _ask_time(market)
        with contextlib.suppress(RuntimeError):  # the wizard was closed while this ran
            report(answer)

    threading.Thread(target=work, name="connection test", daemon=True).start()


def _ask_time(market: MarketChoice) -> ConnectionReport:
    venue = Venue.KUCOIN if market is MarketChoice.KUCOIN else Venue.BINANCE
    name = "KuCoin" if venue is Venue.KUCOIN else "Binance"
    try:
        endpoints = endpoints_for(venue, os.environ)
        request = adapter_for(venue).time_request()
        begun = time.monotonic()
        with httpx2.Client(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False) as client:
            answer = client.request(request.method, endpoints.rest + request.path, params=request.query)
    except (httpx2.HTTPError, CryptobotError) as problem:
        return ConnectionReport(False, f"{name} does not answer ({type(problem).__name__}); the built-in market works")
    took_ms = int((time.monotonic() - begun) * 1_000)
    if answer.status_code == httpx2.codes.UNAVAILABLE_FOR_LEGAL_REASONS:
        return ConnectionReport(False, f"{name} does not serve this country (HTTP 451); the built-in market works")
    if answer.status_code != httpx2.codes.OK:
        return ConnectionReport(False, f"{name} answered HTTP {answer.status_code}; the built-in market works")
    return ConnectionReport(True, f"{name} answered in {took_ms} ms")


def draw_curve(strategy: str, params: dict[str, str], report: Callable[[Sequence[float]], None]) -> None:
    """Run a bot over three hours of the built-in market in a thread of its own and report its equity."""

    def work() -> None:
        spec = SessionSpec(bots=(BotSpec(strategy=strategy, params=params),), duration_ms=CURVE_DURATION_MS)
        try:
            session = FastRun(spec, MemoryStore(), NOTHING_STORED, tell=lambda fact: None, known={}).run()
            points = session.pipeline.accounts.get(spec.portfolio).curve.points()
        except CryptobotError:
            points = ()
        with contextlib.suppress(RuntimeError):  # the wizard was closed while this ran
            report([amount / AMOUNT_UNIT for _, amount in points])

    threading.Thread(target=work, name="small backtest", daemon=True).start()
