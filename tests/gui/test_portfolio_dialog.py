from pytestqt.qtbot import QtBot

from cryptobot_desktop.domain.commands import CreatePortfolio, ResetPortfolio
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.portfolio_dialog import PortfolioDialog
from tests.gui.builders import ScriptedEngine, portfolio


def test_a_new_portfolio_needs_a_free_name_and_good_cash(desk: Desk, engine: ScriptedEngine, qtbot: QtBot) -> None:
    dialog = PortfolioDialog(desk)
    qtbot.addWidget(dialog)
    assert not dialog.done_button.isEnabled()
    dialog.name.set_text("main")
    assert "already" in dialog.name.problem
    dialog.name.set_text("second")
    dialog.cash.set_text("1,000")
    assert not dialog.done_button.isEnabled()
    dialog.cash.set_text("1000.5")
    engine.commands()
    dialog.send()
    assert engine.commands() == [CreatePortfolio("second", "USDT", 100_050_000_000)]
    engine.answer(engine.command_id(CreatePortfolio))
    desk.bridge.pull()
    assert desk.portfolio == "second"


def test_a_reset_keeps_the_name_and_proposes_the_cash_of_the_start(
    desk: Desk, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    dialog = PortfolioDialog(desk, portfolio("careful"))
    qtbot.addWidget(dialog)
    engine.commands()
    dialog.send()
    assert engine.commands() == [ResetPortfolio("careful", "USDT", 1_000_000_000_000)]
    engine.answer(engine.command_id(ResetPortfolio), ok=False, message="an order is open")
    desk.bridge.pull()
    assert dialog.remark.text() == "an order is open"
    assert dialog.done_button.isEnabled()
