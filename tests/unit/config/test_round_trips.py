"""Measured round trips become a latency model."""

from pathlib import Path

import pytest

from cryptobot_desktop.config.round_trips import FILE_NAME, KEPT, measured_latency, save_round_trips
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue


def test_samples_add_up_per_venue(tmp_path: Path) -> None:
    save_round_trips(tmp_path, Venue.BINANCE, [40, 20])
    save_round_trips(tmp_path, Venue.KUCOIN, [500])
    save_round_trips(tmp_path, Venue.BINANCE, [30, 25, 90])
    assert measured_latency(tmp_path, Venue.BINANCE).samples == (20, 25, 30, 40, 90)
    with pytest.raises(InvalidInput, match="only 1 round trips to KuCoin"):
        measured_latency(tmp_path, Venue.KUCOIN)


def test_the_newest_samples_stay(tmp_path: Path) -> None:
    save_round_trips(tmp_path, Venue.BINANCE, range(KEPT + 10))
    assert measured_latency(tmp_path, Venue.BINANCE).samples[0] == 10


def test_an_unreadable_file_counts_as_none_and_is_mended(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"\xff{")
    with pytest.raises(InvalidInput, match="only 0 round trips"):
        measured_latency(tmp_path, Venue.BINANCE)
    save_round_trips(tmp_path, Venue.BINANCE, [1, 2, 3, 4, 70_000, 5])
    assert measured_latency(tmp_path, Venue.BINANCE).samples == (1, 2, 3, 4, 5)
