"""The chart's place in the main window: which instrument and timeframe, and when to look at the engine again."""

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.handle import EngineHandle
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.tokens import Theme


class ChartPane(QWidget):
    """Shows the candles of one instrument; reads them from the engine's handle."""

    def __init__(self, handle: EngineHandle, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._handle = handle
        self._instrument: InstrumentId | None = None
        self._timeframe = Timeframe.M1
        self._words = QLabel(self)
        layout = QVBoxLayout(self)
        layout.addWidget(self._words)

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Show another instrument."""
        self._instrument = instrument

    def set_timeframe(self, timeframe: Timeframe) -> None:
        """Show bars of another length."""
        self._timeframe = timeframe

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Look at the engine's candles again; called for every new snapshot."""
        if self._instrument is None:
            return
        candles = self._handle.candles(self._instrument, self._timeframe)
        count = 0 if candles is None else len(candles.open_ms)
        self._words.setText(f"{self._instrument} {self._timeframe}: {count} closed bars")
