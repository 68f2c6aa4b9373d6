"""Open orders: what waits in the paper exchange and where it stands, and on request what ended and why."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cryptobot_desktop.domain.commands import CancelOrder
from cryptobot_desktop.domain.orders import ListRole, OrderPhase
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.desk import Desk, TicketFill
from cryptobot_desktop.gui.panel_frame import Remark
from cryptobot_desktop.gui.panels.order_columns import ORDER_COLUMNS
from cryptobot_desktop.gui.panels.order_rows import OrderRow, order_rows
from cryptobot_desktop.gui.panels.panel import Panel
from cryptobot_desktop.gui.smaller_dialog import SmallerDialog
from cryptobot_desktop.gui.tables.table_view import TableView
from cryptobot_desktop.gui.ticket.venue_rules import amend_refusal
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
        self.table.row_actions = self.actions_of
        self.table.activated_row.connect(self._load)
        self.with_closed.toggled.connect(self._refresh_now)
        self.cancel_all.clicked.connect(self._cancel_all)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._cancel_chosen)

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Show the open orders, and those that ended when asked for."""
        shown = snapshot.open_orders + (snapshot.closed_orders if self.with_closed.isChecked() else ())
        rows = order_rows(shown, self.desk.instrument, snapshot.at_ms)
        self.table.cards.set_rows(rows)
        self.cancel_all.setEnabled(bool(snapshot.open_orders))
        action = "" if self.with_closed.isChecked() or not snapshot.closed_orders else "Show ended orders"
        self.show_rows(
            snapshot,
            len(rows),
            Remark(
                title="No order is open",
                text="Limit orders that wait for their price and stops that wait for their trigger are shown here.",
                action=action,
                on_action=self._show_closed,
            ),
        )

    def show_order(self, client_id: str) -> None:
        """Put the cursor on an order; one that has ended brings the ended ones along."""
        snapshot = self.desk.snapshot
        if snapshot is None:
            return
        if all(order.client_id != client_id for order in snapshot.open_orders):
            self.with_closed.setChecked(True)
        self._refresh_now()
        self.table.choose(lambda row: row.order.client_id == client_id)

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

    def _newest_fill(self, row: OrderRow) -> str:
        fills = self.desk.snapshot.fills if self.desk.snapshot is not None else ()
        return next((fill.fill_id for fill in reversed(fills) if fill.client_id == row.order.client_id), "")

    def actions_of(self, row: OrderRow) -> Sequence[QAction]:
        """Return what can be done with an order; what cannot be done now says why."""
        order, fill_id = row.order, self._newest_fill(row)
        at = (order.request.instrument, order.created_ms)
        is_open = order.status.is_open
        whole = "Cancel the whole list" if order.request.list_id else "Cancel order"
        return (
            self._action(whole, lambda: self._cancel(row), "" if is_open else "it has ended"),
            self._action("Make smaller\u2026", lambda: self._make_smaller(row), smaller_refusal(row)),
            self._action("Change\u2026", lambda: self.desk.change_wanted.emit(order), change_refusal(row)),
            self._action("Show in the chart", lambda: self.desk.chart_wanted.emit(at)),
            self._action(
                "Open the newest receipt",
                lambda: self.desk.receipt_wanted.emit(fill_id),
                "" if fill_id else "nothing of it is filled",
            ),
            self._action("Load into the ticket", lambda: self._load(row)),
        )

    def _make_smaller(self, row: OrderRow) -> None:
        if row.instrument is not None:
            SmallerDialog(self.desk, row.order, row.instrument, self.window()).show()

    def _action(self, text: str, run: Callable[[], object], refusal: str = "") -> QAction:
        action = QAction(f"{text}\t{refusal}" if refusal else text, self)
        action.setEnabled(not refusal)
        action.setToolTip(refusal)
        action.triggered.connect(run)
        return action


def smaller_refusal(row: OrderRow) -> str:
    """Return why an order cannot be made smaller in its place, empty when it can."""
    order = row.order
    if not order.status.is_open:
        return "it has ended"
    if order.request.qty is None:
        return "its size is an amount"
    if row.instrument is not None and amend_refusal(row.instrument.venue):
        return "not on KuCoin"
    if order.phase is OrderPhase.PENDING or order.request.list_role is not ListRole.ALONE:
        return "it belongs to a list"
    return ""


def change_refusal(row: OrderRow) -> str:
    """Return why an order cannot be replaced by another one, empty when it can."""
    order = row.order
    if not order.status.is_open:
        return "it has ended"
    if order.request.list_id:
        return "it belongs to a list"
    return "" if order.request.qty is not None else "its size is an amount"
