"""One checked field per parameter of a strategy; used by the wizard and by the bots' settings."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from cryptobot_desktop.engine.catalogue import ParameterCard
from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.tokens import SPACE

ParameterCheck = Callable[[str, Mapping[str, str]], list[str]]
"""(strategy, texts) -> problems; a problem of one parameter begins with ``name=``."""
_COLUMNS = 3


class ParameterForm(QWidget):
    """Shows the parameters of one strategy at a time and keeps what was typed for each of them."""

    changed = Signal()

    def __init__(self, check: ParameterCheck, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._check = check
        self._strategy = ""
        self._typed: dict[str, dict[str, str]] = {}
        self.fields: dict[str, CheckedField] = {}
        self.problems: list[str] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(3 * SPACE)

    def show_parameters(
        self, strategy: str, cards: Sequence[ParameterCard], values: Mapping[str, str] | None = None
    ) -> None:
        """Show a strategy's parameters with what was typed for it before, the given values, or the defaults."""
        self._strategy = strategy
        typed = self._typed.setdefault(strategy, dict(values or {}))
        for field in self.fields.values():
            self._grid.removeWidget(field)
            field.deleteLater()
        self.fields = {}
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, 1)
        for place, card in enumerate(cards):
            text = typed.get(card.name, str(card.default))
            field = CheckedField(card.name, text, help_text=card.help, numeric=True)
            field.setToolTip(f"{card.help}\n{card.range_text}")
            field.changed.connect(self.check)
            self.fields[card.name] = field
            self._grid.addWidget(field, place // _COLUMNS, place % _COLUMNS)
        self.check()

    def texts(self) -> dict[str, str]:
        """Return what is typed, by parameter."""
        return {name: field.text for name, field in self.fields.items()}

    @Slot()
    def check(self) -> None:
        """Show each problem beside its field; one that belongs to no field stays in `problems`."""
        texts = self.texts()
        self._typed[self._strategy] = texts
        self.problems = self._check(self._strategy, texts) if self._strategy else []
        for name, field in self.fields.items():
            mine = [text for text in self.problems if text.startswith(f"{name}=")]
            field.set_problem(mine[0].removeprefix(f"{name}={field.text} ") if mine else "")
        self.changed.emit()
