"""The table of orders: phases, triggers, lists that stay together, what can be done with a row."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cryptobot_desktop.domain.commands import AmendOrder, CancelOrder
from cryptobot_desktop.domain.orders import Order
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.panels.order_rows import (
    OrderRow,
    expiry_words,
    order_rows,
    shown_words,
    state_words,
    trigger_tip,
    trigger_words,
)
from cryptobot_desktop.gui.panels.orders import OpenOrders, change_refusal, smaller_refusal
from cryptobot_desktop.gui.smaller_dialog import SmallerDialog
from tests.gui.builders import BTC, NOW_MS, ScriptedEngine, snapshot
from tests.gui.trading_scenes import KUCOIN_BTC, ended_orders, orders_in_all_phases, receipts, trading


def rows() -> dict[str, OrderRow]:
    made = order_rows(orders_in_all_phases() + ended_orders(), lambda which: BTC, NOW_MS)
    return {row.order.client_id: row for row in made}


@pytest.fixture
def panel(desk: Desk, engine: ScriptedEngine, qtbot: QtBot) -> OpenOrders:
    engine.publish(trading())
    desk.bridge.pull()
    made = OpenOrders(desk)
    qtbot.addWidget(made)
    made.show()
    engine.commands()
    return made


def shown_ids(panel: OpenOrders) -> list[str]:
    proxy = panel.table.sorted_rows
    found = [panel.table.row_at(proxy.index(number, 0)) for number in range(proxy.rowCount())]
    return [row.order.client_id for row in found if row is not None]


@pytest.mark.parametrize(
    ("client_id", "words"),
    [
        ("A", "on its way to the exchange"),
        ("B", "armed"),
        ("C", "armed, best 64 800.00"),
        ("D", "armed, active from 65 000.00"),
        ("E", "working, 30 % filled"),
        ("J", "waits for the entry to be filled"),
        ("X", "rejected: -1013 Filter failure: NOTIONAL"),
        ("Y", "cancelled: by the user"),
        ("Z", "expired, 40 % filled: the time of the order is over"),
    ],
)
def test_the_state_says_where_an_order_is_or_why_it_ended(client_id: str, words: str) -> None:
    assert state_words(rows()[client_id]).replace("\u202f", " ") == words


def test_a_trigger_shows_the_price_now_and_its_side() -> None:
    found = rows()
    assert trigger_words(found["B"]).replace("\u202f", " ") == "\u2264 63 000.00"
    assert trigger_words(found["C"]).replace("\u202f", " ") == "\u2264 64 476.00"  # 0.5 % below 64,800
    assert trigger_words(found["D"]).replace("\u202f", " ") == "1 % behind"
    assert "best price 64" in trigger_tip(found["C"])
    assert "becomes active at 65" in trigger_tip(found["D"])
    assert trigger_words(found["A"]) == ""


def test_an_iceberg_shows_its_part_and_a_gtd_order_its_end() -> None:
    found = rows()
    assert shown_words(found["E"]) == "0.01000 of 0.03500"
    assert expiry_words(found["F"]).endswith("in 21\u202fmin")


@pytest.mark.parametrize("order", [Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder])
@pytest.mark.parametrize("column", range(14))
def test_lists_stay_together_whatever_the_table_is_sorted_by(
    panel: OpenOrders, column: int, order: Qt.SortOrder
) -> None:
    panel.table.sortByColumn(column, order)
    ids = "".join(shown_ids(panel))
    assert "GH" in ids
    assert "IJK" in ids


def test_a_lists_rows_are_bracketed_and_the_working_order_comes_first() -> None:
    found = rows()
    assert [found[name].bracket.strip() for name in "IJK"] == ["\u250c", "\u251c", "\u2514"]
    assert found["K"].leader.client_id == "I"
    assert found["A"].bracket == ""


def test_rows_without_a_countdown_do_not_change_with_time() -> None:
    later = order_rows(orders_in_all_phases(), lambda which: BTC, NOW_MS + 5_000)
    now = order_rows(orders_in_all_phases(), lambda which: BTC, NOW_MS)
    changed = {one.order.client_id for one, other in zip(now, later, strict=True) if one != other}
    assert changed == {"A", "F"}


def action(panel: OpenOrders, client_id: str, start: str) -> object:
    row = next(row for row in panel.table.cards.rows if row.order.client_id == client_id)
    return next(action for action in panel.actions_of(row) if action.text().startswith(start))


def test_cancelling_a_leg_says_that_the_list_goes(panel: OpenOrders, engine: ScriptedEngine) -> None:
    action(panel, "G", "Cancel the whole list").trigger()  # type: ignore[attr-defined]
    action(panel, "A", "Cancel order").trigger()  # type: ignore[attr-defined]
    assert engine.commands() == [CancelOrder("G"), CancelOrder("A")]


def test_what_cannot_be_done_with_an_order_says_why() -> None:
    found = rows()
    assert change_refusal(found["G"]) == smaller_refusal(found["G"]) == "it belongs to a list"
    assert change_refusal(found["X"]) == smaller_refusal(found["X"]) == "it has ended"
    assert smaller_refusal(found["E"]) == change_refusal(found["E"]) == ""
    on_kucoin = order_rows(orders_in_all_phases()[:1], lambda which: KUCOIN_BTC, NOW_MS)[0]
    assert smaller_refusal(on_kucoin) == "not on KuCoin"


def test_change_chart_and_receipt_are_asked_of_the_desk(panel: OpenOrders, desk: Desk, engine: ScriptedEngine) -> None:
    heard: list[object] = []
    for signal in (desk.change_wanted, desk.chart_wanted, desk.receipt_wanted):
        signal.connect(heard.append)
    action(panel, "B", "Change").trigger()  # type: ignore[attr-defined]
    action(panel, "B", "Show in the chart").trigger()  # type: ignore[attr-defined]
    assert isinstance(heard[0], Order)
    assert heard[1] == (BTC.id, heard[0].created_ms)
    assert not action(panel, "B", "Open the newest receipt").isEnabled()  # type: ignore[attr-defined]
    filled = receipts()[2]
    engine.publish(trading(fills=(filled.__struct_fields__ and _as(filled, "B"),)))
    desk.bridge.pull()
    action(panel, "B", "Open the newest receipt").trigger()  # type: ignore[attr-defined]
    assert heard[2] == "F13"


def _as(fill: object, client_id: str) -> object:
    from msgspec.structs import replace

    return replace(fill, client_id=client_id)


def test_an_order_that_ended_is_shown_with_the_ended_ones(panel: OpenOrders) -> None:
    panel.show_order("Y")
    assert panel.with_closed.isChecked()
    chosen = panel.table.chosen()
    assert chosen is not None
    assert chosen.order.client_id == "Y"


def test_making_smaller_asks_for_less_and_no_less_than_is_filled(
    desk: Desk, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    iceberg = next(order for order in orders_in_all_phases() if order.client_id == "E")
    engine.publish(snapshot(open_orders=(iceberg,)))
    desk.bridge.pull()
    engine.commands()
    dialog = SmallerDialog(desk, iceberg, BTC)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.isModal()
    assert not dialog.done_button.isEnabled()
    for text, word in (("0.06", "less than"), ("0.015", "more than"), ("x", "plain number")):
        dialog.quantity.set_text(text)
        assert word in dialog.quantity.problem
        assert not dialog.done_button.isEnabled()
    dialog.quantity.set_text("0.03")
    dialog.done_button.click()
    assert engine.commands() == [AmendOrder("E", 3_000)]
    engine.answer(engine.command_id(AmendOrder), ok=False, message="-2010 Order is gone.")
    desk.bridge.pull()
    assert dialog.remark.text() == "-2010 Order is gone."
