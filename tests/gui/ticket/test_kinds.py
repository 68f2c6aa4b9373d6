"""Every kind of order: what the ticket makes of it, what it refuses beside which field, what it says it will do."""

import pytest
from msgspec.structs import replace

from cryptobot_desktop.domain.instrument import FeeRule, Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_UNIT
from cryptobot_desktop.domain.orders import FeeRates, ListKind, OrderType, SelfTrade, TimeInForce
from cryptobot_desktop.gui.ticket.check import check_draft
from cryptobot_desktop.gui.ticket.draft import CheckedOrder, OrderDraft
from cryptobot_desktop.gui.ticket.kinds import ExitKind, Field, Kind
from tests.gui.builders import BTC, NOW_MS

KUCOIN = replace(BTC, venue=Venue.KUCOIN, symbol="BTC-USDT", fee_rule=FeeRule.QUOTE)


def checked(kind: Kind, side: Side = Side.SELL, **changes: object) -> CheckedOrder:
    """Check a draft at a market of 64,210.50; names ending in _text are texts of fields."""
    texts = {Field(n.removesuffix("_text")): str(v) for n, v in changes.items() if n.endswith("_text")}
    rest = {name: value for name, value in changes.items() if not name.endswith("_text")}
    draft = OrderDraft(
        instrument=BTC,
        portfolio="main",
        side=side,
        kind=kind,
        texts={Field.SIZE: "0.1", **texts},
        last=6_421_050,
        available=10_000 * AMOUNT_UNIT,
        held=50_000,
        fees=FeeRates(1_000, 1_000),
        now_ms=NOW_MS,
    )
    return check_draft(replace(draft, **rest), "id")


@pytest.mark.parametrize("kind", [Kind.STOP_LOSS, Kind.TAKE_PROFIT])
def test_a_triggered_market_order_carries_its_trigger_and_no_price(kind: Kind) -> None:
    trigger = "63000" if kind is Kind.STOP_LOSS else "66000"
    order = checked(kind, trigger_text=trigger, price_text="1").order
    assert order is not None
    assert (order.type, order.stop_price, order.price, order.qty) == (kind, int(trigger) * 100, None, 10_000)


def test_a_triggered_limit_order_carries_both_prices_and_its_time_in_force() -> None:
    order = checked(Kind.STOP_LOSS_LIMIT, trigger_text="63000", price_text="62950", time_in_force=TimeInForce.IOC).order
    assert order is not None
    assert (order.type, order.stop_price, order.price) == (OrderType.STOP_LOSS_LIMIT, 6_300_000, 6_295_000)
    assert order.time_in_force is TimeInForce.IOC


@pytest.mark.parametrize(
    ("kind", "side", "trigger", "word"),
    [
        (Kind.STOP_LOSS, Side.SELL, "65000", "below"),
        (Kind.STOP_LOSS, Side.BUY, "63000", "above"),
        (Kind.TAKE_PROFIT, Side.SELL, "63000", "above"),
        (Kind.TAKE_PROFIT, Side.BUY, "65000", "below"),
    ],
)
def test_binance_refuses_what_would_trigger_at_once_and_kucoin_takes_it(
    kind: Kind, side: Side, trigger: str, word: str
) -> None:
    problem = checked(kind, side, trigger_text=trigger).problems[Field.TRIGGER]
    assert "trigger at once" in problem
    assert word in problem
    assert checked(kind, side, trigger_text=trigger, instrument=KUCOIN).order is not None


def test_a_trailing_stop_has_a_distance_in_basis_points_and_optional_prices() -> None:
    plain = checked(Kind.TRAILING_STOP, distance_text="0.75").order
    assert plain is not None
    assert (plain.type, plain.trailing_bips, plain.stop_price) == (OrderType.TRAILING_STOP, 75, None)
    whole = checked(Kind.TRAILING_STOP, distance_text="1", trigger_text="65000", price_text="64000").order
    assert whole is not None
    assert (whole.type, whole.trailing_bips) == (OrderType.TRAILING_STOP_LIMIT, 100)
    assert (whole.stop_price, whole.price) == (6_500_000, 6_400_000)


@pytest.mark.parametrize(("text", "word"), [("0.755", "two decimals"), ("100", "below 100"), ("0", "above 0")])
def test_a_distance_that_is_none_is_refused(text: str, word: str) -> None:
    assert word in checked(Kind.TRAILING_STOP, distance_text=text).problems[Field.DISTANCE]


def test_an_iceberg_shows_a_part_and_not_too_small_a_one() -> None:
    order = checked(Kind.ICEBERG, price_text="66000", shown_text="0.02").order
    assert order is not None
    assert (order.type, order.display_qty, order.qty) == (OrderType.LIMIT, 2_000, 10_000)
    few = replace(BTC, filters=replace(BTC.filters, iceberg_parts=10))
    problem = checked(Kind.ICEBERG, price_text="66000", shown_text="0.005", instrument=few).problems[Field.SHOWN]
    assert problem == "20 parts, at most 10; try 0.01"
    whole = checked(Kind.ICEBERG, price_text="66000", shown_text="0.1").problems[Field.SHOWN]
    assert "less than the whole" in whole


def test_an_oco_has_two_legs_of_one_side_and_size_of_which_the_target_is_a_maker() -> None:
    found = checked(Kind.OCO, target_text="66000", stop_text="63000", stop_limit_text="62900")
    together = found.together
    assert together is not None
    assert together.kind is ListKind.OCO
    target, stop = together.orders
    assert (target.type, target.price) == (OrderType.LIMIT_MAKER, 6_600_000)
    assert (stop.type, stop.stop_price, stop.price) == (OrderType.STOP_LOSS_LIMIT, 6_300_000, 6_290_000)
    assert target.qty == stop.qty == 10_000
    assert target.side is stop.side is Side.SELL
    assert len({together.list_id, target.client_id, stop.client_id}) == 3


@pytest.mark.parametrize(
    ("side", "target", "stop", "field"),
    [
        (Side.SELL, "64000", "63000", Field.TARGET),
        (Side.SELL, "66000", "65000", Field.STOP),
        (Side.BUY, "65000", "66000", Field.TARGET),
        (Side.BUY, "63000", "64000", Field.STOP),
    ],
)
def test_the_market_must_lie_between_the_legs_of_an_oco(side: Side, target: str, stop: str, field: Field) -> None:
    assert field in checked(Kind.OCO, side, target_text=target, stop_text=stop).problems


def test_an_oco_that_buys_is_previewed_and_paid_by_its_dearer_leg() -> None:
    size = {"size_text": "0.15"}
    fits = checked(Kind.OCO, Side.BUY, target_text="63000", stop_text="66000", **size)
    assert fits.previewed is not None
    assert fits.previewed.stop_price == 6_600_000
    poor = checked(Kind.OCO, Side.BUY, target_text="63000", stop_text="67000", **size)
    assert "needs" in poor.problems[Field.SIZE]


def test_a_bracket_sells_what_the_entry_leaves_after_its_fee() -> None:
    found = checked(Kind.BRACKET, Side.BUY, price_text="64000", target_text="66000", stop_text="63000")
    assert found.together is not None
    entry, target, stop = found.together.orders
    assert (entry.type, entry.side, entry.qty) == (OrderType.LIMIT, Side.BUY, 10_000)
    assert target.side is stop.side is Side.SELL
    assert target.qty == stop.qty == 9_990  # 0.1 less 0.1 %, which Binance takes in BTC
    assert "2.0 : 1" in found.story


def test_a_bracket_whose_target_loses_is_allowed_with_a_warning() -> None:
    found = checked(Kind.BRACKET, Side.BUY, price_text="64000", target_text="63500", stop_text="63000")
    assert found.command is not None
    assert found.story_warns
    crossed = checked(Kind.BRACKET, Side.BUY, price_text="64000", target_text="66000", stop_text="67000")
    assert Field.STOP in crossed.problems


@pytest.mark.parametrize("exit_kind", list(ExitKind))
def test_an_oto_has_an_entry_and_the_exit_that_was_chosen(exit_kind: ExitKind) -> None:
    found = checked(
        Kind.OTO,
        Side.BUY,
        exit_kind=exit_kind,
        price_text="64000",
        target_text="66000",
        stop_text="63000",
        distance_text="1",
    )
    assert found.together is not None
    wanted = {
        ExitKind.LIMIT: OrderType.LIMIT,
        ExitKind.STOP: OrderType.STOP_LOSS,
        ExitKind.TRAILING: OrderType.TRAILING_STOP,
    }
    assert [order.type for order in found.together.orders] == [OrderType.LIMIT, wanted[exit_kind]]


@pytest.mark.parametrize("kind", [Kind.TRAILING_STOP, Kind.OTO, Kind.BRACKET])
def test_kucoin_says_what_it_does_not_have(kind: Kind) -> None:
    found = checked(kind, instrument=KUCOIN, distance_text="1")
    assert found.command is None
    assert "KuCoin has no" in found.unfinished


def test_a_time_in_force_until_a_time_counts_from_now_or_is_picked() -> None:
    base = {"price_text": "66000", "time_in_force": TimeInForce.GTD, "instrument": KUCOIN}
    order = checked(Kind.LIMIT, expiry_text="15", **base).order
    assert order is not None
    assert (order.time_in_force, order.expire_ms) == (TimeInForce.GTD, NOW_MS + 15 * 60_000)
    picked = checked(Kind.LIMIT, good_until_ms=NOW_MS + 1, **base).order
    assert picked is not None
    assert picked.expire_ms == NOW_MS + 1
    assert "passed" in checked(Kind.LIMIT, good_until_ms=NOW_MS, **base).problems[Field.EXPIRY]
    assert "at most" in checked(Kind.LIMIT, expiry_text="50000", **base).problems[Field.EXPIRY]
    assert "-1115" in checked(Kind.LIMIT, **{**base, "instrument": BTC}).unfinished


def test_an_armed_order_of_kucoin_needs_no_funds_yet() -> None:
    assert checked(Kind.STOP_LOSS, trigger_text="63000", instrument=KUCOIN, held=0).order is not None
    assert "free" in checked(Kind.STOP_LOSS, trigger_text="63000", held=0).problems[Field.SIZE]


def test_self_trade_prevention_goes_along_with_every_order_of_a_list() -> None:
    found = checked(Kind.OCO, target_text="66000", stop_text="63000", stp=SelfTrade.EXPIRE_BOTH)
    assert {order.stp for order in found.orders} == {SelfTrade.EXPIRE_BOTH}


def test_all_problems_are_shown_at_once() -> None:
    found = checked(Kind.STOP_LOSS_LIMIT, trigger_text="x", price_text="0.001", size_text="-1")
    assert set(found.problems) == {Field.TRIGGER, Field.PRICE, Field.SIZE}
