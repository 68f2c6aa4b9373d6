"""The schedule of regimes and what trends and bursts do to the price."""

import statistics

from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.emulator.regimes import MEAN_ACTIVITY, SLOT_S, Regime, RegimeSchedule, smooth

NOW_S = 1_753_000_000
SECONDS = st.integers(NOW_S - 10**8, NOW_S + 10**8)


@given(st.integers(0, 50), SECONDS)
def test_the_weather_does_not_depend_on_who_asked_before(seed: int, second: int) -> None:
    fresh, used = RegimeSchedule(seed), RegimeSchedule(seed)
    for other in range(second - 10 * SLOT_S, second + 10 * SLOT_S, SLOT_S):
        used.climate(other)
        used.push(other)
    assert fresh.climate(second) is used.climate(second)
    assert fresh.push(second) == used.push(second)


@given(st.integers(0, 20), SECONDS)
def test_the_push_moves_without_jumps(seed: int, second: int) -> None:
    schedule = RegimeSchedule(seed)
    assert abs(schedule.push(second + 1) - schedule.push(second)) < 0.5


def test_every_regime_comes_up_within_a_day() -> None:
    for seed in range(5):
        schedule = RegimeSchedule(seed)
        seen = {schedule.climate(second).regime for second in range(NOW_S, NOW_S + 86_400, 30)}
        assert seen == set(Regime)


def test_nights_are_thinner_than_days() -> None:
    schedule = RegimeSchedule(3)
    midnight = NOW_S // 86_400 * 86_400

    def share_of_thin(first_hour: int, last_hour: int) -> float:
        seconds = [midnight + day * 86_400 + hour * 3600 for day in range(300) for hour in range(first_hour, last_hour)]
        return statistics.mean(schedule.climate(second).regime is Regime.THIN for second in seconds)

    assert share_of_thin(0, 6) > 0.4
    assert share_of_thin(8, 22) < 0.15


def test_the_stated_mean_activity_is_what_the_schedule_gives() -> None:
    schedule = RegimeSchedule(5)
    mean = statistics.mean(schedule.climate(NOW_S + index * 97).activity for index in range(60_000))
    assert abs(mean / MEAN_ACTIVITY - 1.0) < 0.05


def test_the_smooth_step_is_held_outside_the_unit_interval() -> None:
    assert [smooth(x) for x in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
