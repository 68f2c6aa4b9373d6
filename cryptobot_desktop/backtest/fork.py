"""A recorded session twice side by side: as it was, and from some moment on with something changed."""

from collections import deque
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from cryptobot_desktop.backtest.changes import Change
from cryptobot_desktop.backtest.differences import Difference, compare_facts
from cryptobot_desktop.backtest.playback import Playback, inputs, spec_of
from cryptobot_desktop.backtest.replay import notes_on
from cryptobot_desktop.backtest.verify import PROGRESS_EVERY, Progress, Stopped
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.facts import CommandAnswered, DecisionMade, ExecutionFact, Fact, OrderFilled
from cryptobot_desktop.domain.market import Received
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.domain.orders import FillEvidence
from cryptobot_desktop.domain.recording import CommandTaken, SessionInput, SessionOpened
from cryptobot_desktop.engine.assembly import take_command
from cryptobot_desktop.engine.report import run_report
from cryptobot_desktop.storage.capsule import Capsule

_NO_EVIDENCE = FillEvidence(kind="")
OWN_COMMANDS = 1_000_000_000
"""Numbers of the commands by which a branch is changed; recorded ones are smaller."""


class Branch(Struct, frozen=True, kw_only=True):
    """One way the session went."""

    name: str
    report: dict[str, Any]
    equity: tuple[tuple[int, int], ...]
    """(time in UTC ms, equity as a ledger amount)."""
    final_equity: int
    asset: str


class Fork(Struct, frozen=True, kw_only=True):
    """Both branches and where they part. `first_divergence` None: the change changed nothing."""

    session_id: str
    fork_ms: int
    changes: tuple[str, ...]
    recorded: Branch
    changed: Branch
    first_divergence: Difference | None
    notes: tuple[str, ...]

    @property
    def gain(self) -> int:
        """Return by how much the changed branch ends above the recorded one, as a ledger amount."""
        return self.changed.final_equity - self.recorded.final_equity


def fork(path: str | Path, *, fork_ms: int, changes: Sequence[Change], progress: Progress = lambda _: True) -> Fork:
    """Play both branches at once; nothing is stored; may run in any thread or process.

    A change that cannot be made at that moment raises InvalidInput in its own words.
    """
    capsule = Capsule(Path(path))
    branches = _Branches(capsule, fork_ms, changes)
    for number, entry in enumerate(inputs(capsule.entries())):
        branches.take(entry)
        if number % PROGRESS_EVERY == 0 and not progress(capsule.read_bytes / capsule.size):
            raise Stopped(f"the comparison of {capsule.path.name} was stopped before its end")
    return branches.result()


class _Branches:
    """The two playbacks, fed from one reading of the file."""

    def __init__(self, capsule: Capsule, fork_ms: int, changes: Sequence[Change]) -> None:
        self._capsule = capsule
        self._fork_ms = max(fork_ms, capsule.start.record.started_ms)
        self._changes = tuple(changes)
        at_start = fork_ms <= capsule.start.record.started_ms
        spec = spec_of(capsule.start)
        changed = spec
        for change in self._changes:
            changed = change.to_spec(changed, capsule.start, at_start=at_start)
        self._recorded = Playback(capsule.start, spec=spec, tell=self._hear_recorded)
        self._changed = Playback(capsule.start, spec=changed if at_start else spec, tell=self._hear_changed)
        self._changed_spec = changed
        self._facts: tuple[deque[Fact], deque[Fact]] = (deque(), deque())
        self._answers: dict[int, bool] = {}
        self._refused = 0
        self._own_refusal = ""
        self._forked = False
        self._opened = False
        self._divergence: Difference | None = None
        self._inputs = 0

    def take(self, entry: SessionInput) -> None:
        self._inputs += 1
        if self._opened and not self._forked and _time_of(entry) >= self._fork_ms:
            self._part()
        self._recorded.take(entry)
        self._changed.take(entry)
        if isinstance(entry, SessionOpened):
            self._opened = True
            if self._fork_ms <= self._capsule.start.record.started_ms:
                self._part()
        if isinstance(entry, CommandTaken):
            self._flush()

    def result(self) -> Fork:
        if not self._forked:
            raise InvalidInput(
                f"capsule {self._capsule.path.name} ends before the moment of the fork; name an earlier one"
            )
        recorded, changed = _branch("recorded", self._recorded), _branch("changed", self._changed)
        self._compare()
        notes = [*notes_on(self._capsule)]
        if self._refused:
            notes.append(f"{self._refused} recorded commands were refused in the changed branch")
        return Fork(
            session_id=self._capsule.start.record.session_id,
            fork_ms=self._fork_ms,
            changes=tuple(change.text for change in self._changes),
            recorded=recorded,
            changed=changed,
            first_divergence=self._divergence,
            notes=tuple(notes),
        )

    def _part(self) -> None:
        """Change the one branch; a refused change is an error in the engine's own words."""
        self._forked = True
        self._flush()
        session = self._changed.session
        for number, change in enumerate(self._changes):
            change.to_session(session, self._changed_spec)
            for command in change.commands(session):
                take_command(session, CommandTaken(OWN_COMMANDS + number, command, session.pipeline.now_ms))
        session.outbox.flush()
        if self._own_refusal:
            raise InvalidInput(f"the change cannot be made: {self._own_refusal}")
        self._compare()

    def _flush(self) -> None:
        self._recorded.session.outbox.flush()
        self._changed.session.outbox.flush()
        self._compare()

    def _hear_recorded(self, fact: Fact) -> None:
        if isinstance(fact, CommandAnswered):
            self._answers[fact.command_id] = fact.ok
        self._keep(fact, 0)

    def _hear_changed(self, fact: Fact) -> None:
        if isinstance(fact, CommandAnswered):
            if fact.command_id >= OWN_COMMANDS:
                self._own_refusal = self._own_refusal or ("" if fact.ok else fact.message)
            elif not fact.ok and self._answers.get(fact.command_id):
                self._refused += 1
        self._keep(fact, 1)

    def _keep(self, fact: Fact, side: int) -> None:
        if self._divergence is None and isinstance(fact, ExecutionFact | DecisionMade):
            self._facts[side].append(fact)

    def _compare(self) -> None:
        """Find the first decision or order that is not the same in both."""
        one, other = self._facts
        if self._divergence is None:
            for left, right in zip_longest(one, other):
                found = compare_facts(_bare(left), _bare(right), input_number=0)
                if found is not None:
                    self._divergence = msgspec.structs.replace(found, sides=("recorded", "changed"))
                    break
        one.clear()
        other.clear()


def _branch(name: str, playback: Playback) -> Branch:
    session = playback.finish()
    accounts = session.pipeline.accounts
    account = accounts.get(session.spec.portfolio)
    return Branch(
        name=name,
        report=run_report(session),
        equity=tuple(account.curve.points()),
        final_equity=accounts.value(session.spec.portfolio, account.record.asset).equity,
        asset=account.record.asset,
    )


def _bare(fact: Fact | None) -> Fact | None:
    """Leave out on what fills rest: under another fill model that alone is no other course of the session."""
    if not isinstance(fact, OrderFilled):
        return fact
    fills = (msgspec.structs.replace(fill, evidence=_NO_EVIDENCE) for fill in fact.fills)
    return msgspec.structs.replace(fact, fills=tuple(fills))


def _time_of(entry: SessionInput) -> int:
    if isinstance(entry, Received):
        return entry.received_ms
    return entry.at_ms if isinstance(entry, CommandTaken) else -1


def fork_document(found: Fork) -> dict[str, Any]:
    """Return a fork as plain types: what ``replay --fork-at --json`` prints."""
    divergence = found.first_divergence
    return {
        "session_id": found.session_id,
        "fork_at_ms": found.fork_ms,
        "changes": list(found.changes),
        "recorded": found.recorded.report,
        "changed": found.changed.report,
        "equity_difference": f"{format_trimmed(found.gain, AMOUNT_DECIMALS)} {found.recorded.asset}",
        "first_divergence": None
        if divergence is None
        else {"sentence": divergence.sentence, "at_ms": divergence.at_ms, "what": divergence.what},
        "equity": {branch.name: [list(point) for point in branch.equity] for branch in (found.recorded, found.changed)},
        "notes": list(found.notes),
    }
