import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.orders import FeeRates
from cryptobot_desktop.engine.catalogue import check_bot_params, strategy_cards
from cryptobot_desktop.engine.session import BotSpec, MarketSource
from cryptobot_desktop.gui.theme import current, station
from cryptobot_desktop.gui.wizard.checks import check_cash, check_fee, check_folder, check_name, check_symbols
from cryptobot_desktop.gui.wizard.choice import ConnectionReport, MarketChoice, SetupChoice, WizardPorts
from cryptobot_desktop.gui.wizard.wizard import SetupWizard


def open_wizard(qtbot: QtBot, ports: WizardPorts | None = None) -> SetupWizard:
    made = SetupWizard(strategy_cards(), check_bot_params, ports=ports)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def wizard(dressed: object, qtbot: QtBot, tmp_path: Path) -> SetupWizard:
    return open_wizard(qtbot, WizardPorts(default_data_dir=str(tmp_path / "new")))


def chosen_by(wizard: SetupWizard) -> list[SetupChoice]:
    found: list[SetupChoice] = []
    wizard.chosen.connect(found.append)
    return found


def test_there_are_five_pages_at_most(wizard: SetupWizard) -> None:
    assert len(wizard.pages) <= 5


def test_next_five_times_starts_with_the_defaults_and_makes_nothing(wizard: SetupWizard, tmp_path: Path) -> None:
    found = chosen_by(wizard)
    for _ in range(5):
        wizard.next.click()
    assert len(found) == 1
    choice = found[0]
    assert (choice.market, choice.portfolio, choice.cash) == (MarketChoice.SYNTHETIC, "main", "10000")
    assert choice.strategy == "sma_cross"
    assert choice.params == {"fast": "10", "slow": "30", "size": "0.1"}
    assert not wizard.isVisible()
    assert not (tmp_path / "new").exists()


def test_skip_gives_a_choice_that_works_from_the_first_page(wizard: SetupWizard) -> None:
    found = chosen_by(wizard)
    wizard.skip.click()
    assert [choice.strategy for choice in found] == ["sma_cross"]


def test_everything_that_was_chosen_arrives(wizard: SetupWizard, tmp_path: Path) -> None:
    found = chosen_by(wizard)
    wizard.welcome.folder.set_text(str(tmp_path / "mine"))
    wizard.welcome.theme.button("light").click()
    wizard.next.click()
    wizard.market.cards[MarketChoice.KUCOIN].click()
    wizard.market.symbols.set_text("eth/usdt, SOL/USDT")
    wizard.next.click()
    wizard.portfolio.name.set_text("careful")
    wizard.portfolio.cash.set_text("2500.50")
    wizard.portfolio.taker.set_text("0.08")
    wizard.next.click()
    wizard.bot.cards["rsi_reversion"].click()
    wizard.bot.parameters.fields["period"].set_text("21")
    wizard.bot.limits.trade.set_text("5")
    wizard.bot.limits.exposure.set_text("50")
    wizard.next.click()
    wizard.next.click()
    choice = found[0]
    assert (choice.market, choice.symbols) == (MarketChoice.KUCOIN, ("ETH/USDT", "SOL/USDT"))
    assert (choice.portfolio, choice.cash, choice.fees) == ("careful", "2500.50", FeeRates(1_000, 800))
    assert choice.params == {"period": "21", "low": "30", "high": "70", "size": "0.1"}
    assert (choice.max_trade_ppm, choice.max_exposure_ppm) == (50_000, 500_000)
    assert (choice.theme, choice.data_dir) == ("light", str(tmp_path / "mine"))


def test_a_choice_means_a_session(wizard: SetupWizard) -> None:
    session = SetupChoice(market=MarketChoice.KUCOIN, strategy="", cash="500", asset="USDT").session()
    assert (session.source, session.venue, session.bots) == (MarketSource.LIVE, Venue.KUCOIN, ())
    assert session.cash == "500 USDT"
    assert SetupChoice().session().bots == (BotSpec(strategy="sma_cross"),)
    assert SetupChoice().session().source is MarketSource.SYNTHETIC


BAD: tuple[tuple[int, Callable[[SetupWizard], object], str], ...] = (
    (0, lambda w: w.welcome.folder, "relative/path"),
    (0, lambda w: w.welcome.folder, ""),
    (1, lambda w: w.market.symbols, "BTCUSDT"),
    (1, lambda w: w.market.symbols, "BTC/USDT, BTC/USDT"),
    (1, lambda w: w.market.symbols, " , "),
    (2, lambda w: w.portfolio.name, ""),
    (2, lambda w: w.portfolio.name, "../secret"),
    (2, lambda w: w.portfolio.cash, "10,000"),
    (2, lambda w: w.portfolio.cash, "9.99"),
    (2, lambda w: w.portfolio.cash, "1e99"),
    (2, lambda w: w.portfolio.maker, "-0.1"),
    (2, lambda w: w.portfolio.taker, "50"),
    (3, lambda w: w.bot.parameters.fields["fast"], "30"),
    (3, lambda w: w.bot.parameters.fields["slow"], "x"),
    (3, lambda w: w.bot.parameters.fields["size"], "1.5"),
    (3, lambda w: w.bot.limits.trade, "0"),
    (3, lambda w: w.bot.limits.exposure, "101"),
    (3, lambda w: w.bot.limits.exposure, "5"),
)


@pytest.mark.parametrize(("page", "field_of", "bad"), BAD)
def test_bad_input_is_marked_as_it_is_typed_and_holds_the_page(
    wizard: SetupWizard, page: int, field_of: Callable[[SetupWizard], object], bad: str
) -> None:
    wizard.go_to(page)
    field = field_of(wizard)
    good = field.text  # type: ignore[attr-defined]
    field.set_text(bad)  # type: ignore[attr-defined]
    assert any(shown.property("problem") is True for shown in wizard.pages[page].findChildren(type(field.line)))  # type: ignore[attr-defined]
    assert not wizard.next.isEnabled()
    wizard.go_on()
    assert wizard.index == page
    field.set_text(good)  # type: ignore[attr-defined]
    assert not field.problem  # type: ignore[attr-defined]
    assert wizard.next.isEnabled()


def test_back_keeps_what_was_typed_even_for_the_other_strategy(wizard: SetupWizard) -> None:
    wizard.go_to(2)
    wizard.portfolio.cash.set_text("777")
    wizard.go_on()
    wizard.bot.parameters.fields["fast"].set_text("7")
    wizard.bot.cards["rsi_reversion"].click()
    wizard.bot.cards["sma_cross"].click()
    assert wizard.bot.parameters.fields["fast"].text == "7"
    for _ in range(3):
        wizard.back.click()
    assert wizard.index == 0
    for _ in range(4):
        wizard.next.click()
    assert wizard.choice().cash == "777"
    assert wizard.choice().params["fast"] == "7"


def test_no_bot_needs_no_parameters(wizard: SetupWizard) -> None:
    wizard.go_to(3)
    wizard.bot.parameters.fields["fast"].set_text("bad")
    wizard.bot.cards[""].click()
    assert wizard.next.isEnabled()
    assert wizard.choice().strategy == ""
    assert wizard.choice().params == {}


def test_cancel_leaves_nothing(wizard: SetupWizard, tmp_path: Path) -> None:
    found = chosen_by(wizard)
    wizard.welcome.theme.button("light").click()
    assert station().theme.name == "light"
    wizard.cancel.click()
    assert not found
    assert current().name == "dark"
    assert list(tmp_path.iterdir()) == []


def test_a_connection_test_never_holds_the_page_and_an_old_report_is_ignored(
    dressed: object, qtbot: QtBot, tmp_path: Path
) -> None:
    waiting: dict[MarketChoice, Callable[[ConnectionReport], None]] = {}
    ports = WizardPorts(test_connection=waiting.__setitem__)
    wizard = open_wizard(qtbot, ports)
    wizard.go_to(1)
    wizard.market.cards[MarketChoice.BINANCE].click()
    wizard.market.cards[MarketChoice.KUCOIN].click()
    assert wizard.next.isEnabled()
    waiting[MarketChoice.BINANCE](ConnectionReport(True, "Binance answered in 84 ms"))
    assert "Binance" not in wizard.market.status.text()
    waiting[MarketChoice.KUCOIN](ConnectionReport(False, "KuCoin: no answer within 5 s"))
    assert wizard.market.status.text() == "▲ KuCoin: no answer within 5 s"
    assert wizard.next.isEnabled()


def test_strategy_cards_show_a_curve_when_the_app_can_make_one(dressed: object, qtbot: QtBot) -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    def curve(strategy: str, params: dict[str, str], points: Callable[[Sequence[float]], None]) -> None:
        asked.append((strategy, params))
        points([1.0, 1.1, 1.05])

    wizard = open_wizard(qtbot, WizardPorts(backtest_curve=curve))
    wizard.go_to(3)
    qtbot.waitUntil(lambda: bool(asked))
    assert asked[0] == ("sma_cross", {"fast": "10", "slow": "30", "size": "0.1"})
    assert wizard.bot.curves["sma_cross"]._points == (1.0, 1.1, 1.05)


def test_the_summary_is_written_in_words(wizard: SetupWizard) -> None:
    wizard.portfolio.cash.set_text("12345.5")
    wizard.go_to(4)
    texts = [label.text().replace("\u202f", " ") for label in wizard.ready.findChildren(type(wizard.steps[0]))]
    assert "main with 12 345.5 USDT" in texts
    assert "fast 10, slow 30, size 0.1" in texts


@pytest.mark.parametrize("text", ["BTC/USDT", "btc/usdt,eth/usdt ", "1INCH/USDT"])
def test_good_symbols_come_back_in_capitals(text: str) -> None:
    assert all(symbol == symbol.upper() and "/" in symbol for symbol in check_symbols(text))


def test_fees_and_cash_are_exact() -> None:
    assert check_fee("0.075") == 750
    assert check_cash("10.12345678") == "10.12345678"
    for check, bad in ((check_fee, "0.00001"), (check_cash, "10.123456789"), (check_name, " x"), (check_fee, "")):
        with pytest.raises(InvalidInput):
            check(bad)


def test_a_folder_that_is_a_file_or_below_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(InvalidInput, match="is a file"):
        check_folder(str(file))
    assert check_folder(str(tmp_path / "a" / "b")) == str(tmp_path / "a" / "b")


def test_a_folder_without_leave_to_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != locked)  # tests may run as root, who may all
    with pytest.raises(InvalidInput, match="not writable"):
        check_folder(str(locked / "data"))


def test_every_strategy_gets_its_curve_one_after_the_other(dressed: object, qtbot: QtBot) -> None:
    asked: list[str] = []
    reports: list[Callable[[Sequence[float]], None]] = []

    def curve(strategy: str, params: dict[str, str], points: Callable[[Sequence[float]], None]) -> None:
        asked.append(strategy)
        reports.append(points)

    wizard = open_wizard(qtbot, WizardPorts(backtest_curve=curve))
    wizard.go_to(3)
    qtbot.waitUntil(lambda: len(reports) == 1)
    reports[0]([1.0, 1.2])
    qtbot.waitUntil(lambda: asked == ["sma_cross", "rsi_reversion"])
    reports[1]([1.0, 0.9])
    qtbot.waitUntil(lambda: wizard.bot.curves["rsi_reversion"].has_points)


def test_proposed_parameters_stand_in_the_fields_and_arrive(dressed: object, qtbot: QtBot) -> None:
    proposed = SetupChoice(strategy="sma_cross", params={"fast": "2", "slow": "5"})
    made = SetupWizard(strategy_cards(), check_bot_params, defaults=proposed)
    qtbot.addWidget(made)
    assert {name: field.text for name, field in made.bot.parameters.fields.items()}["slow"] == "5"
    assert made.choice().params["fast"] == "2"
