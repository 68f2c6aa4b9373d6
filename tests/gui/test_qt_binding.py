"""Guards against a Qt binding that drops references of ``None`` and so aborts the process after a while.

PySide6 6.12.0 on Python 3.11 loses one reference of ``None`` in nearly every call that returns nothing:
``Fatal Python error: none_dealloc`` after less than a second of a live chart, while short tests pass.
From Python 3.12 on ``None`` is immortal and its count says nothing.
"""

import sys
from collections.abc import Callable

import pyqtgraph as pg
import pytest
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

CALLS = 1_000
TOLERANCE = CALLS // 10  # other references of None come and go meanwhile; the defect loses CALLS or more

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")


def _lost_references(action: Callable[[], object]) -> int:
    action()
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        action()
    return before - sys.getrefcount(None)


def test_setting_a_text_keeps_the_references_of_none(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    assert _lost_references(lambda: label.setText("a")) < TOLERANCE


def test_painting_a_line_keeps_the_references_of_none(qapp: object) -> None:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    try:
        assert _lost_references(lambda: painter.drawLine(0, 0, 7, 7)) < TOLERANCE
    finally:
        painter.end()


def test_updating_a_chart_keeps_the_references_of_none(qtbot: QtBot) -> None:
    plot = pg.PlotWidget()
    qtbot.addWidget(plot)
    curve = plot.plot([0.0, 1.0])
    assert _lost_references(lambda: curve.setData([0.0, 1.0], [1.0, 2.0])) < TOLERANCE


def test_the_measure_notices_a_lost_reference() -> None:
    held: list[object] = [None] * (CALLS + 1)
    assert _lost_references(held.pop) >= TOLERANCE
