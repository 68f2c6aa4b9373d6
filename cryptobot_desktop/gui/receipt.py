"""The receipt of one fill: what was traded, what it cost, and what the fill rests on."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.domain.orders import Fill
from cryptobot_desktop.gui.format import full_time_text, grouped, price_text, qty_text
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SPACE
from cryptobot_desktop.gui.words import Words

_EVIDENCE = {
    "book": "a level of the order book that was in sync at that moment",
    "trade": "a public trade that went through the order's price",
    "quote": "the best quote at that moment",
    "candle": "a closed candle (no book was known)",
}


def receipt_lines(fill: Fill, instrument: Instrument) -> list[tuple[str, str]]:
    """Return the receipt as (label, text) lines with exact amounts."""
    evidence = fill.evidence
    lines = [
        ("What", f"{fill.side.value} {qty_text(fill.qty, instrument)} {instrument.base}"),
        ("At", f"{price_text(fill.price, instrument)} {instrument.quote}"),
        ("Amount", f"{grouped(format_trimmed(fill.quote_amount, AMOUNT_DECIMALS))} {instrument.quote}"),
        ("Fee", f"{grouped(format_trimmed(fill.fee, AMOUNT_DECIMALS))} {fill.fee_asset} ({fill.liquidity.value})"),
        ("When", full_time_text(fill.at_ms)),
        ("Rests on", _EVIDENCE.get(evidence.kind, evidence.kind)),
    ]
    if evidence.update_id is not None:
        lines.append(("Book version", str(evidence.update_id)))
    if evidence.trade_id:
        lines.append(("Public trade", evidence.trade_id))
    if evidence.level_price is not None and evidence.level_qty is not None:
        offered = f"{qty_text(evidence.level_qty, instrument)} at {price_text(evidence.level_price, instrument)}"
        lines.append(("It offered", offered))
    if evidence.note:
        lines.append(("Note", evidence.note))
    return [*lines, ("Order", fill.client_id), ("Fill", fill.fill_id)]


class Receipt(QDialog):
    """A window with the lines of one receipt; it does not hold up the program."""

    def __init__(self, fill: Fill, instrument: Instrument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Receipt {instrument.name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        form = QFormLayout()
        form.setHorizontalSpacing(4 * SPACE)
        for label, text in receipt_lines(fill, instrument):
            value = Words(text, wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.addRow(Words(label, "muted"), value)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        box.addLayout(form)
        box.addWidget(buttons)
        self.setMinimumWidth(420)
