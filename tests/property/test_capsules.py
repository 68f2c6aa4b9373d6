"""Whatever happened in a session, its replay is equal; whatever byte is changed afterwards, it is found and named."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.backtest.ledger_parity import against_ledger
from cryptobot_desktop.backtest.verify import Verdict, verify_capsule
from cryptobot_desktop.storage.capsule.blocks import FOOTER, MAGIC, BlockReader
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from tests.unit.backtest.recorded_session import CLOSES, FULL_DISK, Recorded, record_session

WHISHED = st.lists(st.tuples(st.integers(0, 39), st.integers(0, FULL_DISK)), max_size=14)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Return one recorded session with trades, orders of the user and several blocks."""
    wishes = [(2, 0), (4, 2), (6, 1), (9, 0), (12, 3)]
    return record_session(tmp_path_factory.mktemp("capsule"), CLOSES, wishes)


def verified(path: Path, folder: Path, *, demanded: bool = True) -> Verdict:
    """Verify a capsule against the ledger of a data folder."""
    database = ProfileDatabase(folder / FILE_NAME, read_only=True)
    try:
        return verify_capsule(path, check_ledger=against_ledger(database, is_demanded=demanded))
    finally:
        database.close()


@given(closes=st.lists(st.integers(60, 140), min_size=6, max_size=40), wishes=WHISHED, stop=st.integers(3, 39))
@settings(max_examples=25)
def test_the_replay_of_any_session_is_equal_also_when_it_goes_on_from_a_stored_one(
    closes: list[int], wishes: list[tuple[int, int]], stop: int
) -> None:
    stop = min(stop, len(closes) - 1)
    with TemporaryDirectory() as name:
        folder = Path(name)
        early, late = [w for w in wishes if w[0] < stop], [w for w in wishes if w[0] >= stop]
        one = record_session(folder, closes[:stop], early)
        two = record_session(folder, closes, late, name="second", first=stop)
        for recording in (one, two):
            verdict = verified(recording.path, folder)
            assert verdict.holds, verdict.summary
            assert verdict.is_complete
            totals = recording.session.pipeline.totals
            assert verdict.trades_hash == totals.trades_hash.hexdigest()
            assert (verdict.counts.fills, verdict.counts.orders) == (totals.fills, totals.orders)
            assert verdict.counts.stored_fills == totals.fills
            assert verdict.counts.stored_transfers == verdict.counts.transfers
        assert one.session.pipeline.totals.market_events > 0


def blocks_of(path: Path) -> list[tuple[int, int, int]]:
    """Return (number, first byte, byte after the last) of each block."""
    found = [(block.number, block.offset) for block in BlockReader(path).blocks()]
    ends = [*(offset for _, offset in found[1:]), path.stat().st_size - len(FOOTER)]
    return [(number, offset, end) for (number, offset), end in zip(found, ends, strict=True)]


@given(place=st.integers(0, 10**9), mask=st.integers(1, 255))
@settings(max_examples=400)
def test_any_changed_byte_is_found_and_its_block_is_named(recorded: Recorded, place: int, mask: int) -> None:
    data = bytearray(recorded.path.read_bytes())
    place %= len(data)
    data[place] ^= mask
    changed = recorded.path.with_name("changed.capsule")
    changed.write_bytes(data)
    verdict = verify_capsule(changed)
    assert not verdict.holds
    if place < len(MAGIC):
        assert "block 0 at offset 0" in verdict.damage
        return
    named = next(
        (f"block {n} at offset {begin}:" for n, begin, end in blocks_of(recorded.path) if begin <= place < end), None
    )
    expected = named or f"offset {len(data) - len(FOOTER)}"
    assert expected in verdict.damage


@given(cut=st.integers(0, 10**9))
@settings(max_examples=150)
def test_a_recording_that_is_cut_off_anywhere_is_equal_up_to_its_last_whole_block(recorded: Recorded, cut: int) -> None:
    data, spans = recorded.path.read_bytes(), blocks_of(recorded.path)
    cut = spans[0][2] + cut % (len(data) - spans[0][2])
    torn = recorded.path.with_name("torn.capsule")
    torn.write_bytes(data[:cut])
    verdict = verified(torn, recorded.folder)
    assert verdict.holds, verdict.summary
    assert not verdict.is_complete
    assert verdict.blocks == sum(end <= cut for _, _, end in spans)
    assert verdict.notes


COLUMNS = ("asset", "debit", "credit", "amount", "cause_kind", "cause_id", "at_ms", "previous_hash", "row_hash")
FILL_COLUMNS = ("client_id", "side", "price", "qty", "quote_amount", "fee", "fee_asset", "liquidity", "at_ms")


@pytest.fixture
def tampered(recorded: Recorded) -> Iterator[sqlite3.Connection]:
    """Open the stored rows without what protects them; every change is taken back after the test."""
    with sqlite3.connect(recorded.folder / FILE_NAME, isolation_level=None) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
    connection.close()


def changed_value(value: object, mask: int) -> object:
    """Return a value with one character or bit changed."""
    if isinstance(value, int):
        return value ^ mask
    text = str(value)
    place = mask % len(text)
    return text[:place] + chr((ord(text[place]) ^ 1) or 1) + text[place + 1 :]


@given(row=st.integers(0, 10**6), column=st.integers(0, 10**6), mask=st.integers(1, 127), of_fills=st.booleans())
@settings(max_examples=60)
def test_any_changed_value_of_a_stored_row_is_found_and_named(
    recorded: Recorded, tampered: sqlite3.Connection, row: int, column: int, mask: int, of_fills: bool
) -> None:
    table, columns = ("fill", FILL_COLUMNS) if of_fills else ("transfer", COLUMNS)
    name = columns[column % len(columns)]
    rows = tampered.execute(f"SELECT seq, {name} FROM {table} ORDER BY seq").fetchall()
    seq, value = rows[row % len(rows)]
    (key,) = tampered.execute(
        f"SELECT {'fill_id' if of_fills else 'seq'} FROM {table} WHERE seq = ?", (seq,)
    ).fetchone()
    tampered.execute(f"UPDATE {table} SET {name} = ? WHERE seq = ?", (changed_value(value, mask), seq))
    try:
        verdict = verified(recorded.path, recorded.folder, demanded=False)
    finally:
        tampered.execute(f"UPDATE {table} SET {name} = ? WHERE seq = ?", (value, seq))
    assert not verdict.holds
    assert str(key) in verdict.summary or "damaged" in verdict.summary or "cause" in verdict.summary
    assert verified(recorded.path, recorded.folder, demanded=False).holds
