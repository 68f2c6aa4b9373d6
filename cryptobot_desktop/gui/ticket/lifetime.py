"""How long an order stays: the time in force, and the end of an order that ends at a time."""

from PySide6.QtCore import QDateTime, Qt, QTimeZone, Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QDateTimeEdit, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.orders import TimeInForce
from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.ticket.venue_rules import lifetime_refusal
from cryptobot_desktop.gui.tokens import SMALL_PX, SPACE
from cryptobot_desktop.gui.words import Words

_TIPS = {
    TimeInForce.GTC: "Rests until it is filled or cancelled",
    TimeInForce.IOC: "Fills what it can at once, the rest expires",
    TimeInForce.FOK: "Fills wholly at once or not at all",
    TimeInForce.GTD: "Rests until a time (KuCoin's GTT)",
}
_HOUR_MS = 3_600_000


class LifetimeChoice(QComboBox):
    """The times in force; what kind or venue do not know stays in the list, switched off, with the reason."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Time in force")
        for choice in TimeInForce:
            self.addItem(choice.value, choice)
        self._show_tip()
        self.currentIndexChanged.connect(self._show_tip)

    @property
    def value(self) -> TimeInForce:
        """Return what is chosen."""
        return TimeInForce(self.currentText())

    def offer(self, lifetimes: tuple[TimeInForce, ...], venue: Venue) -> None:
        """Switch the entries on that a kind of order has at a venue; a choice that is off becomes GTC."""
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        for row, choice in enumerate(TimeInForce):
            refusal = lifetime_refusal(choice, venue)
            if not refusal and choice not in lifetimes:
                refusal = "not for this type of order"
            model.item(row).setEnabled(not refusal)
            self.setItemData(row, refusal or _TIPS[choice], Qt.ItemDataRole.ToolTipRole)
        if not model.item(self.currentIndex()).isEnabled():
            self.setCurrentIndex(0)
        self.setEnabled(bool(lifetimes))

    @Slot()
    def _show_tip(self) -> None:
        self.setToolTip(_TIPS[self.value])


class ExpiryField(QWidget):
    """The end of an order: in so many minutes, or at a picked time (UTC)."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.way = QComboBox()
        self.way.addItems(["for minutes", "until, UTC"])
        self.way.setAccessibleName("Ends")
        self.minutes = CheckedField("Ends", "60", numeric=True)
        self.time = QDateTimeEdit()
        self.time.setTimeZone(QTimeZone.utc())
        self.time.setDisplayFormat("MM-dd HH:mm:ss")
        self.time.setCalendarPopup(True)
        self.time.setAccessibleName("Ends at, UTC")
        self.problem_line = Words(" ", "danger", pixels=SMALL_PX)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.minutes)
        self._stack.addWidget(_labelled(self.time, self.problem_line))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self._stack, 1)
        row.addWidget(_labelled(self.way, Words(" ", pixels=SMALL_PX), above=" "))
        self.way.currentIndexChanged.connect(self._switch)
        self.minutes.changed.connect(self.changed)
        self.time.dateTimeChanged.connect(self.changed)

    @property
    def until_ms(self) -> int | None:
        """Return the picked time in UTC ms, None while minutes are typed."""
        return int(self.time.dateTime().toMSecsSinceEpoch()) if self.way.currentIndex() == 1 else None

    def start_from(self, now_ms: int) -> None:
        """Propose an hour from now in the time picker."""
        self.time.setDateTime(QDateTime.fromMSecsSinceEpoch(now_ms + _HOUR_MS, QTimeZone.utc()))

    def set_problem(self, text: str) -> None:
        """Show a problem below the field that is up."""
        self.minutes.set_problem(text if self.until_ms is None else "")
        self.problem_line.say(text if self.until_ms is not None and text else " ")

    @Slot()
    def _switch(self) -> None:
        self._stack.setCurrentIndex(self.way.currentIndex())
        self.changed.emit()


def _labelled(widget: QWidget, below: QWidget, *, above: str = "Ends") -> QWidget:
    holder = QWidget()
    box = QVBoxLayout(holder)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(2)
    box.addWidget(Words(above, "muted", pixels=SMALL_PX))
    box.addWidget(widget)
    box.addWidget(below)
    return holder
