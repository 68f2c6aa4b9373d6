"""Reads back what a restart needs, and what people ask about stored portfolios."""

from typing import TypeVar

import msgspec

from cryptobot_desktop.domain.facts import DecisionMade
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.journal import KillSwitchRecord, SessionRecord, StoredState
from cryptobot_desktop.domain.ledger import BotRecord, PortfolioRecord
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import Fill, FillEvidence, Liquidity, Order
from cryptobot_desktop.storage.database import ProfileDatabase

_T = TypeVar("_T")
_OPEN = ("new", "partially_filled")
_BALANCES = """
    SELECT account, asset, sum(amount) FROM (
        SELECT credit AS account, asset, amount FROM transfer
        UNION ALL SELECT debit, asset, -amount FROM transfer)
    GROUP BY account, asset"""
_FILLS = """
    SELECT f.fill_id, f.client_id, f.portfolio, f.instrument, f.side, f.price, f.qty, f.quote_amount, f.fee,
           f.fee_asset, f.liquidity, f.at_ms, f.evidence
    FROM fill f WHERE f.portfolio = ? AND f.epoch = ? ORDER BY f.seq"""


def load_state(database: ProfileDatabase) -> StoredState:
    """Return everything the engine needs to go on as if it had not stopped."""
    connection = database.connection
    head = connection.execute("SELECT seq, row_hash FROM transfer ORDER BY seq DESC LIMIT 1").fetchone()
    portfolios = newest_epochs(database)
    fills = [fill for record in portfolios for fill in load_fills(database, record.name, record.epoch)]
    return StoredState(
        balances={(a, asset): amount for a, asset, amount in connection.execute(_BALANCES)},
        last_seq=head[0] if head else 0,
        last_hash=head[1] if head else "",
        portfolios=tuple(portfolios),
        open_orders=tuple(_orders(database, f"status IN {_OPEN} ORDER BY created_ms, rowid")),
        closed_orders=tuple(
            reversed(list(_orders(database, f"status NOT IN {_OPEN} ORDER BY updated_ms DESC, rowid DESC LIMIT 200")))
        ),
        fills=tuple(fills),
        decisions=tuple(reversed(_documents(database, "decision ORDER BY seq DESC LIMIT 500", DecisionMade))),
        bots=tuple(_documents(database, "bot ORDER BY rowid", BotRecord)),
        instruments=tuple(_documents(database, "instrument ORDER BY id", Instrument)),
        kill_switch=_kill_switch(database),
        last_session=next(iter(_documents(database, "session ORDER BY rowid DESC LIMIT 1", SessionRecord)), None),
    )


def all_epochs(database: ProfileDatabase) -> list[PortfolioRecord]:
    """Return every epoch of every portfolio, oldest first."""
    rows = database.connection.execute(
        "SELECT name, epoch, asset, starting_cash, created_ms, synthetic FROM portfolio ORDER BY rowid"
    )
    return [
        PortfolioRecord(name=n, epoch=e, asset=a, starting_cash=c, created_ms=t, synthetic=bool(s))
        for n, e, a, c, t, s in rows
    ]


def newest_epochs(database: ProfileDatabase) -> list[PortfolioRecord]:
    """Return the running epoch of each portfolio."""
    newest: dict[str, PortfolioRecord] = {}
    for record in all_epochs(database):
        if record.name not in newest or record.epoch > newest[record.name].epoch:
            newest[record.name] = record
    return list(newest.values())


def load_fills(database: ProfileDatabase, portfolio: str, epoch: int) -> list[Fill]:
    """Return the fills of one epoch of a portfolio, oldest first."""
    return [
        Fill(
            fill_id=row[0],
            client_id=row[1],
            portfolio=row[2],
            instrument=InstrumentId(row[3]),
            side=Side(row[4]),
            price=row[5],
            qty=row[6],
            quote_amount=row[7],
            fee=row[8],
            fee_asset=row[9],
            liquidity=Liquidity(row[10]),
            at_ms=row[11],
            evidence=msgspec.json.decode(row[12], type=FillEvidence),
        )
        for row in database.connection.execute(_FILLS, (portfolio, epoch))
    ]


def _documents(database: ProfileDatabase, rest: str, kind: type[_T]) -> list[_T]:
    rows = database.connection.execute(f"SELECT document FROM {rest}")  # noqa: S608 - constant texts of this module
    return [msgspec.json.decode(document, type=kind) for (document,) in rows]


def _orders(database: ProfileDatabase, condition: str) -> list[Order]:
    return _documents(database, f"order_state WHERE {condition}", Order)


def _kill_switch(database: ProfileDatabase) -> KillSwitchRecord | None:
    row = database.connection.execute(
        "SELECT tripped, reason, at_ms FROM kill_switch ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return KillSwitchRecord(bool(row[0]), row[1], row[2]) if row else None
