"""The synthetic market as a whole: its promises to the venue servers and to whoever repeats a run."""

import hashlib
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.timeframe import DAY_MS, MINUTE_MS, Timeframe, bar_open_ms
from cryptobot_desktop.emulator.synthetic_market import (
    DEFAULT_PAIRS,
    Bar,
    BookChanged,
    MarketHappening,
    PairSpec,
    SyntheticMarket,
    TradeHappened,
)

START = 1_753_000_012_345
HOUR_MS = 3_600_000
ROOT = Path(__file__).resolve().parents[3]
NAMES = [spec.name for spec in DEFAULT_PAIRS]
COARSE = PairSpec(
    base="XRP", quote="USDT", price_decimals=4, qty_decimals=1, start_price=5_000, typical_qty=5_000,
    volatility=0.0008, half_spread=0.0004, tick_size=5, step_size=10,
)  # fmt: skip


def fingerprint(happenings: list[MarketHappening]) -> str:
    return hashlib.sha256(repr(happenings).encode()).hexdigest()


def of_pair(happenings: list[MarketHappening], pair: str) -> list[MarketHappening]:
    return [happening for happening in happenings if happening.pair == pair]


# --- the same run again -------------------------------------------------------------------------


@settings(max_examples=8)
@given(st.integers(0, 3), st.lists(st.integers(1, 20_000), min_size=1, max_size=12))
def test_how_time_is_cut_into_steps_changes_nothing(seed: int, steps: list[int]) -> None:
    stepped, whole = SyntheticMarket(seed, START), SyntheticMarket(seed, START)
    pieces: list[MarketHappening] = []
    for step in steps:
        pieces += stepped.advance(stepped.now_ms + step)
        stepped.bars("BTC/USDT", Timeframe.M5, Venue.BINANCE, START - HOUR_MS, START + HOUR_MS)
        stepped.rolling_24h("ETH/USDT")
    assert pieces == whole.advance(START + sum(steps))
    assert all(a.at_ms <= b.at_ms for a, b in pairwise(pieces))
    for name in NAMES:
        assert stepped.book(name) == whole.book(name)
        assert stepped.recent_trades(name) == whole.recent_trades(name)
        assert stepped.rolling_24h(name) == whole.rolling_24h(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_pair_plays_the_same_alone_and_in_company(name: str) -> None:
    alone, together = SyntheticMarket(4, START, active=[name]), SyntheticMarket(4, START)
    until = START + 5 * MINUTE_MS
    assert alone.advance(until) == of_pair(together.advance(until), name)
    assert alone.active_pairs == (name,)


def test_another_hash_seed_changes_nothing() -> None:
    code = (
        "import hashlib; from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket;"
        f"m = SyntheticMarket(7, {START}); h = m.advance({START + 2 * MINUTE_MS});"
        "print(hashlib.sha256(repr(h).encode()).hexdigest())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("0", "12345")
    }
    assert outputs == {fingerprint(SyntheticMarket(7, START).advance(START + 2 * MINUTE_MS))}


def test_two_seeds_give_two_markets() -> None:
    runs = {fingerprint(SyntheticMarket(seed, START).advance(START + MINUTE_MS)) for seed in range(4)}
    assert len(runs) == 4


def test_a_market_opened_later_tells_the_same_price_story() -> None:
    early = SyntheticMarket(7, START, active=["BTC/USDT"])
    early.advance(START + HOUR_MS)
    late = SyntheticMarket(7, START + HOUR_MS, active=["BTC/USDT"])
    window = (Timeframe.M1, Venue.BINANCE, START, START + HOUR_MS)
    played, told = early.bars("BTC/USDT", *window), late.bars("BTC/USDT", *window)
    assert len(played) == len(told) == 60
    assert max(abs(a.close / b.close - 1.0) for a, b in zip(played, told, strict=True)) < 0.001
    assert abs(early.best("BTC/USDT").bid / late.best("BTC/USDT").bid - 1.0) < 0.0005
    assert late.book("BTC/USDT").update_id > early.book("BTC/USDT").update_id


def test_the_end_of_a_step_belongs_to_the_step() -> None:
    moments = sorted({h.at_ms for h in SyntheticMarket(2, START).advance(START + 5_000)})
    market = SyntheticMarket(2, START)
    for moment in moments[:40]:
        assert {h.at_ms for h in market.advance(moment)} == {moment}


def test_time_never_runs_backwards() -> None:
    market = SyntheticMarket(1, START)
    market.advance(START + 1000)
    assert market.advance(START) == []
    assert market.now_ms == START + 1000


# --- books and trades ---------------------------------------------------------------------------


@pytest.mark.parametrize("spec", [*DEFAULT_PAIRS, COARSE], ids=lambda spec: spec.base)
@pytest.mark.parametrize("seed", [1, 9])
def test_replaying_the_changes_on_a_snapshot_gives_the_book_and_it_never_crosses(spec: PairSpec, seed: int) -> None:
    market = SyntheticMarket(seed, START, [spec])
    state = market.book(spec.name)
    sides = {Side.BUY: dict(state.bids), Side.SELL: dict(state.asks)}
    update_id, trade_id, at_ms = state.update_id, market.last_trade(spec.name).trade_id, START
    for happening in market.advance(START + 6 * MINUTE_MS):
        assert at_ms <= happening.at_ms
        at_ms = happening.at_ms
        assert happening.price > 0
        assert happening.price % spec.tick_size == 0
        assert happening.qty % spec.step_size == 0
        if isinstance(happening, TradeHappened):
            trade_id += 1
            assert happening.trade_id == trade_id
            assert happening.qty > 0
            best = min(sides[Side.SELL]) if happening.aggressor is Side.BUY else max(sides[Side.BUY])
            assert happening.price == best, "a trade happens at the best price of the other side"
            continue
        update_id += 1
        assert happening.update_id == update_id
        levels = sides[happening.side]
        if happening.qty:
            levels[happening.price] = happening.qty
        else:
            del levels[happening.price]
        assert max(sides[Side.BUY]) < min(sides[Side.SELL])
    state = market.book(spec.name)
    assert state.bids == tuple(sorted(sides[Side.BUY].items(), reverse=True))
    assert state.asks == tuple(sorted(sides[Side.SELL].items()))
    best = market.best(spec.name)
    assert ((best.bid, best.bid_qty), (best.ask, best.ask_qty)) == (state.bids[0], state.asks[0])
    assert state.update_id == best.update_id == update_id
    assert all(qty > 0 for _, qty in state.bids + state.asks)


def test_a_level_never_loses_more_than_was_traded_at_it_in_a_sweep() -> None:
    market = SyntheticMarket(3, START, active=["ETH/USDT"])
    state = market.book("ETH/USDT")
    levels = {**{(Side.BUY, p): q for p, q in state.bids}, **{(Side.SELL, p): q for p, q in state.asks}}
    traded: dict[int, int] = {}
    for happening in market.advance(START + 5 * MINUTE_MS):
        if isinstance(happening, TradeHappened):
            traded[happening.price] = traded.get(happening.price, 0) + happening.qty
        else:
            key = (happening.side, happening.price)
            if happening.price in traded:
                assert levels[key] - happening.qty == traded.pop(happening.price)
            levels[key] = happening.qty
    assert not traded


def test_a_shallow_book_is_the_top_of_the_deep_one() -> None:
    market = SyntheticMarket(1, START)
    deep, shallow = market.book("BTC/USDT"), market.book("BTC/USDT", 5)
    assert shallow.bids == deep.bids[:5]
    assert shallow.asks == deep.asks[:5]
    assert len(deep.bids) >= 100
    assert market.book("BTC/USDT", 0).bids == ()


def test_recent_trades_end_with_the_last_one_and_were_reported() -> None:
    market = SyntheticMarket(1, START, active=["BTC/USDT"])
    assert market.last_trade("BTC/USDT").at_ms <= START
    reported = [h for h in market.advance(START + MINUTE_MS) if isinstance(h, TradeHappened)]
    assert market.recent_trades("BTC/USDT", 20) == reported[-20:]
    assert market.last_trade("BTC/USDT") == reported[-1]
    assert market.recent_trades("BTC/USDT", 0) == []


def test_rates_are_those_of_a_readable_market() -> None:
    market = SyntheticMarket(7, START, active=["BTC/USDT"])
    happenings = market.advance(START + 10 * MINUTE_MS)
    trades = sum(isinstance(h, TradeHappened) for h in happenings)
    assert 0.3 < trades / 600 < 40
    assert 2 < sum(isinstance(h, BookChanged) for h in happenings) / 600 < 150


# --- candles ------------------------------------------------------------------------------------


def from_trades(trades: list[TradeHappened], spec: PairSpec) -> tuple[int, ...]:
    return (
        trades[0].price,
        max(t.price for t in trades),
        min(t.price for t in trades),
        trades[-1].price,
        sum(t.qty for t in trades),
        sum(spec.quote_amount(t.price, t.qty) for t in trades),
        len(trades),
        trades[0].trade_id,
        trades[-1].trade_id,
        sum(t.qty for t in trades if t.aggressor is Side.BUY),
        sum(spec.quote_amount(t.price, t.qty) for t in trades if t.aggressor is Side.BUY),
    )


def numbers(bar: Bar) -> tuple[int, ...]:
    return (
        bar.open, bar.high, bar.low, bar.close, bar.volume, bar.quote_volume, bar.trades, bar.first_trade_id,
        bar.last_trade_id, bar.taker_buy_volume, bar.taker_buy_quote_volume,
    )  # fmt: skip


@pytest.mark.parametrize("spec", DEFAULT_PAIRS, ids=lambda spec: spec.base)
@pytest.mark.parametrize("timeframe", [Timeframe.M1, Timeframe.M3, Timeframe.M5])
def test_live_candles_are_the_sum_of_the_reported_trades(spec: PairSpec, timeframe: Timeframe) -> None:
    market = SyntheticMarket(5, START, [spec])
    trades = [h for h in market.advance(START + 25 * MINUTE_MS) if isinstance(h, TradeHappened)]
    first_whole = bar_open_ms(START, timeframe, Venue.BINANCE) + (timeframe.length_ms or 0)
    bars = market.bars(spec.name, timeframe, Venue.BINANCE, first_whole, market.now_ms + 1)
    assert len(bars) >= 5
    for bar in bars:
        inside = [t for t in trades if bar.open_ms <= t.at_ms < bar.end_ms]
        assert numbers(bar) == from_trades(inside, spec)
        assert bar.is_closed == (bar.end_ms <= market.now_ms)
    assert not bars[-1].is_closed


@pytest.fixture(scope="module")
def sol_market() -> SyntheticMarket:
    market = SyntheticMarket(5, START, active=["SOL/USDT"])
    market.advance(START + 2 * MINUTE_MS)
    return market


@pytest.mark.parametrize("venue", list(Venue))
@pytest.mark.parametrize("timeframe", list(Timeframe))
def test_every_timeframe_is_its_minutes_added_up_on_the_venues_grid(
    sol_market: SyntheticMarket, timeframe: Timeframe, venue: Venue
) -> None:
    market = sol_market
    minutes = market.bars("SOL/USDT", Timeframe.M1, venue, 0, market.now_ms + 1)
    bars = market.bars("SOL/USDT", timeframe, venue, 0, market.now_ms + 1)
    assert sum(bar.volume for bar in bars) == sum(bar.volume for bar in minutes if bar.open_ms >= bars[0].open_ms)
    for bar in bars[:3] + bars[-3:]:
        assert bar_open_ms(bar.open_ms, timeframe, venue) == bar.open_ms
        inside = [m for m in minutes if bar.open_ms <= m.open_ms < bar.end_ms]
        assert (bar.open, bar.close) == (inside[0].open, inside[-1].close)
        assert (bar.high, bar.low) == (max(m.high for m in inside), min(m.low for m in inside))
        assert bar.volume == sum(m.volume for m in inside)
        assert bar.quote_volume == sum(m.quote_volume for m in inside)
        assert bar.trades == sum(m.trades for m in inside) == bar.last_trade_id - bar.first_trade_id + 1
    assert all(a.end_ms == b.open_ms for a, b in pairwise(bars))


@pytest.mark.parametrize("name", NAMES)
def test_history_and_live_market_join_without_a_jump(name: str) -> None:
    market = SyntheticMarket(7, START, active=[name])
    market.advance(START + 10 * MINUTE_MS)
    bars = market.bars(name, Timeframe.M1, Venue.BINANCE, START - DAY_MS, market.now_ms + 1)
    assert [b.first_trade_id for b in bars[1:]] == [a.last_trade_id + 1 for a in bars[:-1]]
    steps = [abs(b.open / a.close - 1.0) for a, b in pairwise(bars)]
    assert max(steps) < 0.0015
    assert sum(steps[-15:]) / 15 < 0.0003
    assert not any(bar.is_empty for bar in bars[:-1])


def test_there_is_a_week_of_minutes_before_the_start() -> None:
    market = SyntheticMarket(7, START, active=["BTC/USDT"])
    bars = market.bars("BTC/USDT", Timeframe.M1, Venue.BINANCE, START - 7 * DAY_MS, START)
    assert len(bars) == 7 * 1_440
    assert market.history_start_ms % DAY_MS == 0
    everything = market.bars("BTC/USDT", Timeframe.D1, Venue.BINANCE, 0, START)
    assert everything[0].open_ms == market.history_start_ms
    assert market.bars("BTC/USDT", Timeframe.M1, Venue.BINANCE, START + HOUR_MS, START + 2 * HOUR_MS) == []


def test_rolling_figures_are_those_of_the_last_1440_minutes() -> None:
    market = SyntheticMarket(7, START, active=["BTC/USDT"])
    market.advance(START + 3 * MINUTE_MS)
    figures = market.rolling_24h("BTC/USDT")
    bars = market.bars("BTC/USDT", Timeframe.M1, Venue.KUCOIN, figures.open_ms, market.now_ms + 1)
    before = market.bars("BTC/USDT", Timeframe.M1, Venue.KUCOIN, figures.open_ms - MINUTE_MS, figures.open_ms)
    assert len(bars) == 1_440
    assert figures.volume == sum(bar.volume for bar in bars)
    assert figures.quote_volume == sum(bar.quote_volume for bar in bars)
    assert figures.trades == sum(bar.trades for bar in bars) == figures.last_trade_id - figures.first_trade_id + 1
    assert (figures.high, figures.low) == (max(bar.high for bar in bars), min(bar.low for bar in bars))
    assert (figures.open, figures.last) == (bars[0].open, market.last_trade("BTC/USDT").price)
    assert figures.before == before[0].close


# --- pairs --------------------------------------------------------------------------------------


def test_only_active_pairs_are_simulated_and_reading_one_activates_it() -> None:
    market = SyntheticMarket(7, START, active=["BTC/USDT"])
    assert {h.pair for h in market.advance(START + 5_000)} == {"BTC/USDT"}
    snapshot = market.book("SOL/USDT")
    happenings = of_pair(market.advance(START + MINUTE_MS), "SOL/USDT")
    first = next(h for h in happenings if isinstance(h, BookChanged))
    assert first.update_id == snapshot.update_id + 1
    assert market.active_pairs == ("BTC/USDT", "SOL/USDT")
    assert market.pairs == DEFAULT_PAIRS
    assert market.seed == 7


def test_an_unknown_pair_is_refused_with_the_known_ones() -> None:
    market = SyntheticMarket(7, START, active=[])
    with pytest.raises(InvalidInput, match=r"'DOGE/USDT' is not listed; .* BTC/USDT, ETH/USDT, SOL/USDT"):
        market.best("DOGE/USDT")


def test_a_start_before_any_history_is_refused() -> None:
    with pytest.raises(InvalidInput, match="leaves no room for 8 days"):
        SyntheticMarket(7, DAY_MS)


def test_a_pair_whose_quote_volumes_would_be_inexact_is_refused() -> None:
    with pytest.raises(InvalidInput, match="exceed 8 together"):
        PairSpec(base="A", quote="B", price_decimals=5, qty_decimals=4, start_price=1, typical_qty=1, volatility=0.001)
    with pytest.raises(InvalidInput, match="must be above 0"):
        PairSpec(base="A", quote="B", price_decimals=2, qty_decimals=4, start_price=0, typical_qty=1, volatility=0.001)


def test_a_pair_has_each_venues_symbol_and_exact_texts() -> None:
    btc = DEFAULT_PAIRS[0]
    assert (btc.name, btc.binance_symbol, btc.kucoin_symbol) == ("BTC/USDT", "BTCUSDT", "BTC-USDT")
    assert (btc.price_text(6_400_001), btc.qty_text(12)) == ("64000.01", "0.00012")
    assert btc.quote_amount(6_400_001, 12) == 768_000_120
