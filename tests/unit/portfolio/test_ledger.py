"""The ledger: all or nothing, never in debt, and every change of a stored row is found."""

from hashlib import sha256
from itertools import pairwise
from json import dumps

import msgspec
import pytest

from cryptobot_desktop.domain.errors import InvariantBroken
from cryptobot_desktop.domain.ledger import CauseKind, Posting, Transfer
from cryptobot_desktop.domain.numbers import MAX_STORED
from cryptobot_desktop.portfolio.accounting import postings_for_close, postings_for_deposit
from cryptobot_desktop.portfolio.ledger import START_HASH, Ledger, LedgerSnapshot, row_hash, verify

FREE, HELD, WORLD = "main#1/available", "main#1/reserved", "main#1/world"


def move(debit: str, credit: str, amount: int, asset: str = "USDT") -> Posting:
    return Posting(asset, debit, credit, amount, CauseKind.RESERVE, "ördér|1")


def some_rows() -> list[Transfer]:
    ledger = Ledger()
    rows = [*ledger.post(postings_for_deposit("main", 1, "USDT", 1_000), 5)]
    rows += ledger.post([move(FREE, HELD, 300), move(HELD, WORLD, 100)], 6)
    return rows


def test_rows_form_the_documented_chain() -> None:
    rows = some_rows()
    assert rows[0].previous_hash == START_HASH
    for row, following in pairwise(rows):
        assert following.previous_hash == row.row_hash
        assert following.seq == row.seq + 1
    row = rows[1]
    fields = [2, "USDT", FREE, HELD, 300, "reserve", "ördér|1", 6, rows[0].row_hash]
    text = dumps(fields, separators=(",", ":"), ensure_ascii=False)
    assert row.row_hash == sha256(text.encode()).hexdigest()


def test_a_posting_that_cannot_be_paid_changes_nothing_at_all() -> None:
    ledger = Ledger()
    ledger.post(postings_for_deposit("main", 1, "USDT", 1_000), 5)
    before = ledger.state_hash()
    with pytest.raises(InvariantBroken, match="cannot pay 800"):
        ledger.post([move(FREE, HELD, 300), move(FREE, HELD, 800)], 6)
    assert ledger.state_hash() == before
    assert ledger.balance(FREE, "USDT") == 1_000


@pytest.mark.parametrize("amount", [0, -1, MAX_STORED + 1])
def test_amounts_out_of_range_are_refused(amount: int) -> None:
    with pytest.raises(InvariantBroken, match="is not between 1 and"):
        Ledger().post([move(WORLD, FREE, amount)], 1)


def test_a_balance_beyond_the_range_is_refused() -> None:
    ledger = Ledger()
    ledger.post([move(WORLD, FREE, MAX_STORED)], 1)
    with pytest.raises(InvariantBroken, match="leave the range"):
        ledger.post([move("other#1/world", FREE, 1)], 2)


def test_an_account_cannot_pay_itself() -> None:
    with pytest.raises(InvariantBroken, match="pay itself"):
        Ledger().post([move(WORLD, WORLD, 1)], 1)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 299},
        {"at_ms": 7},
        {"cause_id": "x"},
        {"credit": "main#1/fees"},
        {"asset": "BTC"},
        {"seq": 4},
        {"previous_hash": "f" * 64},
        {"row_hash": "0" * 64},
    ],
)
def test_every_change_of_a_stored_row_is_found(change: dict[str, object]) -> None:
    rows = some_rows()
    assert verify(rows) is None
    rows[1] = msgspec.structs.replace(rows[1], **change)
    fault = verify(rows)
    assert fault is not None
    assert "is damaged" in fault


def test_a_forged_row_with_a_hash_of_its_own_breaks_the_link() -> None:
    first, second, third = some_rows()
    forged = msgspec.structs.replace(second, amount=200)
    forged = msgspec.structs.replace(forged, row_hash=row_hash(forged))
    assert "previous hash" in str(verify([first, forged, third]))


def test_missing_doubled_and_swapped_rows_are_found() -> None:
    first, second, third = some_rows()
    for damaged in ([first, third], [second, third], [first, second, second], [first, third, second]):
        assert verify(damaged) is not None


def test_a_snapshot_goes_on_like_the_whole_chain() -> None:
    rows = some_rows()
    whole, part = Ledger(), Ledger()
    whole.load(rows)
    part.load(rows[:2])
    again = Ledger(part.snapshot())
    again.load(rows[2:])
    assert again.state_hash() == whole.state_hash()
    assert again.post([move(FREE, HELD, 1)], 9) == whole.post([move(FREE, HELD, 1)], 9)
    assert verify(rows[2:], part.snapshot()) is None


def test_balances_that_do_not_sum_to_zero_are_found() -> None:
    crooked = LedgerSnapshot(0, START_HASH, ((FREE, "USDT", 5),))
    assert verify([], crooked) == "the accounts of USDT do not sum to zero"


def test_closing_an_epoch_returns_what_is_free_and_refuses_while_orders_hold_money() -> None:
    ledger = Ledger()
    ledger.post(postings_for_deposit("main", 1, "USDT", 1_000), 5)
    ledger.post([move(FREE, HELD, 300)], 6)
    with pytest.raises(InvariantBroken, match="USDT is still reserved"):
        postings_for_close(ledger, "main", 1)
    ledger.post([move(HELD, FREE, 300)], 7)
    ledger.post(postings_for_close(ledger, "main", 1), 8)
    assert ledger.held("main", 1) == {}
    assert ledger.balance(WORLD, "USDT") == 0
