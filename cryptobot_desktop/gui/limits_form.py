"""The two limits of a bot: the largest trade and the largest exposure, in percent of equity."""

from decimal import Decimal

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.numbers import format_trimmed, parse_decimal
from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.tokens import SPACE

_PERCENT_DECIMALS = 4
DEFAULT_TRADE_PPM, DEFAULT_EXPOSURE_PPM = 100_000, 1_000_000


def percent_to_ppm(text: str) -> int:
    """Return typed percent as parts per million; InvalidInput unless above 0, at most 100, four decimals."""
    value = parse_decimal(text)
    ppm = value.scaleb(_PERCENT_DECIMALS)
    if not Decimal(0) < value <= Decimal(100) or ppm != int(ppm):
        raise InvalidInput(f"{text} is not a percentage above 0 and up to 100")
    return int(ppm)


def ppm_to_percent(ppm: int) -> str:
    """Return parts per million as plain percent text for a field."""
    return format_trimmed(ppm, _PERCENT_DECIMALS)


class LimitsForm(QWidget):
    """Two percentages, checked as typed; `trade_ppm` and `exposure_ppm` are None while one is no good."""

    changed = Signal()

    def __init__(self, trade_ppm: int = DEFAULT_TRADE_PPM, exposure_ppm: int = DEFAULT_EXPOSURE_PPM) -> None:
        super().__init__()
        self.trade = CheckedField(
            "Largest trade, % of equity", ppm_to_percent(trade_ppm), help_text="larger ones are shrunk", numeric=True
        )
        self.exposure = CheckedField(
            "Largest exposure, % of equity",
            ppm_to_percent(exposure_ppm),
            help_text="buys beyond it are shrunk or vetoed",
            numeric=True,
        )
        self.trade_ppm: int | None = trade_ppm
        self.exposure_ppm: int | None = exposure_ppm
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3 * SPACE)
        for field in (self.trade, self.exposure):
            row.addWidget(field, 1)
            field.changed.connect(self.check)

    @property
    def is_good(self) -> bool:
        """Return True when both limits can be used."""
        return self.trade_ppm is not None and self.exposure_ppm is not None

    @Slot()
    def check(self) -> None:
        """Check both fields."""
        self.trade_ppm = self._checked(self.trade)
        self.exposure_ppm = self._checked(self.exposure)
        if self.trade_ppm and self.exposure_ppm and self.trade_ppm > self.exposure_ppm:
            self.trade.set_problem("is above the largest exposure")
            self.trade_ppm = None
        self.changed.emit()

    @staticmethod
    def _checked(field: CheckedField) -> int | None:
        try:
            ppm = percent_to_ppm(field.text)
        except InvalidInput:
            field.set_problem("above 0 and up to 100, such as 10")
            return None
        field.set_problem("")
        return ppm
