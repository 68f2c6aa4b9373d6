"""The windows' only contact with the engine: pulls snapshots and notices at the screen's pace, hands in commands.

Nothing here waits. The engine emits no Qt signal; a timer in the GUI thread looks into the handle, and an
answer to a command arrives as a notice whose id leads to the callback that was given with the command.
"""

from collections.abc import Callable
from enum import IntEnum

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot

from cryptobot_desktop.domain.commands import Command
from cryptobot_desktop.domain.facts import CommandAnswered, EpochShown, OrderPreviewed
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.engine.handle import EngineHandle, Notice, NoticeBatch
from cryptobot_desktop.engine.snapshot import EngineSnapshot

Answer = CommandAnswered | EpochShown | OrderPreviewed
AnswerCallback = Callable[[Answer], None]

_LOST = "the answer was lost among too many notices; look at the tables for what happened"


class Pace(IntEnum):
    """Milliseconds between two pulls."""

    VISIBLE = 33
    BACKGROUND = 250
    MINIMISED = 1_000


class EngineBridge(QObject):
    """Turns the engine's handle into Qt signals, in the GUI thread."""

    snapshot_ready = Signal(object)
    """EngineSnapshot, only when it is a new one."""
    notice_arrived = Signal(object)
    """Notice, in order of its number."""
    notices_lost = Signal()

    def __init__(self, handle: EngineHandle, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._handle = handle
        self._snapshot: EngineSnapshot | None = None
        self._last_notice = 0
        self._waiting: dict[int, AnswerCallback] = {}
        self._frames = 0
        self._fps = 0
        self._second = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(Pace.VISIBLE)
        self._timer.timeout.connect(self.pull)

    @property
    def handle(self) -> EngineHandle:
        """Return the engine's door, for panes that read candles from it."""
        return self._handle

    @property
    def snapshot(self) -> EngineSnapshot | None:
        """Return the newest snapshot that was pulled."""
        return self._snapshot

    @property
    def fps(self) -> int:
        """Return how often the last full second was pulled."""
        return self._fps

    @property
    def pace(self) -> Pace:
        """Return the present pace."""
        return Pace(self._timer.interval())

    def catalogue(self) -> tuple[Instrument, ...]:
        """Return every instrument that the running market source knows."""
        return self._handle.catalogue()

    def start(self) -> None:
        """Begin to pull."""
        self._second.start()
        self._timer.start()

    def stop(self) -> None:
        """Pull no more; the first step of shutting down."""
        self._timer.stop()

    def set_pace(self, pace: Pace) -> None:
        """Pull faster or slower."""
        if self._timer.interval() != pace:
            self._timer.setInterval(pace)

    def submit(self, command: Command, on_answer: AnswerCallback | None = None) -> int:
        """Hand in a command and return its id; `on_answer` is called in the GUI thread, later or never."""
        command_id = self._handle.submit(command)
        if on_answer is not None:
            self._waiting[command_id] = on_answer
        return command_id

    @Slot()
    def pull(self) -> None:
        """Take what is new: the newest snapshot first, so that whoever hears a notice already sees its effect."""
        self._count_frame()
        snapshot = self._handle.snapshot()
        if snapshot is not None and snapshot is not self._snapshot:
            self._snapshot = snapshot
            self.snapshot_ready.emit(snapshot)
        batch = self._handle.notices(self._last_notice)
        if batch.lost:
            self._give_up_answers(batch)
            self.notices_lost.emit()
        for notice in batch.notices:
            self._last_notice = notice.seq
            self._route(notice)

    def _route(self, notice: Notice) -> None:
        fact = notice.fact
        if isinstance(fact, Answer):
            callback = self._waiting.pop(fact.command_id, None)
            if callback is not None:
                callback(fact)
        self.notice_arrived.emit(notice)

    def _give_up_answers(self, batch: NoticeBatch) -> None:
        """Tell every waiting callback whose answer is not among the kept notices that it will not come."""
        facts = [notice.fact for notice in batch.notices]
        kept = {fact.command_id for fact in facts if isinstance(fact, Answer)}
        given_up = [command_id for command_id in self._waiting if command_id not in kept]
        at_ms = self._snapshot.at_ms if self._snapshot is not None else 0
        for command_id in given_up:
            self._waiting.pop(command_id)(CommandAnswered(command_id, False, _LOST, at_ms))

    def _count_frame(self) -> None:
        self._frames += 1
        if self._second.isValid() and self._second.elapsed() >= 1_000:
            self._fps = round(self._frames * 1_000 / self._second.elapsed())
            self._frames = 0
            self._second.restart()
