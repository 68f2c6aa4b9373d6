"""Paints an order book as a ladder and the newest trades as a tape; a click on a level gives its price."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Level, Side
from cryptobot_desktop.engine.snapshot import BookCard
from cryptobot_desktop.gui.format import arrow, clock_text, percent_text, price_text, qty_text
from cryptobot_desktop.gui.theme import current, number_font
from cryptobot_desktop.gui.tokens import SMALL_PX, Theme

ROW = 18
_PAD = 10
_BAR_ALPHA = 38
_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WORDS = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class _Sheet(QWidget):
    """Rows of small numbers that fill the whole widget."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card: BookCard | None = None
        self.instrument: Instrument | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Ask for room for a dozen rows."""
        return QSize(240, 12 * ROW)

    def show_card(self, card: BookCard, instrument: Instrument) -> None:
        """Paint another card; nothing is done when it is the same."""
        if card != self.card or instrument != self.instrument:
            self.card, self.instrument = card, instrument
            self.update()

    def cells(self, top: int) -> tuple[QRect, QRect, QRect]:
        """Return the three columns of the row at a height."""
        third = (self.width() - 2 * _PAD) // 3
        first, second, last = (QRect(_PAD + i * third, top, third, ROW) for i in range(3))
        return first, second, last

    def titles(self, painter: QPainter, texts: Sequence[str]) -> None:
        """Paint the row of column titles."""
        painter.setPen(QColor(current().muted))
        for i, (cell, text) in enumerate(zip(self.cells(0), texts, strict=True)):
            painter.drawText(cell, _WORDS if i == 0 else _NUMBERS, text)


class Ladder(_Sheet):
    """Asks above, bids below, the spread between; bars show the summed quantity."""

    price_clicked = Signal(int, object)
    """(price, side that would take it)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(7 * ROW)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Click a level to put its price into the ticket")
        self._shown: list[tuple[int, int, Side]] = []

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint titles, asks, spread, bids."""
        if self.card is None or self.instrument is None:
            return
        painter = QPainter(self)
        painter.setFont(number_font(self.font(), SMALL_PX + 1))
        self.titles(painter, (f"Price {self.instrument.quote}", f"Qty {self.instrument.base}", "Sum"))
        rows = max(2, (self.height() // ROW - 2) // 2)
        asks, bids = self.card.asks[:rows], self.card.bids[:rows]
        deepest = max(_total(asks), _total(bids), 1)
        middle = ROW + rows * ROW
        self._shown = []
        self._paint_side(painter, asks, (middle - ROW, -ROW), deepest)
        self._paint_spread(painter, middle)
        self._paint_side(painter, bids, (middle + ROW, ROW), deepest)

    def _paint_side(self, painter: QPainter, levels: Sequence[Level], place: tuple[int, int], deepest: int) -> None:
        top, step = place
        theme = current()
        takes = Side.BUY if step < 0 else Side.SELL
        colour = QColor(theme.down if step < 0 else theme.up)
        bar = QColor(colour)
        bar.setAlpha(_BAR_ALPHA)
        total = 0
        for price, qty in levels:
            total += qty
            width = self.width() * total / deepest
            painter.fillRect(QRectF(self.width() - width, top + 1, width, ROW - 2), bar)
            self._paint_level(painter, top, (price, qty, total), self._ink(theme, colour))
            self._shown.append((top, price, takes))
            top += step

    def _ink(self, theme: Theme, colour: QColor) -> QColor:
        return colour if self.card is not None and self.card.is_live else QColor(theme.muted)

    def _paint_level(self, painter: QPainter, top: int, level: tuple[int, int, int], ink: QColor) -> None:
        if self.instrument is None or self.card is None:
            return
        price, qty, total = level
        cells = self.cells(top)
        painter.setPen(ink)
        painter.drawText(cells[0], _WORDS, price_text(price, self.instrument))
        painter.setPen(QColor(current().text if self.card.is_live else current().muted))
        painter.drawText(cells[1], _NUMBERS, qty_text(qty, self.instrument))
        painter.setPen(QColor(current().muted))
        painter.drawText(cells[2], _NUMBERS, qty_text(total, self.instrument))

    def _paint_spread(self, painter: QPainter, top: int) -> None:
        if self.card is None or self.instrument is None or not (self.card.asks and self.card.bids):
            return
        painter.fillRect(0, top, self.width(), ROW, QColor(current().raised))
        ask, bid = self.card.asks[0][0], self.card.bids[0][0]
        spread = ask - bid
        ppm = spread * 2_000_000 // (ask + bid)
        words = f"spread {price_text(spread, self.instrument)}  {percent_text(ppm, places=4, signed=False)}"
        painter.setPen(QColor(current().muted))
        painter.drawText(QRect(_PAD, top, self.width() - 2 * _PAD, ROW), _WORDS, words)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Give the price of the level under the pointer."""
        for top, price, side in self._shown:
            if top <= event.position().y() < top + ROW:
                self.price_clicked.emit(price, side)
                return


class Tape(_Sheet):
    """The newest public trades, newest first; an arrow beside the colour says which side took."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as many trades as fit."""
        if self.card is None or self.instrument is None:
            return
        painter = QPainter(self)
        painter.setFont(number_font(self.font(), SMALL_PX + 1))
        self.titles(painter, ("Trades", f"Qty {self.instrument.base}", "Time UTC"))
        theme = current()
        for i, trade in enumerate(self.card.trades[: max(0, self.height() // ROW - 1)]):
            cells = self.cells((i + 1) * ROW)
            buys = trade.aggressor is Side.BUY
            painter.setPen(QColor((theme.up if buys else theme.down) if self.card.is_live else theme.muted))
            sign = arrow(1 if buys else -1)
            painter.drawText(cells[0], _WORDS, f"{sign} {price_text(trade.price, self.instrument)}")
            painter.setPen(QColor(theme.text if self.card.is_live else theme.muted))
            painter.drawText(cells[1], _NUMBERS, qty_text(trade.qty, self.instrument))
            painter.setPen(QColor(theme.muted))
            painter.drawText(cells[2], _NUMBERS, clock_text(trade.venue_ms))


def _total(levels: Sequence[Level]) -> int:
    return sum(qty for _, qty in levels)
