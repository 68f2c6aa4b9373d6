"""The main window: header, chart, docks, status line; every part looks at the same snapshots."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QIcon, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QMessageBox, QToolBar, QWidget

from cryptobot_desktop.engine.handle import EngineHandle
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.alarms import Alarm, alarms
from cryptobot_desktop.gui.banner import BannerStack
from cryptobot_desktop.gui.bridge import EngineBridge, Pace
from cryptobot_desktop.gui.chart_place import ChartPlace
from cryptobot_desktop.gui.chart_tools import IndicatorsButton
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.dock_layout import DockLayout
from cryptobot_desktop.gui.header import Header
from cryptobot_desktop.gui.panel_ways import PanelWays
from cryptobot_desktop.gui.panels.band import Band
from cryptobot_desktop.gui.panels.book import BookAndTape
from cryptobot_desktop.gui.panels.bots import Bots
from cryptobot_desktop.gui.panels.decisions import Decisions
from cryptobot_desktop.gui.panels.fills import Fills
from cryptobot_desktop.gui.panels.log import Log
from cryptobot_desktop.gui.panels.market_watch import MarketWatch
from cryptobot_desktop.gui.panels.orders import OpenOrders
from cryptobot_desktop.gui.panels.panel import Panel
from cryptobot_desktop.gui.panels.positions import Positions
from cryptobot_desktop.gui.panels.ticket import OrderTicket
from cryptobot_desktop.gui.receipt import Receipts
from cryptobot_desktop.gui.resource_files import resource_folder
from cryptobot_desktop.gui.session_commands import SessionCommands
from cryptobot_desktop.gui.settings_port import MemorySettings, SettingsPort
from cryptobot_desktop.gui.status_line import StatusLine
from cryptobot_desktop.gui.tables.table_view import TableView
from cryptobot_desktop.gui.window_actions import add_actions, add_session_actions
from cryptobot_desktop.gui.window_commands import WindowCommands
from cryptobot_desktop.gui.window_ports import WindowPorts

if TYPE_CHECKING:
    from cryptobot_desktop.gui.chart.pane import ChartPane

PANELS: tuple[Callable[[Desk], Panel], ...] = (
    MarketWatch,
    OrderTicket,
    BookAndTape,
    Positions,
    OpenOrders,
    Fills,
    Bots,
    Decisions,
    Band,
    Log,
)
FIRST_SIZE = QSize(1_440, 900)
SMALLEST_SIZE = QSize(960, 600)


class MainWindow(QMainWindow):
    """One window on one engine. Closing it emits `closed`; the app then ends the engine."""

    closed = Signal()

    def __init__(
        self,
        handle: EngineHandle,
        settings: SettingsPort | None = None,
        *,
        profile: str = "",
        ports: WindowPorts | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.settings = settings if settings is not None else MemorySettings()
        self.confirm_quit = True
        """Ask before closing while bots run; the app may switch it off."""
        self._sure = False
        self._profile = profile
        self.bridge = EngineBridge(handle, self)
        self.desk = Desk(self.bridge, self)
        self.header = Header(self.desk)
        self.banners = BannerStack()
        self.chart_place = ChartPlace(self.desk)
        self.layout_of_docks = DockLayout(self, self.settings)
        self.panels = {panel.name: panel for panel in (make(self.desk) for make in PANELS)}
        self.indicators = IndicatorsButton(self.settings)
        self.indicators.setObjectName("indicators")
        self.header.tools.addWidget(self.indicators)
        self.ports = ports if ports is not None else WindowPorts()
        self.commands = WindowCommands(self, self.desk, self.layout_of_docks, self.settings)
        self.session_commands = SessionCommands(self, self.desk, self.ports, self.layout_of_docks)
        band = self.panels[Band.name]
        if isinstance(band, Band):
            band.proofs = self.ports.proofs
        self.receipts = Receipts(self.desk, self)
        self.ways = PanelWays(self.desk, self.layout_of_docks, self.panels, self.chart_place)
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setWindowIcon(QIcon(str(resource_folder() / "icons" / "cryptobot.svg")))
        self.setMinimumSize(SMALLEST_SIZE)
        self.resize(FIRST_SIZE)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.header)
        self.addToolBarBreak(Qt.ToolBarArea.TopToolBarArea)
        self._banner_bar = QToolBar("Messages")
        self._banner_bar.setObjectName("messages")
        self._banner_bar.setMovable(False)
        self._banner_bar.addWidget(self.banners)
        self._banner_bar.setVisible(False)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self._banner_bar)
        for bar in (self.header, self._banner_bar):
            bar.toggleViewAction().setEnabled(False)
            bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setCentralWidget(self.chart_place)
        self.setStatusBar(StatusLine(self.desk))
        for panel in self.panels.values():
            self.layout_of_docks.add(panel)
            table = getattr(panel, "table", None)
            if isinstance(table, TableView):
                table.keep_header(self.settings)
        add_actions(self.commands)
        add_session_actions(self.session_commands, self.commands.registry)
        self._add_chart_switches()
        self.commands.registry.fill(self.menuBar())
        self._name_window()
        self.layout_of_docks.restore()

    def _add_chart_switches(self) -> None:
        add = self.commands.registry.add
        add("chart.log", "Log scale", self._show_scale, menu="Chart", shortcut="Alt+L", checkable=True)
        add("chart.volume", "Volume", self._show_scale, menu="Chart", shortcut="Alt+V", checkable=True).setChecked(True)

    def _show_scale(self) -> None:
        """Draw the chart as the switches of its menu say."""
        pane = self.chart_place.chart
        if pane is not None:
            pane.chart.set_log_scale(self.commands.registry.action("chart.log").isChecked())
            pane.chart.show_volume(self.commands.registry.action("chart.volume").isChecked())

    def _connect(self) -> None:
        self.bridge.snapshot_ready.connect(self._take)
        self.header.stop_pressed.connect(self.commands.stop_all)
        self.header.release_wanted.connect(self.commands.ask_release)
        self.banners.action_wanted.connect(self.commands.registry.trigger)
        self.banners.emptied.connect(self._banner_bar.setHidden)
        self.chart_place.loaded.connect(self._adopt_chart)
        self.desk.portfolio_changed.connect(self.chart_place.set_portfolio)
        bots = self.panels[Bots.name]
        if isinstance(bots, Bots):
            bots.add_wanted.connect(self.commands.ask_bot)
            bots.settings_wanted.connect(self.commands.ask_settings)

    @Slot(object)
    def _adopt_chart(self, chart: "ChartPane") -> None:
        """Let marks on the chart open the receipt or the reasons behind them."""
        self.indicators.attach(chart)
        chart.set_portfolio(self.desk.portfolio)
        chart.fill_clicked.connect(self.desk.receipt_wanted)
        chart.decision_clicked.connect(self.desk.decision_wanted)
        chart.setFocus()

    def _name_window(self, market: str = "") -> None:
        parts = [market, self._profile, "PAPER", "CryptoBot Desktop"]
        self.setWindowTitle(" \u00b7 ".join(part for part in parts if part))

    @Slot(object)
    def _take(self, snapshot: EngineSnapshot) -> None:
        self.banners.show_alarms(alarms(snapshot), snapshot.at_ms)
        instrument = self.desk.instrument()
        self._name_window(instrument.name if instrument is not None else snapshot.market.label)

    def show_message(self, alarm: Alarm) -> None:
        """Show a message of the program itself across the window, until `take_message_off`."""
        self.banners.pin(alarm)

    def take_message_off(self, key: str) -> None:
        """Remove a message of the program itself."""
        self.banners.unpin(key)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to look at the engine."""
        super().showEvent(event)
        self.bridge.start()
        self._follow_visibility()
        self.layout_of_docks.note_resize()

    def hideEvent(self, event: QEvent) -> None:
        """Look rarely while nobody sees anything."""
        self._follow_visibility()

    def changeEvent(self, event: QEvent) -> None:
        """Follow minimising and restoring."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._follow_visibility()

    def _follow_visibility(self) -> None:
        if self.isMinimized():
            self.bridge.set_pace(Pace.MINIMISED)
        else:
            self.bridge.set_pace(Pace.VISIBLE if self.isVisible() else Pace.BACKGROUND)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold or unfold the right column."""
        super().resizeEvent(event)
        self.layout_of_docks.note_resize()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask once while bots run; then keep the layout and say goodbye."""
        running = (
            sum(card.record.status == "running" for card in self.bridge.snapshot.bots) if self.bridge.snapshot else 0
        )
        if running and self.confirm_quit and not self._sure:
            event.ignore()
            self._ask_quit(running)
            return
        self.layout_of_docks.save()
        self.bridge.stop()
        super().closeEvent(event)
        self.closed.emit()

    def _ask_quit(self, running: int) -> None:
        buttons = QMessageBox.StandardButton
        who = "1 bot is" if running == 1 else f"{running} bots are"
        text = f"{who} at work. Positions and bots are kept and go on at the next start."
        box = QMessageBox(QMessageBox.Icon.NoIcon, "Quit", text, buttons.Yes | buttons.No, self)
        box.button(buttons.Yes).setText("Quit")
        box.button(buttons.No).setText("Stay")
        box.setDefaultButton(buttons.No)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.accepted.connect(self.quit_now)
        box.open()

    @Slot()
    def quit_now(self) -> None:
        """Close without asking."""
        self._sure = True
        self.close()
