"""The candle chart as a widget: bars and marks in, looks and mouse and keys inside, clicks out."""

from collections.abc import Sequence
from datetime import tzinfo

from PySide6.QtCore import QSizeF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QPushButton, QWidget

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.handle import CandleArrays
from cryptobot_desktop.gui.chart.marks import Mark, PriceLine
from cryptobot_desktop.gui.chart.menu import ChartMenu
from cryptobot_desktop.gui.chart.model import ChartModel, Condition
from cryptobot_desktop.gui.chart.navigation import Navigation
from cryptobot_desktop.gui.chart.overlays import Overlay
from cryptobot_desktop.gui.chart.pacing import FRAME_MS, FramePacer
from cryptobot_desktop.gui.chart.plotting import PlotView
from cryptobot_desktop.gui.chart.stage import Stage
from cryptobot_desktop.gui.tokens import SPACE, Theme

_SLICE_S = 0.007
"""How long indicators may compute at a time, every 16 ms."""
_SLICES_PER_FRAME = 12
_FEW_BARS = 64


class CandleChart(QWidget):
    """Shows what it is given; asks nobody for anything."""

    fill_clicked = Signal(str)
    decision_clicked = Signal(str)
    following_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("candle chart")
        self.setMinimumSize(120, 80)
        self.model = ChartModel()
        self._view = PlotView(self)
        self.stage = Stage(self._view, self.model)
        self.pacer = FramePacer(self._draw, self)
        self._slice_count = 0
        self._slices = QTimer(self)
        self._slices.setInterval(FRAME_MS)
        self._slices.timeout.connect(self.compute_slice)
        self._navigation = Navigation(self, self.model, self.stage)
        self.installEventFilter(self._navigation)
        self._navigation.changed.connect(self.pacer.request)
        self._navigation.fill_clicked.connect(self.fill_clicked)
        self._navigation.decision_clicked.connect(self.decision_clicked)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._menu = ChartMenu(self, self.model)
        self._menu.changed.connect(self.pacer.request)
        self.customContextMenuRequested.connect(self._menu.open_at)
        self._newest = QPushButton("to newest \u2192", self)
        self._newest.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._newest.setCursor(Qt.CursorShape.ArrowCursor)
        self._newest.setToolTip("Go to the newest bar and stay with it (End)")
        self._newest.clicked.connect(self._navigation.follow)
        self._newest.hide()

    # What is shown.

    def start_over(self, instrument: Instrument | None, timeframe: Timeframe) -> None:
        """Forget all bars and marks, for another instrument or timeframe."""
        self.model.instrument = instrument
        self.model.start_over(timeframe)
        self.model.condition = Condition.LOADING
        for row in (self.model.fills, self.model.decisions):
            row.set(())
        self.model.lines = []
        self.stage.forget_axis_width()
        self.pacer.request()

    def set_instrument(self, instrument: Instrument) -> None:
        """Take the instrument's present tick and name; the bars stay."""
        self.model.instrument = instrument
        self.pacer.request()

    def set_bars(self, bars: CandleArrays) -> None:
        """Take the engine's newest arrays."""
        self.model.take(bars)
        self.pacer.request()

    def set_marks(
        self,
        fills: Sequence[Mark] | None = None,
        decisions: Sequence[Mark] | None = None,
        lines: Sequence[PriceLine] | None = None,
    ) -> None:
        """Show these fills, decisions and price lines; what is None stays as it is."""
        if fills is not None:
            self.model.fills.set(fills)
        if decisions is not None:
            self.model.decisions.set(decisions)
        if lines is not None:
            self.model.lines = list(lines)
        self.pacer.request()

    def set_overlays(self, overlays: Sequence[Overlay | str]) -> None:
        """Show these indicators, such as ``["sma:20", "bollinger:20,2", "rsi:14"]``; InvalidInput names a bad one."""
        parsed = [one if isinstance(one, Overlay) else Overlay.parse(one) for one in overlays]
        self.model.set_overlays(list(dict.fromkeys(parsed)))
        self.stage.take_runs()
        self.pacer.request()

    def set_condition(self, condition: Condition, words: str = "") -> None:
        """Enter a state; `words` say why, or since when."""
        if (condition, words) != (self.model.condition, self.model.words):
            self.model.condition, self.model.words = condition, words
            self.pacer.request()

    def set_source(self, words: str) -> None:
        """Hatch the top edge and name the market source there; nothing for empty words."""
        if words != self.model.source:
            self.model.source = words
            self.stage.relayout()
            self.pacer.request()

    # How it is shown.

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self.model.theme = theme
        self.stage.dress()
        self.pacer.request()

    def set_zone(self, zone: tzinfo | None) -> None:
        """Show times in a zone; None is the computer's own."""
        self.model.zone = zone
        self.pacer.request()

    def set_log_scale(self, wanted: bool) -> None:
        """Make equal percentages equally high, or equal prices."""
        self.model.log, self.model.manual_range = wanted, None
        self.pacer.request()

    def go_to(self, at_ms: int) -> None:
        """Put a moment into the middle."""
        window = self.model.window
        window.move_to(self.model.series.slots.slot_at(at_ms) - window.span / 2)
        self.pacer.request()

    def show_volume(self, wanted: bool) -> None:
        """Show the volume pane, or not."""
        self.stage.show_volume(wanted)
        self.pacer.request()

    def flush(self) -> None:
        """Draw at once instead of with the next frame; for pictures and measurements."""
        self.pacer.flush()
        self._view.repaint_now()

    def _draw(self) -> None:
        """Bring everything up to date, then paint."""
        self._compute_new()
        if not self.isVisible():
            return
        self.stage.update(self.devicePixelRatioF())
        follows = self.model.window.follows or not self.model.series.total
        if self._newest.isHidden() != follows:
            self._newest.setVisible(not follows)
            self.following_changed.emit(follows)
        if not follows:
            self._place_button()
        self._view.repaint_soon()

    def _place_button(self) -> None:
        """Put the way back to the newest bar into the price pane's right bottom corner."""
        size, corner = self._newest.sizeHint(), self.stage.price.rect.bottomRight().toPoint()
        self._newest.resize(size)
        self._newest.move(corner.x() - size.width() - 3 * SPACE, corner.y() - size.height() - 5 * SPACE)

    def _compute_new(self) -> None:
        """Let indicators take in a few appended bars at once; more than that is done in slices between frames."""
        bars, count = self.model.series.bars, self.model.series.count
        if bars is None:
            return
        for run in self.model.runs:
            if count - run.done <= _FEW_BARS:
                run.advance(bars, _SLICE_S)
        if self.model.pending() is not None and not self._slices.isActive():
            self._slices.start()

    @Slot()
    def compute_slice(self) -> None:
        """Let one unfinished indicator compute for a moment; the timer stops when all have finished."""
        run, bars = self.model.pending(), self.model.series.bars
        if run is not None and bars is not None:
            self._slice_count += 1
            run.advance(bars, _SLICE_S)
        if self.model.pending() is None:
            self._slices.stop()
            self.pacer.request()
        elif self._slice_count % _SLICES_PER_FRAME == 0:
            self.pacer.request()

    # What Qt tells.

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the new size."""
        self._view.widget.setGeometry(self.rect())
        self.stage.resize(QSizeF(self.size()))
        self.pacer.flush()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came while the chart was hidden."""
        super().showEvent(event)
        self.pacer.request()
