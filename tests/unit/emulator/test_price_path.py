"""The fundamental value: a pure function of time with the promised volatility and correlation."""

import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.emulator.market_types import DEFAULT_PAIRS, PairSpec
from cryptobot_desktop.emulator.price_path import BrownianPath, Fundamental
from cryptobot_desktop.emulator.regimes import Regime, RegimeSchedule

NOW_S = 1_753_000_000
BTC, ETH, SOL = DEFAULT_PAIRS


def fundamental(seed: int, spec: PairSpec) -> Fundamental:
    schedule = RegimeSchedule(seed)
    return Fundamental(seed, spec, schedule, BrownianPath(seed, "common", schedule))


@settings(max_examples=30)
@given(st.integers(0, 5), st.lists(st.integers(NOW_S - 10**7, NOW_S + 10**7), min_size=1, max_size=5))
def test_the_value_does_not_depend_on_what_was_asked_before(seed: int, seconds: list[int]) -> None:
    used = fundamental(seed, BTC)
    values = [used.at_second(second) for second in seconds]
    assert values == [fundamental(seed, BTC).at_second(second) for second in seconds]


def test_the_value_between_two_seconds_lies_on_their_line() -> None:
    path = fundamental(1, BTC)
    a, b = path.at_second(NOW_S), path.at_second(NOW_S + 1)
    assert path.at_ms(NOW_S * 1000.0) == a
    assert path.at_ms(NOW_S * 1000.0 + 250.0) == pytest.approx(a + (b - a) / 4, rel=1e-12)


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_prices_stay_around_their_start_for_months(seed: int) -> None:
    for spec in DEFAULT_PAIRS:
        path = fundamental(seed, spec)
        shares = [path.at_second(NOW_S + hour * 3600) / spec.start_price for hour in range(0, 24 * 90, 3)]
        assert 0.6 < min(shares) <= max(shares) < 1.6


def test_a_calm_bitcoin_minute_moves_by_five_to_eight_basis_points_and_a_burst_by_more() -> None:
    schedule = RegimeSchedule(7)
    path = Fundamental(7, BTC, schedule, BrownianPath(7, "common", schedule))
    moves: dict[Regime, list[float]] = {regime: [] for regime in Regime}
    for second in range(NOW_S - 10 * 86_400, NOW_S, 60):
        climates = {schedule.climate(second + offset).regime for offset in (0, 30, 59)}
        if len(climates) == 1:
            moves[climates.pop()].append(1e4 * math.log(path.at_second(second + 60) / path.at_second(second)))
    assert 5.0 < statistics.pstdev(moves[Regime.CALM]) < 8.0
    assert statistics.pstdev(moves[Regime.BURST]) > 2 * statistics.pstdev(moves[Regime.CALM])
    assert statistics.pstdev(moves[Regime.THIN]) < statistics.pstdev(moves[Regime.CALM])


def test_the_coins_move_together_but_not_as_one() -> None:
    paths = [fundamental(7, spec) for spec in DEFAULT_PAIRS]
    moves = [
        [math.log(p.at_second(s + 60) / p.at_second(s)) for s in range(NOW_S - 5 * 86_400, NOW_S, 60)] for p in paths
    ]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert 0.5 < statistics.correlation(moves[a], moves[b]) < 0.9


def test_two_seeds_tell_two_stories() -> None:
    assert fundamental(1, BTC).at_second(NOW_S) != fundamental(2, BTC).at_second(NOW_S)
