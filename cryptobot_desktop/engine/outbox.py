"""Holds back what happened until it is stored: rows first, then facts to listeners."""

from collections.abc import Callable
from typing import Protocol

from cryptobot_desktop.domain.facts import DecisionMade, Fact
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.journal import CommitBatch, KillSwitchRecord, SessionRecord
from cryptobot_desktop.domain.ledger import BotRecord, PortfolioRecord, Transfer
from cryptobot_desktop.domain.ledger_state import LedgerState
from cryptobot_desktop.domain.orders import Fill, Order

GROUP_ROWS = 256
"""Rows that are committed together when nobody waits (as fast as possible runs)."""


class Store(Protocol):
    """Where batches become durable; `commit` returns only when they are."""

    def commit(self, batch: CommitBatch) -> None:
        """Write all of the batch or nothing."""
        ...


class StoredBot(Protocol):
    """A bot whose state is written along with the next commit."""

    @property
    def name(self) -> str:
        """Return the bot's name."""
        ...

    def stored(self) -> BotRecord:
        """Return its record with the strategy's present state."""
        ...


class MemoryStore:
    """Keeps nothing: for backtests, whose result is their report."""

    def commit(self, batch: CommitBatch) -> None:
        """Forget the batch."""


class Outbox:
    """Rows and facts since the last commit. Listeners hear a fact only after its rows are stored."""

    def __init__(self, store: Store, tell: Callable[[Fact], None]) -> None:
        self._store = store
        self._tell = tell
        self.rows = 0
        """How many rows wait to be stored."""
        self._facts: list[Fact] = []
        self._transfers: list[Transfer] = []
        self._orders: dict[str, Order] = {}
        self._fills: list[Fill] = []
        self._decisions: list[DecisionMade] = []
        self._portfolios: list[PortfolioRecord] = []
        self._bots: dict[str, BotRecord] = {}
        self._touched: dict[str, StoredBot] = {}
        self._removed_bots: list[str] = []
        self._kill_switch: list[KillSwitchRecord] = []
        self._instruments: dict[InstrumentId, Instrument] = {}
        self._known: set[InstrumentId] = set()
        self._session: SessionRecord | None = None
        self.take_snapshot: Callable[[bool], LedgerState | None] = lambda _ending: None
        """Asked with each commit for the state to write down along with it; True when the session ends."""
        self.witness: Callable[[Fact], None] | None = None
        """Sees each fact at once, before it is stored: for the recording of the session."""

    @property
    def is_empty(self) -> bool:
        """Return True when there is neither a row to store nor a fact to tell."""
        return self.rows == 0 and not self._facts

    def add_fact(self, fact: Fact) -> None:
        """Tell this after the next commit."""
        self._facts.append(fact)
        if self.witness is not None:
            self.witness(fact)

    def add_transfers(self, transfers: tuple[Transfer, ...]) -> None:
        """Append ledger rows."""
        self._transfers.extend(transfers)
        self.rows += len(transfers)

    def add_order(self, order: Order, instrument: Instrument) -> None:
        """Replace the stored state of an order."""
        self._learn(instrument)
        self._orders[order.client_id] = order
        self.rows += 1

    def add_fills(self, fills: tuple[Fill, ...]) -> None:
        """Append executions."""
        self._fills.extend(fills)
        self.rows += len(fills)

    def add_decision(self, decision: DecisionMade) -> None:
        """Append risk's answer and tell it."""
        self._decisions.append(decision)
        self.add_fact(decision)
        self.rows += 1

    def add_portfolio(self, record: PortfolioRecord) -> None:
        """Append a new epoch."""
        self._portfolios.append(record)
        self.rows += 1

    def put_bot(self, record: BotRecord, instrument: Instrument) -> None:
        """Replace the stored state of a bot."""
        self._learn(instrument)
        self._bots[record.bot] = record
        self.rows += 1

    def touch_bot(self, bot: StoredBot) -> None:
        """Store the bot's state with the next commit; it is asked for it then, not for every bar."""
        self._touched[bot.name] = bot

    def remove_bot(self, bot: str) -> None:
        """Remove a bot from the store."""
        self._bots.pop(bot, None)
        self._touched.pop(bot, None)
        self._removed_bots.append(bot)
        self.rows += 1

    def add_kill_switch(self, record: KillSwitchRecord) -> None:
        """Append a change of the kill switch."""
        self._kill_switch.append(record)
        self.rows += 1

    def put_session(self, record: SessionRecord) -> None:
        """Replace the stored state of the running session; written along with the next batch."""
        self._session = record

    def flush(self) -> None:
        """Commit all rows, then tell all facts in order. On an error everything stays for the next try."""
        if self.rows or self._touched or self._session is not None:
            for name, bot in self._touched.items():
                self._bots[name] = bot.stored()
            self._touched.clear()
            self._store.commit(self._batch())
            self._forget_rows()
        facts, self._facts = self._facts, []
        for fact in facts:
            self._tell(fact)

    def _learn(self, instrument: Instrument) -> None:
        if instrument.id not in self._known:
            self._instruments[instrument.id] = instrument

    def _batch(self) -> CommitBatch:
        return CommitBatch(
            transfers=tuple(self._transfers),
            orders=tuple(self._orders.values()),
            fills=tuple(self._fills),
            decisions=tuple(self._decisions),
            portfolios=tuple(self._portfolios),
            bots=tuple(self._bots.values()),
            removed_bots=tuple(self._removed_bots),
            kill_switch=tuple(self._kill_switch),
            instruments=tuple(self._instruments.values()),
            sessions=(self._session,) if self._session is not None else (),
            snapshot=self.take_snapshot(self._session is not None and self._session.ended_ms > 0),
        )

    def _forget_rows(self) -> None:
        self._known.update(self._instruments)
        self.rows, self._session = 0, None
        for rows in (
            self._transfers,
            self._orders,
            self._fills,
            self._decisions,
            self._portfolios,
            self._bots,
            self._removed_bots,
            self._kill_switch,
            self._instruments,
        ):
            rows.clear()
