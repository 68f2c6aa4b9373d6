"""Turns a batch of domain objects into SQL statements and their rows; hot, so no ORM."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

import msgspec

from cryptobot_desktop.domain.journal import CommitBatch, SessionRecord
from cryptobot_desktop.domain.ledger import CauseKind, PortfolioRecord, Transfer
from cryptobot_desktop.domain.ledger_chain import fields_digest
from cryptobot_desktop.domain.ledger_state import LedgerState, document_hash, state_document
from cryptobot_desktop.domain.orders import Fill, Order

Row = tuple[object, ...]
Statement = tuple[str, list[Row]]

_EPOCH_CAUSES = frozenset({CauseKind.RESERVE, CauseKind.RELEASE, CauseKind.FILL, CauseKind.FEE})

_INSERT_PORTFOLIO = (
    "INSERT INTO portfolio (name, epoch, asset, starting_cash, created_ms, synthetic) VALUES (?,?,?,?,?,?)"
)
_PUT_INSTRUMENT = (
    "INSERT INTO instrument (id, document) VALUES (?,?) ON CONFLICT (id) DO UPDATE SET document = excluded.document"
)
_INSERT_TRANSFER = (
    "INSERT INTO transfer (seq, asset, debit, credit, amount, cause_kind, cause_id, at_ms, previous_hash, row_hash) "
    "VALUES (?,?,?,?,?,?,?,?,?,?)"
)
_ADD_TO_BALANCE = (
    "INSERT INTO balance (account, asset, amount) VALUES (?,?,?) "
    "ON CONFLICT (account, asset) DO UPDATE SET amount = amount + excluded.amount"
)
# Upserts, because REPLACE would give the row a new number, and with it a new place in the order of creation.
_PUT_ORDER = (
    "INSERT INTO order_state (client_id, portfolio, epoch, instrument, status, created_ms, updated_ms, document, "
    "row_hash) VALUES (?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT (client_id) DO UPDATE SET status = excluded.status, updated_ms = excluded.updated_ms, "
    "document = excluded.document, row_hash = excluded.row_hash"
)
_INSERT_FILL = (
    "INSERT INTO fill (fill_id, client_id, portfolio, epoch, instrument, side, price, qty, quote_amount, fee, "
    "fee_asset, liquidity, at_ms, evidence, fee_value, row_hash) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
_INSERT_SNAPSHOT = (
    "INSERT INTO ledger_snapshot (seq, fill_seq, head_hash, state_hash, document) "
    "VALUES (?, (SELECT ifnull(max(seq), 0) FROM fill), ?, ?, ?)"
)
_INSERT_DECISION = "INSERT INTO decision (decision_id, bot, portfolio, outcome, at_ms, document) VALUES (?,?,?,?,?,?)"
_DELETE_BOT = "DELETE FROM bot WHERE bot = ?"
_PUT_BOT = (
    "INSERT INTO bot (bot, portfolio, status, document) VALUES (?,?,?,?) ON CONFLICT (bot) DO UPDATE SET "
    "portfolio = excluded.portfolio, status = excluded.status, document = excluded.document"
)
_INSERT_KILL_SWITCH = "INSERT INTO kill_switch (tripped, reason, at_ms) VALUES (?,?,?)"
_PUT_SESSION = (
    "INSERT INTO session (session_id, started_ms, last_ms, ended_ms, document) VALUES (?,?,?,?,?) "
    "ON CONFLICT (session_id) DO UPDATE SET last_ms = excluded.last_ms, ended_ms = excluded.ended_ms, "
    "document = excluded.document"
)


EpochOf = Callable[[str, str], int | None]
"""Returns the epoch of a stored order by client id, or else the running one of a stored portfolio."""


def statements(batch: CommitBatch, stored_epoch: EpochOf = lambda _order, _portfolio: None) -> Iterator[Statement]:
    """Yield what writes the batch, in an order in which everything referred to exists already."""
    epoch_of = _Epochs(batch, stored_epoch).of
    yield _INSERT_PORTFOLIO, [_portfolio_row(p) for p in batch.portfolios]
    yield _PUT_INSTRUMENT, [(i.id, _json(i)) for i in batch.instruments]
    yield _INSERT_TRANSFER, [_transfer_row(t) for t in batch.transfers]
    yield _ADD_TO_BALANCE, _balance_changes(batch.transfers)
    yield _PUT_ORDER, [_order_row(o, epoch_of(o.client_id, o.client_id, o.request.portfolio)) for o in batch.orders]
    yield _INSERT_FILL, [_fill_row(f, epoch_of(f.fill_id, f.client_id, f.portfolio)) for f in batch.fills]
    yield _INSERT_SNAPSHOT, [_snapshot_row(batch.snapshot)] if batch.snapshot is not None else []
    yield (
        _INSERT_DECISION,
        [(d.decision_id, d.bot, d.portfolio, d.outcome, d.at_ms, _json(d)) for d in batch.decisions],
    )
    yield _DELETE_BOT, [(name,) for name in batch.removed_bots]
    yield _PUT_BOT, [(b.bot, b.portfolio, b.status, _json(b)) for b in batch.bots]
    yield _INSERT_KILL_SWITCH, [(int(k.tripped), k.reason, k.at_ms) for k in batch.kill_switch]
    yield _PUT_SESSION, [_session_row(s) for s in batch.sessions]


class _Epochs:
    """Finds the epoch of each order and fill of a batch.

    The running epoch would be the wrong one for orders of the old epoch in the batch that resets a portfolio, so the
    accounts that money moved between come first. What moved no money (a rejected order) belongs to the running epoch.
    """

    def __init__(self, batch: CommitBatch, stored: EpochOf) -> None:
        self._stored = stored
        self._opened = {record.name: record.epoch for record in batch.portfolios}
        self._by_cause = {
            row.cause_id: int(row.debit.rpartition("/")[0].rpartition("#")[2])
            for row in batch.transfers
            if row.cause_kind in _EPOCH_CAUSES
        }
        for fill in batch.fills:
            if fill.fill_id in self._by_cause:
                self._by_cause.setdefault(fill.client_id, self._by_cause[fill.fill_id])

    def of(self, cause: str, client_id: str, portfolio: str) -> int | None:
        """Return the epoch of an order or fill, None when its portfolio is not known at all."""
        found = self._by_cause.get(cause) or self._by_cause.get(client_id) or self._stored(client_id, "")
        return found or self._opened.get(portfolio) or self._stored("", portfolio)


def _balance_changes(transfers: Iterable[Transfer]) -> list[Row]:
    changes: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in transfers:
        changes[row.debit, row.asset] -= row.amount
        changes[row.credit, row.asset] += row.amount
    return [(account, asset, amount) for (account, asset), amount in changes.items()]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _portfolio_row(record: PortfolioRecord) -> Row:
    return (
        record.name,
        record.epoch,
        record.asset,
        record.starting_cash,
        record.created_ms,
        int(record.synthetic),
    )


def _transfer_row(transfer: Transfer) -> Row:
    return (
        transfer.seq,
        transfer.asset,
        transfer.debit,
        transfer.credit,
        transfer.amount,
        transfer.cause_kind.value,
        transfer.cause_id,
        transfer.at_ms,
        transfer.previous_hash,
        transfer.row_hash,
    )


def _order_row(order: Order, epoch: int | None) -> Row:
    request = order.request
    return _with_digest(
        request.client_id,
        request.portfolio,
        epoch,
        request.instrument,
        order.status.value,
        order.created_ms,
        order.updated_ms,
        _json(order),
    )


def _fill_row(fill: Fill, epoch: int | None) -> Row:
    return _with_digest(
        fill.fill_id,
        fill.client_id,
        fill.portfolio,
        epoch,
        fill.instrument,
        fill.side.value,
        fill.price,
        fill.qty,
        fill.quote_amount,
        fill.fee,
        fill.fee_asset,
        fill.liquidity.value,
        fill.at_ms,
        _json(fill.evidence),
        fill.fee_value,
    )


def _with_digest(*fields: object) -> Row:
    """Return a row with the hash over its values, by which a change from outside shows."""
    return (*fields, fields_digest(fields))


def _snapshot_row(state: LedgerState) -> Row:
    document = state_document(state)
    return (state.seq, state.head_hash, document_hash(document), document)


def _session_row(session: SessionRecord) -> Row:
    return (session.session_id, session.started_ms, session.last_ms, session.ended_ms, _json(session))
