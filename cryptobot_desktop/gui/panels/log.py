"""Log: what happened, in plain words, newest first."""

from msgspec import Struct
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QWidget

from cryptobot_desktop.engine.handle import Notice
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.format import full_time_text, time_text
from cryptobot_desktop.gui.notice_words import notice_line
from cryptobot_desktop.gui.panel_frame import Remark
from cryptobot_desktop.gui.panels.panel import Panel
from cryptobot_desktop.gui.tables.columns import Column, Tone
from cryptobot_desktop.gui.tables.table_view import TableView

LINE_LIMIT = 2_000
_BATCH_MS = 100


class LogLine(Struct, frozen=True):
    """One line; `seq` is twice the number of its notice, odd for remarks of the window itself."""

    seq: int
    at_ms: int
    kind: str
    text: str
    tone: Tone


LOG_COLUMNS: tuple[Column[LogLine], ...] = (
    Column(
        title="Time UTC",
        text=lambda line: time_text(line.at_ms),
        sort=lambda line: line.seq,
        wide="11-20 14:02:11",
        raw=lambda line: full_time_text(line.at_ms),
        tone=lambda line: Tone.MUTED,
    ),
    Column(
        title="About",
        text=lambda line: line.kind,
        sort=lambda line: line.kind,
        wide="portfolio",
        tone=lambda line: Tone.MUTED,
    ),
    Column(
        title="What happened",
        text=lambda line: line.text,
        sort=lambda line: line.text,
        wide="words",
        tone=lambda line: line.tone,
        tip=lambda line: line.text,
        stretch=True,
    ),
)


class Log(Panel):
    """The newest notices; lines are added in batches so that a burst costs one change."""

    name = "log"
    title = "Log"

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self.table: TableView[LogLine] = TableView(self.name, LOG_COLUMNS, lambda line: line.seq)
        self.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        super().__init__(desk, self.table, parent)
        self._lines: list[LogLine] = []
        self._last_seq = 0
        self._batch = QTimer(self, singleShot=True, interval=_BATCH_MS)
        self._batch.timeout.connect(self.show_batch)
        desk.bridge.notice_arrived.connect(self.add)
        desk.bridge.notices_lost.connect(self.add_loss)

    @Slot(object)
    def add(self, notice: Notice) -> None:
        """Take a notice into the log."""
        self._last_seq = notice.seq
        line = notice_line(notice.fact, self.desk.instrument)
        if line is not None:
            at_ms = getattr(notice.fact, "at_ms", 0)
            self._append(LogLine(notice.seq * 2, at_ms, *line))

    @Slot()
    def add_loss(self) -> None:
        """Say that some notices never came."""
        at_ms = self.desk.snapshot.at_ms if self.desk.snapshot is not None else 0
        text = "some notices were dropped before they were read; the tables are complete"
        self._append(LogLine(self._last_seq * 2 + 1, at_ms, "window", text, Tone.WARN))

    def _append(self, line: LogLine) -> None:
        self._lines.append(line)
        if not self._batch.isActive():
            self._batch.start()

    @Slot()
    def show_batch(self) -> None:
        """Show what came since the last batch."""
        del self._lines[:-LINE_LIMIT]
        self.table.cards.set_rows(self._lines)
        if self.desk.snapshot is not None and self.isVisible():
            self.refresh(self.desk.snapshot)

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Show lines or say that nothing has happened; the log keeps working when the engine has stopped."""
        if self._lines:
            self.frame.show_live()
        else:
            text = "Orders, fills, refusals, feed changes and bots' doings are told here."
            self.frame.show_empty(Remark(title="Nothing has happened yet", text=text))
