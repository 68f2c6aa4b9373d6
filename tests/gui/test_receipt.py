import pytest
from msgspec.structs import replace
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from cryptobot_desktop.domain.facts import DecisionMade
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import Fill, FillEvidence, FillModel, Liquidity, ModelResult, QueueTrace
from cryptobot_desktop.gui.queue_bar import QueueBar
from cryptobot_desktop.gui.receipt import Receipt
from cryptobot_desktop.gui.receipt_words import FillStory, exact_fee, receipt_text, sections, story_of
from tests.gui.builders import BTC, decision, fill, snapshot


def taker(number: int = 1, price: str = "64020.77", **evidence: object) -> Fill:
    made = fill(number, Side.BUY, price, "0.03333", 9)
    proof = replace(made.evidence, fee_rate_ppm=1_000, model=FillModel.PESSIMISTIC, latency_ms=42)
    return replace(made, client_id="sma_cross-1-2", evidence=replace(proof, **evidence))


def lines(story: FillStory) -> dict[str, str]:
    return {label: text.replace("\u202f", " ") for section in sections(story) for label, text in section.lines if label}


def told(made: Fill, *others: Fill, decisions: tuple[DecisionMade, ...] = ()) -> FillStory:
    return story_of(made, BTC, snapshot(fills=(made, *others), decisions=decisions))


def test_a_fee_in_the_bought_asset_shows_rate_exact_value_and_rounding() -> None:
    made = replace(taker(), fee=3_334)
    shown = lines(told(made))
    assert shown["Rate"] == "0.1 % taker"
    assert shown["Exactly"] == "0.00003333 BTC"
    assert shown["Charged"] == "0.00003334 BTC, rounded up by 0.00000001"


def test_a_fee_in_quote_is_exact_to_the_last_digit() -> None:
    made = replace(fill(2, Side.SELL, "64105.01", "0.03333", 9), fee=213_661_999)
    made = replace(made, evidence=replace(made.evidence, fee_rate_ppm=1_000))
    value, decimals, asset = exact_fee(told(made))
    assert asset == "USDT"
    assert value * 10**7 == 6_410_501 * 3_333 * 1_000 * 10 ** (decimals - 6)  # price x quantity x 0.001, nothing cut


def test_a_discounted_fee_names_both_rates_and_what_was_charged_in_which_asset() -> None:
    made = replace(taker(fee_discount_ppm=250_000), fee=240_000, fee_asset="BNB", fee_value=160_034_119)
    shown = lines(told(made))
    assert shown["Rate"] == "0.1 % taker, less 25 % for paying in BNB: 0.075 %"
    assert shown["Charged"] == "0.0024 BNB, worth 1.60034119 USDT"


def test_a_maker_fill_tells_the_course_of_the_queue(dressed: object, qtbot: QtBot) -> None:
    queue = QueueTrace(at_arrival=320_000, traded=290_000, canceled=30_000, trades=14)
    proof = FillEvidence(kind="trade", trade_id="77", level_price=6_402_000, level_qty=80_000, queue=queue)
    made = replace(taker(), liquidity=Liquidity.MAKER, evidence=proof)
    shown = lines(told(made))
    assert shown["At arrival"] == "3.20000 before us"
    assert shown["Traded"] == "2.90000 in 14 trades"
    assert shown["Cancelled"].startswith("0.30000")
    assert shown["Left"] == "0.00000"
    assert shown["Public trade"] == "77"
    receipt = Receipt(told(made))
    qtbot.addWidget(receipt)
    assert receipt.findChild(QueueBar) is not None


def test_the_levels_of_one_arrival_are_told_with_this_fill_marked() -> None:
    first, second = taker(1), taker(2, "64021.50")
    shown = lines(told(second, first))
    assert "this fill" not in shown["Level 2"]
    assert shown["Level 1"].endswith("this fill")


def test_the_other_models_are_compared_with_what_this_session_gave() -> None:
    others = (
        ModelResult(FillModel.EXPECTED, 3_333, 213_318_000_000),
        ModelResult(FillModel.OPTIMISTIC, 0, 0),
    )
    shown = lines(told(taker(others=others)))
    assert shown["pessimistic"].endswith("this session")
    assert "better" in shown["expected"]
    assert shown["optimistic"] == "nothing yet"


def test_the_bots_decision_and_its_reasons_are_told_and_can_be_opened(dressed: object, qtbot: QtBot) -> None:
    made = decision(2, "shrunk", (("max_trade", "the limit is 10 % of equity"),))
    story = told(taker(), decisions=(made,))
    assert lines(story)["Risk said"] == "shrunk; the limit is 10 % of equity"
    receipt = Receipt(story)
    qtbot.addWidget(receipt)
    receipt.show()
    wanted: list[str] = []
    receipt.decision_wanted.connect(wanted.append)
    receipt.order_wanted.connect(wanted.append)
    receipt.show_decision.click()
    receipt.show_order.click()
    assert wanted == ["D2", "sma_cross-1-2"]


def test_a_receipt_holds_nothing_up_and_can_be_copied(dressed: object, qtbot: QtBot) -> None:
    receipt = Receipt(told(taker()))
    qtbot.addWidget(receipt)
    receipt.show()
    assert not receipt.isModal()
    receipt.copy.click()
    assert QGuiApplication.clipboard().text() == receipt_text(receipt.story)
    assert "Book update: 51002301" in receipt_text(receipt.story)


@pytest.mark.parametrize("kind", ["book", "trade", "quote", "candle"])
@pytest.mark.parametrize("liquidity", list(Liquidity))
def test_every_kind_of_evidence_has_a_sentence(kind: str, liquidity: Liquidity) -> None:
    made = replace(taker(), liquidity=liquidity, evidence=FillEvidence(kind=kind))
    assert sections(told(made))[0].lines[0][1].endswith(".")
