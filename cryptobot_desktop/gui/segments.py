"""A row of buttons of which exactly one is down: buy or sell, order type, timeframe."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from cryptobot_desktop.gui.tokens import SPACE


class Segments(QWidget):
    """Choices as (value, label); `chosen` tells the new value when a person presses one."""

    chosen = Signal(str)

    def __init__(self, choices: Sequence[tuple[str, str]], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE // 2)
        for value, label in choices:
            button = QPushButton(label)
            button.setCheckable(True)
            button.setProperty("kind", "segment")
            button.setProperty("value", value)
            button.setAccessibleName(f"{name}: {label}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._group.addButton(button)
            self._buttons[value] = button
            row.addWidget(button)
        self._group.buttonClicked.connect(self._tell)
        self.set_value(choices[0][0])

    @property
    def value(self) -> str:
        """Return the value of the button that is down."""
        button = self._group.checkedButton()
        return str(button.property("value")) if button is not None else ""

    def button(self, value: str) -> QPushButton:
        """Return the button of a value."""
        return self._buttons[value]

    def set_value(self, value: str) -> None:
        """Press a button without telling; an unknown value leaves all as it is."""
        if value in self._buttons:
            self._buttons[value].setChecked(True)

    def clear(self) -> None:
        """Release every button: the value is another one."""
        self._group.setExclusive(False)
        for button in self._buttons.values():
            button.setChecked(False)
        self._group.setExclusive(True)

    @Slot()
    def _tell(self) -> None:
        self.chosen.emit(self.value)
