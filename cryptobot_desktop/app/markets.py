"""From what the user asked for to a session: which market, from when on, into which portfolio."""

import time
from pathlib import Path

import msgspec

from cryptobot_desktop import __version__
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.journal import SessionRecord, StoredState
from cryptobot_desktop.emulator.run import DEFAULT_SEED, make_venues, parse_seed
from cryptobot_desktop.emulator.venue_port import EmulatedVenue
from cryptobot_desktop.engine.bots import free_name
from cryptobot_desktop.engine.session import MarketSource, SessionSpec

SYNTHETIC_EPOCH_MS = 1_767_225_600_000
"""2026-01-01 00:00 UTC: where a synthetic market begins when the wall clock shall not matter."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def parse_market(text: str, seed: int | None = None) -> tuple[MarketSource, int, str]:
    """Return source, seed and recording path of ``live``, ``synthetic[:SEED]`` or ``recording:PATH``."""
    kind, colon, rest = text.partition(":")
    seed = DEFAULT_SEED if seed is None else seed
    if kind == "live" and not colon:
        return MarketSource.LIVE, seed, ""
    if kind == "synthetic" and (rest or not colon):
        return MarketSource.SYNTHETIC, parse_seed(rest) if rest else seed, ""
    if kind == "recording" and rest:
        if not Path(rest).is_file():
            raise InvalidInput(f"recording {rest} does not exist; give the path of a recording after 'recording:'")
        return MarketSource.RECORDING, seed, rest
    raise InvalidInput(f"market {text!r} is unknown; allowed: live, synthetic, synthetic:SEED, recording:PATH")


def market_label(spec: SessionSpec) -> str:
    """Return where prices come from, for people and for files."""
    if spec.source is MarketSource.LIVE:
        return f"{spec.venue.value} live"
    if spec.source is MarketSource.SYNTHETIC:
        return f"synthetic market, seed {spec.seed}"
    return f"recording {Path(spec.recording).name}"


def emulator_market(spec: SessionSpec) -> str:
    """Return the emulator's name for the session's market."""
    if spec.source is MarketSource.RECORDING:
        return f"recording:{spec.recording}"
    return f"synthetic:{spec.seed}"


def emulated_venue(spec: SessionSpec, start_ms: int) -> EmulatedVenue:
    """Return the session's venue without sockets."""
    for venue in make_venues(emulator_market(spec), start_ms, spec.symbols):
        if venue.venue is spec.venue:
            return venue
    raise InvalidInput(f"{market_label(spec)} does not hold data of {spec.venue.value}; choose the other --venue")


def own_portfolio(spec: SessionSpec, stored: StoredState) -> SessionSpec:
    """Return the session with a portfolio of its own, named after its market.

    A market that can be repeated starts each run from the same cash, so that two runs can be compared.
    """
    base = f"{spec.source.value}-{spec.seed}" if spec.source is MarketSource.SYNTHETIC else spec.source.value
    return msgspec.structs.replace(spec, portfolio=free_name(base, [p.name for p in stored.portfolios]))


def only_own(stored: StoredState, portfolio: str, *, keep_switch: bool = True) -> StoredState:
    """Return what a run on one portfolio needs; bots of other portfolios rest, their orders stay as they are.

    A run that shall be repeatable (`keep_switch` False) does not depend on a kill switch of other portfolios.
    """
    return msgspec.structs.replace(
        stored,
        bots=tuple(bot for bot in stored.bots if bot.portfolio == portfolio),
        open_orders=tuple(o for o in stored.open_orders if o.request.portfolio == portfolio),
        kill_switch=stored.kill_switch if keep_switch else None,
    )


def without_runs(stored: StoredState) -> StoredState:
    """Return what a desktop goes on with: all portfolios but those of finished or broken off repeatable runs."""
    runs = {session.portfolio for session in stored.sessions if session.is_run}
    return msgspec.structs.replace(
        stored,
        bots=tuple(bot for bot in stored.bots if bot.portfolio not in runs),
        open_orders=tuple(o for o in stored.open_orders if o.request.portfolio not in runs),
    )


def resume_ms(stored: StoredState, portfolio: str, earliest_ms: int) -> int:
    """Return when a synthetic market goes on for a portfolio: market time never steps back for it."""
    newest = [fill.at_ms for fill in stored.tail_fills if fill.portfolio == portfolio]
    newest += [book.last_ms for book in stored.books if book.portfolio == portfolio]
    newest += [record.created_ms for record in stored.portfolios if record.name == portfolio]
    newest += [order.updated_ms for order in stored.open_orders if order.request.portfolio == portfolio]
    newest += [session.last_ms for session in stored.sessions if session.portfolio == portfolio]
    return max([earliest_ms, *newest])


def new_record(spec: SessionSpec, started_ms: int, *, is_run: bool = False) -> SessionRecord:
    """Return the record of a new session; its id is unique on this computer. `is_run`: its portfolio is its own."""
    return SessionRecord(
        session_id=_base36(time.time_ns() // 1_000),
        mode="paper",
        market=market_label(spec),
        venue=spec.venue.value,
        portfolio=spec.portfolio,
        synthetic=spec.source is MarketSource.SYNTHETIC,
        seed=spec.seed,
        code_version=__version__,
        started_ms=started_ms,
        last_ms=started_ms,
        is_run=is_run,
    )


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
