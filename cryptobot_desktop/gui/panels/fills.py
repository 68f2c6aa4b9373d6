"""Trades: every fill, newest first; a double click opens its receipt, which says what the fill rests on."""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.domain.orders import Fill
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.format import NONE, amount_text, full_time_text, price_text, qty_text, time_text
from cryptobot_desktop.gui.panel_frame import Remark
from cryptobot_desktop.gui.panels.panel import Panel
from cryptobot_desktop.gui.tables.columns import Column, Tone, side_tone
from cryptobot_desktop.gui.tables.table_view import TableView


class FillRow(Struct, frozen=True):
    """A fill with the instrument that gives its numbers a scale."""

    fill: Fill
    instrument: Instrument | None

    @property
    def name(self) -> str:
        """Return the instrument's name for people."""
        return self.instrument.name if self.instrument is not None else str(self.fill.instrument)


FILL_COLUMNS: tuple[Column[FillRow], ...] = (
    Column(
        title="Time UTC",
        text=lambda r: time_text(r.fill.at_ms),
        sort=lambda r: r.fill.at_ms,
        wide="11-20 14:02:11",
        raw=lambda r: full_time_text(r.fill.at_ms),
        tip=lambda r: full_time_text(r.fill.at_ms),
    ),
    Column(title="Symbol", text=lambda r: r.name, sort=lambda r: r.name, wide="DOGE/USDT"),
    Column(
        title="Side",
        text=lambda r: r.fill.side.value,
        sort=lambda r: r.fill.side.value,
        wide="sell",
        tone=lambda r: side_tone(r.fill.side.value),
    ),
    Column(
        title="Price",
        text=lambda r: price_text(r.fill.price, r.instrument) if r.instrument is not None else NONE,
        sort=lambda r: r.fill.price,
        wide="164 210.55",
        numeric=True,
        raw=lambda r: r.instrument.price_text(r.fill.price) if r.instrument is not None else "",
    ),
    Column(
        title="Quantity",
        text=lambda r: qty_text(r.fill.qty, r.instrument) if r.instrument is not None else NONE,
        sort=lambda r: r.fill.qty,
        wide="1 000.00000",
        numeric=True,
        raw=lambda r: r.instrument.qty_text(r.fill.qty) if r.instrument is not None else "",
    ),
    Column(
        title="Amount",
        text=lambda r: amount_text(r.fill.quote_amount, r.instrument.quote if r.instrument is not None else ""),
        sort=lambda r: r.fill.quote_amount,
        wide="100 000.00 USDT",
        numeric=True,
        raw=lambda r: format_trimmed(r.fill.quote_amount, AMOUNT_DECIMALS),
    ),
    Column(
        title="Fee",
        text=lambda r: amount_text(r.fill.fee, r.fill.fee_asset, places=6),
        sort=lambda r: r.fill.fee,
        wide="10.000000 USDT",
        numeric=True,
        raw=lambda r: f"{format_trimmed(r.fill.fee, AMOUNT_DECIMALS)} {r.fill.fee_asset}",
    ),
    Column(
        title="As",
        text=lambda r: r.fill.liquidity.value,
        sort=lambda r: r.fill.liquidity.value,
        wide="maker",
        tone=lambda r: Tone.MUTED,
        help="maker waited in the book, taker took from it",
    ),
    Column(
        title="Rests on",
        text=lambda r: r.fill.evidence.kind,
        sort=lambda r: r.fill.evidence.kind,
        wide="candle",
        tone=lambda r: Tone.MUTED,
        help="what the fill is proved by; double click for the receipt",
    ),
    Column(
        title="Portfolio",
        text=lambda r: r.fill.portfolio,
        sort=lambda r: r.fill.portfolio,
        wide="main portfolio",
        tone=lambda r: Tone.MUTED,
        stretch=True,
    ),
)


class Fills(Panel):
    """The list of fills."""

    name = "fills"
    title = "Trades"

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self.table: TableView[FillRow] = TableView(self.name, FILL_COLUMNS, lambda row: row.fill.fill_id)
        self.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        super().__init__(desk, self.table, parent)
        self._shown: tuple[Fill, ...] | None = None
        self.table.activated_row.connect(self.open_receipt)
        self.table.row_actions = self._actions

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Show all fills of the snapshot; nothing is done when they are those already shown."""
        if snapshot.fills != self._shown:
            self._shown = snapshot.fills
            rows = [FillRow(fill, self.desk.instrument(fill.instrument)) for fill in snapshot.fills]
            self.table.cards.set_rows(rows)
        self.show_rows(
            snapshot,
            len(snapshot.fills),
            Remark(
                title="Nothing has been traded yet",
                text="Every fill appears here with its fee and what it rests on. Decisions tells why a bot waits.",
            ),
        )

    @Slot(object)
    def open_receipt(self, row: FillRow) -> None:
        """Ask for the receipt of a fill."""
        self.desk.receipt_wanted.emit(row.fill.fill_id)

    def _actions(self, row: FillRow) -> Sequence[QAction]:
        receipt = QAction("Open the receipt", self)
        receipt.triggered.connect(lambda: self.open_receipt(row))
        order = QAction("Show the order", self)
        order.triggered.connect(lambda: self.desk.order_wanted.emit(row.fill.client_id))
        chart = QAction("Show in the chart", self)
        chart.triggered.connect(lambda: self.desk.chart_wanted.emit((row.fill.instrument, row.fill.at_ms)))
        return receipt, order, chart
