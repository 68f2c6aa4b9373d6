import re
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QDockWidget, QMessageBox
from pytestqt.qtbot import QtBot

from cryptobot_desktop.domain.commands import (
    CancelOrder,
    FocusInstrument,
    PauseBot,
    ReleaseKillSwitch,
    StartBot,
    TripKillSwitch,
    WatchInstrument,
)
from cryptobot_desktop.domain.facts import OrderAmended, OrderFilled, OrderPreviewed, OrderTriggered
from cryptobot_desktop.domain.market import FeedState, Side
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.snapshot import FeedCard
from cryptobot_desktop.gui.bridge import Pace
from cryptobot_desktop.gui.command_palette import CommandPalette, best_entries, palette_entries
from cryptobot_desktop.gui.dock_layout import STATE_KEY
from cryptobot_desktop.gui.main_window import MainWindow
from cryptobot_desktop.gui.panels.panel import Panel
from cryptobot_desktop.gui.receipt import Receipt
from cryptobot_desktop.gui.release_dialog import ReleaseDialog
from cryptobot_desktop.gui.settings_port import MemorySettings
from cryptobot_desktop.gui.theme import current
from cryptobot_desktop.gui.tokens import LIGHT
from tests.gui.builders import (
    BTC,
    ETH_ID,
    NOW_MS,
    ScriptedEngine,
    book,
    bot,
    card,
    empty_snapshot,
    fill,
    order,
    snapshot,
)
from tests.gui.conftest import open_window

PANELS = ("market_watch", "ticket", "book", "positions", "open_orders", "fills", "bots", "decisions", "log")


def panel(window: MainWindow, name: str) -> Panel:
    window.layout_of_docks.show_panel(name)
    return window.panels[name]


def show(window: MainWindow, engine: ScriptedEngine, **changes: object) -> None:
    engine.publish(snapshot(**changes))
    window.bridge.pull()


# --- stop and release


def test_one_press_of_stop_all_trips_the_kill_switch_without_asking(window: MainWindow, engine: ScriptedEngine) -> None:
    engine.commands()
    window.header.stop.click()
    assert [type(command) for command in engine.commands()] == [TripKillSwitch]
    assert not window.findChildren(ReleaseDialog)


def test_the_keyboard_stops_all_too(window: MainWindow, engine: ScriptedEngine, qtbot: QtBot) -> None:
    engine.commands()
    window.commands.registry.action("trade.stop.all").trigger()
    assert [type(command) for command in engine.commands()] == [TripKillSwitch]
    assert window.commands.registry.action("trade.stop.all").shortcut().toString() == "Ctrl+Shift+X"


def test_releasing_needs_a_reason(window: MainWindow, engine: ScriptedEngine) -> None:
    show(window, engine, kill_tripped=True, kill_reason="drill")
    engine.commands()
    window.header.stop.click()
    dialog = window.findChild(ReleaseDialog)
    assert isinstance(dialog, ReleaseDialog)
    assert not dialog.release.isEnabled()
    dialog.send()
    assert engine.commands() == []
    dialog.reason.set_text("the drill is over")
    dialog.release.click()
    assert engine.commands() == [ReleaseKillSwitch("the drill is over")]


# --- what is always visible


def test_badge_source_and_stop_button_are_always_visible(window: MainWindow, engine: ScriptedEngine) -> None:
    for shown in (snapshot(), empty_snapshot(), snapshot(engine_state="faulted")):
        engine.publish(shown)
        window.bridge.pull()
        assert window.header.badge.isVisible()
        assert window.header.badge.text() == "PAPER"
        assert window.header.stop.isVisible()
        assert window.chart_place.strip.text == "synthetic market, seed 7"
        assert window.chart_place.strip.isVisible()


def test_every_button_that_shows_only_a_sign_says_what_it_does(window: MainWindow) -> None:
    silent = [
        (button.metaObject().className(), button.text())
        for button in window.findChildren(QAbstractButton)
        if button.isVisible()
        and not re.search(r"\w", button.text())
        and not (button.accessibleName() or button.toolTip())
        and not button.metaObject().className().startswith(("QTable", "QLineEdit", "QToolBar"))
        and button.parent().metaObject().className() not in {"QTabBar", "QMainWindowTabBar"}
    ]
    assert not silent


# --- states


@pytest.mark.parametrize("name", [name for name in PANELS if name != "log"])
def test_every_panel_has_its_states(window: MainWindow, engine: ScriptedEngine, name: str) -> None:
    shown = panel(window, name)
    assert shown.frame.state == "live"
    engine.publish(snapshot(engine_state="faulted", engine_message="x"))
    window.bridge.pull()
    assert shown.frame.state == ("live" if name == "ticket" else "stale") or name == "book"
    engine.publish(empty_snapshot())
    window.bridge.pull()
    assert shown.frame.state == "empty" or name == "book"


def test_the_book_says_why_nothing_fills_on_it(window: MainWindow, engine: ScriptedEngine, qtbot: QtBot) -> None:
    shown = panel(window, "book")
    show(window, engine, focus=book(BTC, "64210.50", live=False))
    qtbot.waitUntil(
        lambda: (
            (window.bridge.pull(), show(window, engine, focus=book(BTC, "64210.50", live=False)))
            and shown.frame.state == "stale"
        )
    )


def test_windows_start_with_grey_rows_before_the_first_snapshot(dressed: object, qtbot: QtBot) -> None:
    silent = ScriptedEngine()
    window = MainWindow(silent.handle)
    qtbot.addWidget(window)
    window.show()
    window.bridge.stop()
    assert {window.panels[name].frame.state for name in PANELS if name != "log"} == {"loading"}


def test_alarms_say_what_since_when_and_what_helps(window: MainWindow, engine: ScriptedEngine) -> None:
    refused = FeedCard("Binance", FeedState.OFFLINE, "answered 451, not available from this region")
    show(window, engine, feeds=(refused,), engine_state="faulted", engine_message="broken promise", kill_tripped=True)
    texts = [banner.what.whole for banner in window.banners.banners]
    assert [text.split(":")[0] for text in texts] == [
        "The engine faulted",
        "All trading is stopped",
        "Binance is offline",
    ]
    assert all("Since 14:02:11 UTC" in banner.remedy.whole for banner in window.banners.banners)
    wanted: list[int] = []
    window.commands.wizard_wanted.connect(lambda: wanted.append(1))
    window.banners.banners[2].button.click()
    assert wanted == [1]
    show(window, engine)
    assert not window.banners.banners


# --- choices


def test_choosing_a_symbol_moves_chart_book_and_ticket(window: MainWindow, engine: ScriptedEngine) -> None:
    engine.commands()
    watch = panel(window, "market_watch")
    watch.table.choose(lambda row: row.instrument.id == ETH_ID)  # type: ignore[attr-defined]
    assert engine.commands() == [FocusInstrument(ETH_ID)]
    assert window.header.symbol.text() == "ETH/USDT"
    assert window.panels["ticket"].form.symbol.text() == "ETH/USDT"  # type: ignore[attr-defined]


def test_a_typed_symbol_is_watched(window: MainWindow, engine: ScriptedEngine, qtbot: QtBot) -> None:
    engine.commands()
    search = panel(window, "market_watch").search  # type: ignore[attr-defined]
    qtbot.keyClicks(search, "sol/usdt")
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert engine.commands() == [WatchInstrument("sol/usdt")]


def test_timeframes_of_the_menu_and_of_the_header_are_one_choice(window: MainWindow) -> None:
    window.commands.registry.trigger("chart.timeframe.15m")
    assert window.header.timeframes.value == "15m"
    window.commands.registry.trigger("chart.timeframe.1w")
    assert window.header.timeframes.value == ""
    assert window.header.more.text() == "1w"
    window.header.timeframes.button("1h").click()
    assert window.desk.timeframe is Timeframe.H1


def test_bots_are_paused_and_started(window: MainWindow, engine: ScriptedEngine) -> None:
    bots = panel(window, "bots")
    engine.commands()
    bots.switch.click()  # type: ignore[attr-defined]
    show(window, engine, bots=(bot(status="paused"),))
    bots.switch.click()  # type: ignore[attr-defined]
    assert engine.commands() == [PauseBot("sma_cross-1"), StartBot("sma_cross-1")]


def test_orders_are_cancelled_one_by_one_or_all(window: MainWindow, engine: ScriptedEngine, qtbot: QtBot) -> None:
    orders = panel(window, "open_orders")
    show(window, engine, open_orders=(order("a"), order("b")))
    engine.commands()
    orders.table.choose(lambda row: row.order.client_id == "b")  # type: ignore[attr-defined]
    orders._cancel_chosen()  # type: ignore[attr-defined]
    orders.cancel_all.click()  # type: ignore[attr-defined]
    assert engine.commands() == [CancelOrder("b"), CancelOrder("a"), CancelOrder("b")]


def test_a_refusal_is_said_in_the_status_line(window: MainWindow, engine: ScriptedEngine) -> None:
    window.desk.order(CancelOrder("gone"))
    engine.commands()
    engine.answer(engine.command_id(CancelOrder), ok=False, message="order gone is not open")
    window.bridge.pull()
    assert window.statusBar().said.text() == "order gone is not open"  # type: ignore[attr-defined]


# --- log, decisions, receipts


def test_the_log_tells_fills_in_words_and_leaves_previews_out(window: MainWindow, engine: ScriptedEngine) -> None:
    log = panel(window, "log")
    done = fill(1, Side.BUY, "64000.00", "0.10000", 0)
    engine.handle.publish_notice(OrderFilled(order(), (done,), NOW_MS))
    engine.handle.publish_notice(OrderPreviewed(command_id=1))
    window.bridge.pull()
    log.show_batch()  # type: ignore[attr-defined]
    lines = log.table.cards.rows  # type: ignore[attr-defined]
    assert [line.kind for line in lines] == ["fill"]
    assert lines[0].text.replace("\u202f", " ") == (
        "you: buy 0.10000 BTC at 63 500.00: filled 0.10000 at 64 000.00, 6 400.00 USDT"
    )


def test_the_log_tells_triggers_and_changes_but_not_every_step_of_a_trailing_stop(
    window: MainWindow, engine: ScriptedEngine
) -> None:
    log = panel(window, "log")
    for fact in (
        OrderTriggered(order(), 6_350_000, NOW_MS),
        OrderAmended(order(), "amended", NOW_MS),
        OrderAmended(order(), "trailed", NOW_MS),
        OrderAmended(order(), "arrived", NOW_MS),
    ):
        engine.handle.publish_notice(fact)
    window.bridge.pull()
    log.show_batch()  # type: ignore[attr-defined]
    texts = [line.text.replace("\u202f", " ") for line in log.table.cards.rows]  # type: ignore[attr-defined]
    assert len(texts) == 2
    assert any(text.endswith("triggered by a trade at 63 500.00") for text in texts)
    assert any(text.endswith("made smaller") for text in texts)


def test_a_decision_tells_every_reason(window: MainWindow) -> None:
    decisions = panel(window, "decisions")
    decisions.table.choose(lambda row: row.fact.outcome == "vetoed")  # type: ignore[attr-defined]
    assert "max_exposure: exposure would reach 104 %" in decisions.story.text()  # type: ignore[attr-defined]


def test_a_mark_on_the_chart_opens_the_receipt(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.chart_place.chart is not None, timeout=20_000)
    chart = window.chart_place.chart
    assert chart is not None
    chart.fill_clicked.emit("F2")
    receipt = window.findChild(Receipt)
    assert isinstance(receipt, Receipt)
    assert receipt.isVisible()


# --- layout, theme, pace


def test_the_layout_comes_back_after_a_restart(
    window: MainWindow, engine: ScriptedEngine, settings: MemorySettings, qtbot: QtBot
) -> None:
    window.layout_of_docks.docks["book"].close()
    window.layout_of_docks.docks["log"].setFloating(True)
    window.close()
    assert settings.get(STATE_KEY)
    again = open_window(engine, settings, qtbot)
    assert not again.layout_of_docks.docks["book"].isVisible()
    assert again.layout_of_docks.docks["log"].isFloating()
    again.commands.registry.trigger("view.reset")
    assert again.layout_of_docks.docks["book"].isVisibleTo(again)
    assert not again.layout_of_docks.docks["log"].isFloating()


def test_a_layout_that_cannot_be_read_gives_the_first_one(
    engine: ScriptedEngine, dressed: object, qtbot: QtBot
) -> None:
    settings = MemorySettings()
    settings.set(STATE_KEY, b"from another age")
    window = open_window(engine, settings, qtbot)
    assert all(not dock.isFloating() for dock in window.findChildren(QDockWidget))
    assert window.layout_of_docks.docks["ticket"].isVisible()


def test_the_right_column_folds_to_tabs_on_a_small_screen(window: MainWindow) -> None:
    docks = window.layout_of_docks.docks
    window.resize(1_440, 900)
    assert docks["book"] not in window.tabifiedDockWidgets(docks["ticket"])
    window.resize(1_280, 720)
    assert docks["book"] in window.tabifiedDockWidgets(docks["ticket"])
    window.resize(1_600, 1_000)
    assert docks["book"] not in window.tabifiedDockWidgets(docks["ticket"])


def test_the_theme_switches_live_and_is_remembered(window: MainWindow, settings: MemorySettings) -> None:
    window.commands.registry.trigger("view.look.theme")
    assert current() == LIGHT
    assert window.palette().window().color().name() == LIGHT.canvas
    assert settings.get("theme/name") == "light"


def test_a_minimised_window_looks_rarely(window: MainWindow) -> None:
    assert window.bridge.pace is Pace.VISIBLE
    window.showMinimized()
    assert window.bridge.pace is Pace.MINIMISED
    window.showNormal()
    assert window.bridge.pace is Pace.VISIBLE
    window.hide()
    assert window.bridge.pace is Pace.BACKGROUND


# --- actions and palette


def test_every_action_is_in_a_menu_once_and_no_shortcut_twice(window: MainWindow) -> None:
    in_menus = [action for menu in window.menuBar().actions() for action in menu.menu().actions() if action.text()]
    assert len(in_menus) == len(window.commands.registry.all())
    keys = [action.shortcut().toString() for action in in_menus if action.shortcut().toString()]
    assert len(keys) == len(set(keys))


def test_the_palette_finds_actions_and_symbols_and_runs_them(window: MainWindow) -> None:
    entries = palette_entries(window.commands.registry, window.desk)
    assert best_entries(entries, "stop all", [])[0].text == "STOP ALL"
    assert best_entries(entries, "eth", [])[0].text == "Show ETH/USDT"
    palette = CommandPalette(entries, [], window)
    palette.line.setText("show eth")
    palette.run_chosen()
    assert window.desk.instrument_id == ETH_ID


# --- closing


def test_closing_asks_while_bots_run_and_the_default_is_to_stay(window: MainWindow, qtbot: QtBot) -> None:
    window.confirm_quit = True
    ended: list[int] = []
    window.closed.connect(lambda: ended.append(1))
    window.close()
    assert window.isVisible()
    box = window.findChild(QMessageBox)
    assert isinstance(box, QMessageBox)
    assert box.defaultButton().text() == "Stay"
    next(button for button in box.buttons() if button.text() == "Quit").click()
    qtbot.waitUntil(lambda: ended == [1])


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_a_thousand_snapshots_keep_the_references_of_none(window: MainWindow, engine: ScriptedEngine) -> None:
    prices = [snapshot(instruments=(card(BTC, f"{64_000 + i}.00", 1_000),)) for i in range(2)]
    show_all(window, engine, prices, 2)
    before = sys.getrefcount(None)
    show_all(window, engine, prices, 200)
    assert before - sys.getrefcount(None) < 100


def show_all(window: MainWindow, engine: ScriptedEngine, shown: list[object], times: int) -> None:
    for number in range(times):
        engine.publish(shown[number % len(shown)])  # type: ignore[arg-type]
        window.bridge.pull()


def test_the_chart_s_switches_reach_the_chart(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.chart_place.chart is not None, timeout=20_000)
    for name in ("chart.log", "chart.volume", "chart.log", "chart.volume"):
        window.commands.registry.trigger(name)
    assert window.commands.registry.action("chart.volume").isChecked()
