"""What every page of the wizard is: a title, a lead, fields; it knows whether it is good."""

from collections.abc import Callable
from typing import ClassVar, TypeVar

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.tokens import SPACE
from cryptobot_desktop.gui.words import Words

Value = TypeVar("Value")
_TITLE_PX = 20


class WizardPage(QWidget):
    """Base of the five pages. `changed` comes after every check."""

    step: ClassVar[str]
    changed = Signal()

    def __init__(self, title: str, lead: str) -> None:
        super().__init__()
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(3 * SPACE)
        self.box.addWidget(Words(title, pixels=_TITLE_PX, bold=True))
        self.box.addWidget(Words(lead, "muted", wrap=True))

    @property
    def is_good(self) -> bool:
        """Return True when the next page may come."""
        return True

    @Slot()
    def check(self) -> None:
        """Check every field and show what is wrong."""
        self.changed.emit()

    def entered(self) -> None:
        """Do what is due when the page comes up."""


def checked(field: CheckedField, check: Callable[[str], Value]) -> Value | None:
    """Return a field's value, or None with the problem shown below it."""
    try:
        value = check(field.text)
    except InvalidInput as problem:
        field.set_problem(str(problem))
        return None
    field.set_problem("")
    return value
