import pytest
from pytestqt.qtbot import QtBot

from cryptobot_desktop.domain.commands import AddBot, ChangeBot
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.catalogue import check_bot_params, strategy_cards
from cryptobot_desktop.gui.bot_dialog import BotDialog
from cryptobot_desktop.gui.desk import Desk
from tests.gui.builders import BTC_ID, ScriptedEngine, bot


def open_dialog(desk: Desk, qtbot: QtBot, **more: object) -> BotDialog:
    made = BotDialog(desk, strategy_cards(), check_bot_params, **more)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.show()
    return made


def test_a_new_bot_gets_a_free_name_and_the_desk_s_choices(desk: Desk, engine: ScriptedEngine, qtbot: QtBot) -> None:
    dialog = open_dialog(desk, qtbot)
    engine.commands()
    assert dialog.bot.text == "sma_cross-2"
    dialog.parameters.fields["fast"].set_text("5")
    dialog.limits.trade.set_text("2.5")
    dialog.done_button.click()
    assert engine.commands() == [
        AddBot(
            bot="sma_cross-2",
            strategy="sma_cross",
            portfolio="main",
            instrument=BTC_ID,
            timeframe=Timeframe.M1,
            params={"fast": "5", "slow": "30", "size": "0.1"},
            max_trade_ppm=25_000,
            max_exposure_ppm=1_000_000,
        )
    ]
    engine.answer(engine.command_id(AddBot))
    desk.bridge.pull()
    assert not dialog.isVisible()


@pytest.mark.parametrize(
    ("name", "fast", "trade"), [("", "10", "10"), ("sma_cross-1", "10", "10"), ("b", "31", "10"), ("b", "10", "200")]
)
def test_bad_input_keeps_the_button_shut(desk: Desk, qtbot: QtBot, name: str, fast: str, trade: str) -> None:
    dialog = open_dialog(desk, qtbot)
    dialog.bot.set_text(name)
    dialog.parameters.fields["fast"].set_text(fast)
    dialog.limits.trade.set_text(trade)
    assert not dialog.done_button.isEnabled()


def test_settings_change_parameters_and_limits_of_one_bot(desk: Desk, engine: ScriptedEngine, qtbot: QtBot) -> None:
    dialog = open_dialog(desk, qtbot, record=bot().record)
    engine.commands()
    assert not dialog.strategy.isEnabled()
    dialog.parameters.fields["slow"].set_text("50")
    dialog.done_button.click()
    assert engine.commands() == [
        ChangeBot("sma_cross-1", {"fast": "10", "slow": "50", "size": "0.1"}, 100_000, 1_000_000)
    ]


def test_a_refusal_is_shown_and_nothing_is_lost(desk: Desk, engine: ScriptedEngine, qtbot: QtBot) -> None:
    dialog = open_dialog(desk, qtbot)
    engine.commands()
    dialog.done_button.click()
    engine.commands()
    engine.answer(engine.command_id(AddBot), ok=False, message="portfolio main has no USDT")
    desk.bridge.pull()
    assert dialog.isVisible()
    assert dialog.remark.text() == "portfolio main has no USDT"
    assert dialog.done_button.isEnabled()
