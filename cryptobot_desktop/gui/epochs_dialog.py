"""Older epochs of a portfolio, read-only: when they were, what they came to, and every fill."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cryptobot_desktop.domain.commands import ShowEpoch
from cryptobot_desktop.domain.facts import EpochShown
from cryptobot_desktop.domain.numbers import PPM
from cryptobot_desktop.gui.bridge import Answer
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.format import amount_text, full_time_text, percent_text
from cryptobot_desktop.gui.panel_frame import PanelFrame, Remark
from cryptobot_desktop.gui.panels.fills import FILL_COLUMNS, FillRow
from cryptobot_desktop.gui.tables.columns import signed_tone
from cryptobot_desktop.gui.tables.table_view import TableView
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SMALL_PX, SPACE
from cryptobot_desktop.gui.words import Words

_WIDTH, _HEIGHT = 980, 540
_CHOICE_WIDTH = 400
_COLUMNS, _ROWS = 4, 3
_PORTFOLIO = next(i for i, column in enumerate(FILL_COLUMNS) if column.title == "Portfolio")


class EpochsDialog(QDialog):
    """Asks the engine for one epoch at a time and shows what it answers; it does not hold up the program."""

    def __init__(self, desk: Desk, portfolio: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Epochs of {portfolio}")
        self._desk, self._portfolio = desk, portfolio
        self._asked = 0
        self.choice = QComboBox()
        self.choice.setAccessibleName("Epoch")
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.choice.setMinimumWidth(_CHOICE_WIDTH)
        self.table: TableView[FillRow] = TableView("epoch_fills", FILL_COLUMNS, lambda row: row.fill.fill_id)
        self.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.table.setColumnHidden(_PORTFOLIO, True)
        self.figures = QGridLayout()
        self.values: dict[str, Words] = {}
        self.frame = PanelFrame(self.table)
        self._lay_out()
        self.choice.activated.connect(self._choose)
        self.frame.show_loading()
        self.ask(0)

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        box.setSpacing(2 * SPACE)
        words = (
            "A reset closes the books of an epoch and opens new ones. Nothing is deleted; older epochs are read-only."
        )
        box.addWidget(Words(words, "muted", wrap=True))
        chooser = QHBoxLayout()
        chooser.addWidget(self.choice)
        chooser.addStretch(1)
        box.addLayout(chooser)
        self.figures.setHorizontalSpacing(6 * SPACE)
        self.figures.setVerticalSpacing(1)
        titles = (
            "Began",
            "Ended",
            "Starting cash",
            "Held",
            "Realized",
            "Fees",
            "Realized less fees",
            "Orders, fills",
        )
        for number, title in enumerate(titles):
            self.values[title] = Words("", wrap=title == "Held")
            row, column = number // _COLUMNS * _ROWS, number % _COLUMNS
            self.figures.addWidget(Words(title, "muted", pixels=SMALL_PX), row, column)
            self.figures.addWidget(self.values[title], row + 1, column, Qt.AlignmentFlag.AlignTop)
            self.figures.setRowMinimumHeight(row + 2, 2 * SPACE)
        box.addLayout(self.figures)
        box.addWidget(self.frame, 1)
        close = QPushButton("Close")
        close.clicked.connect(self.accept)
        end = QHBoxLayout()
        end.addStretch(1)
        end.addWidget(close)
        box.addLayout(end)
        self.resize(_WIDTH, _HEIGHT)

    def ask(self, epoch: int) -> None:
        """Ask for an epoch; 0 is the running one."""
        self._asked = self._desk.bridge.submit(ShowEpoch(self._portfolio, epoch), self._take)

    @Slot(int)
    def _choose(self, index: int) -> None:
        self.ask(int(self.choice.itemData(index)))

    def _take(self, answer: Answer) -> None:
        if answer.command_id != self._asked:
            return
        if isinstance(answer, EpochShown):
            self._show(answer)
        else:
            text = getattr(answer, "message", "")
            self.frame.show_error(Remark(title="The epoch cannot be shown", text=text))

    def _show(self, shown: EpochShown) -> None:
        self._fill_choice(shown)
        record, asset = shown.record, shown.record.asset
        result = shown.realized - shown.fees_value
        held = ", ".join(amount_text(amount, of, places=2 if of == asset else 8) for of, amount in shown.holdings)
        self._say("Began", full_time_text(record.created_ms))
        self._say("Ended", full_time_text(shown.ended_ms) if shown.ended_ms else "still running")
        self._say("Starting cash", amount_text(record.starting_cash, asset))
        self._say("Held", held or "nothing")
        self._say("Realized", amount_text(shown.realized, asset, signed=True), signed_tone(shown.realized).value)
        self._say("Fees", amount_text(shown.fees_value, asset))
        share = result * PPM // record.starting_cash if record.starting_cash else 0
        words = f"{amount_text(result, asset, signed=True)} ({percent_text(share)})"
        self._say("Realized less fees", words, signed_tone(result).value)
        self._say("Orders, fills", f"{shown.orders}, {shown.fills_in_all}")
        known = {instrument.id: instrument for instrument in shown.instruments}
        self.table.cards.set_rows([FillRow(fill, known.get(fill.instrument)) for fill in shown.fills])
        if shown.fills:
            more = shown.fills_in_all - len(shown.fills)
            self.frame.show_live()
            if more:
                self.frame.show_stale(
                    f"the newest {len(shown.fills)} fills; {more} older ones are in the ledger export"
                )
        else:
            self.frame.show_empty(Remark(title="Nothing was traded in this epoch"))

    def _say(self, title: str, text: str, tone: str = "text") -> None:
        self.values[title].say(text, tone)

    def _fill_choice(self, shown: EpochShown) -> None:
        if self.choice.count() != len(shown.epochs):
            self.choice.clear()
            last = shown.epochs[-1].epoch
            for record in reversed(shown.epochs):
                now = ", running" if record.epoch == last else ""
                self.choice.addItem(
                    f"Epoch {record.epoch}, from {full_time_text(record.created_ms)}{now}", record.epoch
                )
        self.choice.setCurrentIndex(max(0, self.choice.findData(shown.record.epoch)))
