"""The receipt of one fill as a sheet that stays open beside the window, and who opens it."""

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.queue_bar import QueueBar
from cryptobot_desktop.gui.receipt_words import FillStory, Section, headline, receipt_text, sections, story_of, subline
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SMALL_PX, SPACE
from cryptobot_desktop.gui.words import Words, rule

_TITLE_PX = 17
_LABEL_WIDTH = 130
_WIDTH, _MOST_HEIGHT = 560, 760


class Receipt(QDialog):
    """One receipt; it does not hold up the program."""

    order_wanted = Signal(str)
    decision_wanted = Signal(str)

    def __init__(self, story: FillStory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Receipt {story.instrument.name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.story = story
        self.copy = QPushButton("Copy as text")
        self.show_order = QPushButton("Show the order")
        self.show_decision = QPushButton("Show the decision")
        self.close_button = QPushButton("Close")
        self.close_button.setDefault(True)
        self._lay_out()
        self.copy.clicked.connect(self._copy)
        self.show_order.clicked.connect(self._want_order)
        self.show_decision.clicked.connect(self._want_decision)
        self.show_decision.setVisible(story.decision is not None)
        self.close_button.clicked.connect(self.accept)

    def _lay_out(self) -> None:
        sheet = QWidget()
        inside = QVBoxLayout(sheet)
        inside.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        inside.setSpacing(2 * SPACE)
        tone = "up" if self.story.fill.side.value == "buy" else "down"
        inside.addWidget(_selectable(Words(headline(self.story), tone, pixels=_TITLE_PX, bold=True, wrap=True)))
        inside.addWidget(_selectable(Words(subline(self.story), "muted", wrap=True)))
        for section in sections(self.story):
            inside.addWidget(rule())
            inside.addWidget(self._section(section))
        inside.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(sheet)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(PANEL_PADDING, 0, PANEL_PADDING, PANEL_PADDING)
        buttons.setSpacing(2 * SPACE)
        for button in (self.copy, self.show_order, self.show_decision):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(scroll, 1)
        box.addLayout(buttons)
        sheet.setFixedWidth(_WIDTH)
        room = self.screen().availableGeometry().height() - 80
        needed = inside.heightForWidth(_WIDTH) + self.close_button.sizeHint().height() + 2 * PANEL_PADDING
        self.resize(_WIDTH + 2, min(needed, _MOST_HEIGHT, room))
        self.setFixedWidth(_WIDTH + 2)

    def _section(self, section: Section) -> QWidget:
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(3 * SPACE)
        grid.setVerticalSpacing(3)
        grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        grid.setColumnStretch(1, 1)
        grid.addWidget(Words(section.title, "muted", pixels=SMALL_PX, bold=True), 0, 0, 1, 2)
        row = 1
        queue = self.story.fill.evidence.queue
        if queue is not None and queue.at_arrival and "queue" in section.title:
            grid.addWidget(QueueBar(queue), row, 0, 1, 2)
            row += 1
        for label, text in section.lines:
            value = _selectable(Words(text, wrap=True))
            if label:
                grid.addWidget(Words(label, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
                grid.addWidget(value, row, 1)
            else:
                grid.addWidget(value, row, 0, 1, 2)
            row += 1
        return holder

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(receipt_text(self.story))
        self.copy.setText("Copied")

    @Slot()
    def _want_order(self) -> None:
        self.order_wanted.emit(self.story.fill.client_id)

    @Slot()
    def _want_decision(self) -> None:
        if self.story.decision is not None:
            self.decision_wanted.emit(self.story.decision.decision_id)


def _selectable(words: Words) -> Words:
    words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return words


class Receipts(QObject):
    """Opens receipts when somebody wants one; one that is open already comes to the front."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self._desk, self._window = desk, window
        desk.receipt_wanted.connect(self.open)

    @Slot(str)
    def open(self, fill_id: str) -> None:
        """Open the receipt of a fill by its id; nothing for a fill that is no longer known."""
        for other in self._window.findChildren(Receipt):
            if other.story.fill.fill_id == fill_id and other.isVisible():
                other.raise_()
                other.activateWindow()
                return
        snapshot = self._desk.snapshot
        fills = snapshot.fills if snapshot is not None else ()
        fill = next((fill for fill in fills if fill.fill_id == fill_id), None)
        instrument = self._desk.instrument(fill.instrument) if fill is not None else None
        if fill is None or instrument is None:
            self._desk.said.emit("this fill is older than what the window keeps; see the ledger export", "warn")
            return
        receipt = Receipt(story_of(fill, instrument, snapshot), self._window)
        receipt.order_wanted.connect(self._desk.order_wanted)
        receipt.decision_wanted.connect(self._desk.decision_wanted)
        receipt.show()
