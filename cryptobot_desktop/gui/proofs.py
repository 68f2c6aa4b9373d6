"""What the app can prove about a recorded session: how it does under each fill model, and that it can be replayed.

Both take long, so the app works in a thread of its own and reports from there; windows hear it in the GUI thread.
"""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct
from PySide6.QtCore import QObject, Signal, Slot

from cryptobot_desktop.domain.orders import FillModel


class Progress(Struct, frozen=True):
    """How far a job is, in parts per million, and what it does now."""

    done_ppm: int
    text: str = ""


class Failed(Struct, frozen=True):
    """Why a job came to nothing, in a sentence."""

    text: str


class ModelCurve(Struct, frozen=True, kw_only=True):
    """How the session went under one fill model. Amounts are ledger amounts of the band's asset."""

    model: FillModel
    points: tuple[tuple[int, int], ...]
    """(UTC ms, equity), oldest first."""
    final_equity: int
    orders: int
    fills: int


class ProfitBand(Struct, frozen=True, kw_only=True):
    """The same session under every fill model, from the unkindest to the kindest."""

    session_id: str
    asset: str
    starting_equity: int
    recorded_model: FillModel
    """The one under which the session really runs."""
    curves: tuple[ModelCurve, ...]
    note: str = ""
    """What a reader has to know, such as up to when it was recorded."""


class Difference(Struct, frozen=True, kw_only=True):
    """The first thing that is not equal in recording and replay."""

    what: str
    recorded: str
    replayed: str


class Certificate(Struct, frozen=True, kw_only=True):
    """What a replay of a recorded session found; `page` and `document` are the files to save."""

    session_id: str
    holds: bool
    summary: str
    compared: tuple[tuple[str, str], ...]
    """(what, how many or which hash)."""
    difference: Difference | None = None
    notes: tuple[str, ...] = ()
    page: str = ""
    """HTML."""
    document: str = ""
    """JSON."""


Report = Progress | Failed | ProfitBand | Certificate
Cancel = Callable[[], None]
Job = Callable[[Callable[[Report], None]], Cancel]
"""Starts to work and returns at once with what stops it; reports come from any thread."""


class SessionProofs(Protocol):
    """Jobs on the recording of a session, by its id."""

    def compare_models(self, session_id: str, report: Callable[[Report], None]) -> Cancel:
        """Play a session under every fill model; the last report is a ProfitBand or Failed."""
        ...

    def prove(self, session_id: str, report: Callable[[Report], None]) -> Cancel:
        """Replay a session and compare it with its recording; the last report is a Certificate or Failed."""
        ...


class BackgroundJob(QObject):
    """Runs one job at a time and tells its reports in the GUI thread; those of a cancelled one are dropped."""

    reported = Signal(object)
    _came = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._number = 0
        self._cancel: Cancel | None = None
        self._came.connect(self._take)

    @property
    def is_running(self) -> bool:
        """Return True between the start and the last report of a job."""
        return self._cancel is not None

    def start(self, job: Job) -> None:
        """Start a job; one that still runs is cancelled."""
        self.cancel()
        number = self._number
        self._cancel = _nothing
        cancel = job(lambda report: self._came.emit(number, report))
        if number == self._number:  # it may have ended already
            self._cancel = cancel

    def cancel(self) -> None:
        """Stop the running job; nothing more is heard of it."""
        cancel, self._cancel = self._cancel, None
        self._number += 1
        if cancel is not None:
            cancel()

    @Slot(int, object)
    def _take(self, number: int, report: Report) -> None:
        if number != self._number:
            return
        if not isinstance(report, Progress):
            self._cancel = None
            self._number += 1
        self.reported.emit(report)


def _nothing() -> None:
    """Cancel a job that has not returned yet."""
