"""The chart as a widget: true pixels, appended bars, marks, states, keys, pacing, and nothing left behind."""

import gc
import weakref
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSizeF, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.gui.chart.axes import time_labels
from cryptobot_desktop.gui.chart.chart import CandleChart
from cryptobot_desktop.gui.chart.marks import Mark, PriceLine
from cryptobot_desktop.gui.chart.model import Condition
from cryptobot_desktop.gui.tokens import DARK, LIGHT
from tests.gui.chart.bars import (
    BTC,
    MINUTE,
    START,
    bars_of,
    flat_bars,
    live_chart,
    picture,
    random_bars,
    rows_of_colour,
)


@pytest.mark.parametrize("count", [60, 700, 5_000, 60_000, 400_000])
def test_highs_and_lows_are_true_to_the_pixel_at_every_zoom(qtbot: QtBot, count: int) -> None:
    columns = flat_bars(count)
    spike = count * 2 // 3
    for index, price in zip(range(4), (100.0, 120.0, 85.0, 101.0), strict=True):
        columns[index][spike] = price
    # A second high elsewhere, so that the first is not taken for a lone bad tick.
    for index in range(0, count, max(1, count // 20)):
        columns[1][index] = max(columns[1][index], 110.0)
    chart = live_chart(qtbot, bars_of(START + np.arange(count) * MINUTE, columns))
    chart.model.window.show_all()
    image = picture(chart)
    frame, pane = chart.stage.frame, chart.stage.price.rect
    column = int(np.floor(frame.x(spike)))
    rows = [
        rows_of_colour(image, x, DARK.up, (int(pane.top()) + 22, int(pane.bottom()) - 14))
        for x in (column - 1, column, column + 1)
    ]
    top = min(row[0] for row in rows if row)
    bottom = max(row[-1] for row in rows if row)
    assert abs(top - (pane.top() + frame.y(120.0))) <= 1
    assert abs(bottom - (pane.top() + frame.y(85.0))) <= 1


def test_neighbouring_columns_leave_no_gaps_when_zoomed_out(qtbot: QtBot) -> None:
    count = 50_000
    columns = flat_bars(count)
    columns[1][:], columns[2][:] = 110.0, 90.0
    chart = live_chart(qtbot, bars_of(START + np.arange(count) * MINUTE, columns))
    chart.model.window.show_all()
    image, frame = picture(chart), chart.stage.frame
    y = int(chart.stage.price.rect.top() + frame.y(105.0))
    shades = {image.pixel(x, y) for x in range(2, int(frame.x(count - 2)))}
    assert shades == {QColor(DARK.up).rgb()}


def test_an_appended_bar_appears_and_the_window_follows(qtbot: QtBot) -> None:
    chart = live_chart(qtbot, random_bars(300))
    before = picture(chart)
    slot = chart.model.series.newest_slot
    chart.set_bars(random_bars(301))
    after = picture(chart)
    assert chart.model.series.newest_slot == slot + 1
    assert chart.model.window.right == pytest.approx(slot + 1.5 + 8)
    assert before != after


def test_a_changed_forming_bar_moves_without_rebuilding_the_history(qtbot: QtBot) -> None:
    bars = random_bars(300)
    chart = live_chart(qtbot, bars)
    version, before = chart.model.series.version, picture(chart)
    at, opened, high, low, _, volume = bars.forming or (0, 0.0, 0.0, 0.0, 0.0, 0.0)
    moved = bars_of(
        bars.open_ms.copy(),
        [field.copy() for field in (bars.open, bars.high, bars.low, bars.close, bars.volume)],
        forming=(at, opened, high * 1.002, low, high * 1.001, volume * 2),
    )
    chart.set_bars(moved)
    assert picture(chart) != before
    assert chart.model.series.version == version


def test_inserted_older_bars_leave_a_panned_window_at_its_times(qtbot: QtBot) -> None:
    whole = random_bars(1_000)
    fields = [field[400:].copy() for field in (whole.open, whole.high, whole.low, whole.close, whole.volume)]
    chart = live_chart(qtbot, bars_of(whole.open_ms[400:].copy(), fields, forming=whole.forming))
    chart.model.window.pan(-200)
    at = chart.model.series.slots.time_at(chart.model.window.left)
    chart.set_bars(random_bars(1_000, revision=2))
    assert chart.model.series.count == 1_000
    assert chart.model.series.slots.time_at(chart.model.window.left) == at


def test_fills_stand_in_their_bar_and_tell_when_clicked(qtbot: QtBot) -> None:
    bars = random_bars(300)
    chart = live_chart(qtbot, bars)
    fill = Mark("fill-7", int(bars.open_ms[280]) + 30_000, float(bars.low[280]), Side.BUY, "buy 0.1 BTC")
    forming = Mark("fill-8", START + 300 * MINUTE + 5, float(bars.close[-1]), Side.SELL, "sell 0.1 BTC")
    chart.set_marks([fill, forming], [], [])
    chart.flush()
    assert chart.model.fills.bar_slots(chart.model.series).tolist() == [280, 300]
    frame, rect = chart.stage.frame, chart.stage.price.rect
    place = QPoint(int(frame.x(280)), int(rect.top() + frame.y(fill.price)) + 2)
    with qtbot.waitSignal(chart.fill_clicked) as clicked:
        qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == ["fill-7"]
    around = [(place.x() + dx, place.y() + dy) for dx in range(-4, 5) for dy in range(2, 9)]
    image = picture(chart)
    assert any(image.pixel(*at) == QColor(DARK.up).rgb() for at in around)


def test_decisions_are_clickable_in_their_lane(qtbot: QtBot) -> None:
    bars = random_bars(300)
    chart = live_chart(qtbot, bars)
    chart.set_marks([], [Mark("d-1", int(bars.open_ms[290]), 1.0, Side.SELL, "vetoed", True)], [])
    chart.flush()
    place = QPoint(int(chart.stage.frame.x(290)), int(chart.stage.price.rect.bottom()) - 6)
    with qtbot.waitSignal(chart.decision_clicked) as clicked:
        qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == ["d-1"]


def test_order_lines_are_drawn_at_their_price(qtbot: QtBot) -> None:
    bars = random_bars(300)
    chart = live_chart(qtbot, bars)
    without = picture(chart)
    price = float(bars.close[-1]) * 0.999
    chart.set_marks([], [], [PriceLine("o-1", price, "buy 0.1", Side.BUY)])
    image = picture(chart)
    y = int(chart.stage.price.rect.top()) + round(chart.stage.frame.y(price))
    changed = [x for x in range(700) if image.pixel(x, y) != without.pixel(x, y)]
    assert len(changed) > 200


@pytest.mark.parametrize("condition", list(Condition))
def test_every_state_without_bars_is_painted(qtbot: QtBot, condition: Condition) -> None:
    chart = live_chart(qtbot, bars_of(np.empty(0, np.int64), [np.empty(0) for _ in range(5)]))
    chart.set_condition(condition, "no connection yet")
    image = picture(chart)
    colours = {image.pixel(x, y) for x in range(250, 550) for y in range(200, 300)}
    assert len(colours) > 1


def test_a_stale_chart_is_dimmed(qtbot: QtBot) -> None:
    chart = live_chart(qtbot, random_bars(300))
    assert _has(chart, DARK.up)
    chart.set_condition(Condition.STALE, "nothing new for 11 s")
    assert not _has(chart, DARK.up, above=int(chart.stage.price.rect.right()))
    chart.set_condition(Condition.LIVE)
    assert _has(chart, DARK.up)


def _has(chart: CandleChart, colour: str, above: int = 10_000) -> bool:
    image, wanted = picture(chart), QColor(colour).rgb()
    return any(
        image.pixel(x, y) == wanted
        for x in range(0, min(above, image.width()), 1)
        for y in range(60, image.height(), 3)
    )


def test_the_strip_takes_room_only_while_it_is_there(qtbot: QtBot) -> None:
    chart = live_chart(qtbot, random_bars(100))
    assert chart.stage.price.rect.top() == 0
    chart.set_source("synthetic market, seed 7")
    assert _has(chart, DARK.up)
    assert chart.stage.price.rect.top() == 18
    chart.set_source("")
    assert chart.stage.price.rect.top() == 0


def test_the_theme_switches_live(qtbot: QtBot) -> None:
    chart = live_chart(qtbot, random_bars(100))
    chart.set_theme(LIGHT)
    assert picture(chart).pixel(3, 200) != QColor(DARK.canvas).rgb()
    assert _has(chart, LIGHT.up)


def test_keys_pan_zoom_and_go_to_both_ends(qtbot: QtBot) -> None:
    chart = live_chart(qtbot, random_bars(2_000))
    window = chart.model.window
    button = chart.findChild(QPushButton)
    assert isinstance(button, QPushButton)
    right, span = window.right, window.span
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    chart.flush()
    assert window.right < right
    assert button.isVisible()
    qtbot.keyClick(chart, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert window.span < span
    qtbot.keyClick(chart, Qt.Key.Key_Minus)
    assert window.span == pytest.approx(span)
    qtbot.keyClick(chart, Qt.Key.Key_Home)
    assert window.left < 0
    qtbot.keyClick(chart, Qt.Key.Key_End)
    chart.flush()
    assert window.follows
    assert not button.isVisible()


def test_dragging_moves_the_bars_with_the_mouse(qtbot: QtBot) -> None:
    chart = live_chart(qtbot, random_bars(2_000))
    left, slot_px = chart.model.window.left, chart.stage.frame.slot_px
    qtbot.mousePress(chart, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    qtbot.mouseMove(chart, QPoint(400, 200))
    qtbot.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=QPoint(400, 200))
    assert chart.model.window.left == pytest.approx(left - 100 / slot_px)


def test_the_crosshair_snaps_to_the_nearest_bar(qtbot: QtBot) -> None:
    chart = live_chart(qtbot, random_bars(300))
    frame = chart.stage.frame
    shown = chart.model.bar_near(frame.slot(frame.x(250) + 0.3 * frame.slot_px))
    assert shown is not None
    assert shown.index == 250
    chart.model.cursor = QPointF(frame.x(250), 100)
    with_cross = picture(chart)
    chart.model.cursor = None
    assert picture(chart) != with_cross


def test_a_logarithmic_scale_is_even_in_percent(qtbot: QtBot) -> None:
    chart = live_chart(qtbot, random_bars(300))
    chart.set_log_scale(True)
    chart.flush()
    frame = chart.stage.frame
    middle = float(np.sqrt(frame.low * frame.high))
    assert frame.y(middle) == pytest.approx(frame.height / 2)
    assert frame.value(frame.y(middle)) == pytest.approx(middle)


@pytest.mark.parametrize("bars_shown", [20, 150, 2_000, 40_000])
def test_time_labels_do_not_overlap(qtbot: QtBot, bars_shown: int) -> None:
    chart = live_chart(qtbot, random_bars(50_000))
    chart.model.window.zoom(bars_shown / chart.model.window.span)
    chart.flush()
    labels = time_labels(chart.stage.frame, chart.model)
    assert len(labels) >= 3
    edges = [(label.x, chart.model.metrics.horizontalAdvance(label.text) / 2) for label in labels]
    assert all(b[0] - b[1] > a[0] + a[1] for a, b in pairwise(edges))


def test_however_often_data_comes_frames_keep_their_pace(qtbot: QtBot) -> None:
    chart = live_chart(qtbot, random_bars(300))
    drawn: list[int] = []
    draw = chart.pacer._draw
    chart.pacer._draw = lambda: (drawn.append(1), draw())[1]
    for count in range(301, 341):
        chart.set_bars(random_bars(count))
    assert not drawn
    qtbot.waitUntil(lambda: not chart.pacer.is_waiting)
    assert len(drawn) == 1


def test_long_indicators_are_computed_between_frames_and_end_their_timer(qtbot: QtBot) -> None:
    chart = live_chart(qtbot, random_bars(30_000))
    chart.set_overlays(["sma:20", "bollinger:20,2", "rsi:14", "macd"])
    chart.flush()
    assert chart.model.pending() is not None
    qtbot.waitUntil(lambda: chart.model.pending() is None, timeout=20_000)
    chart.flush()
    assert not any(timer.isActive() and not timer.isSingleShot() for timer in chart.findChildren(QTimer))
    chart.set_bars(random_bars(30_001))
    chart.flush()
    assert chart.model.pending() is None
    assert len(chart.stage.panes) == 4
    chart.set_overlays([])
    chart.flush()
    assert len(chart.stage.panes) == 2


def test_a_narrow_chart_says_so_and_a_tiny_one_does_not_fail(qtbot: QtBot) -> None:
    chart = live_chart(qtbot, random_bars(300), size=(130, 90))
    assert chart.stage.is_too_small
    chart.stage.resize(QSizeF(1, 1))
    chart.flush()


def test_another_instrument_starts_over(qtbot: QtBot) -> None:
    chart = live_chart(qtbot, random_bars(300))
    chart.start_over(BTC, Timeframe.M5)
    chart.flush()
    assert chart.model.series.total == 0
    chart.set_bars(random_bars(10))
    chart.flush()
    assert chart.model.series.total == 11


def test_a_closed_chart_leaves_nothing_behind(qtbot: QtBot) -> None:
    chart = CandleChart()
    chart.resize(600, 400)
    chart.start_over(BTC, Timeframe.M1)
    chart.show()
    chart.set_bars(random_bars(30_000))
    chart.set_overlays(["macd"])
    chart.flush()
    timers = [weakref.ref(timer) for timer in chart.findChildren(QTimer)]
    model = weakref.ref(chart.model)
    assert timers
    chart.close()
    chart.deleteLater()
    del chart
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert model() is None
    assert [timer() for timer in timers] == [None] * len(timers)
