"""Random numbers by address: the same seed, stream and index give the same number, in any order of asking.

The mixer is SplitMix64 (Steele, Lea, Flood 2014); it does not depend on PYTHONHASHSEED or on the Python version.
"""

import hashlib
import math

_MASK = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15
_FIELD = 0xFFFF
_GAUSS_MEAN = 2.0 * _FIELD
_GAUSS_SD = math.sqrt(4 * (65536.0**2 - 1) / 12)


def mix(value: int) -> int:
    """Return 64 well mixed bits of an integer (SplitMix64's output function)."""
    z = (value + _GAMMA) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def stream_key(seed: int, name: str) -> int:
    """Return the 64-bit key of a named stream of a seed, e.g. ``(7, "path:BTC/USDT")``."""
    digest = hashlib.blake2b(f"{seed}|{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


class SeededNoise:
    """One stream of numbers addressed by integers of any size and sign."""

    def __init__(self, seed: int, name: str) -> None:
        self._key = stream_key(seed, name)

    def bits(self, index: int) -> int:
        """Return 64 bits."""
        return mix(self._key ^ mix(index & _MASK))

    def uniform(self, index: int) -> float:
        """Return a number in [0, 1)."""
        return (self.bits(index) >> 11) * 2.0**-53

    def gauss(self, index: int) -> float:
        """Return a nearly normal number (mean 0, variance 1, tails cut at 3.5): the sum of four 16-bit fields."""
        z = self.bits(index)
        total = (z & _FIELD) + ((z >> 16) & _FIELD) + ((z >> 32) & _FIELD) + (z >> 48)
        return (total - _GAUSS_MEAN) / _GAUSS_SD
