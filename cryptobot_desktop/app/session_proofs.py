"""Proofs of the desktop's own sessions: replays their capsules in a thread, as often as a person asks."""

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from cryptobot_desktop.backtest.band import profit_band
from cryptobot_desktop.backtest.certificate import certificate
from cryptobot_desktop.backtest.certificate_page import certificate_page
from cryptobot_desktop.backtest.ledger_parity import against_ledger
from cryptobot_desktop.backtest.verify import Verdict, verify_capsule
from cryptobot_desktop.domain.errors import CryptobotError
from cryptobot_desktop.gui.proofs import (
    Cancel,
    Certificate,
    Difference,
    Failed,
    ModelCurve,
    ProfitBand,
    Progress,
    Report,
)
from cryptobot_desktop.storage.capsule import CapsuleFolder
from cryptobot_desktop.storage.database import ProfileDatabase

PPM = 1_000_000
REPORT_EVERY_S = 0.1

Work = Callable[[Path, Callable[[float], bool]], Report]
"""Does the work on a capsule; hears True from the progress while it shall go on."""


class CapsuleProofs:
    """The window's SessionProofs over the capsules of a data folder and its ledger."""

    def __init__(self, capsules: CapsuleFolder, database: Path) -> None:
        self._capsules, self._database = capsules, database

    def compare_models(self, session_id: str, report: Callable[[Report], None]) -> Cancel:
        """Play a session under every fill model; the last report is a ProfitBand or Failed."""
        return self._start(session_id, report, _band)

    def prove(self, session_id: str, report: Callable[[Report], None]) -> Cancel:
        """Replay a session and compare it with its recording and the ledger."""
        return self._start(session_id, report, self._certificate)

    def _start(self, session_id: str, report: Callable[[Report], None], work: Work) -> Cancel:
        stopped = threading.Event()

        def run() -> None:
            try:
                result = work(self._capsules.find(session_id), _told(report, stopped))
            except CryptobotError as problem:
                result = Failed(str(problem))
            if not stopped.is_set():
                with contextlib.suppress(RuntimeError):  # the window was closed while this ran
                    report(result)

        threading.Thread(target=run, name="session proof", daemon=True).start()
        return stopped.set

    def _certificate(self, path: Path, progress: Callable[[float], bool]) -> Report:
        database = ProfileDatabase(self._database, read_only=True)
        try:
            verdict = verify_capsule(path, progress=progress, check_ledger=against_ledger(database, is_demanded=False))
        finally:
            database.close()
        return shown_certificate(verdict, certificate(verdict, verified_at_ms=time.time_ns() // PPM))


def _told(report: Callable[[Report], None], stopped: threading.Event) -> Callable[[float], bool]:
    """Return a progress that reports now and then, and ends the work once it was stopped."""
    last = time.monotonic()

    def progress(share: float) -> bool:
        nonlocal last
        if not stopped.is_set() and time.monotonic() - last >= REPORT_EVERY_S:
            last = time.monotonic()
            with contextlib.suppress(RuntimeError):
                report(Progress(min(PPM, int(share * PPM))))
        return not stopped.is_set()

    return progress


def _band(path: Path, progress: Callable[[float], bool]) -> Report:
    """Return the band, the unkindest model first."""
    found = profit_band(path, progress=progress)
    return ProfitBand(
        session_id=found.session_id,
        asset=found.asset,
        starting_equity=found.starting_equity,
        recorded_model=found.recorded_model,
        curves=tuple(
            ModelCurve(
                model=line.model,
                points=line.equity,
                final_equity=line.final_equity,
                orders=line.orders,
                fills=line.fills,
            )
            for line in reversed(found.lines)
        ),
        note="; ".join(found.notes),
    )


def shown_certificate(verdict: Verdict, document: dict[str, Any]) -> Certificate:
    """Return a verdict as the window shows it."""
    counts, difference = verdict.counts, None
    if verdict.difference is not None:
        found = verdict.difference
        what = f"{found.what}, {found.field}" if found.field else found.what
        difference = Difference(what=what, recorded=found.recorded, replayed=found.replayed)
    compared = (
        ("Inputs", f"{counts.inputs:,}"),
        ("Orders", f"{counts.orders:,}"),
        ("Fills", f"{counts.fills:,}"),
        ("Decisions", f"{counts.decisions:,}"),
        ("Checkpoints", f"{counts.checkpoints:,}"),
        ("Ledger", verdict.ledger),
        ("Trades hash", verdict.trades_hash),
        ("Ledger hash", verdict.ledger_hash),
    )
    return Certificate(
        session_id=verdict.session_id,
        holds=verdict.holds,
        summary=verdict.summary,
        compared=tuple((label, text) for label, text in compared if text),
        difference=difference,
        notes=verdict.notes,
        page=certificate_page(document),
        document=orjson.dumps(document, option=orjson.OPT_INDENT_2).decode(),
    )
