"""Snapshots of the ledger's state, a hash of each fill and order, fees in a third asset, orders that wait."""

from hashlib import sha256

import msgspec
from alembic import op

revision = "0002"
down_revision = "0001"

_SNAPSHOT = """CREATE TABLE ledger_snapshot (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0), fill_seq INTEGER NOT NULL CHECK (fill_seq >= 0),
    head_hash TEXT NOT NULL, state_hash TEXT NOT NULL, document TEXT NOT NULL) STRICT"""

_SNAPSHOT_TRIGGERS = (
    """CREATE TRIGGER ledger_snapshot_is_of_now BEFORE INSERT ON ledger_snapshot
        WHEN NEW.seq IS NOT (SELECT max(seq) FROM transfer)
        OR NEW.head_hash IS NOT (SELECT row_hash FROM transfer ORDER BY seq DESC LIMIT 1)
        OR NEW.fill_seq IS NOT (SELECT ifnull(max(seq), 0) FROM fill)
        OR EXISTS (SELECT 1 FROM ledger_snapshot WHERE seq >= NEW.seq)
        BEGIN SELECT RAISE(ABORT, 'ledger_snapshot does not belong to the newest row'); END""",
    """CREATE TRIGGER ledger_snapshot_no_update BEFORE UPDATE ON ledger_snapshot
        BEGIN SELECT RAISE(ABORT, 'ledger_snapshot is append-only'); END""",
    """CREATE TRIGGER ledger_snapshot_no_delete BEFORE DELETE ON ledger_snapshot
        BEGIN SELECT RAISE(ABORT, 'ledger_snapshot is append-only'); END""",
)

_ORDERS = (
    "DROP INDEX order_state_open",
    "DROP INDEX order_state_closed",
    """CREATE INDEX order_state_open ON order_state (created_ms, seq)
        WHERE status IN ('new', 'partially_filled', 'pending_new')""",
    """CREATE INDEX order_state_closed ON order_state (updated_ms, seq)
        WHERE status NOT IN ('new', 'partially_filled', 'pending_new')""",
    "ALTER TABLE order_state ADD COLUMN row_hash TEXT NOT NULL DEFAULT ''",
    """UPDATE order_state SET row_hash = row_digest(
        client_id, portfolio, epoch, instrument, status, created_ms, updated_ms, document)""",
)

_FILLS = (
    "ALTER TABLE fill ADD COLUMN fee_value INTEGER",
    "ALTER TABLE fill ADD COLUMN row_hash TEXT NOT NULL DEFAULT ''",
    "DROP TRIGGER fill_no_update",
    """UPDATE fill SET row_hash = row_digest(
        fill_id, client_id, portfolio, epoch, instrument, side, price, qty, quote_amount, fee, fee_asset, liquidity,
        at_ms, evidence, fee_value)""",
    """CREATE TRIGGER fill_no_update BEFORE UPDATE ON fill
        BEGIN SELECT RAISE(ABORT, 'fill is append-only'); END""",
)


def upgrade() -> None:
    """Add the table and the columns; the digests of what is there already are computed from it."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.create_function("row_digest", -1, _digest, deterministic=True)
    for statement in (_SNAPSHOT, *_SNAPSHOT_TRIGGERS, *_ORDERS, *_FILLS):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: history is never thrown away; restore the backup made before the upgrade instead."""
    raise RuntimeError("schema 0002 is not taken back; restore the backup made before the upgrade")


def _digest(*fields: object) -> str:
    return sha256(msgspec.json.encode(fields)).hexdigest()
