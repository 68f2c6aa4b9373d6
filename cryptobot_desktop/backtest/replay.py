"""A recorded session once more: the same inputs through the same pipeline, and the same document at the end."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from cryptobot_desktop.backtest.playback import NOTHING_STORED, Playback, ignore, inputs, market_inputs
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.facts import Fact
from cryptobot_desktop.domain.recording import SessionInput, SessionStart
from cryptobot_desktop.engine.assembly import Assembled
from cryptobot_desktop.engine.books import books_document
from cryptobot_desktop.engine.report import run_report
from cryptobot_desktop.engine.session import MarketSource, SessionSpec
from cryptobot_desktop.storage.capsule import Capsule


class Replayed(Struct, frozen=True, kw_only=True):
    """What a replay found: the document of the run, its order books, and notes on the recording."""

    report: dict[str, Any]
    books: dict[str, Any]
    session: Assembled
    notes: tuple[str, ...]


Pace = Callable[[Iterator[SessionInput]], Iterator[SessionInput]]
"""Gives inputs on, when their time has come."""


def replay(
    capsule: Capsule,
    *,
    spec: SessionSpec | None = None,
    tell: Callable[[Fact], None] = ignore,
    pace: Pace = iter,
) -> Replayed:
    """Play a capsule to its end; nothing is stored. CapsuleDamaged when a block is not what was written.

    `spec` replaces the recorded settings, for another result of the same session.
    """
    playback = Playback(capsule.start, spec=spec, tell=tell)
    for entry in pace(inputs(capsule.entries())):
        playback.take(entry)
    return _result(capsule, playback)


def replay_market(capsule: Capsule, spec: SessionSpec, *, tell: Callable[[Fact], None] = ignore) -> Replayed:
    """Play only the market of a capsule to the bots of `spec`, with fresh cash; nothing is stored."""
    start, spec = market_of(capsule, spec)
    playback = Playback(start, spec=spec, tell=tell)
    for entry in market_inputs(capsule.entries()):
        playback.take(entry)
    return _result(capsule, playback)


def overridden(recorded: SessionSpec, asked: SessionSpec) -> SessionSpec:
    """Return the recorded settings with those that somebody named for this replay (are not what nobody names).

    Cash counts where the session opened its portfolio itself.
    """
    plain = SessionSpec(cash="")
    named = {name: getattr(asked, name) for name in ("fees", "cash", "fill_model", "latency")}
    return msgspec.structs.replace(recorded, **{n: value for n, value in named.items() if value != getattr(plain, n)})


def market_of(capsule: Capsule, spec: SessionSpec) -> tuple[SessionStart, SessionSpec]:
    """Return the start of another session on a capsule's market, and its specification."""
    start = capsule.start
    record = msgspec.structs.replace(
        start.record,
        session_id="backtest",
        market=f"capsule {capsule.path.name}",
        portfolio=spec.portfolio,
        is_run=True,
    )
    recorded = msgspec.convert(start.spec.get("timeframe", spec.timeframe), type(spec.timeframe))
    changed = msgspec.structs.replace(
        spec,
        source=MarketSource.RECORDING,
        venue=type(spec.venue)(record.venue),
        timeframe=recorded if spec.timeframe_is_open else spec.timeframe,
    )
    return msgspec.structs.replace(start, record=record, stored=NOTHING_STORED, names=()), changed


def notes_on(capsule: Capsule) -> tuple[str, ...]:
    """Return what a reader must know about a recording that was read to its end."""
    if capsule.ended is None:
        end = f"its last whole block (byte {capsule.read_bytes:,})"
        return (f"recorded up to {end}: the session was killed or still runs",)
    found = []
    if capsule.ended.reason:
        found.append(f"the recording ended before its session: {capsule.ended.reason}")
    if not capsule.is_closed:
        found.append("the last bytes of the file are missing; nothing of the session was in them")
    return tuple(found)


def _result(capsule: Capsule, playback: Playback) -> Replayed:
    session = playback.finish()
    if not session.pipeline.accounts.has(session.spec.portfolio):
        raise InvalidInput(f"capsule {capsule.path.name} ends before its session opened; nothing was traded in it")
    notes = notes_on(capsule)
    return Replayed(
        report=with_notes(run_report(session), notes),
        books=books_document(session.market),
        session=session,
        notes=notes,
    )


def with_notes(report: dict[str, Any], notes: Sequence[str]) -> dict[str, Any]:
    """Return a report that says in its data quality what is missing of the recording."""
    if not notes:
        return report
    return report | {"data_quality": report["data_quality"] | {"grade": "doubtful", "findings": list(notes)}}
