"""First schema: append-only ledger, fills and decisions; orders, bots, sessions, kill switch."""

from alembic import op

revision = "0001"
down_revision = None

_APPEND_ONLY = ("transfer", "fill", "decision", "kill_switch")

_TABLES = (
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """CREATE TABLE portfolio (
        name TEXT NOT NULL, epoch INTEGER NOT NULL CHECK (epoch > 0), asset TEXT NOT NULL,
        starting_cash INTEGER NOT NULL CHECK (starting_cash >= 0), created_ms INTEGER NOT NULL,
        synthetic INTEGER NOT NULL, PRIMARY KEY (name, epoch)) STRICT""",
    """CREATE TABLE transfer (
        seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0), asset TEXT NOT NULL, debit TEXT NOT NULL,
        credit TEXT NOT NULL CHECK (credit <> debit), amount INTEGER NOT NULL CHECK (amount > 0),
        cause_kind TEXT NOT NULL, cause_id TEXT NOT NULL, at_ms INTEGER NOT NULL,
        previous_hash TEXT NOT NULL, row_hash TEXT NOT NULL UNIQUE) STRICT""",
    """CREATE TABLE order_state (
        client_id TEXT NOT NULL PRIMARY KEY, portfolio TEXT NOT NULL, instrument TEXT NOT NULL,
        status TEXT NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
        document TEXT NOT NULL) STRICT""",
    "CREATE INDEX order_state_by_status ON order_state (status)",
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
        bot TEXT NOT NULL PRIMARY KEY, portfolio TEXT NOT NULL, status TEXT NOT NULL,
        document TEXT NOT NULL) STRICT""",
    """CREATE TABLE kill_switch (
        seq INTEGER NOT NULL PRIMARY KEY, tripped INTEGER NOT NULL, reason TEXT NOT NULL,
        at_ms INTEGER NOT NULL) STRICT""",
    "CREATE TABLE instrument (id TEXT NOT NULL PRIMARY KEY, document TEXT NOT NULL) STRICT",
    """CREATE TABLE session (
        session_id TEXT NOT NULL PRIMARY KEY, started_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
        ended_ms INTEGER NOT NULL, document TEXT NOT NULL) STRICT""",
)


def upgrade() -> None:
    """Create all tables and the triggers that keep history unchangeable."""
    for statement in _TABLES:
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
