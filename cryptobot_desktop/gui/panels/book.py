"""Book and tape: the chosen instrument's order book and its newest public trades."""

from PySide6.QtCore import QElapsedTimer, Qt, Slot
from PySide6.QtWidgets import QSplitter, QWidget

from cryptobot_desktop.domain.market import FeedState, Side
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.desk import Desk, TicketFill
from cryptobot_desktop.gui.panel_frame import Remark
from cryptobot_desktop.gui.panels.ladder import Ladder, Tape
from cryptobot_desktop.gui.panels.panel import STOPPED_STATES, Panel
from cryptobot_desktop.gui.theme import station

PAUSE_MS = 100
"""Nobody reads a ladder faster than ten times a second."""


class BookAndTape(Panel):
    """A click on a level puts its price into the ticket."""

    name = "book"
    title = "Book and tape"

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self.ladder, self.tape = Ladder(), Tape()
        split = QSplitter(Qt.Orientation.Vertical)
        split.setHandleWidth(1)
        split.addWidget(self.ladder)
        split.addWidget(self.tape)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setChildrenCollapsible(False)
        super().__init__(desk, split, parent)
        self._pause = QElapsedTimer()
        self.ladder.price_clicked.connect(self._load)
        desk.instrument_changed.connect(self._hurry)
        station().changed.connect(self._hurry)

    @Slot()
    def _hurry(self) -> None:
        self._pause.invalidate()
        self.ladder.update()
        self.tape.update()

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Paint the book, at most ten times a second."""
        if self._pause.isValid() and self._pause.elapsed() < PAUSE_MS:
            return
        self._pause.start()
        card, instrument = snapshot.focus, self.desk.instrument()
        if card is None or instrument is None or card.instrument != instrument.id:
            self._show_absent(snapshot)
            return
        self.ladder.show_card(card, instrument)
        self.tape.show_card(card, instrument)
        if snapshot.engine_state in STOPPED_STATES:
            self.frame.show_stale(f"engine {snapshot.engine_state}: this book is old, nothing fills on it")
        elif card.is_live:
            self.frame.show_live()
        elif card.bids or card.asks:
            self.frame.show_stale(f"{card.why_not_live}; nothing fills until the book is in sync")
        else:
            text = card.why_not_live or "The market source sends no order book."
            self.frame.show_empty(Remark(title="No order book yet", text=text))

    def _show_absent(self, snapshot: EngineSnapshot) -> None:
        card = self.desk.card()
        if card is not None and card.state is FeedState.OFFLINE:
            title = f"{card.instrument.name} is offline"
            self.frame.show_error(Remark(title=title, text=card.reason, tone="danger"))
        elif snapshot.engine_state in ("starting", "running") and card is not None:
            self.frame.show_loading()
        else:
            text = "Choose a symbol in the market watch to see its book and trades here."
            self.frame.show_empty(Remark(title="No order book", text=text))

    @Slot(int, object)
    def _load(self, price: int, side: Side) -> None:
        if self.desk.instrument_id is not None:
            self.desk.fill_ticket(TicketFill(instrument=self.desk.instrument_id, side=side, price=price))
