"""Where two records of the same thing part, in words: which order, which field, one value against the other."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import msgspec
from msgspec import Struct

from cryptobot_desktop.domain.facts import (
    DecisionMade,
    ExecutionFact,
    Fact,
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderTriggered,
)

NOTHING = "nothing"
_NAMES = ("portfolio", "bot", "command_id", "reason")
_OUTCOMES = {
    OrderAccepted: "accepted",
    OrderRejected: "rejected",
    OrderFilled: "filled",
    OrderCanceled: "ended",
    OrderTriggered: "triggered",
    OrderAmended: "amended",
}


class Difference(Struct, frozen=True, kw_only=True):
    """The first place at which two accounts of a session part."""

    what: str
    """The thing, such as ``order sma_cross:abc-1``."""
    field: str
    """Which of its values, such as ``fills 1, price``; empty when one side has nothing at all."""
    recorded: str
    replayed: str
    at_ms: int = 0
    input_number: int = 0
    """After how many inputs of the recording; 0 where that means nothing."""
    sides: tuple[str, str] = ("recorded", "replayed")

    @property
    def sentence(self) -> str:
        """Return the difference as one sentence."""
        field = f", {self.field}" if self.field else ""
        after = f" (after input {self.input_number:,})" if self.input_number else ""
        one, other = self.sides
        return f"{self.what}{field}: {one} {self.recorded}, {other} {self.replayed}{after}"


def first_difference(one: object, other: object) -> tuple[str, str, str] | None:
    """Return (field, value of one, value of the other) at the first place where two values differ, else None."""
    return next(_walk(msgspec.to_builtins(one), msgspec.to_builtins(other), ()), None)


def compare_facts(recorded: Fact | None, replayed: Fact | None, *, input_number: int) -> Difference | None:
    """Return how two facts differ; None when they are the same."""
    if recorded == replayed:
        return None
    shown = recorded if recorded is not None else replayed
    what, at_ms = name_of(shown), getattr(shown, "at_ms", 0)
    if recorded is None or replayed is None or type(recorded) is not type(replayed):
        return Difference(
            what=what, field="", recorded=_outcome(recorded, what), replayed=_outcome(replayed, what), at_ms=at_ms,
            input_number=input_number,
        )  # fmt: skip
    found = first_difference(recorded, replayed)
    assert found is not None
    field, one, other = found
    return Difference(what=what, field=field, recorded=one, replayed=other, at_ms=at_ms, input_number=input_number)


def name_of(fact: Fact | None) -> str:
    """Return what a fact is about, by the id that people know it by."""
    if isinstance(fact, ExecutionFact):
        return f"order {fact.order.client_id}"
    if isinstance(fact, DecisionMade):
        return f"decision {fact.decision_id} of bot {fact.bot}"
    for name in _NAMES:
        value = getattr(fact, name, None)
        if value is not None:
            return f"{type(fact).__name__} of {name.removesuffix('_id').replace('_', ' ')} {value}"
    return type(fact).__name__


def _outcome(fact: Fact | None, what: str) -> str:
    """Return what became of a thing; named when it is another one than `what`."""
    if fact is None:
        return NOTHING
    outcome = fact.outcome if isinstance(fact, DecisionMade) else _OUTCOMES.get(type(fact), "an answer")
    return outcome if name_of(fact) == what else f"{name_of(fact)} {outcome}"


def _walk(one: Any, other: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 - any JSON
    if isinstance(one, dict) and isinstance(other, dict):
        for key in (*one, *(key for key in other if key not in one)):
            yield from _walk(one.get(key), other.get(key), (*path, str(key)))
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        for number, (a, b) in enumerate(zip_longest(one, other)):
            yield from _walk(a, b, (*path, str(number + 1)))
    elif one != other:
        yield " ".join(path).replace("_", " "), _text(one), _text(other)


def _text(value: object) -> str:
    if value is None:
        return NOTHING
    return repr(value) if isinstance(value, str) else str(value)
