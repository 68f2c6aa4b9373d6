"""What the ticket makes is taken by the real paper exchange, previewed by it, and shown as the tables show it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from cryptobot_desktop.app.epoch_archive import StoredEpochs
from cryptobot_desktop.domain.commands import (
    AmendOrder,
    PlaceOrder,
    PreviewOrder,
    ReplaceOrder,
    ResetPortfolio,
    ShowEpoch,
)
from cryptobot_desktop.domain.facts import EpochShown, OrderPreviewed
from cryptobot_desktop.domain.market import FeedState, FeedStatus, Received, Side, Trade
from cryptobot_desktop.domain.numbers import AMOUNT_UNIT
from cryptobot_desktop.domain.orders import OrderPhase, OrderType
from cryptobot_desktop.gui.panels.order_rows import order_rows, state_words
from cryptobot_desktop.gui.ticket.check import check_draft
from cryptobot_desktop.gui.ticket.draft import CheckedOrder, OrderDraft
from cryptobot_desktop.gui.ticket.kinds import Field, Kind
from tests.gui.trading_scenes import TICKETS
from tests.unit.engine.trading_floor import BTC, START_MS, Floor, book

LAST = 6_421_050
BUYS = (Kind.MARKET, Kind.LIMIT, Kind.LIMIT_MAKER, Kind.ICEBERG, Kind.OTO, Kind.BRACKET)


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    """Return a session with a live book around 64,210 and 0.2 BTC bought."""
    made = Floor(tmp_path / "profile.sqlite", has_books=True)
    unit = 10**BTC.qty_decimals
    bids, asks = [(LAST - 5, unit), (LAST - 500, unit)], [(LAST + 5, unit), (LAST + 500, unit)]
    made.play([book(bids, asks, number=1, at_ms=START_MS), Received(START_MS, FeedStatus(BTC.id, FeedState.LIVE))])
    made.play([Received(START_MS + 1, Trade(BTC.id, "1", LAST, 1, Side.BUY, START_MS + 1))])
    answer = made.command(
        PlaceOrder(
            client_id="first",
            portfolio="main",
            instrument=BTC.id,
            side=Side.BUY,
            type=OrderType.MARKET,
            qty=unit // 10,
        )
    )
    assert answer.ok, answer.message
    yield made
    made.database.close()


def checked(kind: Kind, **changes: str) -> CheckedOrder:
    texts = {Field(name): text for name, text in {**TICKETS[kind], "size": "0.03", **changes}.items()}
    if kind is Kind.ICEBERG:
        texts[Field.SHOWN] = "0.01"
    draft = OrderDraft(
        instrument=BTC,
        portfolio="main",
        side=Side.BUY if kind in BUYS else Side.SELL,
        kind=kind,
        texts=texts,
        last=LAST,
        available=3_000 * AMOUNT_UNIT,
        held=9_000_000,
        now_ms=START_MS,
    )
    found = check_draft(draft, f"gui-{kind.value}")
    assert not found.problems, found.problems
    return found


@pytest.mark.parametrize("kind", list(Kind))
def test_the_exchange_takes_what_the_ticket_makes(floor: Floor, kind: Kind) -> None:
    command = checked(kind).command
    assert command is not None
    answer = floor.command(command)
    assert answer.ok, answer.message
    orders = floor.session.exchange.open_orders()
    rows = order_rows(orders, lambda which: BTC, START_MS)
    words = [state_words(row) for row in rows]
    expected = {
        Kind.MARKET: [],
        Kind.OCO: ["working", "armed"],
        Kind.OTO: ["working", "waits for the entry to be filled"],
        Kind.BRACKET: ["working", *["waits for the entry to be filled"] * 2],
        Kind.STOP_LOSS: ["armed"],
        Kind.STOP_LOSS_LIMIT: ["armed"],
        Kind.TAKE_PROFIT: ["armed"],
        Kind.TAKE_PROFIT_LIMIT: ["armed"],
        Kind.TRAILING_STOP: ["armed, active from 65\u202f000.00"],
    }
    assert words == expected.get(kind, ["working"])


@pytest.mark.parametrize("kind", list(Kind))
def test_the_exchange_previews_what_the_ticket_asks_about(floor: Floor, kind: Kind) -> None:
    asked = checked(kind).previewed
    assert asked is not None
    floor.session.desk.execute(99, PreviewOrder(asked))
    floor.session.outbox.flush()
    preview = floor.facts[-1]
    assert isinstance(preview, OrderPreviewed)
    assert preview.problem == ""
    assert preview.reserved > 0 or kind is Kind.MARKET


def test_an_order_can_be_made_smaller_and_replaced_as_the_windows_do(floor: Floor) -> None:
    limit = checked(Kind.LIMIT).order
    assert limit is not None
    assert floor.command(limit).ok
    assert floor.command(AmendOrder(limit.client_id, (limit.qty or 0) // 2)).ok
    stop = checked(Kind.STOP_LOSS).order
    assert stop is not None
    assert floor.command(ReplaceOrder(limit.client_id, replace(stop, client_id="other"))).ok
    left = floor.session.exchange.open_orders()
    assert [(order.client_id, order.phase) for order in left] == [("other", OrderPhase.ARMED)]


def shown(floor: Floor, epoch: int) -> EpochShown:
    floor.session.desk.execute(7, ShowEpoch("main", epoch))
    floor.session.outbox.flush()
    fact = floor.facts[-1]
    assert isinstance(fact, EpochShown), fact
    return fact


def test_an_older_epoch_keeps_its_figures_after_a_reset(floor: Floor) -> None:
    floor.session.desk.archive = StoredEpochs(floor.database)
    before = shown(floor, 0)
    assert (before.record.epoch, before.fills_in_all, before.orders, before.ended_ms) == (1, 1, 1, 0)
    held = dict(before.holdings)
    assert held == floor.session.pipeline.accounts.held("main")
    assert floor.command(ResetPortfolio("main", "USDT", 500 * AMOUNT_UNIT)).ok
    old, new = shown(floor, 1), shown(floor, 0)
    assert (dict(old.holdings), old.fills, old.realized, old.fees_value) == (
        held,
        before.fills,
        before.realized,
        before.fees_value,
    )
    assert old.ended_ms == new.record.created_ms
    assert [record.epoch for record in new.epochs] == [1, 2]
    assert (new.fills_in_all, dict(new.holdings)) == (0, {"USDT": 500 * AMOUNT_UNIT})


@pytest.mark.parametrize(("name", "epoch", "word"), [("main", 9, "its epochs: 1"), ("nobody", 0, "is not stored")])
def test_an_epoch_that_is_not_there_is_refused(floor: Floor, name: str, epoch: int, word: str) -> None:
    floor.session.desk.archive = StoredEpochs(floor.database)
    answer = floor.command(ShowEpoch(name, epoch))
    assert not answer.ok
    assert word in answer.message


def test_a_session_that_keeps_nothing_says_so(floor: Floor) -> None:
    assert "keeps nothing" in floor.command(ShowEpoch("main")).message
