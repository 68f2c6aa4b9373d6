"""The ticket's widgets with every kind of order, on Binance and KuCoin."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cryptobot_desktop.domain.commands import PlaceOrder, PlaceOrderList, PreviewOrder, ReplaceOrder
from cryptobot_desktop.domain.facts import OrderPreviewed
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import ListKind, OrderType, SelfTrade, TimeInForce
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.panels.ticket import OrderTicket
from cryptobot_desktop.gui.ticket.kinds import KINDS, ExitKind, Field, Kind, fields_of
from tests.gui.builders import BTC_ID, ScriptedEngine, order, snapshot
from tests.gui.trading_scenes import TICKETS, an_order, on_kucoin


@pytest.fixture
def ticket(desk: Desk, engine: ScriptedEngine, qtbot: QtBot) -> OrderTicket:
    engine.publish(snapshot(open_orders=()))
    desk.bridge.pull()
    made = OrderTicket(desk)
    qtbot.addWidget(made)
    made.show()
    engine.commands()
    return made


def choose(ticket: OrderTicket, kind: Kind) -> None:
    if kind in (Kind.MARKET, Kind.LIMIT):
        ticket.form.type.button(kind.value).click()
    else:
        ticket.form.type.action(kind).trigger()


def type_in(ticket: OrderTicket, kind: Kind, side: Side) -> None:
    ticket.form.side.button(side.value).click()
    choose(ticket, kind)
    for field, text in TICKETS[kind].items():
        ticket.form.fields[Field(field)].set_text(text)


@pytest.mark.parametrize("kind", list(Kind))
def test_only_the_fields_of_a_kind_are_shown(ticket: OrderTicket, kind: Kind) -> None:
    choose(ticket, kind)
    shown = {field for field, line in ticket.form.fields.items() if line.isVisible()}
    wanted = {*fields_of(kind, ExitKind.LIMIT), Field.SIZE} | ({Field.PRICE} if kind is Kind.MARKET else set())
    assert shown == wanted
    assert ticket.form.time_in_force.isVisible() == (bool(KINDS[kind].lifetimes) or kind is Kind.MARKET)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_can_be_sent_with_its_button(ticket: OrderTicket, engine: ScriptedEngine, kind: Kind) -> None:
    side = Side.BUY if kind in (Kind.MARKET, Kind.LIMIT, Kind.LIMIT_MAKER, Kind.OTO, Kind.BRACKET) else Side.SELL
    type_in(ticket, kind, side)
    assert not ticket.checked.problems
    ticket.form.send.click()
    sent = [command for command in engine.commands() if isinstance(command, PlaceOrder | PlaceOrderList)]
    assert len(sent) == 1
    ids = [o.client_id for o in sent[0].orders] if isinstance(sent[0], PlaceOrderList) else [sent[0].client_id]
    assert all(len(one) <= 36 for one in ids)
    assert isinstance(sent[0], PlaceOrderList) == kind.is_list


def test_the_exit_of_an_oto_changes_its_fields(ticket: OrderTicket) -> None:
    choose(ticket, Kind.OTO)
    ticket.form.exit.button(ExitKind.STOP.value).click()
    assert ticket.form.fields[Field.STOP].isVisible()
    assert not ticket.form.fields[Field.TARGET].isVisible()
    ticket.form.exit.button(ExitKind.TRAILING.value).click()
    assert ticket.form.fields[Field.DISTANCE].isVisible()
    assert not ticket.form.fields[Field.TRIGGER].isVisible()


def test_what_kucoin_lacks_is_switched_off_with_the_reason(
    ticket: OrderTicket, engine: ScriptedEngine, desk: Desk
) -> None:
    engine.publish(on_kucoin())
    desk.bridge.pull()
    for kind in (Kind.TRAILING_STOP, Kind.OTO, Kind.BRACKET):
        action = ticket.form.type.action(kind)
        assert not action.isEnabled()
        assert "KuCoin" in action.toolTip()
        assert "not on KuCoin" in action.text()
    assert ticket.form.type.action(Kind.OCO).isEnabled()


def test_gtd_is_kucoins_and_the_end_of_the_order_unfolds_with_it(
    ticket: OrderTicket, engine: ScriptedEngine, desk: Desk
) -> None:
    choose(ticket, Kind.LIMIT)
    row = list(TimeInForce).index(TimeInForce.GTD)
    model = ticket.form.time_in_force.model()
    assert isinstance(model, QStandardItemModel)
    assert not model.item(row).isEnabled()
    assert "-1115" in ticket.form.time_in_force.itemData(row, Qt.ItemDataRole.ToolTipRole)
    engine.publish(on_kucoin())
    desk.bridge.pull()
    assert model.item(row).isEnabled()
    ticket.form.time_in_force.setCurrentIndex(row)
    assert ticket.form.expiry.isVisible()
    ticket.form.price.set_text("64000")
    ticket.form.quantity.set_text("0.01")
    ticket.form.expiry.minutes.set_text("0")
    assert ticket.form.expiry.minutes.problem
    ticket.form.expiry.way.setCurrentIndex(1)
    order = ticket.checked.order
    assert order is not None
    assert order.expire_ms == ticket.form.expiry.until_ms


def test_self_trade_prevention_stands_in_a_fold(ticket: OrderTicket) -> None:
    type_in(ticket, Kind.LIMIT, Side.BUY)
    assert not ticket.form.stp.isVisible()
    ticket.form.advanced.click()
    assert ticket.form.stp.isVisible()
    ticket.form.stp.setCurrentIndex(ticket.form.stp.findData(SelfTrade.DECREMENT))
    assert ticket.checked.order is not None
    assert ticket.checked.order.stp is SelfTrade.DECREMENT


def test_a_list_is_previewed_by_its_first_order_and_says_what_is_held(
    ticket: OrderTicket, engine: ScriptedEngine, desk: Desk
) -> None:
    type_in(ticket, Kind.BRACKET, Side.BUY)
    ticket.ask_preview()
    asked = [command for command in engine.commands() if isinstance(command, PreviewOrder)]
    assert asked[-1].order.type is OrderType.LIMIT
    number = engine.command_id(PreviewOrder)
    engine.handle.publish_notice(OrderPreviewed(command_id=number, resting_qty=12_000, reserved=768_000_000_000))
    desk.bridge.pull()
    assert ticket.form.preview.text("held") == "7\u202f680.00\u202fUSDT"
    assert ticket.form.story.isVisible()


def test_changing_an_order_sends_its_replacement_and_frees_what_it_holds(
    ticket: OrderTicket, engine: ScriptedEngine, desk: Desk
) -> None:
    stop = an_order("S", OrderType.STOP_LOSS, stop_price=6_300_000, qty=15_570, reserved=15_570_000)
    engine.publish(snapshot(open_orders=(stop,)))
    desk.bridge.pull()
    desk.change_wanted.emit(stop)
    assert ticket.form.change_strip.isVisible()
    assert ticket.form.quantity.text == "0.1557"
    ticket.form.fields[Field.TRIGGER].set_text("63500")
    ticket.form.send.click()
    sent = [command for command in engine.commands() if isinstance(command, ReplaceOrder)]
    assert len(sent) == 1
    assert (sent[0].client_id, sent[0].order.stop_price) == ("S", 6_350_000)
    engine.answer(engine.command_id(ReplaceOrder))
    desk.bridge.pull()
    assert not ticket.form.change_strip.isVisible()


def test_an_order_that_ends_meanwhile_is_no_longer_changed(
    ticket: OrderTicket, engine: ScriptedEngine, desk: Desk
) -> None:
    waiting = order("gui-1")
    engine.publish(snapshot(open_orders=(waiting,)))
    desk.bridge.pull()
    desk.change_wanted.emit(waiting)
    engine.publish(snapshot(open_orders=()))
    desk.bridge.pull()
    assert not ticket.form.change_strip.isVisible()
    assert "has ended" in ticket.form.outcome.text()
    assert ticket.command is None or isinstance(ticket.command, PlaceOrder)


def test_what_open_sells_hold_is_not_free(ticket: OrderTicket, engine: ScriptedEngine, desk: Desk) -> None:
    ticket.form.side.button("sell").click()
    ticket.form.quantity.set_text("0.15")
    assert ticket.checked.order is not None
    engine.publish(snapshot(open_orders=(an_order("S", OrderType.LIMIT, price=6_600_000, reserved=10_000_000),)))
    desk.bridge.pull()
    ticket.check()
    assert "more than 0.0557 free" in ticket.form.quantity.problem


def test_a_problem_that_is_cut_beside_its_field_is_whole_below_the_button(ticket: OrderTicket) -> None:
    type_in(ticket, Kind.BRACKET, Side.BUY)
    ticket.form.fields[Field.STOP].set_text("67000")
    assert ticket.form.fields[Field.STOP].problem == "must be below the take profit"
    assert ticket.form.outcome.text() == "Stop: must be below the take profit"


@pytest.mark.parametrize("kind", [Kind.LIMIT, Kind.TRAILING_STOP, Kind.BRACKET])
def test_tab_goes_through_the_fields_from_top_to_bottom(ticket: OrderTicket, qtbot: QtBot, kind: Kind) -> None:
    type_in(ticket, kind, Side.BUY)
    ticket.activateWindow()
    lines = {ticket.form.fields[field].line: field for field in (*KINDS[kind].labels, Field.SIZE)}
    first = ticket.form.fields[next(iter(KINDS[kind].labels))].line
    first.setFocus()
    seen = [lines[first]]
    for _ in range(12):
        focus = QApplication.focusWidget()
        assert focus is not None
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        if now in lines and lines[now] not in seen:
            seen.append(lines[now])
    assert seen == [*KINDS[kind].labels, Field.SIZE]


def test_a_click_on_the_book_fills_the_first_price_of_the_kind(ticket: OrderTicket, desk: Desk) -> None:
    from cryptobot_desktop.gui.desk import TicketFill

    choose(ticket, Kind.STOP_LOSS)
    desk.fill_ticket(TicketFill(instrument=BTC_ID, price=6_300_000))
    assert ticket.form.fields[Field.TRIGGER].text == "63000"
    assert ticket.form.kind is Kind.STOP_LOSS


def test_the_plain_kinds_and_the_others_exclude_each_other(ticket: OrderTicket) -> None:
    choose(ticket, Kind.OCO)
    assert ticket.form.type.more.text() == "OCO"
    assert not ticket.form.type.button("limit").isChecked()
    choose(ticket, Kind.LIMIT)
    assert ticket.form.type.more.text() == "More"
    assert not ticket.form.type.action(Kind.OCO).isChecked()
    assert ListKind(Kind.BRACKET.value) is ListKind.OTOCO


def test_a_price_that_does_not_count_is_not_shown_and_comes_back(ticket: OrderTicket) -> None:
    choose(ticket, Kind.LIMIT)
    ticket.form.price.set_text("64000")
    choose(ticket, Kind.MARKET)
    assert ticket.form.price.text == ""
    choose(ticket, Kind.LIMIT)
    assert ticket.form.price.text == "64000"
