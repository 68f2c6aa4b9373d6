"""Records a session on a scripted market over a real profile database: what the tests of capsules stand on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cryptobot_desktop.app.recording import Recording
from cryptobot_desktop.domain.commands import (
    CancelOrder,
    ChangeBot,
    Command,
    CreatePortfolio,
    PauseBot,
    PlaceOrder,
    ReleaseKillSwitch,
    RemoveBot,
    ResetPortfolio,
    StartBot,
    TripKillSwitch,
)
from cryptobot_desktop.domain.journal import SessionRecord
from cryptobot_desktop.domain.market import Candle, Received, Side
from cryptobot_desktop.domain.orders import OrderType
from cryptobot_desktop.domain.recording import CommandTaken, Entry
from cryptobot_desktop.engine.assembly import (
    Assembled,
    assemble,
    begin_watching,
    record_with,
    resume,
    set_intake,
    take_command,
    take_history,
)
from cryptobot_desktop.engine.session import BotSpec, MarketShape, SessionSpec
from cryptobot_desktop.storage.capsule import CapsuleFolder
from cryptobot_desktop.storage.capsule.blocks import DATA, FOOTER, HEAD, LAST, MAGIC, BlockChain, BlockReader
from cryptobot_desktop.storage.capsule.entries import decode_entries, encode_entries
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from tests.unit.engine.trading_floor import BTC, START_MS, bars, live, received

BOTS = (
    BotSpec(strategy="sma_cross", params={"fast": "1", "slow": "3"}),
    BotSpec(strategy="rsi_reversion", params={"period": "3", "low": "40", "high": "60"}),
)
CLOSES = (100, 104, 99, 97, 103, 108, 104, 96, 91, 99, 107, 111, 102, 95, 98, 106, 109, 101, 94, 97)
"""Goes up and down enough for both bots to trade."""


def order(number: int, side: Side = Side.BUY, *, price: int | None = None, qty: int = 100_000) -> PlaceOrder:
    """Return an order of the user; price in whole USDT, quantity in units of the instrument."""
    return PlaceOrder(
        client_id=f"mine-{number}",
        portfolio="main",
        instrument=BTC.id,
        side=side,
        type=OrderType.MARKET if price is None else OrderType.LIMIT,
        qty=qty,
        price=None if price is None else price * 100,
    )


WISHES: tuple[Callable[[int], Command], ...] = (
    lambda number: order(number, price=98),
    lambda number: order(number, Side.SELL, price=105, qty=50_000),
    lambda number: order(number, qty=70_000),
    lambda number: CancelOrder(f"mine-{max(0, number - 1)}"),
    lambda _: PauseBot("sma_cross"),
    lambda _: StartBot("sma_cross"),
    lambda _: ChangeBot("sma_cross", {"fast": "2", "slow": "4"}),
    lambda _: RemoveBot("rsi_reversion"),
    lambda _: TripKillSwitch("test"),
    lambda _: ReleaseKillSwitch("test"),
    lambda _: ResetPortfolio("main", "USDT", 5_000 * 10**8),
    lambda number: CreatePortfolio(f"other-{number}", "USDT", 10**10),
)
"""What a user may ask, by number; some are refused, which is recorded as well."""


FULL_DISK = len(WISHES)
"""A wish of nobody: the disk is full from now on, or no longer."""


@dataclass
class Recorded:
    """A finished recording with the session that made it."""

    path: Path
    folder: Path
    session: Assembled


def record_session(
    folder: Path,
    closes: Sequence[int] = CLOSES,
    wishes: Iterable[tuple[int, int]] = (),
    *,
    name: str = "first",
    first: int = 0,
    close: bool = True,
) -> Recorded:
    """Play bars (from the one numbered `first` on) into a profile; after bar n each wish (n, number) is asked for."""
    database = ProfileDatabase(folder / FILE_NAME)
    try:
        stored = load_state(database)
        history, events = _market(closes, first)
        started_ms = START_MS + first * 60_000
        spec = SessionSpec(symbols=(BTC.symbol,), bots=() if stored.bots else BOTS)
        record = SessionRecord(
            session_id=name, mode="paper", market="scripted", venue="binance", portfolio="main", synthetic=True,
            seed=0, code_version="test", started_ms=started_ms, last_ms=started_ms,
        )  # fmt: skip
        shape = MarketShape(has_books=False)
        session = assemble(spec, record, store=database, tell=lambda _: None, shape=shape)
        names = [bot.bot for bot in stored.bots]
        recording = Recording(CapsuleFolder(folder))
        writer = recording.begin(spec, record, stored, names=names, shape=shape)
        assert writer is not None
        record_with(session, writer)
        session.pipeline.bots.reserve(names)
        begin_watching(session, BTC)
        if history:
            take_history(session, BTC.id, history)
        resume(session, stored)
        _play(session, events, first, list(wishes))
        ended = msgspec.structs.replace(record, ended_ms=session.pipeline.now_ms)
        session.outbox.put_session(ended)
        session.outbox.flush()
        if close:
            recording.finish(session)
        else:
            writer.rest()
            writer._file.close()  # as if the program had been killed
        return Recorded(writer.path, folder, session)
    finally:
        database.close()


def _market(closes: Sequence[int], first: int) -> tuple[list[Candle], list[Received]]:
    candles = bars(closes)
    return candles[:first], [*live(), *received(candles[first:])]


def _play(session: Assembled, events: Sequence[Received], first: int, wishes: list[tuple[int, int]]) -> None:
    asked = 0
    for number, event in enumerate(events, start=first - 1):
        session.recorder.add(event)
        session.pipeline.process(event)
        session.outbox.flush()
        for after, wish in wishes:
            if after == number and wish == FULL_DISK:
                set_intake(session, "" if session.pipeline.no_intake else "the disk is full")
            elif after == number:
                taken = CommandTaken(asked, WISHES[wish % len(WISHES)](asked), session.pipeline.now_ms)
                take_command(session, taken)
                asked += 1
                session.outbox.flush()
        if number % 4 == 0:
            session.recorder.rest()


def rewritten(path: Path, change: Callable[[Entry], Entry]) -> Path:
    """Write a capsule anew, with all hashes right, after changing its entries: a forgery that only a replay finds."""
    target, chain = path.with_name("forged.capsule"), BlockChain()
    parts = [MAGIC]
    for block in BlockReader(path).blocks():
        data = block.data if block.kind == HEAD else encode_entries([change(e) for e in decode_entries(block.data)])
        parts.append(chain.pack({HEAD: HEAD, DATA: DATA, LAST: LAST}[block.kind], data))
    target.write_bytes(b"".join([*parts, FOOTER]))
    return target
