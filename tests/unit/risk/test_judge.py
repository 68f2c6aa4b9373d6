"""Risk: every rule on its own, then together."""

import msgspec
import pytest

from cryptobot_desktop.domain.instrument import Filters, Instrument, Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_UNIT, PPM
from cryptobot_desktop.domain.orders import FeeRates, Intent, OrderType, Sizing
from cryptobot_desktop.risk import (
    AccountView,
    KillSwitch,
    Outcome,
    RiskLimits,
    Verdict,
    judge,
    size_intent,
)

BTC = Instrument(
    venue=Venue.BINANCE,
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    price_decimals=2,
    qty_decimals=5,
    filters=Filters(step_size=1, min_qty=1, max_qty=900_000_000, min_notional=5 * AMOUNT_UNIT),
)
ACCOUNT = AccountView(
    instrument=BTC,
    equity=10_000 * AMOUNT_UNIT,
    free_quote=10_000 * AMOUNT_UNIT,
    position_qty=0,
    exposure=0,
    reference_price=50_000_00,
)
HOLDING = msgspec.structs.replace(
    ACCOUNT, position_qty=10_000, exposure=5_000 * AMOUNT_UNIT, free_quote=5_000 * AMOUNT_UNIT
)
LIMITS = RiskLimits()
WIDE_LIMITS = RiskLimits(max_trade_ppm=PPM, max_open_orders=200)


def buy(share_ppm: int = 100_000) -> Intent:
    return Intent(instrument=BTC.id, side=Side.BUY, equity_ppm=share_ppm)


def quantity(side: Side, qty: int, limit_price: int | None = None) -> Intent:
    kind = OrderType.MARKET if limit_price is None else OrderType.LIMIT
    return Intent(instrument=BTC.id, side=side, sizing=Sizing.QUANTITY, qty=qty, type=kind, limit_price=limit_price)


SELL_ALL = Intent(instrument=BTC.id, side=Side.SELL, sizing=Sizing.WHOLE_POSITION)


def with_(account: AccountView = ACCOUNT, **changes: object) -> AccountView:
    return msgspec.structs.replace(account, **changes)


def rules(verdict: Verdict) -> list[str]:
    return [reason.rule for reason in verdict.reasons]


def test_a_share_of_equity_becomes_a_quantity_at_the_reference_price() -> None:
    assert judge(buy(), ACCOUNT, LIMITS) == Verdict(outcome=Outcome.ALLOWED, qty=2_000, wanted_qty=2_000)


def test_a_share_is_rounded_down_to_the_step() -> None:
    stepped = with_(instrument=msgspec.structs.replace(BTC, filters=Filters(step_size=300, market_step_size=500)))
    assert size_intent(buy(), stepped) == 1_500  # a market order must lie on both grids


def test_a_limit_order_is_sized_by_its_own_price() -> None:
    intent = msgspec.structs.replace(buy(), type=OrderType.LIMIT, limit_price=40_000_00)
    assert judge(intent, ACCOUNT, LIMITS).qty == 2_500


def test_the_kill_switch_stops_buys_and_sales_and_says_who_and_why() -> None:
    switch = KillSwitch(tripped=True, reason="drawdown of 12 %", at_ms=1, by="drawdown breaker")
    for intent in (buy(), SELL_ALL):
        verdict = judge(intent, with_(HOLDING, kill_switch=switch), LIMITS)
        assert (verdict.outcome, verdict.qty) == (Outcome.VETOED, 0)
        assert verdict.reasons[0].text.startswith("trading was stopped by drawdown breaker (drawdown of 12 %)")


def test_no_order_is_made_on_prices_that_are_not_live() -> None:
    verdict = judge(buy(), with_(feed_live=False, feed_note="stale for 12 s"), LIMITS)
    assert verdict.text == "prices of binance:BTCUSDT are not live: stale for 12 s; wait until they are"


def test_without_a_price_nothing_is_bought_or_sold() -> None:
    for intent in (buy(), SELL_ALL):
        assert "no_price" in rules(judge(intent, with_(HOLDING, reference_price=0), LIMITS))


def test_a_second_order_waits_for_the_first() -> None:
    assert rules(judge(buy(), with_(open_orders=1), LIMITS)) == ["open_orders"]
    assert judge(buy(), with_(open_orders=1), WIDE_LIMITS).outcome is Outcome.ALLOWED


def test_one_trade_is_shrunk_to_its_share_of_equity_with_the_reason() -> None:
    verdict = judge(buy(500_000), ACCOUNT, LIMITS)
    assert (verdict.outcome, verdict.qty, verdict.wanted_qty) == (Outcome.SHRUNK, 2_000, 10_000)
    assert verdict.text == (
        "a buy of 5000 USDT is more than the 1000 USDT allowed: one trade may be at most 10 % of equity"
    )


def test_exposure_counts_what_is_held_already() -> None:
    limits = RiskLimits(max_exposure_ppm=550_000)
    verdict = judge(buy(), HOLDING, limits)
    assert (verdict.outcome, verdict.qty) == (Outcome.SHRUNK, 1_000)
    assert "5000 USDT is in use" in verdict.text
    assert judge(buy(), HOLDING, RiskLimits(max_exposure_ppm=500_000)).outcome is Outcome.VETOED


@pytest.mark.parametrize("limits", [RiskLimits(max_exposure_ppm=0), RiskLimits(max_trade_ppm=0)])
def test_a_limit_of_zero_allows_no_buy_and_never_stops_a_sale(limits: RiskLimits) -> None:
    assert judge(buy(), HOLDING, limits).outcome is Outcome.VETOED
    assert judge(SELL_ALL, HOLDING, limits) == Verdict(outcome=Outcome.ALLOWED, qty=10_000, wanted_qty=10_000)


def test_no_open_orders_allowed_means_none() -> None:
    assert rules(judge(buy(), ACCOUNT, RiskLimits(max_open_orders=0))) == ["open_orders"]


def test_a_share_is_shrunk_to_what_is_affordable_with_fee_and_reserve() -> None:
    account = with_(free_quote=500 * AMOUNT_UNIT, fees=FeeRates(1_000, 1_000))
    verdict = judge(buy(), account, LIMITS)
    # 500 / 1.002 / 1.001 / 50,000 = 0.0099701...
    assert (verdict.outcome, verdict.qty) == (Outcome.SHRUNK, 997)
    assert "costs 1001 USDT with fee and a reserve of 0.2 % for slippage, free are 500 USDT" in verdict.text


def test_an_explicit_quantity_that_is_not_affordable_is_vetoed() -> None:
    exact = 1_001 * AMOUNT_UNIT
    for free, outcome in ((exact, Outcome.ALLOWED), (exact - 1, Outcome.VETOED)):
        verdict = judge(quantity(Side.BUY, 2_000), with_(free_quote=free), WIDE_LIMITS)
        assert verdict.outcome is outcome


def test_an_explicit_quantity_is_shrunk_to_the_trade_limit() -> None:
    verdict = judge(quantity(Side.BUY, 4_000), ACCOUNT, LIMITS)
    assert (verdict.outcome, verdict.qty) == (Outcome.SHRUNK, 2_000)


def test_an_explicit_quantity_between_two_steps_is_rounded_down_and_that_is_said() -> None:
    stepped = with_(instrument=msgspec.structs.replace(BTC, filters=Filters(step_size=100)))
    verdict = judge(quantity(Side.BUY, 1_250), stepped, WIDE_LIMITS)
    assert (verdict.outcome, verdict.qty, rules(verdict)) == (Outcome.SHRUNK, 1_200, ["quantity_step"])


def test_nothing_is_sold_that_is_not_there() -> None:
    assert rules(judge(SELL_ALL, ACCOUNT, LIMITS)) == ["nothing_to_sell"]
    verdict = judge(quantity(Side.SELL, 10_001), HOLDING, LIMITS)
    assert (verdict.outcome, rules(verdict)) == (Outcome.VETOED, ["insufficient_position"])
    assert verdict.text == "0.10001 BTC was to be sold, free are 0.1 BTC"


def test_a_share_to_be_sold_is_shrunk_to_the_position() -> None:
    intent = Intent(instrument=BTC.id, side=Side.SELL, equity_ppm=PPM)
    verdict = judge(intent, HOLDING, LIMITS)
    assert (verdict.outcome, verdict.qty) == (Outcome.SHRUNK, 10_000)


def test_an_order_below_the_venues_least_value_is_vetoed() -> None:
    verdict = judge(buy(400), ACCOUNT, LIMITS)
    assert rules(verdict) == ["below_minimum"]
    assert verdict.text == "order value 4 USDT is below the venue's least 5 USDT"


def test_a_market_order_is_spared_the_least_value_where_the_venue_spares_it() -> None:
    lenient = with_(
        instrument=msgspec.structs.replace(
            BTC, filters=Filters(step_size=1, min_notional=5 * AMOUNT_UNIT, min_notional_for_market=False)
        )
    )
    assert judge(buy(400), lenient, LIMITS).outcome is Outcome.ALLOWED
    assert judge(quantity(Side.BUY, 1, 50_000_00), lenient, LIMITS).outcome is Outcome.VETOED


def test_what_rounds_to_nothing_is_below_the_minimum() -> None:
    assert judge(buy(0), ACCOUNT, LIMITS).text == "quantity 0 BTC is below the venue's least 0.00001 BTC"


@pytest.mark.parametrize("qty", [0, -5])
def test_an_explicit_quantity_that_is_not_positive_is_vetoed(qty: int) -> None:
    assert judge(quantity(Side.BUY, qty), ACCOUNT, LIMITS).outcome is Outcome.VETOED
    assert judge(quantity(Side.SELL, qty), HOLDING, LIMITS).outcome is Outcome.VETOED


def test_an_order_above_the_venues_most_is_shrunk() -> None:
    small = with_(instrument=msgspec.structs.replace(BTC, filters=Filters(max_qty=5_000, market_max_qty=1_500)))
    assert judge(buy(), small, LIMITS).qty == 1_500
    assert judge(quantity(Side.BUY, 9_000, 100_00), small, WIDE_LIMITS).qty == 5_000


def test_an_order_above_the_venues_greatest_value_is_shrunk() -> None:
    limited = with_(instrument=msgspec.structs.replace(BTC, filters=Filters(max_notional=100 * AMOUNT_UNIT)))
    assert judge(quantity(Side.BUY, 2_000, 50_000_00), limited, WIDE_LIMITS).qty == 200
    assert judge(quantity(Side.BUY, 2_000), limited, WIDE_LIMITS).qty == 2_000  # it does not bind market orders


def test_all_reasons_are_told_not_only_the_first() -> None:
    account = with_(feed_live=False, open_orders=1, free_quote=0, kill_switch=KillSwitch(tripped=True))
    verdict = judge(buy(900_000), account, LIMITS)
    assert rules(verdict) == ["kill_switch", "feed_not_live", "open_orders", "max_trade_size", "insufficient_funds"]


def test_a_portfolio_without_equity_buys_nothing() -> None:
    assert judge(buy(), with_(equity=-5, free_quote=0), LIMITS).outcome is Outcome.VETOED
