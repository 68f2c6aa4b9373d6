import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cryptobot_desktop.domain.instrument import FeeRule
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_UNIT, format_scaled
from cryptobot_desktop.domain.orders import TimeInForce
from cryptobot_desktop.gui.ticket.check import check_draft, share_size
from cryptobot_desktop.gui.ticket.draft import CheckedOrder, OrderDraft
from cryptobot_desktop.gui.ticket.kinds import Field, Kind
from tests.gui.builders import BTC

TICKED = replace(BTC, filters=replace(BTC.filters, tick_size=10, step_size=100, min_qty=100))


def draft(**changes: object) -> OrderDraft:
    """Return a draft; names such as `price_text` are texts of fields."""
    texts = {Field.SIZE: "0.1", Field.PRICE: "64210.50"}
    for name in [name for name in changes if name.endswith("_text")]:
        texts[Field(name.removesuffix("_text"))] = str(changes.pop(name))
    base = OrderDraft(
        instrument=BTC,
        portfolio="main",
        side=Side.BUY,
        kind=Kind.LIMIT,
        texts=texts,
        last=6_421_050,
        available=10_000 * AMOUNT_UNIT,
        held=50_000,
    )
    return replace(base, **changes)


def checked(**changes: object) -> CheckedOrder:
    return check_draft(draft(**changes), "id-1")


def test_a_good_limit_order_becomes_a_command_with_exact_numbers() -> None:
    order = checked(time_in_force=TimeInForce.IOC).order
    assert order is not None
    assert (order.qty, order.price, order.client_id, order.time_in_force) == (10_000, 6_421_050, "id-1", "IOC")


def test_a_market_order_by_amount_carries_the_amount_and_no_price() -> None:
    order = checked(kind=Kind.MARKET, price_text="", by_amount=True, size_text="100.5").order
    assert order is not None
    assert (order.qty, order.quote_amount, order.price) == (None, 10_050_000_000, None)


def test_a_limit_order_by_amount_buys_what_the_amount_pays_for() -> None:
    order = checked(by_amount=True, size_text="100", price_text="30000").order
    assert order is not None
    assert order.qty == 333  # 100 / 30,000 = 0.00333..., rounded down to the step
    assert BTC.notional_up(3_000_000, order.qty) <= 100 * AMOUNT_UNIT


@pytest.mark.parametrize(
    ("changes", "field", "word"),
    [
        ({"size_text": "abc"}, Field.SIZE, "plain number"),
        ({"size_text": "0,1"}, Field.SIZE, "plain number"),
        ({"size_text": "1_000"}, Field.SIZE, "plain number"),
        ({"size_text": "\uff11"}, Field.SIZE, "plain number"),
        ({"size_text": "NaN"}, Field.SIZE, "plain number"),
        ({"size_text": "0"}, Field.SIZE, "above 0"),
        ({"size_text": "-1"}, Field.SIZE, "above 0"),
        ({"size_text": "0.1234567"}, Field.SIZE, "0.12345 or 0.12346"),
        ({"size_text": "9001"}, Field.SIZE, "above 9000 BTC"),
        ({"size_text": "0.00001"}, Field.SIZE, "below 5 USDT"),
        ({"size_text": "1"}, Field.SIZE, "free"),
        ({"side": Side.SELL, "size_text": "0.50001"}, Field.SIZE, "more than 0.5 free"),
        ({"price_text": "64210.555"}, Field.PRICE, "64210.55 or 64210.56"),
        ({"price_text": "10000001"}, Field.PRICE, "above 10000000 USDT"),
        ({"price_text": "x"}, Field.PRICE, "plain number"),
        ({"instrument": TICKED, "price_text": "64210.55"}, Field.PRICE, "64210.5 or 64210.6"),
        ({"instrument": TICKED, "size_text": "0.00050"}, Field.SIZE, "below 0.001 BTC"),
        ({"instrument": replace(BTC, status="BREAK")}, Field.SIZE, "not trading"),
    ],
)
def test_bad_input_is_refused_beside_its_field(changes: dict[str, object], field: str, word: str) -> None:
    if changes.get("instrument") is TICKED and "size_text" in changes:
        word = "try 0.001"
    result = checked(**changes)
    assert result.order is None
    assert word in result.problems[field]


@pytest.mark.parametrize(("changes", "word"), [({"size_text": " "}, "quantity"), ({"price_text": ""}, "price")])
def test_an_empty_field_is_unfinished_and_not_wrong(changes: dict[str, object], word: str) -> None:
    result = checked(**changes)
    assert result.order is None
    assert not result.problems
    assert word in result.unfinished


def test_a_fee_in_quote_has_to_be_paid_too() -> None:
    kucoin = replace(BTC, fee_rule=FeeRule.QUOTE)
    whole = {"kind": Kind.MARKET, "by_amount": True, "size_text": "10000"}
    assert checked(**whole).order is not None
    assert checked(instrument=kucoin, **whole).order is None


@given(share=st.integers(1, 1_000_000), available=st.integers(10 * AMOUNT_UNIT, 10**15), rule=st.sampled_from(FeeRule))
def test_a_share_of_what_is_free_can_always_be_paid(share: int, available: int, rule: FeeRule) -> None:
    pair = replace(BTC, fee_rule=rule, filters=replace(BTC.filters, min_notional=0))
    asked = draft(instrument=pair, kind=Kind.MARKET, available=available)
    text, by_amount = share_size(asked, share)
    result = check_draft(replace(asked, texts={Field.SIZE: text}, by_amount=by_amount), "id")
    assert result.order is not None or "above 0" in result.problems[Field.SIZE]


@given(price=st.integers(1, 10**9), qty=st.integers(1, 10**8))
def test_what_is_accepted_keeps_to_tick_step_and_least_value(price: int, qty: int) -> None:
    result = check_draft(
        draft(
            instrument=TICKED,
            price_text=format_scaled(price, 2),
            size_text=format_scaled(qty, 5),
            available=None,
        ),
        "id",
    )
    fits = price % 10 == 0 and qty % 100 == 0 and TICKED.notional_up(price, qty) >= 5 * AMOUNT_UNIT
    assert (result.order is not None) == fits
    if result.order is not None:
        assert (result.order.price, result.order.qty) == (price, qty)
