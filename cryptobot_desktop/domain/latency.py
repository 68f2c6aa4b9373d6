"""How long an order travels to the exchange: nothing, a fixed time, or a distribution given by samples."""

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput

LONGEST_MS = 60_000
_WORD = 1 << 64


class Latency(Struct, frozen=True):
    """Samples in ms, ascending; between two of them every time is equally likely. Empty means no latency at all.

    One sample is a fixed time, two are the ends of an even distribution, more are measured round trips: the
    quantile function of their distribution, interpolated. A whole round trip is taken for the way there, which is
    never kinder than the truth.
    """

    samples: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """Return the latency for people: ``none``, ``50 ms``, ``20 to 80 ms``."""
        if not self.samples:
            return "none"
        first, last = self.samples[0], self.samples[-1]
        return f"{first} ms" if first == last else f"{first} to {last} ms"

    def draw(self, seed: int, number: int) -> int:
        """Return the ms that message `number` of a session with this seed travels; the same for the same arguments."""
        if len(self.samples) < 2:
            return self.samples[0] if self.samples else 0
        position = _mixed(seed, number) * (len(self.samples) - 1)
        index, part = divmod(position, _WORD)
        low, high = self.samples[index], self.samples[index + 1]
        return low + (high - low) * part // _WORD


def latency_of(samples: list[int]) -> Latency:
    """Return the latency of measured or given times in ms; times outside 0 to 60,000 raise InvalidInput."""
    wrong = [sample for sample in samples if not 0 <= sample <= LONGEST_MS]
    if wrong:
        raise InvalidInput(f"latency {wrong[0]} ms is not between 0 and {LONGEST_MS} ms")
    return Latency(tuple(sorted(samples)))


def _mixed(seed: int, number: int) -> int:
    """Return 64 well mixed bits of two numbers (the finaliser of SplitMix64, Steele et al. 2014)."""
    value = (seed * 0x9E3779B97F4A7C15 + number * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) % _WORD
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % _WORD
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB % _WORD
    return value ^ (value >> 31)
