"""Bars, instruments and charts for the chart's tests."""

import numpy as np
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.handle import CandleArrays
from cryptobot_desktop.gui import theme
from cryptobot_desktop.gui.chart.chart import CandleChart
from cryptobot_desktop.gui.chart.model import Condition

MINUTE = 60_000
START = 1_790_000_000_000 // MINUTE * MINUTE
BTC = Instrument(venue=Venue.BINANCE, symbol="BTCUSDT", base="BTC", quote="USDT", price_decimals=2, qty_decimals=5)


def random_bars(count: int, *, revision: int = 1, seed: int = 1, forming: bool = True) -> CandleArrays:
    """Return a random walk; the first bars of a longer one are the same."""
    chance = np.random.default_rng(seed)
    steps = chance.normal(0, 0.0006, (count + 1, 4))
    close = 60_000 * np.exp(np.cumsum(steps[:, 0]))
    opened = np.concatenate(([60_000.0], close[:-1]))
    high = np.maximum(opened, close) * (1 + np.abs(steps[:, 1]))
    low = np.minimum(opened, close) * (1 - np.abs(steps[:, 2]))
    columns = (opened, high, low, close, np.abs(steps[:, 3]) * 1e4)
    rounded = [np.round(column, 2) for column in columns]
    last = [float(column[count]) for column in rounded]
    return bars_of(
        START + np.arange(count) * MINUTE,
        [column[:count] for column in rounded],
        revision=revision,
        forming=(START + count * MINUTE, last[0], last[1], last[2], last[3], last[4]) if forming else None,
    )


def bars_of(
    times: np.ndarray,
    columns: list[np.ndarray],
    *,
    revision: int = 1,
    forming: tuple[int, float, float, float, float, float] | None = None,
) -> CandleArrays:
    """Return read-only arrays as the engine gives them; columns are open, high, low, close, volume."""
    for array in (times, *columns):
        array.flags.writeable = False
    opened, high, low, close, volume = columns
    return CandleArrays(
        revision=revision,
        open_ms=times,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
        forming=forming,
    )


def flat_bars(count: int, price: float = 100.0) -> list[np.ndarray]:
    """Return columns of bars that do not move, to be changed here and there."""
    return [np.full(count, price) for _ in range(4)] + [np.ones(count)]


def live_chart(qtbot: QtBot, bars: CandleArrays, *, size: tuple[int, int] = (800, 500)) -> CandleChart:
    """Return a chart that is shown and drawn."""
    theme.station().put_on("dark")
    chart = CandleChart()
    qtbot.addWidget(chart)
    chart.resize(*size)
    chart.start_over(BTC, Timeframe.M1)
    chart.show()
    chart.set_bars(bars)
    chart.set_condition(Condition.LIVE)
    chart.flush()
    return chart


def picture(chart: CandleChart) -> QImage:
    """Return what the chart looks like now."""
    chart.flush()
    QApplication.processEvents()
    return chart.grab().toImage()


def rows_of_colour(image: QImage, x: int, colour: str, rows: tuple[int, int]) -> list[int]:
    """Return the pixel rows of a column that have exactly a colour."""
    wanted = QColor(colour).rgb()
    return [y for y in range(*rows) if image.pixel(x, y) == wanted]
