"""Books under random changes: equal to a naive oracle, and no lost change goes unnoticed."""

from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import BookDelta, BookSnapshot, Side
from cryptobot_desktop.marketdata.book_sync import BookSync, SyncOutcome
from cryptobot_desktop.marketdata.order_book import OrderBook
from tests.unit.marketdata.market_samples import BTC

Change = tuple[bool, int, int]
CHANGES = st.lists(st.tuples(st.booleans(), st.integers(1, 40), st.integers(0, 3)), max_size=8)


def split(changes: list[Change]) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """Bids below 1000, asks above, so that the book never crosses."""
    bids = tuple((price, qty) for is_bid, price, qty in changes if is_bid)
    asks = tuple((1_000 + price, qty) for is_bid, price, qty in changes if not is_bid)
    return bids, asks


@given(st.lists(CHANGES, max_size=30))
def test_a_book_equals_a_dictionary_that_is_sorted_at_the_end(batches: list[list[Change]]) -> None:
    book = OrderBook()
    naive: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    for number, batch in enumerate(batches):
        bids, asks = split(batch)
        book.change(bids, asks, number)
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            naive[side].update(levels)
            naive[side] = {price: qty for price, qty in naive[side].items() if qty}
        assert list(book.levels(Side.BUY)) == sorted(naive[Side.BUY].items(), reverse=True)
        assert list(book.levels(Side.SELL)) == sorted(naive[Side.SELL].items())
        assert book.best_bid() == next(iter(sorted(naive[Side.BUY].items(), reverse=True)), None)
        assert book.best_ask() == next(iter(sorted(naive[Side.SELL].items())), None)
        assert book.top(Side.BUY, 3) == tuple(book.levels(Side.BUY))[:3]
        assert book.top(Side.SELL, 3) == tuple(book.levels(Side.SELL))[:3]
        assert (book.level_count(Side.BUY), book.level_count(Side.SELL)) == tuple(map(len, naive.values()))


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[BookDelta], list[BookSnapshot]]:
    """Return an unbroken stream of changes and the true book after each number."""
    deltas: list[BookDelta] = []
    truth = OrderBook()
    snapshots = [BookSnapshot(BTC.id, 0, (), ())]
    last = 0
    for batch in draw(st.lists(CHANGES, min_size=1, max_size=20)):
        width = draw(st.integers(1, 3))
        bids, asks = split(batch)
        deltas.append(BookDelta(BTC.id, last + 1, last + width, bids, asks))
        last += width
        truth.change(bids, asks, last)
        snapshots.append(BookSnapshot(BTC.id, last, tuple(truth.levels(Side.BUY)), tuple(truth.levels(Side.SELL))))
    return deltas, snapshots


@given(streams(), st.data())
def test_a_lost_change_is_always_noticed_and_a_snapshot_heals(
    stream: tuple[list[BookDelta], list[BookSnapshot]], data: st.DataObject
) -> None:
    deltas, snapshots = stream
    lost = data.draw(st.integers(0, len(deltas) - 1))
    venue = data.draw(st.sampled_from(Venue))
    sync = BookSync(venue)
    sync.on_snapshot(snapshots[0])
    for index, delta in enumerate(deltas):
        if index == lost:
            continue
        outcome = sync.on_delta(delta)
        assert outcome is (SyncOutcome.APPLIED if index < lost else sync_after_loss(index, lost))
        assert sync.book.is_live is (index < lost)
    if lost < len(deltas) - 1:
        sync.on_snapshot(snapshots[data.draw(st.integers(lost + 1, len(deltas)))])
    else:
        sync.on_snapshot(snapshots[-1])
    assert sync.book.is_live
    assert tuple(sync.book.levels(Side.BUY)) == snapshots[-1].bids
    assert tuple(sync.book.levels(Side.SELL)) == snapshots[-1].asks


def sync_after_loss(index: int, lost: int) -> SyncOutcome:
    return SyncOutcome.GAP if index == lost + 1 else SyncOutcome.BUFFERED


@given(streams(), st.data())
def test_repeated_changes_and_a_snapshot_at_any_time_give_the_same_book(
    stream: tuple[list[BookDelta], list[BookSnapshot]], data: st.DataObject
) -> None:
    deltas, snapshots = stream
    sync = BookSync(Venue.BINANCE)
    arrives = data.draw(st.integers(0, len(deltas)))
    for index, delta in enumerate([*deltas, None]):
        if index == arrives:
            sync.on_snapshot(snapshots[data.draw(st.integers(0, index))])
        if delta is not None:
            sync.on_delta(delta)
            if data.draw(st.booleans()):
                sync.on_delta(delta)
    assert sync.book.is_live
    assert sync.counters.gaps == 0
    assert tuple(sync.book.levels(Side.BUY)) == snapshots[-1].bids
    assert tuple(sync.book.levels(Side.SELL)) == snapshots[-1].asks
