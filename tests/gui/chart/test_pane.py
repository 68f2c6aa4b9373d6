"""The chart's place in the window, behind a real handle: states, marks and switching."""

import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from cryptobot_desktop.domain.market import FeedState
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.handle import EngineHandle
from cryptobot_desktop.gui import theme
from cryptobot_desktop.gui.chart.model import Condition
from cryptobot_desktop.gui.chart.pane import ChartPane
from tests.gui.builders import BTC, BTC_ID, ETH_ID, ScriptedEngine, card, snapshot


def _pane(qtbot: QtBot, handle: EngineHandle) -> ChartPane:
    theme.station().put_on("dark")
    pane = ChartPane(handle)
    qtbot.addWidget(pane)
    pane.resize(900, 500)
    pane.show()
    return pane


def test_a_refresh_shows_the_engines_bars_with_marks_and_lines(qtbot: QtBot) -> None:
    pane = _pane(qtbot, ScriptedEngine().handle)
    pane.set_instrument(BTC_ID)
    pane.refresh(snapshot())
    pane.chart.flush()
    model = pane.chart.model
    assert model.condition is Condition.LIVE
    assert model.series.total == 601
    assert [mark.key for mark in model.fills.marks] == ["F1", "F2", "F3"]
    assert "0.15570 BTC at 63\u202f900.12 USDT" in model.fills.marks[0].text
    assert "sma_cross-1-1" in model.fills.marks[0].text
    assert [mark.is_refused for mark in model.decisions.marks] == [True, False, False]
    assert sorted(line.label for line in model.lines) == ["buy 0.1", "position 0.1557"]


def test_marks_of_other_portfolios_can_be_left_out(qtbot: QtBot) -> None:
    pane = _pane(qtbot, ScriptedEngine().handle)
    pane.set_instrument(BTC_ID)
    pane.set_portfolio("careful")
    pane.refresh(snapshot())
    assert not pane.chart.model.fills.marks
    pane.set_portfolio("")
    pane.refresh(snapshot())
    assert len(pane.chart.model.fills.marks) == 3


@pytest.mark.parametrize(
    ("state", "condition"),
    [
        (FeedState.LIVE, Condition.LIVE),
        (FeedState.SYNCING, Condition.LIVE),
        (FeedState.STALE, Condition.STALE),
        (FeedState.OFFLINE, Condition.STALE),
    ],
)
def test_the_feeds_state_is_the_charts_state(qtbot: QtBot, state: FeedState, condition: Condition) -> None:
    pane = _pane(qtbot, ScriptedEngine().handle)
    pane.set_instrument(BTC_ID)
    pane.refresh(snapshot(instruments=(card(BTC, "64210.50", 0, state=state),)))
    assert pane.chart.model.condition is condition


@pytest.mark.parametrize(
    ("state", "condition"), [(FeedState.LIVE, Condition.EMPTY), (FeedState.CONNECTING, Condition.LOADING)]
)
def test_without_bars_the_chart_waits(qtbot: QtBot, state: FeedState, condition: Condition) -> None:
    pane = _pane(qtbot, EngineHandle())
    pane.set_instrument(BTC_ID)
    pane.refresh(snapshot(instruments=(card(BTC, None, None, state=state),)))
    assert pane.chart.model.condition is condition


def test_another_instrument_brings_its_own_bars_and_tick(qtbot: QtBot) -> None:
    pane = _pane(qtbot, ScriptedEngine().handle)
    pane.set_overlays(["sma:20"])
    pane.set_instrument(BTC_ID)
    pane.refresh(snapshot())
    pane.set_instrument(ETH_ID)
    pane.set_timeframe(Timeframe.M5)
    pane.refresh(snapshot())
    pane.chart.flush()
    model = pane.chart.model
    assert model.instrument is not None
    assert model.instrument.name == "ETH/USDT"
    assert model.series.timeframe is Timeframe.M5
    assert not model.fills.marks
    newest = model.newest
    assert newest is not None
    assert newest.bar.close < 4_000


def test_fills_are_not_made_anew_while_only_prices_move(qtbot: QtBot) -> None:
    pane = _pane(qtbot, ScriptedEngine().handle)
    pane.set_instrument(BTC_ID)
    shown = snapshot()
    pane.refresh(shown)
    marks = pane.chart.model.fills.marks
    pane.refresh(replace(shown, seq=2, lag_ms=0.7))
    assert pane.chart.model.fills.marks is marks


def test_the_strip_inside_the_chart_is_optional(qtbot: QtBot) -> None:
    pane = _pane(qtbot, ScriptedEngine().handle)
    pane.set_instrument(BTC_ID)
    pane.refresh(snapshot())
    assert pane.chart.model.source == ""
    pane.name_source(True)
    pane.refresh(snapshot())
    assert pane.chart.model.source == "synthetic market, seed 7"
