"""The chart's button in the header: which indicators are drawn; remembered in the settings."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton

from cryptobot_desktop.gui.settings_port import SettingsPort, text_setting

if TYPE_CHECKING:
    from cryptobot_desktop.gui.chart.pane import ChartPane

OVERLAYS_KEY = "chart/overlays"
DEFAULT_OVERLAYS = "sma:10 sma:30"
OFFERED = (
    ("sma:10", "SMA 10"),
    ("sma:30", "SMA 30"),
    ("sma:200", "SMA 200"),
    ("ema:20", "EMA 20"),
    ("ema:50", "EMA 50"),
    ("bollinger:20,2", "Bollinger bands 20, 2"),
    ("rsi:14", "RSI 14"),
    ("macd:12,26,9", "MACD 12, 26, 9"),
    ("atr:14", "ATR 14"),
)


class IndicatorsButton(QPushButton):
    """A menu of indicators with ticks."""

    def __init__(self, settings: SettingsPort) -> None:
        super().__init__("Indicators")
        self.setProperty("kind", "flat")
        self.setToolTip("Indicators drawn on the chart")
        self._settings = settings
        self._chart: ChartPane | None = None
        saved = text_setting(settings, OVERLAYS_KEY, DEFAULT_OVERLAYS).split()
        menu = QMenu(self)
        for value, title in OFFERED:
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(value in saved)
            action.setData(value)
        menu.triggered.connect(self._change)
        self.setMenu(menu)

    @property
    def overlays(self) -> list[str]:
        """Return what is ticked."""
        return [str(action.data()) for action in self.menu().actions() if action.isChecked()]

    @Slot(object)
    def attach(self, chart: "ChartPane") -> None:
        """Draw what is ticked on a chart that has just been loaded."""
        self._chart = chart
        chart.set_overlays(self.overlays)

    @Slot(QAction)
    def _change(self, action: QAction) -> None:
        self._settings.set(OVERLAYS_KEY, " ".join(self.overlays))
        if self._chart is not None:
            self._chart.set_overlays(self.overlays)
