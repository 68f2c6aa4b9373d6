"""Ways from one panel to another: to an order, a decision, a place in the chart, the ticket."""

from collections.abc import Mapping

from PySide6.QtCore import QObject, QTimer, Slot

from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.gui.chart_place import ChartPlace
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.dock_layout import DockLayout
from cryptobot_desktop.gui.panels.decisions import Decisions
from cryptobot_desktop.gui.panels.orders import OpenOrders
from cryptobot_desktop.gui.panels.panel import Panel
from cryptobot_desktop.gui.panels.ticket import OrderTicket


class PanelWays(QObject):
    """Answers what panels ask of the desk by bringing up the panel that has it."""

    def __init__(self, desk: Desk, docks: DockLayout, panels: Mapping[str, Panel], chart: ChartPlace) -> None:
        super().__init__(desk)
        self._desk, self._docks, self._panels, self._chart = desk, docks, panels, chart
        desk.order_wanted.connect(self.show_order)
        desk.decision_wanted.connect(self.show_decision)
        desk.chart_wanted.connect(self.show_chart)
        desk.change_wanted.connect(self.show_ticket)

    @Slot(str)
    def show_order(self, client_id: str) -> None:
        """Bring up an order in its table."""
        self._docks.show_panel(OpenOrders.name)
        panel = self._panels[OpenOrders.name]
        if isinstance(panel, OpenOrders):
            panel.show_order(client_id)

    @Slot(str)
    def show_decision(self, decision_id: str) -> None:
        """Bring up a decision in its table."""
        self._docks.show_panel(Decisions.name)
        panel = self._panels[Decisions.name]
        if isinstance(panel, Decisions):
            panel.table.choose(lambda row: row.fact.decision_id == decision_id)

    @Slot(object)
    def show_chart(self, place: tuple[InstrumentId, int]) -> None:
        """Bring up a moment of an instrument in the chart."""
        self._desk.choose_instrument(place[0])
        QTimer.singleShot(0, self, lambda: self._go_to(place[1]))  # the chart takes in the instrument's bars first

    def _go_to(self, at_ms: int) -> None:
        pane = self._chart.chart
        if pane is not None:
            if self._desk.snapshot is not None:
                pane.refresh(self._desk.snapshot)
            pane.chart.go_to(at_ms)

    @Slot()
    def show_ticket(self) -> None:
        """Bring up the ticket, which has taken in the order that is to be changed."""
        self._docks.show_panel(OrderTicket.name)
