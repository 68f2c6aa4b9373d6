"""The fields of the order ticket and the box with what the order would cost; no logic."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cryptobot_desktop.domain.facts import OrderPreviewed
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import OrderType, TimeInForce
from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.format import NONE, amount_text, percent_text, price_text, qty_text
from cryptobot_desktop.gui.segments import Segments
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SMALL_PX, SPACE
from cryptobot_desktop.gui.words import Words, rule

SHARES = ((250_000, "25 %"), (500_000, "50 %"), (750_000, "75 %"), (1_000_000, "Max"))
_SLIPPAGE_WARN_PPM = 1_000


class PreviewBox(QWidget):
    """Five lines that are always there, so that numbers appear where they are expected."""

    LINES = (
        ("average", "Average price"),
        ("cost", "Cost"),
        ("fee", "Fee"),
        ("slippage", "Slippage"),
        ("rests", "Rests"),
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

    def text(self, key: str) -> str:
        """Return what a line shows."""
        return self._values[key].text()

    def clear(self) -> None:
        """Show dashes."""
        for value in self._values.values():
            value.say(NONE, "muted")

    def show_preview(self, preview: OrderPreviewed, instrument: Instrument, side: Side) -> None:
        """Show what the engine expects."""
        self._labels["cost"].say("Cost" if side is Side.BUY else "Brings")
        fills = preview.average_price is not None
        average = price_text(preview.average_price, instrument) if fills else NONE
        levels = f" ({preview.levels} levels)" if preview.levels > 1 else ""
        slips = preview.slippage_ppm >= _SLIPPAGE_WARN_PPM
        fee_places = 2 if preview.fee_asset == instrument.quote else 8
        self._values["average"].say(average + levels, "text")
        self._values["cost"].say(amount_text(preview.quote_amount, instrument.quote) if fills else NONE, "text")
        self._values["fee"].say(
            amount_text(preview.fee, preview.fee_asset, places=fee_places) if fills else NONE, "text"
        )
        self._values["slippage"].say(
            percent_text(preview.slippage_ppm, places=3) if fills else NONE, "warn" if slips else "text"
        )
        rests = f"{qty_text(preview.resting_qty, instrument)} {instrument.base}" if preview.resting_qty else NONE
        self._values["rests"].say(rests, "text")


class TicketForm(QWidget):
    """All widgets of the ticket, from symbol to button."""

    def __init__(self) -> None:
        super().__init__()
        self.symbol = Words(NONE, bold=True)
        self.last = Words(NONE, "muted")
        self.side = Segments([(Side.BUY.value, "Buy"), (Side.SELL.value, "Sell")], "Side")
        for side in Side:
            self.side.button(side.value).setProperty("side", side.value)
        self.type = Segments(
            [
                (OrderType.MARKET.value, "Market"),
                (OrderType.LIMIT.value, "Limit"),
                (OrderType.LIMIT_MAKER.value, "Maker only"),
            ],
            "Order type",
        )
        maker_only = self.type.button(OrderType.LIMIT_MAKER.value)
        maker_only.setToolTip("A limit order that is refused if it would fill at once")
        self.price = CheckedField("Price", numeric=True)
        self.quantity = CheckedField("Quantity", numeric=True)
        self.unit = QComboBox()
        self.unit.setAccessibleName("Quantity in")
        self.time_in_force = QComboBox()
        self.time_in_force.addItems([choice.value for choice in TimeInForce])
        self.time_in_force.setAccessibleName("Time in force")
        self.time_in_force.setToolTip("GTC rests until cancelled, IOC fills what it can at once, FOK all or nothing")
        self.shares = [QPushButton(label) for _, label in SHARES]
        self.free = Words(NONE, "muted", pixels=SMALL_PX)
        self.preview = PreviewBox()
        self.send = QPushButton("Buy")
        self.send.setEnabled(False)
        self.send.setMinimumHeight(30)
        self.outcome = Words("", "muted", pixels=SMALL_PX, wrap=True)
        self.outcome.setMinimumHeight(30)
        self._lay_out()

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, 2 * SPACE, PANEL_PADDING, 2 * SPACE)
        box.setSpacing(SPACE)
        head = QHBoxLayout()
        head.addWidget(self.symbol)
        head.addStretch(1)
        head.addWidget(self.last)
        box.addLayout(head)
        box.addWidget(self.side)
        box.addWidget(self.type)
        box.addLayout(self._beside(self.price, self.time_in_force))
        box.addLayout(self._beside(self.quantity, self.unit))
        shares = QHBoxLayout()
        shares.setSpacing(SPACE)
        for button, (_, label) in zip(self.shares, SHARES, strict=True):
            button.setProperty("kind", "segment")
            button.setAccessibleName(f"Use {label} of what is free")
            shares.addWidget(button)
        box.addLayout(shares)
        box.addWidget(self.free)
        box.addWidget(rule())
        box.addWidget(self.preview)
        box.addWidget(self.send)
        box.addWidget(self.outcome)
        box.addStretch(1)

    @staticmethod
    def _beside(field: CheckedField, choice: QComboBox) -> QHBoxLayout:
        """Put a choice at the right of a field's line."""
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(field, 1)
        side = QVBoxLayout()
        side.setSpacing(2)
        side.addWidget(Words(" ", pixels=SMALL_PX))
        side.addWidget(choice)
        side.addWidget(Words(" ", pixels=SMALL_PX))
        row.addLayout(side)
        choice.setMinimumWidth(76)
        return row
