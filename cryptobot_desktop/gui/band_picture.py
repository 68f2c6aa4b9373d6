"""The curves of one session under three fill models, with the band between the outer two filled."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, AMOUNT_UNIT, format_scaled
from cryptobot_desktop.domain.orders import FillModel
from cryptobot_desktop.gui.format import clock_text, grouped, round_scaled
from cryptobot_desktop.gui.proofs import ModelCurve, ProfitBand
from cryptobot_desktop.gui.theme import current, number_font
from cryptobot_desktop.gui.tokens import SMALL_PX, Theme

_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 78, 10, 20
_FILL_ALPHA = 46


def model_colour(theme: Theme, model: FillModel) -> str:
    """Return the colour of a model's curve and name; none of them means up or down."""
    return {FillModel.PESSIMISTIC: theme.warn, FillModel.EXPECTED: theme.text}.get(model, theme.accent)


def model_dash(model: FillModel) -> Qt.PenStyle:
    """Return the second cue beside the colour."""
    dashes = {FillModel.PESSIMISTIC: Qt.PenStyle.DashLine, FillModel.OPTIMISTIC: Qt.PenStyle.DotLine}
    return dashes.get(model, Qt.PenStyle.SolidLine)


class BandPicture(QWidget):
    """Curves over time; equity at the right, the time of first and last point below."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(240, 90)
        self.setAccessibleName("Equity under the three fill models")
        self._band: ProfitBand | None = None

    def show_band(self, band: ProfitBand | None) -> None:
        """Show these curves."""
        self._band = band
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint grid, band, curves and labels."""
        band = self._band
        if band is None or not any(curve.points for curve in band.curves):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(number_font(self.font(), SMALL_PX))
        area = QRectF(_LEFT, _TOP, self.width() - _LEFT - _RIGHT, self.height() - _TOP - _BOTTOM)
        scale = _Scale(band, area)
        self._paint_grid(painter, scale)
        self._paint_band(painter, scale, band)
        for curve in band.curves:
            pen = QPen(QColor(model_colour(current(), curve.model)), 1.6, model_dash(curve.model))
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(_line(scale.path(curve)))

    def _paint_grid(self, painter: QPainter, scale: "_Scale") -> None:
        theme, area = current(), scale.area
        last_y = None
        for amount in (scale.high, scale.start, scale.low):
            y = scale.y(amount)
            if last_y is not None and abs(y - last_y) < 16:
                continue
            last_y = y
            painter.setPen(QPen(QColor(theme.line), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(theme.muted))
            words = grouped(format_scaled(round_scaled(amount, AMOUNT_DECIMALS, 2), 2))
            place = QRectF(area.right() + 6, y - 8, _RIGHT - 8, 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        painter.setPen(QColor(theme.muted))
        below = QRectF(area.left(), area.bottom() + 3, area.width(), 16)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, clock_text(scale.first_ms))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"{clock_text(scale.last_ms)} UTC")

    def _paint_band(self, painter: QPainter, scale: "_Scale", band: ProfitBand) -> None:
        drawn = [curve for curve in band.curves if len(curve.points) > 1]
        if len(drawn) < 2:
            return
        colour = QColor(current().accent)
        colour.setAlpha(_FILL_ALPHA)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(colour))
        painter.drawPath(_line([*scale.path(drawn[-1]), *reversed(scale.path(drawn[0]))]))


def _line(points: list[QPointF]) -> QPainterPath:
    """Return points as one line; painters take a path without copying a list of points that Python owns."""
    path = QPainterPath(points[0]) if points else QPainterPath()
    for point in points[1:]:
        path.lineTo(point)
    return path


class _Scale:
    """From time and amount to pixels; equal amounts lie in the middle."""

    def __init__(self, band: ProfitBand, area: QRectF) -> None:
        points = [point for curve in band.curves for point in curve.points]
        amounts = [amount for _, amount in points] + [band.starting_equity]
        self.area, self.start = area, band.starting_equity
        self.low, self.high = min(amounts), max(amounts)
        self.first_ms, self.last_ms = min(at for at, _ in points), max(at for at, _ in points)
        self._span = max(self.high - self.low, AMOUNT_UNIT // 100)
        self._time = max(1, self.last_ms - self.first_ms)

    def y(self, amount: int) -> float:
        """Return the height of an amount."""
        return float(self.area.bottom() - self.area.height() * (amount - self.low) / self._span)

    def path(self, curve: ModelCurve) -> list[QPointF]:
        """Return a curve's points in pixels."""
        left, width = self.area.left(), self.area.width()
        return [
            QPointF(left + width * (at - self.first_ms) / self._time, self.y(amount)) for at, amount in curve.points
        ]
