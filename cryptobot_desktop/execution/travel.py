"""Messages on their way to the exchange, and orders that end at a time: what is due next, in order."""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush

from cryptobot_desktop.domain.facts import ExecutionFact
from cryptobot_desktop.domain.latency import Latency

NEVER = 1 << 62
Step = Callable[[int], Iterator[ExecutionFact]]
"""Carries out what is due, given its time."""


class Travel:
    """Messages arrive in the order in which they were sent: none overtakes another one."""

    def __init__(self, latency: Latency, seed: int) -> None:
        self.latency = latency
        self._seed = seed
        self._sent = 0
        self._newest_ms = 0
        self._due: list[tuple[int, int, int, Step]] = []
        self._numbers = 0
        self.next_ms = NEVER
        """When the next step is due."""

    @property
    def takes_time(self) -> bool:
        """Return True when messages do not arrive at once."""
        return bool(self.latency.samples)

    def resume(self, arrives_ms: int) -> None:
        """Know of a message that is on its way since before a restart."""
        self._newest_ms = max(self._newest_ms, arrives_ms)

    def arrival_ms(self, now_ms: int) -> int:
        """Return when a message that is sent now arrives; each call is one message."""
        self._sent += 1
        self._newest_ms = max(self._newest_ms, now_ms + self.latency.draw(self._seed, self._sent))
        return self._newest_ms

    def at(self, at_ms: int, step: Step, *, expiry: bool = False) -> None:
        """Do something at a time; of two at one time expiries come first, then what was asked for first."""
        self._numbers += 1
        heappush(self._due, (at_ms, 0 if expiry else 1, self._numbers, step))
        self.next_ms = self._due[0][0]

    def pop(self, now_ms: int) -> tuple[int, Step] | None:
        """Return and forget the next step that is due by now, or None."""
        if self.next_ms > now_ms:
            return None
        at_ms, _, _, step = heappop(self._due)
        self.next_ms = self._due[0][0] if self._due else NEVER
        return at_ms, step
