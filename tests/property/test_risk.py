"""Promises of risk: limits hold in exact fractions whatever comes in, and every no has a reason."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.instrument import Filters, Instrument, Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_UNIT, PPM
from cryptobot_desktop.domain.orders import FeeRates, Intent, OrderType, Sizing
from cryptobot_desktop.risk import AccountView, KillSwitch, Outcome, RiskLimits, judge

# Mostly everyday accounts, so that many orders pass or are shrunk, and some absurd ones.
equities = st.integers(10**9, 10**14) | st.integers(-(10**12), 10**16)
shares = st.integers(10_000, PPM) | st.sampled_from([0, 1, PPM])
roomy_shares = st.integers(300_000, PPM) | st.sampled_from([0, 1, PPM, PPM, PPM])
steps = st.sampled_from([0, 1, 1, 1, 10, 25])
seldom = st.sampled_from([False] * 9 + [True])


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    return Instrument(
        venue=Venue.BINANCE,
        symbol="AB",
        base="A",
        quote="B",
        price_decimals=draw(st.integers(0, 4) | st.integers(0, 10)),
        qty_decimals=draw(st.integers(2, 8)),
        filters=Filters(
            step_size=draw(steps),
            market_step_size=draw(steps),
            min_qty=draw(steps),
            max_qty=draw(st.sampled_from([0, 0, 10**6])),
            market_max_qty=draw(st.sampled_from([0, 0, 10**5])),
            min_notional=draw(st.sampled_from([0, 0, AMOUNT_UNIT])),
            max_notional=draw(st.sampled_from([0, 0, 10**12])),
            max_notional_for_market=draw(st.booleans()),
        ),
    )


@st.composite
def accounts(draw: st.DrawFn) -> AccountView:
    equity = draw(equities)
    return AccountView(
        instrument=draw(instruments()),
        equity=equity,
        free_quote=equity * draw(roomy_shares) // PPM,
        position_qty=draw(st.integers(0, 10**7)),
        exposure=max(0, equity) * draw(shares) // (3 * PPM),
        reference_price=draw(st.integers(0, 10**7)),
        open_orders=int(draw(seldom)),
        feed_live=not draw(seldom),
        kill_switch=KillSwitch(tripped=draw(seldom)),
        fees=FeeRates(0, draw(st.sampled_from([0, 1, 1000, 7777]))),
    )


@st.composite
def intents(draw: st.DrawFn) -> Intent:
    kind = draw(st.sampled_from([OrderType.MARKET, OrderType.LIMIT]))
    return Intent(
        instrument=Instrument(
            venue=Venue.BINANCE, symbol="AB", base="A", quote="B", price_decimals=0, qty_decimals=0
        ).id,
        side=draw(st.sampled_from(list(Side))),
        sizing=draw(st.sampled_from(list(Sizing))),
        qty=draw(st.integers(-5, 10**6)),
        equity_ppm=draw(shares),
        type=kind,
        limit_price=draw(st.integers(1, 10**7)) if kind is OrderType.LIMIT else None,
    )


limits_ = st.builds(
    RiskLimits,
    max_exposure_ppm=roomy_shares,
    max_trade_ppm=shares,
    max_open_orders=seldom.map(lambda none: int(not none)),
)


def _value(account: AccountView, intent: Intent, qty: int) -> Fraction:
    """Return price x quantity in ledger units, exactly."""
    price = account.reference_price if intent.limit_price is None else intent.limit_price
    decimals = account.instrument.price_decimals + account.instrument.qty_decimals
    return Fraction(price * qty * AMOUNT_UNIT, 10**decimals)


@settings(max_examples=400)
@given(intent=intents(), account=accounts(), limits=limits_)
def test_a_buy_never_exceeds_any_limit(intent: Intent, account: AccountView, limits: RiskLimits) -> None:
    verdict = judge(intent, account, limits)
    if intent.side is Side.SELL or not verdict.qty:
        return
    value = _value(account, intent, verdict.qty)
    assert value <= Fraction(account.equity * limits.max_trade_ppm, PPM)
    assert value + account.exposure <= Fraction(account.equity * limits.max_exposure_ppm, PPM)
    assert value * (1 + Fraction(account.fees.taker_ppm, PPM)) <= account.free_quote
    assert not account.kill_switch.tripped
    assert account.feed_live
    assert account.open_orders < limits.max_open_orders


@settings(max_examples=400)
@given(intent=intents(), account=accounts(), limits=limits_)
def test_a_quantity_is_on_the_step_within_the_venues_bounds_and_never_more_than_wanted(
    intent: Intent, account: AccountView, limits: RiskLimits
) -> None:
    verdict = judge(intent, account, limits)
    assert 0 <= verdict.qty <= verdict.wanted_qty
    if not verdict.qty:
        return
    rules, market = account.instrument.filters, intent.type is OrderType.MARKET
    assert not rules.step_size or verdict.qty % rules.step_size == 0
    assert not (market and rules.market_step_size) or verdict.qty % rules.market_step_size == 0
    assert verdict.qty >= rules.min_qty
    assert not rules.max_qty or verdict.qty <= rules.max_qty
    assert not (market and rules.market_max_qty) or verdict.qty <= rules.market_max_qty
    assert _value(account, intent, verdict.qty) >= rules.min_notional
    if rules.max_notional and (rules.max_notional_for_market or not market):
        assert _value(account, intent, verdict.qty) <= rules.max_notional
    if intent.side is Side.SELL:
        assert verdict.qty <= account.position_qty


@settings(max_examples=400)
@given(intent=intents(), account=accounts(), limits=limits_)
def test_every_verdict_is_complete(intent: Intent, account: AccountView, limits: RiskLimits) -> None:
    verdict = judge(intent, account, limits)
    assert verdict == judge(intent, account, limits)
    assert (verdict.outcome is Outcome.VETOED) == (verdict.qty == 0)
    assert (verdict.outcome is Outcome.ALLOWED) == (not verdict.reasons)
    assert (verdict.outcome is Outcome.VETOED) == any(reason.vetoes for reason in verdict.reasons)
    assert all(reason.text and reason.rule for reason in verdict.reasons)
    if verdict.outcome is Outcome.ALLOWED:
        assert verdict.qty == verdict.wanted_qty


@settings(max_examples=200)
@given(intent=intents(), account=accounts(), limits=limits_)
def test_a_sale_does_not_depend_on_limits_of_size(intent: Intent, account: AccountView, limits: RiskLimits) -> None:
    if intent.side is Side.SELL:
        free = RiskLimits(max_open_orders=limits.max_open_orders)
        assert judge(intent, account, limits) == judge(intent, account, free)


@settings(max_examples=200)
@given(account=accounts(), limits=limits_, more=st.integers(0, 10**15), share=shares)
def test_more_free_money_never_buys_less(account: AccountView, limits: RiskLimits, more: int, share: int) -> None:
    intent = Intent(instrument=account.instrument.id, side=Side.BUY, equity_ppm=share)
    fields = {name: getattr(account, name) for name in AccountView.__struct_fields__}
    richer = AccountView(**{**fields, "free_quote": account.free_quote + more})
    assert judge(intent, richer, limits).qty >= judge(intent, account, limits).qty
