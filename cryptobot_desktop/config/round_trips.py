"""The user's own round trips to each venue, measured while sessions run; a latency model can be made of them."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from cryptobot_desktop.config.atomic_file import write_whole
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.latency import LONGEST_MS, Latency, latency_of

FILE_NAME = "round-trips.json"
LEAST = 5
"""Fewer samples say nothing about a distribution."""
KEPT = 500


def save_round_trips(folder: Path, venue: Venue, samples_ms: Iterable[int]) -> None:
    """Add measured times to what is known, the newest 500 per venue. Raises OSError."""
    known = _load(folder)
    known[venue.value] = [*known.get(venue.value, ()), *samples_ms][-KEPT:]
    write_whole(folder / FILE_NAME, msgspec.json.encode(known))


def measured_latency(folder: Path, venue: Venue) -> Latency:
    """Return the latency that was measured; InvalidInput when there are too few samples."""
    samples = [sample for sample in _load(folder).get(venue.value, []) if 0 <= sample <= LONGEST_MS]
    if len(samples) < LEAST:
        raise InvalidInput(
            f"only {len(samples)} round trips to {venue.label} were measured, {LEAST} are needed; run a session on "
            "--market live first, or name a number of ms"
        )
    return latency_of(samples)


def _load(folder: Path) -> dict[str, list[int]]:
    """Return what is stored; an unreadable file counts as none, as it can be measured anew."""
    try:
        content = (folder / FILE_NAME).read_bytes()
        return msgspec.json.decode(content, type=dict[str, list[int]])
    except (OSError, msgspec.DecodeError):
        return {}
