"""What an order would cost now, in lines that are always there."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from cryptobot_desktop.domain.facts import OrderPreviewed
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.gui.format import NONE, amount_text, percent_text, price_text, qty_text
from cryptobot_desktop.gui.tokens import SMALL_PX
from cryptobot_desktop.gui.words import Words

_SLIPPAGE_WARN_PPM = 1_000


class PreviewBox(QWidget):
    """Six lines that are always there, so that numbers appear where they are expected."""

    LINES = (
        ("average", "Average price"),
        ("cost", "Cost"),
        ("fee", "Fee"),
        ("slippage", "Slippage"),
        ("rests", "Rests"),
        ("held", "Held"),
    )

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        self._labels: dict[str, Words] = {}
        self._values: dict[str, Words] = {}
        for row, (key, label) in enumerate(self.LINES):
            self._labels[key] = Words(label, "muted", pixels=SMALL_PX + 1)
            self._values[key] = Words(NONE, pixels=SMALL_PX + 1)
            grid.addWidget(self._labels[key], row, 0)
            grid.addWidget(self._values[key], row, 1, alignment=Qt.AlignmentFlag.AlignRight)
        self._labels["held"].setToolTip("set aside while the order is open, and free again when it ends")

    def text(self, key: str) -> str:
        """Return what a line shows."""
        return self._values[key].text()

    def show_brief(self, wanted: bool) -> None:
        """Leave out what an order that only waits has no figures for."""
        for key in ("average", "cost", "fee", "slippage"):
            self._labels[key].setVisible(not wanted)
            self._values[key].setVisible(not wanted)

    def clear(self) -> None:
        """Show dashes."""
        for value in self._values.values():
            value.say(NONE, "muted")

    def show_preview(self, preview: OrderPreviewed, instrument: Instrument, side: Side, *, is_armed: bool) -> None:
        """Show what the engine expects; an order that waits for its trigger holds, and costs nothing yet."""
        self._labels["cost"].say("Cost" if side is Side.BUY else "Brings")
        fills = preview.average_price is not None
        average = price_text(preview.average_price, instrument) if fills else NONE
        levels = f" ({preview.levels} levels)" if preview.levels > 1 else ""
        slips = preview.slippage_ppm >= _SLIPPAGE_WARN_PPM
        fee_places = 2 if preview.fee_asset == instrument.quote else 8
        shown = {
            "average": average + levels,
            "cost": amount_text(preview.quote_amount, instrument.quote) if fills else NONE,
            "fee": amount_text(preview.fee, preview.fee_asset, places=fee_places) if fills else NONE,
            "slippage": percent_text(preview.slippage_ppm, places=3) if fills else NONE,
            "rests": _rest(preview, instrument, is_armed=is_armed),
            "held": _held(preview, instrument, side),
        }
        for key, text in shown.items():
            self._values[key].say(text, "warn" if key == "slippage" and fills and slips else "text")


def _rest(preview: OrderPreviewed, instrument: Instrument, *, is_armed: bool) -> str:
    if is_armed:
        return "all, until triggered"
    return f"{qty_text(preview.resting_qty, instrument)} {instrument.base}" if preview.resting_qty else "nothing"


def _held(preview: OrderPreviewed, instrument: Instrument, side: Side) -> str:
    if preview.problem:
        return NONE
    if not preview.reserved:
        return "nothing"
    if side is Side.BUY:
        return amount_text(preview.reserved, instrument.quote)
    return f"{qty_text(instrument.qty_from_amount(preview.reserved), instrument)} {instrument.base}"
