import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cryptobot_desktop.domain.commands import PlaceOrder, PreviewOrder
from cryptobot_desktop.domain.facts import OrderPreviewed
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import OrderType
from cryptobot_desktop.gui.desk import Desk, TicketFill
from cryptobot_desktop.gui.format import NONE
from cryptobot_desktop.gui.panels.ticket import OrderTicket
from tests.gui.builders import BTC_ID, ScriptedEngine, empty_snapshot, snapshot


@pytest.fixture
def ticket(desk: Desk, engine: ScriptedEngine, qtbot: QtBot) -> OrderTicket:
    made = OrderTicket(desk)
    qtbot.addWidget(made)
    made.show()
    engine.commands()
    return made


def type_limit(ticket: OrderTicket, price: str, quantity: str) -> None:
    ticket.form.type.button(OrderType.LIMIT.value).click()
    ticket.form.price.set_text(price)
    ticket.form.quantity.set_text(quantity)


def test_bad_input_is_marked_and_cannot_be_sent(ticket: OrderTicket, engine: ScriptedEngine, qtbot: QtBot) -> None:
    type_limit(ticket, "64000.001", "0.1")
    assert "64000 or 64000.01" in ticket.form.price.problem
    assert not ticket.form.send.isEnabled()
    qtbot.keyClick(ticket.form.price.line, Qt.Key.Key_Return)
    assert engine.commands() == []
    ticket.form.price.set_text("64000")
    assert not ticket.form.price.problem
    assert ticket.form.send.isEnabled()


def test_one_press_sends_one_exact_order_however_often_it_is_pressed(
    ticket: OrderTicket, engine: ScriptedEngine, desk: Desk
) -> None:
    ticket.form.side.button("sell").click()
    type_limit(ticket, "64000", "0.1")
    ticket.form.send.click()
    ticket.send()
    orders = [command for command in engine.commands() if isinstance(command, PlaceOrder)]
    assert len(orders) == 1
    sent = orders[0]
    assert (sent.side, sent.type, sent.price, sent.qty) == (Side.SELL, OrderType.LIMIT, 6_400_000, 10_000)
    assert (sent.instrument, sent.portfolio) == (BTC_ID, "main")
    assert len(sent.client_id) <= 36
    engine.answer(engine.command_id(PlaceOrder), message="accepted")
    desk.bridge.pull()
    assert ticket.form.quantity.text == ""
    assert ticket.form.outcome.text() == "accepted"


def test_the_next_order_has_another_client_id(ticket: OrderTicket, engine: ScriptedEngine, desk: Desk) -> None:
    ids = []
    for _ in range(2):
        ticket.form.quantity.set_text("0.01")
        ticket.form.send.click()
        ids += [command.client_id for command in engine.commands() if isinstance(command, PlaceOrder)]
        engine.answer(engine.command_id(PlaceOrder))
        desk.bridge.pull()
    assert len(set(ids)) == 2


def test_a_refusal_keeps_what_was_typed_and_says_why(ticket: OrderTicket, engine: ScriptedEngine, desk: Desk) -> None:
    ticket.form.quantity.set_text("0.01")
    ticket.form.send.click()
    engine.commands()
    engine.answer(engine.command_id(PlaceOrder), ok=False, message="Filter failure: NOTIONAL")
    desk.bridge.pull()
    assert ticket.form.quantity.text == "0.01"
    assert ticket.form.outcome.text() == "Filter failure: NOTIONAL"
    assert ticket.form.send.isEnabled()


def test_the_preview_follows_the_newest_input_only(ticket: OrderTicket, engine: ScriptedEngine, desk: Desk) -> None:
    ticket.form.quantity.set_text("0.01")
    ticket.ask_preview()
    engine.commands()
    old = engine.command_id(PreviewOrder)
    ticket.form.quantity.set_text("0.02")
    ticket.ask_preview()
    engine.commands()
    new = engine.command_id(PreviewOrder)
    shown = OrderPreviewed(
        command_id=new, average_price=6_421_163, quote_amount=128_423_260_000, fee=2_000, fee_asset="BTC", levels=3
    )
    engine.handle.publish_notice(shown)
    engine.handle.publish_notice(replace(shown, command_id=old, quote_amount=1))
    desk.bridge.pull()
    assert ticket.form.preview.text("cost").startswith("1\u202f284.23")
    assert ticket.form.preview.text("fee") == "0.00002000\u202fBTC"
    assert ticket.form.preview.text("average").endswith("(3 levels)")
    ticket.form.quantity.set_text("")
    assert ticket.form.preview.text("cost") == NONE


def test_a_problem_of_the_preview_is_said(ticket: OrderTicket, engine: ScriptedEngine, desk: Desk) -> None:
    ticket.form.quantity.set_text("0.01")
    ticket.ask_preview()
    engine.commands()
    number = engine.command_id(PreviewOrder)
    engine.handle.publish_notice(OrderPreviewed(command_id=number, problem="PERCENT_PRICE_BY_SIDE"))
    desk.bridge.pull()
    assert ticket.form.outcome.text() == "PERCENT_PRICE_BY_SIDE"


def test_a_book_level_makes_a_limit_order_of_a_market_order(ticket: OrderTicket, desk: Desk) -> None:
    desk.fill_ticket(TicketFill(instrument=BTC_ID, side=Side.SELL, price=6_420_000, qty=1_000))
    order = ticket.checked.order
    assert order is not None
    assert (order.side, order.type, order.price, order.qty) == (Side.SELL, OrderType.LIMIT, 6_420_000, 1_000)


def test_the_arrow_keys_move_the_price_by_ticks(ticket: OrderTicket, qtbot: QtBot) -> None:
    type_limit(ticket, "64000", "")
    qtbot.keyClick(ticket.form.price.line, Qt.Key.Key_Up)
    assert ticket.form.price.text == "64000.01"
    qtbot.keyClick(ticket.form.price.line, Qt.Key.Key_PageDown)
    assert ticket.form.price.text == "63999.91"


def test_max_uses_what_is_free_or_held(ticket: OrderTicket) -> None:
    ticket.form.shares[-1].click()
    assert ticket.checked.order is not None
    assert ticket.checked.order.quote_amount == 941_207_000_000
    ticket.form.side.button("sell").click()
    ticket.form.shares[-1].click()
    assert ticket.checked.order is not None
    assert ticket.checked.order.qty == 15_570


def test_nothing_is_sent_while_all_is_stopped(ticket: OrderTicket, engine: ScriptedEngine, desk: Desk) -> None:
    ticket.form.quantity.set_text("0.01")
    engine.publish(snapshot(kill_tripped=True, kill_reason="drill"))
    desk.bridge.pull()
    assert not ticket.form.send.isEnabled()
    assert "STOP ALL" in ticket.form.outcome.text()
    ticket.send()
    assert not [command for command in engine.commands() if isinstance(command, PlaceOrder)]
    engine.publish(snapshot())
    desk.bridge.pull()
    assert ticket.form.send.isEnabled()


def test_without_an_instrument_the_ticket_says_so(dressed: object, qtbot: QtBot, engine: ScriptedEngine) -> None:
    from cryptobot_desktop.gui.bridge import EngineBridge

    bridge = EngineBridge(engine.handle)
    made = OrderTicket(Desk(bridge))
    qtbot.addWidget(made)
    made.show()
    engine.publish(empty_snapshot())
    bridge.pull()
    assert made.frame.state == "empty"
    assert not made.form.send.isEnabled()
