"""The middle of the window: the strip with the market source and the chart, which is loaded after the first paint."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.format import clock_text
from cryptobot_desktop.gui.market_strip import MarketStrip
from cryptobot_desktop.gui.panel_frame import PanelFrame, Remark
from cryptobot_desktop.gui.panels.panel import STOPPED_STATES
from cryptobot_desktop.gui.theme import current, station
from cryptobot_desktop.gui.tokens import Theme

if TYPE_CHECKING:
    from cryptobot_desktop.gui.chart.pane import ChartPane


class ChartPlace(QWidget):
    """Holds the chart; `loaded` tells when it is there."""

    loaded = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(320, 160)
        self._desk = desk
        self.chart: ChartPane | None = None
        self._asked = False
        self.strip = MarketStrip()
        self._hold = QWidget()
        self._inside = QVBoxLayout(self._hold)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self.frame = PanelFrame(self._hold)
        self.frame.show_loading()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.strip)
        box.addWidget(self.frame, 1)
        desk.bridge.snapshot_ready.connect(self.take)
        desk.instrument_changed.connect(self._change_instrument)
        desk.timeframe_changed.connect(self._change_timeframe)
        station().changed.connect(self._change_theme)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Once the window is on the screen, load what takes long."""
        super().paintEvent(event)
        if not self._asked:
            self._asked = True
            QTimer.singleShot(0, self.load)

    @Slot()
    def load(self) -> None:
        """Load the plotting library and build the chart."""
        if self.chart is not None:
            return
        # Imported here because the plotting library takes longer to load than the whole rest of the window.
        from cryptobot_desktop.gui.chart.pane import ChartPane  # noqa: PLC0415

        self._asked = True
        self.chart = ChartPane(self._desk.bridge.handle)
        self.chart.set_theme(current())
        self.chart.set_timeframe(self._desk.timeframe)
        if self._desk.instrument_id is not None:
            self.chart.set_instrument(self._desk.instrument_id)
        self._inside.addWidget(self.chart)
        self.loaded.emit(self.chart)
        if self._desk.snapshot is not None:
            self.take(self._desk.snapshot)

    @Slot(object)
    def take(self, snapshot: EngineSnapshot) -> None:
        """Name the market source and let the chart look at its candles."""
        market = snapshot.market
        words = market.label if market.source != "recording" else f"{market.label}, not live"
        self.strip.show_source(words, hatched=market.synthetic or market.source != "live")
        if not snapshot.instruments and snapshot.engine_state != "starting":
            text = "Candles, indicators and the marks of your trades are drawn here once a symbol is watched."
            self.frame.show_empty(Remark(title="No chart yet", text=text))
            return
        if self.chart is None or self._desk.instrument_id is None:
            return
        if snapshot.engine_state in STOPPED_STATES:
            self.frame.show_stale(f"engine {snapshot.engine_state}: as of {clock_text(snapshot.at_ms)} UTC")
        else:
            self.frame.show_live()
        self.chart.refresh(snapshot)

    @Slot(str)
    def set_portfolio(self, name: str) -> None:
        """Mark the doings of another portfolio."""
        if self.chart is not None:
            self.chart.set_portfolio(name)

    @Slot(object)
    def _change_instrument(self, instrument: Instrument) -> None:
        if self.chart is not None:
            self.chart.set_instrument(instrument.id)

    @Slot(object)
    def _change_timeframe(self, timeframe: Timeframe) -> None:
        if self.chart is not None:
            self.chart.set_timeframe(timeframe)

    @Slot(object)
    def _change_theme(self, theme: Theme) -> None:
        if self.chart is not None:
            self.chart.set_theme(theme)
