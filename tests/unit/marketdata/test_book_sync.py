"""Order books follow the venues' documented algorithms, restated in the protocol notes."""

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import BookDelta, Side
from cryptobot_desktop.marketdata.book_sync import BookSync, SyncOutcome
from tests.unit.marketdata.market_samples import BTC, KBTC, delta, snapshot


def binance() -> BookSync:
    return BookSync(Venue.BINANCE)


def synced(update_id: int = 10) -> BookSync:
    sync = binance()
    sync.on_snapshot(snapshot(update_id))
    return sync


def test_a_new_book_waits_for_a_snapshot_and_says_so() -> None:
    sync = binance()
    assert sync.needs_snapshot
    assert not sync.book.is_live
    assert "snapshot" in sync.book.why_not_live


def test_changes_before_the_snapshot_are_buffered_then_dropped_or_applied() -> None:
    sync = binance()
    assert sync.on_delta(delta(5, 8, ((98, 7),))) is SyncOutcome.BUFFERED
    assert sync.on_delta(delta(9, 12, ((97, 7),))) is SyncOutcome.BUFFERED
    assert sync.on_snapshot(snapshot(10)) is SyncOutcome.APPLIED
    assert (sync.counters.dropped, sync.counters.applied) == (1, 1)
    assert sync.book.update_id == 12
    assert sync.book.top(Side.BUY, 5) == ((99, 1), (97, 7))
    assert sync.book.is_live


def test_a_snapshot_older_than_the_buffer_is_refused_and_the_buffer_is_kept() -> None:
    sync = binance()
    sync.on_delta(delta(20, 22, ((98, 3),)))
    assert sync.on_snapshot(snapshot(15)) is SyncOutcome.DROPPED
    assert sync.needs_snapshot
    assert sync.on_snapshot(snapshot(21)) is SyncOutcome.APPLIED
    assert sync.book.update_id == 22
    assert sync.book.qty_at(Side.BUY, 98) == 3
    assert sync.counters.stale_snapshots == 1


def test_a_change_at_or_below_the_books_number_is_ignored() -> None:
    sync = synced()
    assert sync.on_delta(delta(9, 10, ((99, 5),))) is SyncOutcome.DROPPED
    assert sync.book.qty_at(Side.BUY, 99) == 1


def test_a_gap_takes_the_book_out_of_use_at_once_and_keeps_the_revealing_change() -> None:
    sync = synced()
    assert sync.on_delta(delta(13, 14, ((98, 2),))) is SyncOutcome.GAP
    assert not sync.book.is_live
    assert "11 to 12" in sync.book.why_not_live
    assert sync.on_delta(delta(15, 15, ((97, 2),))) is SyncOutcome.BUFFERED
    assert sync.on_snapshot(snapshot(13)) is SyncOutcome.APPLIED
    assert sync.book.update_id == 15
    assert sync.book.top(Side.BUY, 3) == ((99, 1), (98, 2), (97, 2))
    assert sync.counters.gaps == 1


def test_a_snapshot_may_land_in_the_middle_of_a_change() -> None:
    sync = binance()
    sync.on_delta(delta(8, 12, ((98, 2),)))
    assert sync.on_snapshot(snapshot(10)) is SyncOutcome.APPLIED
    assert sync.on_delta(delta(13, 13)) is SyncOutcome.APPLIED


def test_a_gap_inside_the_buffer_asks_for_another_snapshot() -> None:
    sync = binance()
    sync.on_delta(delta(8, 9))
    sync.on_delta(delta(12, 13, ((98, 2),)))
    assert sync.on_snapshot(snapshot(8)) is SyncOutcome.GAP
    assert sync.needs_snapshot
    assert sync.on_snapshot(snapshot(12)) is SyncOutcome.APPLIED
    assert sync.book.qty_at(Side.BUY, 98) == 2


def test_a_crossed_book_is_not_live_and_is_synced_anew_when_it_stays_crossed() -> None:
    sync = synced()
    assert sync.on_delta(delta(11, 11, ((101, 4),))) is SyncOutcome.CROSSED
    assert not sync.book.is_live
    assert not sync.needs_snapshot
    assert sync.on_delta(delta(12, 12)) is SyncOutcome.CROSSED
    assert sync.needs_snapshot


def test_a_crossed_book_that_the_next_change_mends_is_live_again() -> None:
    sync = synced()
    sync.on_delta(delta(11, 11, ((101, 4),)))
    assert sync.on_delta(delta(12, 12, (), ((101, 0), (102, 1)))) is SyncOutcome.APPLIED
    assert sync.book.is_live


def test_a_lost_connection_forgets_the_buffer() -> None:
    sync = synced()
    sync.reset("the connection was lost")
    assert sync.needs_snapshot
    assert "connection was lost" in sync.book.why_not_live
    assert sync.on_snapshot(snapshot(3)) is SyncOutcome.APPLIED


def test_an_older_snapshot_does_not_turn_a_live_book_back() -> None:
    sync = synced()
    sync.on_delta(delta(11, 12, ((98, 5),)))
    assert sync.on_snapshot(snapshot(11)) is SyncOutcome.DROPPED
    assert sync.book.update_id == 12
    assert sync.book.is_live


def test_on_kucoin_changes_inside_an_overlapping_message_are_chosen_by_their_own_numbers() -> None:
    sync = BookSync(Venue.KUCOIN)
    sync.on_snapshot(snapshot(10, instrument=KBTC))
    change = BookDelta(KBTC.id, 9, 12, ((99, 7), (98, 8)), ((101, 9),), None, (10, 11), (12,))
    assert sync.on_delta(change) is SyncOutcome.APPLIED
    assert sync.book.qty_at(Side.BUY, 99) == 1
    assert sync.book.qty_at(Side.BUY, 98) == 8
    assert sync.book.qty_at(Side.SELL, 101) == 9
    assert sync.book.update_id == 12


def test_on_kucoin_the_numbers_inside_a_message_are_no_continuity_check() -> None:
    sync = BookSync(Venue.KUCOIN)
    sync.on_snapshot(snapshot(10, instrument=KBTC))
    change = BookDelta(KBTC.id, 11, 20, ((98, 8),), (), None, (17,), ())
    assert sync.on_delta(change) is SyncOutcome.APPLIED
    assert sync.on_delta(BookDelta(KBTC.id, 21, 21, (), ())) is SyncOutcome.APPLIED


def test_removing_an_unknown_level_changes_nothing() -> None:
    sync = synced()
    sync.on_delta(delta(11, 11, ((50, 0),), ((150, 0),)))
    assert sync.book.level_count(Side.BUY) == 1
    assert sync.book.level_count(Side.SELL) == 1
    assert sync.book.best_bid() == (99, 1)
    assert sync.book.best_ask() == (101, 1)


def test_an_empty_side_has_no_best_level() -> None:
    sync = synced()
    sync.on_delta(delta(11, 11, ((99, 0),), ((101, 0),)))
    assert sync.book.best_bid() is None
    assert sync.book.best_ask() is None
    assert not sync.book.is_crossed
    assert list(sync.book.levels(Side.BUY)) == list(sync.book.levels(Side.SELL)) == []
    assert BTC.id
