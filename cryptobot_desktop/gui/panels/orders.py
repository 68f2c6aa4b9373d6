"""Open orders: what rests in the paper exchange, and on request what ended."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cryptobot_desktop.domain.commands import CancelOrder
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.desk import Desk, TicketFill
from cryptobot_desktop.gui.panel_frame import Remark
from cryptobot_desktop.gui.panels.order_rows import ORDER_COLUMNS, OrderRow
from cryptobot_desktop.gui.panels.panel import Panel
from cryptobot_desktop.gui.tables.table_view import TableView
from cryptobot_desktop.gui.tokens import SPACE


class OpenOrders(Panel):
    """Orders with cancel; Delete cancels the chosen row."""

    name = "open_orders"
    title = "Open orders"

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self.table: TableView[OrderRow] = TableView(self.name, ORDER_COLUMNS, lambda row: row.order.client_id)
        self.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.with_closed = QCheckBox("Show ended orders too")
        self.cancel_all = QPushButton("Cancel all")
        self.cancel_all.setToolTip("Cancel every open order; bots stay as they are")
        content = QWidget()
        row = QHBoxLayout()
        row.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        row.addWidget(self.with_closed)
        row.addStretch(1)
        row.addWidget(self.cancel_all)
        box = QVBoxLayout(content)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(row)
        box.addWidget(self.table, 1)
        super().__init__(desk, content, parent)
        self.table.row_actions = self._actions
        self.table.activated_row.connect(self._load)
        self.with_closed.toggled.connect(self._refresh_now)
        self.cancel_all.clicked.connect(self._cancel_all)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._cancel_chosen)

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Show the open orders, and those that ended when asked for."""
        shown = snapshot.open_orders + (snapshot.closed_orders if self.with_closed.isChecked() else ())
        rows = [OrderRow(order, self.desk.instrument(order.request.instrument)) for order in shown]
        self.table.cards.set_rows(rows)
        self.cancel_all.setEnabled(bool(snapshot.open_orders))
        action = "" if self.with_closed.isChecked() or not snapshot.closed_orders else "Show ended orders"
        self.show_rows(
            snapshot,
            len(rows),
            Remark(
                title="No order is open",
                text="Limit orders that wait for their price rest here until they fill or are cancelled.",
                action=action,
                on_action=self._show_closed,
            ),
        )

    def _show_closed(self) -> None:
        self.with_closed.setChecked(True)

    @Slot()
    def _refresh_now(self) -> None:
        if self.desk.snapshot is not None:
            self.refresh(self.desk.snapshot)

    @Slot()
    def _cancel_all(self) -> None:
        for order in self.desk.snapshot.open_orders if self.desk.snapshot is not None else ():
            self.desk.order(CancelOrder(order.client_id))

    @Slot()
    def _cancel_chosen(self) -> None:
        row = self.table.chosen()
        if row is not None:
            self._cancel(row)

    def _cancel(self, row: OrderRow) -> None:
        if row.order.status.is_open:
            self.desk.order(CancelOrder(row.order.client_id))

    @Slot(object)
    def _load(self, row: OrderRow) -> None:
        request = row.order.request
        self.desk.fill_ticket(
            TicketFill(instrument=request.instrument, side=request.side, price=request.price, qty=request.qty)
        )

    def _actions(self, row: OrderRow) -> Sequence[QAction]:
        cancel = QAction("Cancel order", self)
        cancel.setEnabled(row.order.status.is_open)
        cancel.triggered.connect(lambda: self._cancel(row))
        load = QAction("Load into the ticket", self)
        load.triggered.connect(lambda: self._load(row))
        return cancel, load
