"""Counts crashes and what they came to."""

from collections import Counter

import msgspec
from msgspec import Struct

from tests.crash.oracle import Verdict


class Tally(Struct):
    """What a number of crashes came to."""

    crashes: int = 0
    """Children that were really killed."""
    survived: int = 0
    """Children that had come to their end before."""
    commits: int = 0
    acknowledged: int = 0
    restarts_killed: int = 0
    findings: Counter[str] = msgspec.field(default_factory=Counter)
    examples: list[str] = []
    recovery_s: list[float] = []
    seconds: float = 0.0

    def add(self, verdict: Verdict, label: str) -> None:
        """Count one verdict."""
        if verdict.recovery_s:
            self.recovery_s.append(verdict.recovery_s)
        for kind in verdict.kinds:
            self.findings[kind] += 1
        self.examples += [f"{label}: {finding.kind}: {finding.text}" for finding in verdict.findings][:3]

    @property
    def worst(self) -> list[str]:
        """Return the examples, bugs first: even a damaged file must be met in words."""
        return sorted(self.examples, key=lambda text: ": bug: " not in text)

    def plus(self, other: "Tally") -> "Tally":
        """Return both together."""
        return Tally(
            **{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__}  # all add up
        )

    def document(self) -> dict[str, object]:
        """Return the figures, for people and for tests."""
        times = sorted(self.recovery_s) or [0.0]
        return {
            "crashes": self.crashes,
            "survived": self.survived,
            "commits_begun": self.commits,
            "commits_acknowledged": self.acknowledged,
            "restarts_killed": self.restarts_killed,
            "lost": self.findings["lost"],
            "corrupt": self.findings["corrupt"],
            "mismatch": self.findings["mismatch"],
            "invented": self.findings["invented"],
            "bugs": self.findings["bug"],
            "examples": self.worst[:12],
            "seconds": round(self.seconds, 2),
            "crashes_per_second": round(self.crashes / self.seconds, 1) if self.seconds else 0.0,
            "recovery_ms_p50": round(times[len(times) // 2] * 1_000, 2),
            "recovery_ms_p99": round(times[int(len(times) * 0.99)] * 1_000, 2),
        }
