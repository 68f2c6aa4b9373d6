"""Asks for a smaller quantity of an open order, which keeps its place in the queue."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from cryptobot_desktop.domain.commands import AmendOrder
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.orders import Order
from cryptobot_desktop.gui.bridge import Answer
from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.format import qty_text
from cryptobot_desktop.gui.ticket.kinds import Field
from cryptobot_desktop.gui.ticket.typed_numbers import Refused, stepped
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SPACE
from cryptobot_desktop.gui.words import Words


class SmallerDialog(QDialog):
    """One field; the button works once a smaller quantity stands there."""

    def __init__(self, desk: Desk, order: Order, instrument: Instrument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Make smaller: {order.request.side.value} {instrument.name}")
        self._desk, self._order, self._instrument = desk, order, instrument
        self._qty: int | None = None
        whole = (order.request.qty or 0) - order.canceled_qty
        words = f"Now {qty_text(whole, instrument)} {instrument.base}"
        if order.filled_qty:
            words += f", of which {qty_text(order.filled_qty, instrument)} are filled"
        self._whole = whole
        self.quantity = CheckedField(
            "New quantity, filled part included", instrument.qty_text(whole), help_text="less than now", numeric=True
        )
        self.remark = Words("", "danger", wrap=True)
        self.done_button = QPushButton("Make smaller")
        self.done_button.setProperty("kind", "primary")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(self.done_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.rejected.connect(self.reject)
        buttons.accepted.connect(self.send)
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        box.setSpacing(2 * SPACE)
        keeps = Words(f"{words}. It keeps its place in the queue.", "muted", wrap=True)
        for part in (keeps, self.quantity, self.remark, buttons):
            box.addWidget(part)
        self.setMinimumWidth(380)
        self.quantity.changed.connect(self.check)
        self.quantity.line.selectAll()
        self.check()

    @Slot()
    def check(self) -> None:
        """Check the quantity; the button works only when it is smaller than now and more than what is filled."""
        self._qty, problem = None, ""
        try:
            step = max(1, self._instrument.filters.step_size)
            qty = stepped(Field.SIZE, self.quantity.text, self._instrument.qty_decimals, step)
            if qty > self._whole:
                problem = f"must be less than {self._instrument.qty_text(self._whole)}"
            elif qty <= self._order.filled_qty:
                problem = f"must be more than {self._instrument.qty_text(self._order.filled_qty)} filled"
            elif qty < self._whole:
                self._qty = qty
        except Refused as refused:
            problem = str(refused)
        self.quantity.set_problem(problem)
        self.done_button.setEnabled(self._qty is not None)

    @Slot()
    def send(self) -> None:
        """Hand in the command; the dialog closes when the engine has taken it."""
        if self._qty is None or not self.done_button.isEnabled():
            return
        self.done_button.setEnabled(False)
        self._desk.bridge.submit(AmendOrder(self._order.client_id, self._qty), self._take_answer)

    def _take_answer(self, answer: Answer) -> None:
        if getattr(answer, "ok", False):
            self.accept()
        else:
            self.remark.say(getattr(answer, "message", ""))
            self.done_button.setEnabled(True)
