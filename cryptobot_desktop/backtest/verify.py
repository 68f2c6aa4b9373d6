"""Replays a capsule and compares it, answer by answer, with what was recorded: the basis of the parity certificate."""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from cryptobot_desktop.backtest.differences import Difference, compare_facts, first_difference
from cryptobot_desktop.backtest.playback import NOTHING_STORED, Playback
from cryptobot_desktop.backtest.replay import notes_on
from cryptobot_desktop.domain.errors import CryptobotError, UserActionNeeded
from cryptobot_desktop.domain.facts import DecisionMade, Fact, OrderAccepted, OrderFilled
from cryptobot_desktop.domain.journal import CommitBatch
from cryptobot_desktop.domain.ledger import Transfer
from cryptobot_desktop.domain.orders import Fill, Order
from cryptobot_desktop.domain.recording import Checkpoint, FactSeen, SessionInput, SessionStart, is_result
from cryptobot_desktop.engine.books import books_document
from cryptobot_desktop.engine.recorder import books_hash, checkpoint
from cryptobot_desktop.engine.report import run_report
from cryptobot_desktop.storage.capsule import Capsule, CapsuleDamaged

Progress = Callable[[float], bool]
"""Hears how much of the file is done (0 to 1) now and then; answers False to stop."""
PROGRESS_EVERY = 4_096


class Stopped(UserActionNeeded):
    """Somebody asked a verification to stop before its end."""


class Replica:
    """What a replay would have stored: the rows that are compared with the profile's ledger. A `Store`."""

    def __init__(self) -> None:
        self.transfers: list[Transfer] = []
        self.fills: list[Fill] = []
        self.orders: dict[str, Order] = {}

    def commit(self, batch: CommitBatch) -> None:
        """Keep the rows."""
        self.transfers.extend(batch.transfers)
        self.fills.extend(batch.fills)
        self.orders.update((order.client_id, order) for order in batch.orders)


class Counts(Struct, kw_only=True):
    """How much was compared."""

    inputs: int = 0
    facts: int = 0
    orders: int = 0
    fills: int = 0
    decisions: int = 0
    checkpoints: int = 0
    transfers: int = 0
    stored_transfers: int = 0
    stored_fills: int = 0
    stored_orders: int = 0


class Verdict(Struct, kw_only=True):
    """What a verification found. `difference` is the first one; None means that everything compared was equal."""

    path: str
    session_id: str
    counts: Counts
    difference: Difference | None = None
    damage: str = ""
    """Which block of the file is not what was written; empty when all are."""
    is_complete: bool = False
    """True when the recording reaches to the end of its session."""
    recorded_until_ms: int = 0
    notes: tuple[str, ...] = ()
    start: SessionStart | None = None
    """What the recording says about its session (without stored rows); None when its first block is damaged."""
    report: dict[str, Any] = {}
    """The document of the replay."""
    trades_hash: str = ""
    ledger_hash: str = ""
    books_hash: str = ""
    capsule_hash: str = ""
    """Hash of the chain of blocks: it stands for the whole file."""
    blocks: int = 0
    size: int = 0
    ledger: str = "not compared"
    """How the profile's ledger was compared."""

    @property
    def holds(self) -> bool:
        """Return True when the file is whole and nothing differs."""
        return self.difference is None and not self.damage

    @property
    def summary(self) -> str:
        """Return the result as one line."""
        if self.damage:
            return self.damage
        if self.difference is not None:
            return f"the replay differs: {self.difference.sentence}"
        found = self.counts
        return (
            f"the replay is equal: {found.inputs:,} inputs, {found.orders:,} orders, {found.fills:,} fills, "
            f"{found.transfers:,} ledger rows, 0 differences"
        )


LedgerCheck = Callable[[Verdict, Replica], None]
"""Compares what a replay would have stored with what is stored, and writes what it found into the verdict."""


class Verifier:
    """Compares one replay with its recording. It is the `Recorder` of the replay: the answers come to it."""

    ended_because = ""
    where = ""

    def __init__(self, capsule: Capsule) -> None:
        self.capsule = capsule
        self.replica = Replica()
        self.verdict = Verdict(
            path=str(capsule.path),
            session_id=capsule.start.record.session_id,
            counts=Counts(),
            size=capsule.size,
            start=msgspec.structs.replace(capsule.start, stored=NOTHING_STORED),
        )
        self.playback = Playback(capsule.start, store=self.replica)
        self._recorded: deque[Fact] = deque()
        self._replayed: deque[Fact] = deque()
        self.playback.session.outbox.witness = self._see

    def run(self, progress: Progress = lambda _: True) -> Verdict:
        """Replay and compare up to the first difference, damage, or the end."""
        capsule, found = self.capsule, self.verdict
        try:
            for number, entry in enumerate(capsule.entries()):
                if number % PROGRESS_EVERY == 0 and not progress(capsule.read_bytes / capsule.size):
                    raise Stopped(f"the verification of {capsule.path.name} was stopped before its end")
                self._take(entry)
                if found.difference is not None:
                    break
        except Stopped:
            raise
        except CryptobotError as trouble:
            self._take_trouble(trouble)
        self._conclude()
        progress(1.0)
        return found

    def _take(self, entry: SessionInput | FactSeen | Checkpoint) -> None:
        if isinstance(entry, FactSeen):
            self._recorded.append(entry.fact)
            return
        self._settle()
        if isinstance(entry, Checkpoint):
            self._compare_checkpoint(entry)
        elif self.verdict.difference is None:
            self.verdict.counts.inputs += 1
            self.playback.take(entry)

    def _see(self, fact: Fact) -> None:
        if is_result(fact):
            self._replayed.append(fact)

    def _settle(self) -> None:
        """Compare what was answered to the newest input on both sides."""
        recorded, replayed = self._recorded, self._replayed
        while (recorded or replayed) and self.verdict.difference is None:
            one = recorded.popleft() if recorded else None
            other = replayed.popleft() if replayed else None
            self.verdict.difference = compare_facts(one, other, input_number=self.verdict.counts.inputs)
            if one is not None:
                self._count(one)

    def _count(self, fact: Fact) -> None:
        counts = self.verdict.counts
        counts.facts += 1
        counts.orders += isinstance(fact, OrderAccepted)
        counts.decisions += isinstance(fact, DecisionMade)
        if isinstance(fact, OrderFilled):
            counts.fills += len(fact.fills)

    def _compare_checkpoint(self, recorded: Checkpoint) -> None:
        """Compare hashes and counts at the end of a block."""
        if self.verdict.difference is None:
            self.verdict.counts.checkpoints += 1
            self._differ("checkpoint of the session", recorded, checkpoint(self.playback.session.pipeline))

    def _differ(self, what: str, recorded: object, replayed: object) -> None:
        found = first_difference(recorded, replayed)
        if found is not None and self.verdict.difference is None:
            self.verdict.difference = Difference(
                what=what,
                field=found[0],
                recorded=found[1],
                replayed=found[2],
                at_ms=self.playback.session.pipeline.now_ms,
                input_number=self.verdict.counts.inputs,
            )

    def _take_trouble(self, trouble: CryptobotError) -> None:
        """A damaged file, or a replay that broke off where the recorded session did not."""
        if isinstance(trouble, CapsuleDamaged):
            self.verdict.damage = str(trouble)
        else:
            self.verdict.difference = Difference(
                what="the replay broke off",
                field="",
                recorded="the session went on",
                replayed=str(trouble),
                at_ms=self.playback.session.pipeline.now_ms,
                input_number=self.verdict.counts.inputs,
            )

    def _conclude(self) -> None:
        found, capsule = self.verdict, self.capsule
        whole = found.holds
        if whole:
            # Without an end the answers to the last input may be missing on the recorded side.
            if capsule.ended is not None:
                self._settle()
            self._compare_end()
        session = self.playback.finish()
        now = checkpoint(session.pipeline)
        found.trades_hash, found.ledger_hash = now.trades_hash, now.ledger_hash
        found.recorded_until_ms = now.at_ms
        found.books_hash = books_hash(books_document(session.market))
        found.capsule_hash, found.blocks = capsule.digest, capsule.blocks
        found.counts.transfers = len(self.replica.transfers)
        found.is_complete = capsule.is_closed and capsule.ended is not None and not capsule.ended.reason
        found.notes = notes_on(capsule) if whole else ()
        if session.pipeline.accounts.has(session.spec.portfolio):
            found.report = run_report(session)

    def _compare_end(self) -> None:
        """Compare what the session itself published at its end."""
        ended, session = self.capsule.ended, self.playback.session
        if ended is None or ended.report is None:
            return
        self._differ("final report", ended.report, run_report(session))
        self._differ("order books at the end", ended.books_hash, books_hash(books_document(session.market)))


def verify_capsule(
    path: str | Path, *, progress: Progress = lambda _: True, check_ledger: LedgerCheck | None = None
) -> Verdict:
    """Replay a capsule and compare it with what was recorded; may run in any thread or process.

    `check_ledger` compares the stored rows too. InvalidInput when the file is no capsule; a damaged one is a verdict.
    """
    try:
        capsule = Capsule(Path(path))
    except CapsuleDamaged as trouble:
        return Verdict(path=str(path), session_id="unknown", counts=Counts(), damage=str(trouble))
    verifier = Verifier(capsule)
    verdict = verifier.run(progress)
    if verdict.holds and check_ledger is not None:
        check_ledger(verdict, verifier.replica)
    return verdict
