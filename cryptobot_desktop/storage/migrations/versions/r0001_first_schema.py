"""First schema: append-only ledger, fills and decisions; balances, orders, bots, sessions, kill switch."""

from alembic import op

revision = "0001"
down_revision = None

_TABLES = (
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """CREATE TABLE portfolio (
        seq INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, epoch INTEGER NOT NULL CHECK (epoch > 0),
        asset TEXT NOT NULL, starting_cash INTEGER NOT NULL CHECK (starting_cash >= 0),
        created_ms INTEGER NOT NULL, synthetic INTEGER NOT NULL CHECK (synthetic IN (0, 1)),
        UNIQUE (name, epoch)) STRICT""",
    """CREATE TABLE transfer (
        seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0), asset TEXT NOT NULL, debit TEXT NOT NULL,
        credit TEXT NOT NULL CHECK (credit <> debit), amount INTEGER NOT NULL CHECK (amount > 0),
        cause_kind TEXT NOT NULL, cause_id TEXT NOT NULL, at_ms INTEGER NOT NULL,
        previous_hash TEXT NOT NULL, row_hash TEXT NOT NULL) STRICT""",
    """CREATE TABLE balance (
        account TEXT NOT NULL, asset TEXT NOT NULL, amount INTEGER NOT NULL,
        PRIMARY KEY (account, asset)) STRICT""",
    """CREATE TABLE order_state (
        seq INTEGER NOT NULL PRIMARY KEY, client_id TEXT NOT NULL UNIQUE, portfolio TEXT NOT NULL,
        epoch INTEGER NOT NULL, instrument TEXT NOT NULL, status TEXT NOT NULL,
        created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, document TEXT NOT NULL) STRICT""",
    """CREATE INDEX order_state_open ON order_state (created_ms, seq)
        WHERE status IN ('new', 'partially_filled')""",
    """CREATE INDEX order_state_closed ON order_state (updated_ms, seq)
        WHERE status NOT IN ('new', 'partially_filled')""",
    """CREATE TABLE fill (
        seq INTEGER NOT NULL PRIMARY KEY, fill_id TEXT NOT NULL UNIQUE, client_id TEXT NOT NULL,
        portfolio TEXT NOT NULL, epoch INTEGER NOT NULL, instrument TEXT NOT NULL, side TEXT NOT NULL,
        price INTEGER NOT NULL CHECK (price > 0), qty INTEGER NOT NULL CHECK (qty > 0),
        quote_amount INTEGER NOT NULL, fee INTEGER NOT NULL, fee_asset TEXT NOT NULL,
        liquidity TEXT NOT NULL, at_ms INTEGER NOT NULL, evidence TEXT NOT NULL) STRICT""",
    "CREATE INDEX fill_by_portfolio ON fill (portfolio, epoch, seq)",
    """CREATE TABLE decision (
        seq INTEGER NOT NULL PRIMARY KEY, decision_id TEXT NOT NULL, bot TEXT NOT NULL,
        portfolio TEXT NOT NULL, outcome TEXT NOT NULL, at_ms INTEGER NOT NULL,
        document TEXT NOT NULL) STRICT""",
    """CREATE TABLE bot (
        seq INTEGER NOT NULL PRIMARY KEY, bot TEXT NOT NULL UNIQUE, portfolio TEXT NOT NULL,
        status TEXT NOT NULL, document TEXT NOT NULL) STRICT""",
    """CREATE TABLE kill_switch (
        seq INTEGER NOT NULL PRIMARY KEY, tripped INTEGER NOT NULL CHECK (tripped IN (0, 1)),
        reason TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT""",
    "CREATE TABLE instrument (id TEXT NOT NULL PRIMARY KEY, document TEXT NOT NULL) STRICT",
    """CREATE TABLE session (
        seq INTEGER NOT NULL PRIMARY KEY, session_id TEXT NOT NULL UNIQUE, started_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, document TEXT NOT NULL) STRICT""",
)

_APPEND_ONLY = ("transfer", "fill", "decision", "kill_switch", "portfolio")

# REPLACE deletes without a word unless the connection asks for recursive triggers; these hold for any program.
_INSERT_GUARDS = (
    """CREATE TRIGGER transfer_follows BEFORE INSERT ON transfer
        WHEN NEW.seq <> (SELECT ifnull(max(seq), 0) + 1 FROM transfer)
        OR NEW.previous_hash <> (SELECT row_hash FROM transfer ORDER BY seq DESC LIMIT 1)
        BEGIN SELECT RAISE(ABORT, 'transfer does not follow the newest row'); END""",
    """CREATE TRIGGER fill_is_new BEFORE INSERT ON fill
        WHEN EXISTS (SELECT 1 FROM fill WHERE seq = NEW.seq OR fill_id = NEW.fill_id)
        BEGIN SELECT RAISE(ABORT, 'fill is append-only'); END""",
    """CREATE TRIGGER portfolio_is_new BEFORE INSERT ON portfolio
        WHEN EXISTS (SELECT 1 FROM portfolio WHERE seq = NEW.seq OR (name = NEW.name AND epoch = NEW.epoch))
        BEGIN SELECT RAISE(ABORT, 'portfolio is append-only'); END""",
    """CREATE TRIGGER decision_is_new BEFORE INSERT ON decision
        WHEN EXISTS (SELECT 1 FROM decision WHERE seq = NEW.seq)
        BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END""",
    """CREATE TRIGGER kill_switch_is_new BEFORE INSERT ON kill_switch
        WHEN EXISTS (SELECT 1 FROM kill_switch WHERE seq = NEW.seq)
        BEGIN SELECT RAISE(ABORT, 'kill_switch is append-only'); END""",
    """CREATE TRIGGER meta_mode_stays BEFORE UPDATE ON meta WHEN OLD.key = 'mode'
        BEGIN SELECT RAISE(ABORT, 'the mode of a database never changes'); END""",
    """CREATE TRIGGER meta_mode_is_new BEFORE INSERT ON meta
        WHEN EXISTS (SELECT 1 FROM meta WHERE key = NEW.key AND key = 'mode')
        BEGIN SELECT RAISE(ABORT, 'the mode of a database never changes'); END""",
    """CREATE TRIGGER meta_mode_not_deleted BEFORE DELETE ON meta WHEN OLD.key = 'mode'
        BEGIN SELECT RAISE(ABORT, 'the mode of a database never changes'); END""",
)


def upgrade() -> None:
    """Create all tables and the triggers that keep history unchangeable."""
    for statement in (*_TABLES, *_INSERT_GUARDS):
        op.execute(statement)
    for table in _APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def downgrade() -> None:
    """Refuse: history is never thrown away; restore the backup made before the upgrade instead."""
    raise RuntimeError("the first schema has no older one; restore the backup made before the upgrade")
