"""A session on a scripted feed over a real profile database: what the engine's tests stand on."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from cryptobot_desktop.domain.commands import Command
from cryptobot_desktop.domain.errors import CryptobotError
from cryptobot_desktop.domain.facts import CommandAnswered, DecisionMade, Fact, OrderFilled
from cryptobot_desktop.domain.instrument import Filters, Instrument
from cryptobot_desktop.domain.journal import CommitBatch, SessionRecord, StoredState
from cryptobot_desktop.domain.market import BookSnapshot, Candle, FeedState, FeedStatus, Received
from cryptobot_desktop.domain.orders import Fill
from cryptobot_desktop.domain.timeframe import MINUTE_MS, Timeframe
from cryptobot_desktop.engine.assembly import MarketShape, assemble, open_session, restore, watch_instrument
from cryptobot_desktop.engine.session import BotSpec, SessionSpec
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from tests.builders import USDT, btc_usdt

START_MS = 1_767_225_600_000
BTC = btc_usdt(filters=Filters(tick_size=1, step_size=1, min_qty=1, min_notional=5 * USDT))
ETH = msgspec.structs.replace(BTC, symbol="ETHUSDT", base="ETH")
FLIPPER = BotSpec(strategy="sma_cross", params={"fast": "1", "slow": "2"})
"""Buys on the first rise after a fall and sells on the next fall: the busiest bot there is."""


class WatchedStore:
    """The real database, with a diary of what came when, and a switch that makes the disk refuse."""

    def __init__(self, database: ProfileDatabase, diary: list[CommitBatch | Fact]) -> None:
        self._database = database
        self._diary = diary
        self.trouble: CryptobotError | None = None
        self.batches: list[CommitBatch] = []

    def commit(self, batch: CommitBatch) -> None:
        """Write through, and take note only when it is written."""
        if self.trouble is not None:
            raise self.trouble
        self._database.commit(batch)
        self.batches.append(batch)
        self._diary.append(batch)


class Floor:
    """One run of the engine over one database file; open another one on the same file to restart."""

    def __init__(  # each test varies another one of these
        self,
        path: Path,
        *,
        bots: Sequence[BotSpec] = (),
        instruments: Sequence[Instrument] = (BTC,),
        has_books: bool = False,
        history: Sequence[Candle] = (),
        name: str = "first",
    ) -> None:
        self.database = ProfileDatabase(path)
        self.diary: list[CommitBatch | Fact] = []
        self.store = WatchedStore(self.database, self.diary)
        start_ms = history[-1].open_ms + MINUTE_MS if history else START_MS
        spec = SessionSpec(symbols=tuple(i.symbol for i in instruments), bots=tuple(bots))
        record = SessionRecord(
            session_id=name,
            mode="paper",
            market="scripted",
            venue="binance",
            portfolio="main",
            synthetic=False,
            seed=0,
            code_version="test",
            started_ms=start_ms,
            last_ms=start_ms,
        )
        stored = load_state(self.database)
        self.session = assemble(spec, record, store=self.store, tell=self.diary.append, shape=MarketShape(has_books))
        for instrument in instruments:
            watch_instrument(self.session, instrument)
        self.session.market.load_history(history)
        restore(self.session, stored)
        open_session(self.session)
        self.session.outbox.flush()
        self._commands = 0

    def __enter__(self) -> "Floor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.close()

    @property
    def facts(self) -> list[Fact]:
        """Return everything that was told, oldest first."""
        return [entry for entry in self.diary if not isinstance(entry, CommitBatch)]

    @property
    def fills(self) -> list[Fill]:
        """Return all fills that were told."""
        return [fill for fact in self.facts if isinstance(fact, OrderFilled) for fill in fact.fills]

    @property
    def decisions(self) -> list[DecisionMade]:
        """Return all decisions that were told."""
        return [fact for fact in self.facts if isinstance(fact, DecisionMade)]

    def play(self, events: Iterable[Received]) -> None:
        """Take events as a live session does: each is stored before the next."""
        for received in events:
            self.session.pipeline.process(received)
            if not self.session.outbox.is_empty:
                self.session.outbox.flush()

    def command(self, command: Command) -> CommandAnswered:
        """Carry out a command and return its answer, which must be the last word."""
        self._commands += 1
        self.session.desk.execute(self._commands, command)
        self.session.outbox.flush()
        answer = self.facts[-1]
        assert isinstance(answer, CommandAnswered)
        assert answer.command_id == self._commands
        return answer

    def stored(self) -> StoredState:
        """Return what the database holds, read through a connection of its own."""
        reader = ProfileDatabase(self.database.path, read_only=True)
        try:
            return load_state(reader)
        finally:
            reader.close()


def live(*instruments: Instrument) -> list[Received]:
    """Return the word that the streams of these instruments run."""
    return [Received(START_MS, FeedStatus(i.id, FeedState.LIVE)) for i in instruments or (BTC,)]


def bars(closes: Sequence[int], *, instrument: Instrument = BTC, first: int = 0) -> list[Candle]:
    """Return one-minute bars with these closes (whole USDT); each opens where the one before closed."""
    candles: list[Candle] = []
    before = closes[0]
    for number, close in enumerate(closes):
        opened, closed = before * 100, close * 100
        candles.append(
            Candle(
                instrument.id,
                Timeframe.M1,
                START_MS + (first + number) * MINUTE_MS,
                opened,
                max(opened, closed),
                min(opened, closed),
                closed,
                0,
            )
        )
        before = close
    return candles


def received(candles: Iterable[Candle]) -> list[Received]:
    """Return bars as events: each is known at its end."""
    return [Received(candle.open_ms + MINUTE_MS, candle) for candle in candles]


def book(bids: Sequence[tuple[int, int]], asks: Sequence[tuple[int, int]], *, number: int, at_ms: int) -> Received:
    """Return a whole order book with levels in the instrument's units."""
    return Received(at_ms, BookSnapshot(BTC.id, number, tuple(bids), tuple(asks), at_ms))
