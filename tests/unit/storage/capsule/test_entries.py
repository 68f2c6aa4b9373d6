"""Every kind of entry survives being written and read, and an older form of an event still reads."""

import msgspec
import pytest

from cryptobot_desktop.domain import commands as ask
from cryptobot_desktop.domain.facts import CommandAnswered, DecisionMade, KillSwitchTripped, OrderFilled
from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.market import (
    BestQuote,
    BookDelta,
    BookSnapshot,
    Candle,
    CandleSource,
    ClockTick,
    FeedState,
    FeedStatus,
    MarketEvent,
    Received,
    Side,
    Ticker,
    Trade,
)
from cryptobot_desktop.domain.orders import (
    Fill,
    FillEvidence,
    Intent,
    Liquidity,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
)
from cryptobot_desktop.domain.recording import (
    Checkpoint,
    CommandTaken,
    Entry,
    FactSeen,
    HistoryLoaded,
    IntakeSet,
    SessionEnded,
    SessionOpened,
    TimeSet,
    Watched,
)
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.storage.capsule.entries import EVENTS, decode_entries, encode_entries
from tests.builders import btc_usdt

BTC = InstrumentId("binance:BTCUSDT")
BAR = Candle(BTC, Timeframe.H1, 1, 2, 4, 1, 3, 5, 6, 7, None, CandleSource.BUILT)
EVENTS_OF_EACH_KIND: tuple[MarketEvent, ...] = (
    Trade(BTC, "77", 2**53 + 1, 5, Side.SELL, 1),
    BestQuote(BTC, 1, 2, 3, 4),
    BookSnapshot(BTC, 9, ((3, 1), (2, 5)), ((4, 1),), 8),
    BookDelta(BTC, 1, 2, (), ((5, 0), (6, 7)), None, (), (1, 2)),
    BAR,
    Ticker(BTC, 1, 2, 3, 4, 5, None),
    FeedStatus(BTC, FeedState.STALE, "nothing heard für 5 s"),
    ClockTick(123),
)
REQUEST = OrderRequest(
    client_id="a:1", portfolio="p", instrument=BTC, side=Side.BUY, type=OrderType.LIMIT, qty=1, price=2
)
ORDER = Order(request=REQUEST, status=OrderStatus.FILLED, created_ms=1, updated_ms=2, filled_qty=1)
FILL = Fill(
    fill_id="f", client_id="a:1", portfolio="p", instrument=BTC, side=Side.BUY, price=2, qty=1, quote_amount=3, fee=4,
    fee_asset="BTC", liquidity=Liquidity.MAKER, at_ms=5, evidence=FillEvidence(kind="trade", trade_id="77"),
)  # fmt: skip
DECISION = DecisionMade(
    decision_id="d", bot="b", portfolio="p", intent=Intent(instrument=BTC, side=Side.BUY), outcome="vetoed", qty=0,
    reasons=(("rule", "text"),), at_ms=6,
)  # fmt: skip
RARE: tuple[Entry, ...] = (
    TimeSet(5),
    Watched(btc_usdt()),
    HistoryLoaded(BTC, (BAR, msgspec.structs.replace(BAR, open_ms=9, closed=True))),
    SessionOpened(),
    IntakeSet("the disk is full"),
    CommandTaken(3, ask.AddBot("b", "sma_cross", "p", BTC, Timeframe.M1, {"fast": "1"}), 9),
    CommandTaken(4, ask.WatchInstrument("BTC/USDT"), 9, btc_usdt()),
    CommandTaken(6, ask.WatchInstrument("NO/PE"), 9, None, "there is none"),
    CommandTaken(5, ask.ResetPortfolio("p", "USDT", 2**62), 9),
    FactSeen(OrderFilled(ORDER, (FILL, FILL), 5)),
    FactSeen(DECISION),
    FactSeen(KillSwitchTripped("why", 3)),
    FactSeen(CommandAnswered(3, False, "no", 4)),
    Checkpoint(
        at_ms=1, market_events=2, orders=3, fills=4, trades_hash="a", ledger_hash="b", ledger_seq=5, ledger_head="c"
    ),
    SessionEnded(reason="", report={"fills": 1, "bots": [{"name": "x"}]}, books_hash="h"),
)


def test_every_entry_survives_being_written_and_read() -> None:
    entries: list[Entry] = [*(Received(7, event) for event in EVENTS_OF_EACH_KIND), *RARE]
    assert decode_entries(encode_entries(entries)) == entries


def test_every_kind_of_market_event_and_of_entry_is_covered() -> None:
    assert {type(event) for event in EVENTS_OF_EACH_KIND} == set(EVENTS) == set(MarketEvent.__args__)
    assert {Received, *(type(entry) for entry in RARE)} == set(Entry.__args__)


def test_an_event_without_its_newest_fields_reads_with_their_defaults() -> None:
    older = msgspec.msgpack.encode([[1, 7, BTC, 1, 2, 3, 4]])
    assert decode_entries(older) == [Received(7, BestQuote(BTC, 1, 2, 3, 4))]


@pytest.mark.parametrize("rows", [[[99, 1]], [[0, 7, BTC, 1]], [["x"]], [[0, "7", BTC, "1", 2, 3, "buy", 4]]])
def test_what_is_no_entry_is_refused(rows: list[object]) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_entries(msgspec.msgpack.encode(rows))
