"""One frame per 16 ms at most, however often somebody asks for one."""

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer

FRAME_MS = 16


class FramePacer(QObject):
    """Calls `draw` soon after it was asked to, and not again before the frame time is over."""

    def __init__(self, draw: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._draw = draw
        self._since = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._fire)

    @property
    def is_waiting(self) -> bool:
        """Return True while a frame was asked for and not yet drawn."""
        return self._timer.isActive()

    def request(self) -> None:
        """Ask for a frame."""
        if self._timer.isActive():
            return
        passed = self._since.elapsed() if self._since.isValid() else FRAME_MS
        self._timer.start(max(0, FRAME_MS - passed))

    def flush(self) -> None:
        """Draw at once."""
        self._timer.stop()
        self._fire()

    def _fire(self) -> None:
        self._since.start()
        self._draw()
