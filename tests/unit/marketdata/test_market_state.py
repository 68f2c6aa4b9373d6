"""The market state: one event in, what follows out, the same on every replay."""

from cryptobot_desktop.domain.market import (
    BestQuote,
    Candle,
    ClockTick,
    FeedState,
    FeedStatus,
    MarketEvent,
    Side,
    Ticker,
)
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.market_state import MarketState
from tests.unit.marketdata.market_samples import BTC, KBTC, MINUTE, T0, bar, delta, snapshot, trade


def live(*, books: bool = True) -> MarketState:
    market = MarketState([BTC], books=books)
    market.apply(FeedStatus(BTC.id, FeedState.LIVE), T0 - MINUTE)
    if books:
        market.apply(snapshot(10), T0 - MINUTE)
    return market


def test_a_repeated_trade_is_nothing_new() -> None:
    market = live()
    assert market.apply(trade(T0, 100, number=1), T0) == ()
    assert market.apply(trade(T0, 100, number=1), T0) is None
    assert market.last_price(BTC.id) == 100


def test_events_of_unwatched_instruments_are_nothing_new() -> None:
    market = live()
    assert market.apply(trade(T0, 100, instrument=KBTC), T0) is None
    assert market.state(KBTC.id) is FeedState.OFFLINE
    assert market.book(KBTC.id) is None


def test_a_live_feed_is_live_only_with_a_live_book() -> None:
    market = MarketState([BTC])
    assert market.state(BTC.id) is FeedState.CONNECTING
    (told,) = market.apply(FeedStatus(BTC.id, FeedState.LIVE), T0) or ()
    assert isinstance(told, FeedStatus)
    assert told.state is FeedState.SYNCING
    (told,) = market.apply(snapshot(10), T0) or ()
    assert isinstance(told, FeedStatus)
    assert told.state is market.state(BTC.id) is FeedState.LIVE


def test_a_gap_in_the_book_is_told_at_once_with_its_reason() -> None:
    market = live()
    assert market.apply(delta(11, 12), T0) == ()
    (told,) = market.apply(delta(15, 16), T0) or ()
    assert told == FeedStatus(BTC.id, FeedState.SYNCING, market.reason(BTC.id))
    assert "13 to 14" in market.reason(BTC.id)
    assert market.needs_snapshot(BTC.id)
    (told,) = market.apply(snapshot(16), T0) or ()
    assert told == FeedStatus(BTC.id, FeedState.LIVE, "")


def test_a_crossed_book_is_suspect() -> None:
    market = live()
    (told,) = market.apply(delta(11, 11, ((101, 5),)), T0) or ()
    assert isinstance(told, FeedStatus)
    assert told.state is FeedState.SUSPECT


def test_a_lost_connection_takes_the_book_out_of_use() -> None:
    market = live()
    (told,) = market.apply(FeedStatus(BTC.id, FeedState.OFFLINE, "no network"), T0) or ()
    assert told == FeedStatus(BTC.id, FeedState.OFFLINE, "no network")
    market.apply(FeedStatus(BTC.id, FeedState.LIVE), T0)
    assert market.state(BTC.id) is FeedState.SYNCING
    assert market.needs_snapshot(BTC.id)


def test_a_repeated_state_is_told_once() -> None:
    market = live()
    assert market.apply(FeedStatus(BTC.id, FeedState.LIVE, "still"), T0) == ()


def test_closed_bars_come_shortest_first() -> None:
    market = MarketState([BTC], books=False, timeframes=(Timeframe.M3, Timeframe.M5))
    start = 1_790_002_800_000
    market.apply(FeedStatus(BTC.id, FeedState.LIVE), start - MINUTE)
    told: list[MarketEvent] = []
    for minute in range(16):
        told += market.apply(trade(start + minute * MINUTE, 100), start + minute * MINUTE) or ()
    last = [bar for bar in told if isinstance(bar, Candle)][-3:]
    assert [bar.timeframe for bar in last] == [Timeframe.M1, Timeframe.M3, Timeframe.M5]


def test_a_clock_that_runs_ahead_of_the_venue_does_not_close_bars_early() -> None:
    market = live(books=False)
    ahead = 30_000
    market.apply(trade(T0, 100, number=1), T0 + ahead)
    assert market.apply(ClockTick(T0 + MINUTE + ahead - 1), T0 + MINUTE + ahead - 1) == ()
    assert market.apply(trade(T0 + MINUTE - 1, 120, number=2), T0 + MINUTE + ahead) == ()
    (closed,) = market.apply(ClockTick(T0 + MINUTE + ahead + 2_000), T0) or ()
    assert isinstance(closed, Candle)
    assert closed.high == 120


def test_an_older_quote_from_an_overlapping_connection_is_nothing_new() -> None:
    market = live()
    assert market.apply(BestQuote(BTC.id, 1, 1, 2, 1, 7), T0) == ()
    assert market.apply(BestQuote(BTC.id, 9, 1, 10, 1, 6), T0) is None
    quote = market.quote(BTC.id)
    assert quote is not None
    assert quote.bid == 1


def test_after_a_reconnect_lower_numbers_are_believed() -> None:
    market = live()
    market.apply(BestQuote(BTC.id, 1, 1, 2, 1, 7), T0)
    market.apply(FeedStatus(BTC.id, FeedState.CONNECTING), T0)
    assert market.apply(BestQuote(BTC.id, 9, 1, 10, 1, 6), T0) == ()


def test_a_snapshot_without_a_number_is_no_book() -> None:
    market = live()
    assert market.apply(snapshot(0), T0) is None
    book = market.book(BTC.id)
    assert book is not None
    assert book.update_id == 10


def test_a_source_without_books_is_live_by_its_feed_alone() -> None:
    market = live(books=False)
    assert market.state(BTC.id) is FeedState.LIVE
    assert market.book(BTC.id) is None
    assert market.apply(snapshot(5), T0) is None
    assert not market.needs_snapshot(BTC.id)


def test_before_the_first_trade_the_newest_bar_gives_the_price() -> None:
    market = live()
    assert market.last_price(BTC.id) is None
    market.load_history([bar(T0 - MINUTE, (1, 5, 1, 4, 2))])
    assert market.last_price(BTC.id) == 4
    last = market.last_candle(BTC.id)
    assert last is not None
    assert last.open_ms == T0 - MINUTE


def test_history_is_never_told_as_newly_closed() -> None:
    market = live()
    market.load_history([bar(T0 - 2 * MINUTE, (1, 5, 1, 4, 2)), bar(T0 - MINUTE, (4, 5, 1, 4, 2))])
    assert market.apply(bar(T0 - MINUTE, (4, 5, 1, 4, 2)), T0) == ()
    series = market.series(BTC.id, Timeframe.M1)
    assert series is not None
    assert len(series) == 2


def test_watching_twice_keeps_what_is_known_and_unwatching_forgets_it() -> None:
    market = live()
    market.apply(trade(T0, 100), T0)
    market.watch(BTC)
    assert market.last_price(BTC.id) == 100
    assert market.watched == (BTC.id,)
    market.unwatch(BTC.id)
    assert market.instrument(BTC.id) is None
    assert market.apply(Ticker(BTC.id, 1, 1, 1, 1, 1), T0) is None


def test_two_runs_over_the_same_events_follow_the_same_way() -> None:
    events: list[MarketEvent] = [
        FeedStatus(BTC.id, FeedState.LIVE),
        snapshot(10),
        *[trade(T0 + step * 7_001, 90 + step % 13, number=step) for step in range(80)],
        delta(11, 12, ((98, 4),)),
        delta(20, 21),
        ClockTick(T0 + 20 * MINUTE),
    ]
    runs = []
    for _ in range(2):
        market = MarketState([BTC])
        runs.append([market.apply(event, T0 + number) for number, event in enumerate(events)])
        book = market.book(BTC.id)
        assert book is not None
        assert book.qty_at(Side.BUY, 98) == 4
    assert runs[0] == runs[1]
