"""The way of a price through all stages, over a scripted feed and a real database."""

from pathlib import Path

import pytest

from cryptobot_desktop.backtest.run import play
from cryptobot_desktop.domain.commands import (
    AddBot,
    ChangeBot,
    CreatePortfolio,
    PlaceOrder,
)
from cryptobot_desktop.domain.errors import TemporaryFailure
from cryptobot_desktop.domain.facts import DecisionMade, Fact, OrderAccepted, OrderFilled
from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.journal import CommitBatch
from cryptobot_desktop.domain.market import Received, Side
from cryptobot_desktop.domain.orders import OrderType
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.outbox import GROUP_ROWS
from cryptobot_desktop.engine.session import BotSpec
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import check_ledger
from tests.builders import USDT
from tests.unit.engine.trading_floor import BTC, ETH, FLIPPER, Floor, bars, live, received

ZIGZAG = [100, 90, 110, 80, 120, 70, 130, 60]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the profile database will be."""
    return tmp_path / "profile.sqlite"


def limit_buy(client_id: str, price: int, qty: int) -> PlaceOrder:
    """Return an order of the user at a price in whole USDT, quantity in units of 0.00001."""
    return PlaceOrder(
        client_id=client_id,
        portfolio="main",
        instrument=BTC.id,
        side=Side.BUY,
        type=OrderType.LIMIT,
        qty=qty,
        price=price * 100,
    )


def market_buy(client_id: str, qty: int, portfolio: str = "main", instrument: InstrumentId = BTC.id) -> PlaceOrder:
    """Return a market order of the user, quantity in units of 0.00001."""
    return PlaceOrder(
        client_id=client_id,
        portfolio=portfolio,
        instrument=instrument,
        side=Side.BUY,
        type=OrderType.MARKET,
        qty=qty,
    )


class TestOrderOfTheStages:
    def test_an_order_of_the_bot_fills_before_the_bot_sees_the_bar_that_filled_it(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars([100, 90, 110])))
            assert [d.intent.side for d in floor.decisions] == [Side.BUY]
            assert floor.fills == []
            before = len(floor.facts)
            floor.play(received(bars([110, 80], first=2)[1:]))
            told = floor.facts[before:]
        # The purchase fills at the bar's open; only thereby can the same bar's close lead to a sale.
        assert [type(fact) for fact in told] == [OrderFilled, DecisionMade, OrderAccepted]
        assert isinstance(told[1], DecisionMade)
        assert told[1].intent.side is Side.SELL

    def test_a_resting_order_of_the_user_fills_before_the_bot_decides_on_the_same_bar(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars([100, 90])))
            assert floor.command(limit_buy("mine", 85, 10_000)).ok
            before = len(floor.facts)
            dip = bars([90, 110], first=1)[1]
            dip = type(dip)(dip.instrument, dip.timeframe, dip.open_ms, 9_000, 11_000, 8_000, 11_000, 0)
            floor.play(received([dip]))
            told = floor.facts[before:]
        assert [type(fact) for fact in told] == [OrderFilled, DecisionMade, OrderAccepted]

    def test_an_event_that_brings_nothing_new_does_nothing(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars(ZIGZAG[:4])))
            facts, now = list(floor.facts), floor.session.pipeline.now_ms
            floor.play(received(bars(ZIGZAG[:4])))
            assert floor.facts == facts
            assert floor.session.pipeline.now_ms == now

    def test_bars_of_an_instrument_that_is_not_watched_are_ignored(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars(ZIGZAG, instrument=ETH)))
            assert floor.decisions == []


class TestStoredBeforeTold:
    def test_every_fact_is_told_after_the_commit_that_holds_its_rows(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars(ZIGZAG)))
            fills: set[str] = set()
            decisions: set[str] = set()
            orders: set[str] = set()
            for entry in floor.diary:
                if isinstance(entry, CommitBatch):
                    fills |= {fill.fill_id for fill in entry.fills}
                    decisions |= {decision.decision_id for decision in entry.decisions}
                    orders |= {order.client_id for order in entry.orders}
                else:
                    _assert_stored(entry, fills, decisions, orders)
            assert len(floor.fills) >= 5

    def test_what_a_listener_hears_is_in_the_file_at_that_moment(self, path: Path) -> None:
        missing: list[str] = []
        with Floor(path, bots=[FLIPPER]) as floor:

            def look(fact: Fact) -> None:
                if isinstance(fact, OrderFilled):
                    stored = {fill.fill_id for fill in floor.stored().fills}
                    missing.extend(fill.fill_id for fill in fact.fills if fill.fill_id not in stored)

            floor.session.outbox._tell = look  # the listener of this test instead of the diary
            floor.play(live() + received(bars(ZIGZAG)))
        assert missing == []

    def test_a_refusing_disk_keeps_rows_and_tells_nothing_until_it_takes_them(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars([100, 90, 110])))
            told = len(floor.facts)
            floor.store.trouble = TemporaryFailure("the disk says no")
            floor.session.pipeline.process(received(bars([110, 80], first=2)[1:])[0])
            for _ in range(3):
                with pytest.raises(TemporaryFailure):
                    floor.session.outbox.flush()
            assert len(floor.facts) == told
            assert floor.stored().fills == ()
            floor.store.trouble = None
            floor.session.outbox.flush()
            assert [type(fact) for fact in floor.facts[told:]] == [OrderFilled, DecisionMade, OrderAccepted]
            assert len(floor.stored().fills) == 1
            assert check_ledger(floor.database, audit).holds

    def test_as_fast_as_possible_rows_are_stored_in_groups_and_facts_follow_each_group(self, path: Path) -> None:
        closes = [100 + (number % 2) * 10 for number in range(600)]
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.store.batches.clear()
            play(floor.session, live() + received(bars(closes)))
            sizes = [_rows(batch) for batch in floor.store.batches]
            assert len(sizes) > 3
            # Several states of one order are one row of a batch, so a group may be smaller than counted.
            assert all(GROUP_ROWS // 2 <= size <= GROUP_ROWS + 50 for size in sizes[:-1])
            assert len(floor.fills) == len(floor.stored().tail_fills) > 400
            assert check_ledger(floor.database, audit).holds

    def test_group_commits_and_single_commits_give_the_same_ledger(self, tmp_path: Path) -> None:
        closes = [100 + (number * 37 % 23) for number in range(300)]
        events = live() + received(bars(closes))
        with Floor(tmp_path / "a.sqlite", bots=[FLIPPER]) as one, Floor(tmp_path / "b.sqlite", bots=[FLIPPER]) as two:
            one.play(events)
            play(two.session, events)
            heads = [floor.stored().last_hash for floor in (one, two)]
            assert heads[0] == heads[1]
            assert one.session.pipeline.totals.trades_hash.hexdigest() == (
                two.session.pipeline.totals.trades_hash.hexdigest()
            )


class TestDecisions:
    def test_every_decision_is_stored_with_all_its_reasons(self, path: Path) -> None:
        greedy = BotSpec(strategy="sma_cross", params={"fast": "1", "slow": "2", "size": "0.5"}, max_trade_ppm=100_000)
        with Floor(path, bots=[greedy]) as floor:
            floor.play(live() + received(bars(ZIGZAG)))
            stored = floor.stored().decisions
        assert list(stored) == floor.decisions
        buys = [d for d in stored if d.intent.side is Side.BUY]
        assert {d.outcome for d in buys} == {"shrunk"}
        assert all(rule == "max_trade_size" and "10 %" in text for d in buys for rule, text in d.reasons)

    def test_a_vetoed_wish_says_why_and_sends_nothing(self, path: Path) -> None:
        poor = BotSpec(strategy="sma_cross", params={"fast": "1", "slow": "2"}, max_exposure_ppm=0)
        with Floor(path, bots=[poor]) as floor:
            floor.play(live() + received(bars(ZIGZAG)))
            stored = floor.stored()
        assert {d.outcome for d in stored.decisions} == {"vetoed"}
        assert all(d.reasons and d.client_id == "" and d.qty == 0 for d in stored.decisions)
        assert stored.fills == ()
        assert stored.open_orders == ()

    def test_decision_ids_never_repeat_within_a_session(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars(ZIGZAG)))
            ids = [d.decision_id for d in floor.decisions]
        assert len(ids) == len(set(ids))


class TestSeveralBotsAndPortfolios:
    def test_two_bots_in_two_portfolios_live_on_one_feed_without_touching_each_other(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live())
            assert floor.command(CreatePortfolio("second", "USDT", 2_000 * USDT)).ok
            assert floor.command(
                AddBot("other", "sma_cross", "second", BTC.id, Timeframe.M1, {"fast": "1", "slow": "2"})
            ).ok
            floor.play(received(bars(ZIGZAG)))
            stored = floor.stored()
            pipeline = floor.session.pipeline
            by_portfolio = {
                name: [(f.side, f.at_ms, f.price) for f in stored.fills if f.portfolio == name]
                for name in ("main", "second")
            }
            assert by_portfolio["main"] == by_portfolio["second"] != []
            sizes = {name: [f.qty for f in stored.fills if f.portfolio == name] for name in ("main", "second")}
            # A fifth of the money buys a fifth (the bots' equities differ by rounding and fees only).
            assert all(abs(5 * b - a) <= 25 for a, b in zip(sizes["main"], sizes["second"], strict=True))
            assert pipeline.accounts.get("main").record.starting_cash == 10_000 * USDT
            assert check_ledger(floor.database, audit).holds

    def test_two_bots_in_one_portfolio_sell_only_what_each_has_bought(self, path: Path) -> None:
        slow = BotSpec(strategy="sma_cross", params={"fast": "2", "slow": "4"})
        with Floor(path, bots=[FLIPPER, slow]) as floor:
            floor.play(live() + received(bars([100, 95, 90, 95, 105, 115, 110, 100, 90, 80, 95, 110, 120, 90, 70, 60])))
            held: dict[str, int] = {}
            for fill in floor.fills:
                name = fill.client_id.partition(":")[0]
                gained = BTC.base_amount(fill.qty) - fill.fee if fill.side is Side.BUY else -BTC.base_amount(fill.qty)
                held[name] = held.get(name, 0) + gained
                assert held[name] >= 0
            names = {bot.name for bot in floor.session.pipeline.bots}
            assert set(held) == names == {"sma_cross", "sma_cross-2"}
            assert {bot.name: bot.base_held for bot in floor.session.pipeline.bots} == held
            assert sum(held.values()) == floor.session.pipeline.accounts.held("main").get("BTC", 0)

    def test_a_bot_neither_sells_nor_counts_what_the_user_bought(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars([100, 110])))
            assert floor.command(market_buy("mine", 100_000)).ok
            floor.play(received(bars([110, 90, 80, 70], first=1)[1:]))
            assert [fill.client_id for fill in floor.fills] == ["mine"]
            assert all(decision.intent.side is Side.BUY for decision in floor.decisions)
            floor.play(received(bars([70, 90, 60, 50], first=4)[1:]))
            mine = floor.fills[0]
            rest = floor.session.pipeline.accounts.held("main")["BTC"]
            assert rest >= BTC.base_amount(mine.qty) - mine.fee
            assert [f.side for f in floor.fills] == [Side.BUY, Side.BUY, Side.SELL]

    def test_bots_on_two_instruments_hear_only_their_own_bars(self, path: Path) -> None:
        other = BotSpec(strategy="sma_cross", params={"fast": "1", "slow": "2"}, symbol="ETH/USDT")
        with Floor(path, bots=[FLIPPER, other], instruments=(BTC, ETH)) as floor:
            floor.play(live(BTC, ETH) + received(bars(ZIGZAG)))
            assert {d.intent.instrument for d in floor.decisions} == {BTC.id}
            floor.play(received(bars(ZIGZAG, instrument=ETH, first=len(ZIGZAG))))
            assert {d.intent.instrument for d in floor.decisions} == {BTC.id, ETH.id}


def _assert_stored(fact: Fact, fills: set[str], decisions: set[str], orders: set[str]) -> None:
    if isinstance(fact, OrderFilled):
        assert {fill.fill_id for fill in fact.fills} <= fills
    if isinstance(fact, OrderFilled | OrderAccepted):
        assert fact.order.client_id in orders
    elif isinstance(fact, DecisionMade):
        assert fact.decision_id in decisions


def _rows(batch: CommitBatch) -> int:
    return len(batch.transfers) + len(batch.orders) + len(batch.fills) + len(batch.decisions)


def test_time_never_steps_back_when_events_arrive_out_of_order(path: Path) -> None:
    with Floor(path) as floor:
        floor.play(live())
        late = Received(floor.session.pipeline.now_ms - 5_000, received(bars([100]))[0].event)
        floor.play([late])
        assert floor.session.pipeline.now_ms == received(bars([100]))[0].received_ms - 60_000


def test_a_changed_bot_does_not_depend_on_when_its_state_was_last_stored(tmp_path: Path) -> None:
    closes = [100 + (number * 7919) % 13 for number in range(400)]
    snapshots = []
    for stores in (True, False):
        bot = BotSpec(strategy="rsi_reversion", params={"period": "3", "low": "10", "high": "90"})
        with Floor(tmp_path / f"{stores}.sqlite", bots=[bot]) as floor:
            for event in live() + received(bars(closes)):
                floor.session.pipeline.process(event)
                if stores:
                    floor.session.outbox.flush()
            change = ChangeBot("rsi_reversion", {"period": "3", "low": "10", "high": "90"}, max_trade_ppm=50_000)
            assert floor.command(change).ok
            snapshots.append(floor.session.pipeline.bots.get("rsi_reversion").strategy.snapshot())
    assert snapshots[0] == snapshots[1]
