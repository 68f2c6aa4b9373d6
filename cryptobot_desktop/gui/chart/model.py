"""What the chart shows and how: everything its painters read, with no painting in it."""

from datetime import UTC, tzinfo
from enum import Enum

from msgspec import Struct
from PySide6.QtCore import QPointF
from PySide6.QtGui import QFont, QFontMetricsF
from PySide6.QtWidgets import QApplication

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.handle import CandleArrays
from cryptobot_desktop.gui.chart.marks import MarkRow, PriceLine
from cryptobot_desktop.gui.chart.overlays import Overlay, OverlayRun
from cryptobot_desktop.gui.chart.series import BarSeries, Change, OneBar
from cryptobot_desktop.gui.chart.window import TimeWindow
from cryptobot_desktop.gui.theme import current, number_font
from cryptobot_desktop.gui.tokens import SMALL_PX, Theme


class Condition(Enum):
    """The states of the chart."""

    LOADING = "loading"
    EMPTY = "empty"
    LIVE = "live"
    STALE = "stale"


class Shown(Struct, frozen=True):
    """A bar as the legend tells it; `before` is the close of the bar before it, None for the first."""

    index: int
    slot: int
    bar: OneBar
    before: float | None


class ChartModel:
    """Bars, window, overlays, marks, and the choices of the person looking."""

    def __init__(self) -> None:
        self.theme: Theme = current()
        self.zone: tzinfo | None = UTC
        self.log = False
        self.instrument: Instrument | None = None
        self.series = BarSeries(Timeframe.M1)
        self.window = TimeWindow()
        self.runs: list[OverlayRun] = []
        self.fills = MarkRow()
        self.decisions = MarkRow()
        self.lines: list[PriceLine] = []
        self.cursor: QPointF | None = None
        self.manual_range: tuple[float, float] | None = None
        self.condition = Condition.LOADING
        self.words = ""
        self.source = ""
        self.refresh_font()

    def refresh_font(self) -> None:
        """Take the application's font as it is now."""
        self.font: QFont = number_font(QApplication.font(), SMALL_PX)
        self.metrics = QFontMetricsF(self.font)

    @property
    def decimals(self) -> int:
        """Return the decimals of the instrument's prices, 2 while it is unknown."""
        return self.instrument.price_decimals if self.instrument is not None else 2

    @property
    def tick(self) -> float:
        """Return the instrument's smallest price step."""
        if self.instrument is None:
            return 0.01
        size = self.instrument.filters.tick_size or 1
        return self.instrument.price_float(size)

    def start_over(self, timeframe: Timeframe) -> None:
        """Forget all bars, for another instrument or timeframe."""
        self.series = BarSeries(timeframe)
        self.manual_range = None
        self.window.newest = -1
        for run in self.runs:
            run.restart()

    def take(self, bars: CandleArrays) -> Change:
        """Take the engine's newest bars; the window stays at the same times when older bars were inserted."""
        first = self.series.total == 0
        window, series = self.window, self.series
        left_ms, right_ms = series.slots.time_at(window.left), series.slots.time_at(window.right)
        change = series.update(bars)
        if change is Change.REBUILT:
            for run in self.runs:
                run.restart()
        window.set_newest(series.newest_slot if series.total else -1)
        if first:
            window.reset()
        elif change is Change.REBUILT and not window.follows:
            window.left, window.right = series.slots.slot_at(left_ms), series.slots.slot_at(right_ms)
        return change

    def set_overlays(self, overlays: list[Overlay]) -> None:
        """Show these; what was computed for one that stays is kept."""
        kept = {run.overlay: run for run in self.runs}
        self.runs = [kept[overlay] if overlay in kept else OverlayRun(overlay) for overlay in overlays]

    def pending(self) -> OverlayRun | None:
        """Return an overlay that has not seen all closed bars, None when all have."""
        return next((run for run in self.runs if run.done < self.series.count), None)

    def bar(self, index: int) -> Shown | None:
        """Return a bar by index; the forming one comes after the closed ones."""
        series = self.series
        bars, forming = series.bars, series.forming
        if bars is None or not 0 <= index < series.total:
            return None
        before = float(bars.close[index - 1]) if index else None
        if index == series.count and forming is not None:
            return Shown(index, series.slot_of_forming(), forming, before)
        row = [float(field[index]) for field in (bars.open, bars.high, bars.low, bars.close, bars.volume)]
        return Shown(index, series.slots.slot(index), OneBar(int(bars.open_ms[index]), *row), before)

    def bar_near(self, slot: float) -> Shown | None:
        """Return the bar nearest to a place on the axis, None when there are no bars."""
        series = self.series
        if series.forming is not None and slot > series.slot_of_forming() - 0.5:
            return self.bar(series.count)
        after = series.slots.index(slot)
        candidates = [shown for index in (after - 1, after) if (shown := self.bar(index)) is not None]
        return min(candidates, key=lambda shown: abs(shown.slot - slot), default=None)

    @property
    def newest(self) -> Shown | None:
        """Return the newest bar."""
        return self.bar(self.series.total - 1)
