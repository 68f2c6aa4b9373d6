"""What every dock panel is: a view of the newest snapshot that works only while it can be seen."""

from typing import ClassVar

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.format import clock_text
from cryptobot_desktop.gui.panel_frame import PanelFrame, Remark
from cryptobot_desktop.gui.tables.table_view import TableView

STOPPED_STATES = ("halted", "faulted")


class Panel(QWidget):
    """Base of the dock panels. Subclasses give `name`, `title`, build a content and write `refresh`."""

    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, desk: Desk, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.desk = desk
        self.frame = PanelFrame(content)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.frame)
        self.frame.show_loading()
        desk.bridge.snapshot_ready.connect(self.take)

    @Slot(object)
    def take(self, snapshot: EngineSnapshot) -> None:
        """Show a new snapshot, at once when visible, otherwise when it is next looked at."""
        if self.isVisible():
            self.refresh(snapshot)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while nobody looked."""
        super().showEvent(event)
        if self.desk.snapshot is not None:
            self.refresh(self.desk.snapshot)

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Show this snapshot."""
        raise NotImplementedError

    def show_rows(self, snapshot: EngineSnapshot, count: int, empty: Remark) -> None:
        """Enter the state that fits a table with so many rows."""
        table = getattr(self, "table", None)
        if isinstance(table, TableView):
            table.cards.set_dimmed(snapshot.engine_state in STOPPED_STATES)
        if snapshot.engine_state in STOPPED_STATES:
            self.frame.show_stale(f"engine {snapshot.engine_state}: as of {clock_text(snapshot.at_ms)} UTC")
        elif count:
            self.frame.show_live()
        elif snapshot.engine_state == "starting":
            self.frame.show_loading()
        else:
            self.frame.show_empty(empty)
