"""What front ends may ask for: each answer comes last, each refusal is one clear sentence and changes nothing."""

from pathlib import Path

import msgspec
import pytest

from cryptobot_desktop.domain.commands import (
    AddBot,
    CancelOrder,
    ChangeBot,
    Command,
    CreatePortfolio,
    FocusInstrument,
    PauseBot,
    PlaceOrder,
    PreviewOrder,
    ReleaseKillSwitch,
    RemoveBot,
    ResetPortfolio,
    StartBot,
    TripKillSwitch,
    UnwatchInstrument,
    WatchInstrument,
)
from cryptobot_desktop.domain.facts import KillSwitchReleased, KillSwitchTripped, OrderCanceled, OrderPreviewed
from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import MAX_STORED
from cryptobot_desktop.domain.orders import OrderStatus, OrderType
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import check_ledger
from tests.builders import USDT
from tests.unit.engine.trading_floor import BTC, FLIPPER, Floor, bars, live, received

LIMIT = PlaceOrder(
    client_id="mine",
    portfolio="main",
    instrument=BTC.id,
    side=Side.BUY,
    type=OrderType.LIMIT,
    qty=1_000_000,
    price=5_000,
)
MARKET = PlaceOrder(
    client_id="now", portfolio="main", instrument=BTC.id, side=Side.BUY, type=OrderType.MARKET, qty=1_000_000
)
NOWHERE = InstrumentId("binance:NOPEUSDT")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the profile database will be."""
    return tmp_path / "profile.sqlite"


def different(order: PlaceOrder, **changes: object) -> PlaceOrder:
    """Return the same order with changes."""
    return msgspec.structs.replace(order, **changes)


class TestKillSwitch:
    def test_tripping_cancels_every_open_order_and_frees_its_money(self, path: Path) -> None:
        with Floor(path) as floor:
            floor.play(live() + received(bars([100, 90])))
            for number in range(5):
                assert floor.command(different(LIMIT, client_id=f"o{number}")).ok
            assert floor.command(TripKillSwitch("lunch")).ok
            assert floor.session.exchange.open_orders() == ()
            assert floor.session.pipeline.accounts.reserved("main", "USDT") == 0
            stored = floor.stored()
            assert stored.open_orders == ()
            assert stored.kill_switch is not None
            assert (stored.kill_switch.tripped, stored.kill_switch.reason) == (True, "lunch")
            kinds = [type(fact) for fact in floor.facts if isinstance(fact, OrderCanceled | KillSwitchTripped)]
            assert kinds == [OrderCanceled] * 5 + [KillSwitchTripped]

    def test_while_it_is_on_bots_are_vetoed_with_the_reason_and_the_user_is_refused(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars([100, 90])))
            floor.command(TripKillSwitch("lunch"))
            floor.play(received(bars([90, 110, 80, 120], first=1)[1:]))
            assert {d.outcome for d in floor.decisions} == {"vetoed"}
            assert all(("kill_switch" in dict(d.reasons)) and "lunch" in str(d.reasons) for d in floor.decisions)
            answer = floor.command(LIMIT)
            assert (answer.ok, answer.message) == (
                False,
                "the kill switch is on; release it before sending new orders",
            )
            assert floor.fills == []
            assert floor.stored().decisions != ()

    def test_it_survives_restarts_until_somebody_releases_it_with_a_reason(self, path: Path) -> None:
        with Floor(path) as floor:
            floor.play(live())
            floor.command(TripKillSwitch("lunch"))
        for _ in range(2):
            with Floor(path, name="later") as floor:
                assert floor.session.pipeline.kill_switch.tripped
                assert floor.session.pipeline.kill_switch.reason == "lunch"
        with Floor(path, name="last") as floor:
            floor.play(live() + received(bars([100, 90])))
            for empty in ("", "   "):
                answer = floor.command(ReleaseKillSwitch(empty))
                assert not answer.ok
                assert "reason" in answer.message
                assert floor.session.pipeline.kill_switch.tripped
            assert floor.command(ReleaseKillSwitch("back again")).ok
            assert isinstance(floor.facts[-2], KillSwitchReleased)
            assert floor.command(LIMIT).ok
        with Floor(path, name="after") as floor:
            assert not floor.session.pipeline.kill_switch.tripped

    def test_a_purchase_that_waits_for_the_next_bar_is_cancelled_too(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars([100, 90, 110])))
            assert len(floor.session.exchange.open_orders()) == 1
            floor.command(TripKillSwitch("now"))
            floor.play(received(bars([110, 120], first=2)[1:]))
            assert floor.fills == []


class TestClientIds:
    def test_the_same_order_twice_is_one_order(self, path: Path) -> None:
        with Floor(path) as floor:
            floor.play(live() + received(bars([100, 90])))
            assert floor.command(LIMIT).ok
            reserved = floor.session.pipeline.accounts.reserved("main", "USDT")
            assert floor.command(LIMIT).ok
            assert len(floor.session.exchange.open_orders()) == 1
            assert floor.session.pipeline.accounts.reserved("main", "USDT") == reserved
            assert floor.session.pipeline.totals.orders == 1

    def test_another_order_under_a_taken_id_is_refused_and_the_first_one_stays_as_it_is(self, path: Path) -> None:
        with Floor(path) as floor:
            floor.play(live() + received(bars([100, 90])))
            assert floor.command(LIMIT).ok
            first = floor.session.exchange.open_orders()
            answer = floor.command(different(LIMIT, qty=2_000_000))
            assert not answer.ok
            assert floor.session.exchange.open_orders() == first
            assert floor.stored().open_orders == first
            report = check_ledger(floor.database, audit)
            assert report.holds, report.findings
        with Floor(path, name="again") as floor:
            assert floor.session.exchange.open_orders() == first
            assert floor.command(CancelOrder("mine")).ok
            assert check_ledger(floor.database, audit).holds

    def test_an_order_that_was_refused_is_refused_again_with_the_same_words(self, path: Path) -> None:
        with Floor(path) as floor:
            floor.play(live() + received(bars([100, 90])))
            tiny = different(LIMIT, qty=1)
            once, twice = floor.command(tiny), floor.command(tiny)
            assert (once.ok, twice.ok) == (False, False)
            assert once.message == twice.message

    def test_a_finished_order_is_not_sent_again_after_a_restart(self, path: Path) -> None:
        with Floor(path) as floor:
            floor.play(live() + received(bars([100, 90])))
            assert floor.command(MARKET).ok
            floor.play(received(bars([90, 95], first=1)[1:]))
            assert len(floor.fills) == 1
        with Floor(path, history=bars([100, 90, 95]), name="again") as floor:
            floor.play(live())
            floor.command(MARKET)
            floor.play(received(bars([95, 99], first=2)[1:]))
            assert floor.fills == []
            assert len(floor.stored().fills) == 1


BOT = AddBot("helper", "sma_cross", "main", BTC.id, Timeframe.M1, {"fast": "2", "slow": "3"})
REFUSALS: list[tuple[Command, str]] = [
    (CreatePortfolio("main", "USDT", USDT), "'main' exists already"),
    (CreatePortfolio("", "USDT", USDT), "name"),
    (CreatePortfolio("a#b", "USDT", USDT), "'a#b'"),
    (CreatePortfolio("x", "USDT", 0), "'x' must be above 0"),
    (CreatePortfolio("x", "USDT", -USDT), "'x' must be above 0"),
    (CreatePortfolio("x", "USDT", MAX_STORED), "'x'"),
    (CreatePortfolio("x", "", USDT), "asset"),
    (ResetPortfolio("nobody", "USDT", USDT), "'nobody' does not exist; known portfolios: main"),
    (ResetPortfolio("main", "USDT", 0), "'main' must be above 0"),
    (ResetPortfolio("main", "USDT", MAX_STORED), "'main'"),
    (ResetPortfolio("main", "", USDT), "asset"),
    (msgspec.structs.replace(BOT, portfolio="nobody"), "'nobody' does not exist"),
    (msgspec.structs.replace(BOT, instrument=NOWHERE), "binance:NOPEUSDT is not watched"),
    (msgspec.structs.replace(BOT, strategy="magic"), "'magic' is unknown; allowed: sma_cross, rsi_reversion"),
    (msgspec.structs.replace(BOT, params={"fast": "0"}), "fast=0"),
    (msgspec.structs.replace(BOT, params={"fast": "9", "slow": "3"}), "fast=9 must be below slow=3"),
    (msgspec.structs.replace(BOT, params={"speed": "3"}), "'speed' is unknown"),
    (msgspec.structs.replace(BOT, bot=""), "''"),
    (msgspec.structs.replace(BOT, bot="a:b"), "'a:b'"),
    (msgspec.structs.replace(BOT, bot="sma_cross"), "'sma_cross' exists already"),
    (StartBot("ghost"), "'ghost' does not exist; known bots: sma_cross"),
    (PauseBot("ghost"), "'ghost' does not exist"),
    (ChangeBot("ghost", {}), "'ghost' does not exist"),
    (ChangeBot("sma_cross", {"fast": "x"}), "fast=x"),
    (RemoveBot("ghost"), "'ghost' does not exist"),
    (different(LIMIT, client_id=""), "empty"),
    (different(LIMIT, client_id="bot:1"), "'bot:1'"),
    (different(LIMIT, portfolio="nobody"), "'nobody' does not exist"),
    (different(LIMIT, instrument=NOWHERE), "binance:NOPEUSDT is not watched"),
    (different(LIMIT, qty=1), "NOTIONAL"),
    (different(LIMIT, qty=10**15), "are needed"),
    (different(LIMIT, qty=None), ""),
    (different(LIMIT, price=None), ""),
    (different(LIMIT, price=-5), ""),
    (different(LIMIT, qty=-5), ""),
    (different(LIMIT, qty=10**30), ""),
    (different(LIMIT, side=Side.SELL), "are needed"),
    (CancelOrder("ghost"), "'ghost' is not open"),
    (ReleaseKillSwitch(""), "reason"),
    (WatchInstrument("DOGE/USDT"), "DOGE/USDT"),
    (UnwatchInstrument(BTC.id), "sma_cross"),
    (FocusInstrument(NOWHERE), "binance:NOPEUSDT is not watched"),
]


@pytest.mark.parametrize(("command", "words"), REFUSALS, ids=lambda value: repr(value)[:60])
def test_a_refusal_is_one_clear_sentence_and_changes_nothing(path: Path, command: Command, words: str) -> None:
    with Floor(path, bots=[FLIPPER]) as floor:
        floor.play(live() + received(bars([100, 90])))
        assert floor.command(different(LIMIT, client_id="kept")).ok
        before = _everything(floor)
        answer = floor.command(command)
        assert not answer.ok
        assert words in answer.message
        assert 10 < len(answer.message) < 300
        assert "\n" not in answer.message
        assert _everything(floor) == before


def _everything(floor: Floor) -> object:
    """Return all that a refusal could spoil: money, open orders, bots, portfolios, what is watched."""
    pipeline, stored = floor.session.pipeline, floor.stored()
    return (
        dict(pipeline.accounts.ledger.balances()),
        floor.session.exchange.open_orders(),
        [(bot.record.status, bot.record.params, bot.base_held) for bot in pipeline.bots],
        floor.session.desk.focus,
        (stored.balances, stored.open_orders, stored.portfolios, stored.kill_switch, stored.last_hash),
        [(bot.bot, bot.params, bot.status) for bot in stored.bots],
        floor.session.market.watched,
    )


class TestPortfolios:
    def test_a_reset_opens_a_new_epoch_and_keeps_the_old_one_readable(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars([100, 90, 110, 120])))
            assert floor.command(different(LIMIT, client_id="rests")).ok
            assert floor.command(ResetPortfolio("main", "USDT", 500 * USDT)).ok
            pipeline, stored = floor.session.pipeline, floor.stored()
            assert [r.epoch for r in stored.portfolios] == [2]
            assert pipeline.accounts.available("main", "USDT") == 500 * USDT
            assert pipeline.accounts.held("main") == {"USDT": 500 * USDT}
            assert stored.open_orders == ()
            assert check_ledger(floor.database, audit).holds
            floor.play(received(bars([120, 90, 130, 140], first=3)[1:]))
            assert floor.session.pipeline.accounts.held("main")["BTC"] > 0
            assert check_ledger(floor.database, audit).holds

    def test_after_a_reset_a_bot_owns_nothing_now_and_after_a_restart(self, path: Path) -> None:
        closes = [100, 90, 110, 120]
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars(closes)))
            assert next(iter(floor.session.pipeline.bots)).base_held > 0
            floor.command(ResetPortfolio("main", "USDT", 500 * USDT))
            now = _bot_figures(floor)
            assert now == [("sma_cross", 0, 0, 0)]
        with Floor(path, bots=[FLIPPER], history=bars(closes), name="again") as floor:
            assert _bot_figures(floor) == now
            assert next(iter(floor.session.pipeline.bots)).base_held == 0


class TestBots:
    def test_a_paused_bot_watches_but_does_not_trade_until_it_is_started(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars([100, 90])))
            assert floor.command(PauseBot("sma_cross")).ok
            floor.play(received(bars([90, 110], first=1)[1:]))
            assert floor.decisions == []
            assert floor.command(StartBot("sma_cross")).ok
            floor.play(received(bars([110, 90, 120], first=2)[1:]))
            assert len(floor.decisions) == 1
        with Floor(path, name="again") as floor:
            assert [bot.record.status for bot in floor.session.pipeline.bots] == ["running"]

    def test_changing_a_bot_keeps_its_position_and_what_it_has_earned(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars([100, 90, 110, 80, 120, 130, 60, 110, 120])))
            before = _bot_figures(floor)
            assert before[0][1] > 0
            assert before[0][2] != 0
            assert floor.command(ChangeBot("sma_cross", {"fast": "1", "slow": "3"})).ok
            assert _bot_figures(floor) == before

    def test_removing_a_bot_cancels_its_orders_and_only_its_own(self, path: Path) -> None:
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars([100, 90])))
            floor.command(different(LIMIT, client_id="kept"))
            floor.play(received(bars([90, 110], first=1)[1:]))
            assert len(floor.session.exchange.open_orders()) == 2
            assert floor.command(RemoveBot("sma_cross")).ok
            assert [o.client_id for o in floor.session.exchange.open_orders()] == ["kept"]
            assert floor.stored().bots == ()
            floor.play(received(bars([110, 80, 120], first=2)[1:]))
            assert len(floor.decisions) == 1
            assert check_ledger(floor.database, audit).holds

    def test_the_name_of_a_removed_bot_stays_with_its_trades(self, path: Path) -> None:
        closes = [100, 90, 110, 120]
        anew = AddBot("sma_cross", "sma_cross", "main", BTC.id, Timeframe.M1, {"fast": "1", "slow": "2"})
        with Floor(path, bots=[FLIPPER]) as floor:
            floor.play(live() + received(bars(closes)))
            assert floor.command(RemoveBot("sma_cross")).ok
            assert "'sma_cross'" in floor.command(anew).message
        with Floor(path, bots=[FLIPPER], history=bars(closes), name="again") as floor:
            assert _bot_figures(floor) == [("sma_cross-2", 0, 0, 0)]
            assert "'sma_cross'" in floor.command(anew).message

    def test_a_bot_that_never_traded_leaves_its_name_free(self, path: Path) -> None:
        with Floor(path) as floor:
            floor.play(live())
            assert floor.command(BOT).ok
            assert floor.command(RemoveBot("helper")).ok
            assert floor.command(BOT).ok

    def test_a_bot_named_user_does_not_take_the_users_orders_for_its_own(self, path: Path) -> None:
        with Floor(path) as floor:
            floor.play(live() + received(bars([100, 90])))
            answer = floor.command(msgspec.structs.replace(BOT, bot="user"))
            assert not answer.ok
            assert "'user'" in answer.message


class TestPreview:
    def test_a_preview_says_what_the_order_would_reserve_and_changes_nothing(self, path: Path) -> None:
        with Floor(path) as floor:
            floor.play(live() + received(bars([100, 90])))
            before = _everything(floor)
            floor.session.desk.execute(77, PreviewOrder(LIMIT))
            floor.session.outbox.flush()
            preview = floor.facts[-1]
            assert isinstance(preview, OrderPreviewed)
            assert (preview.command_id, preview.problem, preview.resting_qty) == (77, "", 1_000_000)
            assert _everything(floor) == before

    @pytest.mark.parametrize(
        ("order", "words"),
        [
            (different(LIMIT, qty=1), "NOTIONAL"),
            (different(LIMIT, portfolio="nobody"), "nobody"),
            (different(LIMIT, instrument=NOWHERE), ""),
        ],
    )
    def test_a_preview_of_an_impossible_order_carries_the_problem_and_the_id(
        self, path: Path, order: PlaceOrder, words: str
    ) -> None:
        with Floor(path) as floor:
            floor.play(live() + received(bars([100, 90])))
            floor.session.desk.execute(78, PreviewOrder(order))
            floor.session.outbox.flush()
            answer = floor.facts[-1]
            problem = answer.problem if isinstance(answer, OrderPreviewed) else getattr(answer, "message", "")
            assert getattr(answer, "command_id", None) == 78
            assert problem
            assert words in problem


def test_an_accepted_order_rests_in_the_database_before_the_answer(path: Path) -> None:
    with Floor(path) as floor:
        floor.play(live() + received(bars([100, 90])))
        floor.command(LIMIT)
        (order,) = floor.stored().open_orders
        assert (order.client_id, order.status) == ("mine", OrderStatus.NEW)


def _bot_figures(floor: Floor) -> list[tuple[str, int, int, int]]:
    return [(bot.name, bot.base_held, bot.realized, bot.fills) for bot in floor.session.pipeline.bots]
