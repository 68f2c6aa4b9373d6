"""Which slots the chart shows: following the newest bar, panned, or zoomed."""

RIGHT_MARGIN = 8
"""Empty bars right of the newest one."""
_MARGIN_PX = 24.0
_WIDEST_BAR_PX = 60.0
_FEWEST_BARS = 8.0
_KEEP_IN_VIEW = 3.0
_USUAL_BAR_PX = 7.0


class TimeWindow:
    """Left and right edge in slots. `follows` is True until the user looks elsewhere."""

    def __init__(self) -> None:
        self.left = 0.0
        self.right = 100.0
        self.follows = True
        self.newest = -1
        self.width_px = 800.0

    @property
    def span(self) -> float:
        """Return how many slots are shown."""
        return self.right - self.left

    def _margin(self, span: float) -> float:
        """Return the empty slots on the right: 8 bars, or a few pixels when bars are narrower than that."""
        return max(float(RIGHT_MARGIN), _MARGIN_PX / self.width_px * span)

    def resize(self, width_px: float) -> None:
        """Keep the width of a bar when the window becomes wider or narrower."""
        if width_px <= 0 or width_px == self.width_px:
            return
        span = self.span * width_px / self.width_px
        self.width_px = width_px
        self.left = self.right - span
        self._settle()

    def set_newest(self, slot: int) -> None:
        """Tell where the newest bar is; a following window moves with it."""
        self.newest = slot
        if self.follows:
            self._settle()

    def reset(self) -> None:
        """Show the newest bars in the usual width."""
        span = self.width_px / _USUAL_BAR_PX
        self.left, self.right, self.follows = 0.0, span, True
        self._settle()

    def show_all(self) -> None:
        """Show every bar."""
        self.follows = True
        span = max(self.newest + 1.0, _FEWEST_BARS)
        span = max(span + RIGHT_MARGIN, span / (1.0 - _MARGIN_PX / self.width_px))
        self.left, self.right = 0.0, span
        self._settle()

    def follow(self) -> None:
        """Go to the newest bar and stay with it."""
        self.follows = True
        self._settle()

    def show_oldest(self) -> None:
        """Go to the first bar."""
        self.move_to(-0.5 - 0.02 * self.span)

    def pan(self, slots: float) -> None:
        """Move by a number of slots, to later ones when positive."""
        self.move_to(self.left + slots)

    def move_to(self, left: float) -> None:
        """Put the left edge somewhere, as far as bars stay in view; reaching the newest bar follows it again."""
        span = self.span
        self.left = min(max(left, _KEEP_IN_VIEW - span), self.newest - _KEEP_IN_VIEW + 1)
        self.right = self.left + span
        home = self.newest + 0.5 + self._margin(span)
        self.follows = abs(self.right - home) <= max(0.5, 2.0 / self.width_px * span)

    def zoom(self, factor: float, anchor: float | None = None) -> None:
        """Show `factor` times as many slots; `anchor` stays where it is, without one (or following) the right edge."""
        widest = max((self.newest + 1) * 1.2 + 2 * RIGHT_MARGIN, self.width_px / 2)
        fewest = max(_FEWEST_BARS, self.width_px / _WIDEST_BAR_PX)
        span = min(max(self.span * factor, fewest), max(widest, fewest))
        if self.follows or anchor is None:
            self.left = self.right - span
            self._settle()
            return
        share = (anchor - self.left) / self.span
        self.left = anchor - share * span
        self.right = self.left + span
        self.move_to(self.left)

    def _settle(self) -> None:
        """Put the right edge where a following window has it."""
        if self.follows:
            span = self.span
            self.right = self.newest + 0.5 + self._margin(span)
            self.left = self.right - span
