"""The chart's place in the main window: which instrument and timeframe, and when to look at the engine again."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import FeedState
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.handle import CandleArrays, EngineHandle
from cryptobot_desktop.engine.snapshot import EngineSnapshot, InstrumentCard
from cryptobot_desktop.gui.chart.chart import CandleChart
from cryptobot_desktop.gui.chart.marks import decision_marks, fill_marks, price_lines
from cryptobot_desktop.gui.chart.model import Condition
from cryptobot_desktop.gui.chart.overlays import Overlay
from cryptobot_desktop.gui.format import age_text
from cryptobot_desktop.gui.tokens import Theme

_BROKEN = (FeedState.STALE, FeedState.SUSPECT, FeedState.OFFLINE)
_COMING = (FeedState.CONNECTING, FeedState.SYNCING)


class ChartPane(QWidget):
    """Shows the candles of one instrument; reads them from the engine's handle."""

    fill_clicked = Signal(str)
    """The fill's id."""
    decision_clicked = Signal(str)
    """The decision's id."""

    def __init__(self, handle: EngineHandle, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._handle = handle
        self._instrument: InstrumentId | None = None
        self._timeframe = Timeframe.M1
        self._known: Instrument | None = None
        self._portfolio = ""
        self._names_source = False
        self._marked: dict[str, object] = {}
        self.chart = CandleChart(self)
        self.chart.fill_clicked.connect(self.fill_clicked)
        self.chart.decision_clicked.connect(self.decision_clicked)
        self.setFocusProxy(self.chart)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.chart)

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Show another instrument."""
        if instrument != self._instrument:
            self._instrument, self._known = instrument, self._find(instrument)
            self._start_over()

    def set_timeframe(self, timeframe: Timeframe) -> None:
        """Show bars of another length."""
        if timeframe is not self._timeframe:
            self._timeframe = timeframe
            self._start_over()

    def set_portfolio(self, portfolio: str) -> None:
        """Show the fills, orders and decisions of one portfolio; of all for an empty name."""
        self._portfolio, self._marked = portfolio, {}

    def set_overlays(self, overlays: Sequence[Overlay | str]) -> None:
        """Show these indicators, such as ``["sma:20", "bollinger:20,2", "rsi:14"]``; InvalidInput names a bad one."""
        self.chart.set_overlays(overlays)

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self.chart.set_theme(theme)

    def name_source(self, wanted: bool) -> None:
        """Draw the hatched strip inside the chart; off by default, because the main window has one above it."""
        self._names_source = wanted
        if not wanted:
            self.chart.set_source("")

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Look at the engine's candles again; called for every new snapshot."""
        if self._instrument is None:
            return
        card = next((card for card in snapshot.instruments if card.instrument.id == self._instrument), None)
        if card is not None and card.instrument != self._known:
            self._known = card.instrument
            self.chart.set_instrument(card.instrument)
        bars = self._handle.candles(self._instrument, self._timeframe)
        if bars is not None:
            self.chart.set_bars(bars)
        self.chart.set_condition(*_condition(card, bars))
        if self._names_source:
            market = snapshot.market
            self.chart.set_source(market.label if market.synthetic or market.source != "live" else "")
        self._mark(snapshot)

    def _start_over(self) -> None:
        self._marked = {}
        self.chart.start_over(self._known, self._timeframe)

    def _find(self, wanted: InstrumentId) -> Instrument | None:
        return next((instrument for instrument in self._handle.catalogue() if instrument.id == wanted), None)

    def _mark(self, snapshot: EngineSnapshot) -> None:
        """Hand over the marks that are other ones than last time; positions move with every price, fills seldom."""
        known, portfolio = self._known, self._portfolio
        if known is None:
            return
        if self._is_new("fills", snapshot.fills):
            self.chart.set_marks(fills=fill_marks(snapshot, known, portfolio))
        if self._is_new("decisions", snapshot.decisions):
            self.chart.set_marks(decisions=decision_marks(snapshot, known.id, portfolio))
        lines = price_lines(snapshot, known, portfolio)
        if self._is_new("lines", lines):
            self.chart.set_marks(lines=lines)

    def _is_new(self, what: str, marks: object) -> bool:
        if what in self._marked and self._marked[what] == marks:
            return False
        self._marked[what] = marks
        return True


def _condition(card: InstrumentCard | None, bars: CandleArrays | None) -> tuple[Condition, str]:
    """Return the chart's state and the words for it."""
    has_bars = bars is not None and (len(bars.open_ms) > 0 or bars.forming is not None)
    if card is None:
        return (Condition.LIVE, "") if has_bars else (Condition.LOADING, "")
    if not has_bars:
        waiting = Condition.LOADING if card.state in _COMING else Condition.EMPTY
        return waiting, card.reason
    if card.state in _BROKEN:
        age = f", nothing new for {age_text(card.age_ms)}" if card.age_ms is not None else ""
        return Condition.STALE, f"{card.instrument.name} is {card.state.value}{age}" if not card.reason else card.reason
    return Condition.LIVE, ""
