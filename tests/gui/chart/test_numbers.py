"""Pyramids, slots, ranges, windows and labels: the arithmetic under the chart, without a widget."""

from datetime import UTC
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.gui.chart.frame import Frame
from cryptobot_desktop.gui.chart.price_range import robust_range, with_air
from cryptobot_desktop.gui.chart.pyramid import FACTOR, Pyramid
from cryptobot_desktop.gui.chart.series import BarSeries, Change
from cryptobot_desktop.gui.chart.slots import WIDEST_HOLE, Slots
from cryptobot_desktop.gui.chart.ticks import log_ticks, number_text, spread, time_ticks, value_ticks
from cryptobot_desktop.gui.chart.window import RIGHT_MARGIN, TimeWindow
from tests.gui.chart.bars import MINUTE, START, bars_of, flat_bars, random_bars


@given(st.lists(st.integers(1, 400), min_size=1, max_size=12), st.integers(0, 2**32 - 1))
def test_a_pyramid_fed_in_pieces_has_the_extremes_of_every_block(pieces: list[int], seed: int) -> None:
    numbers = np.random.default_rng(seed).normal(size=sum(pieces))
    pyramid, fed = Pyramid(np.maximum), 0
    for piece in pieces:
        fed += piece
        pyramid.extend(numbers[:fed])
    for level in range(pyramid.height + 1):
        size = FACTOR**level
        expected = [numbers[start : start + size].max() for start in range(0, fed, size)]
        assert pyramid.level(level, numbers).tolist() == expected


def test_missing_values_do_not_hide_the_others_in_a_pyramid() -> None:
    numbers = np.full(200, np.nan)
    numbers[150] = 7.0
    pyramid = Pyramid(np.fmax)
    pyramid.extend(numbers)
    assert np.nanmax(pyramid.level(1, numbers)) == 7.0


def test_bars_without_holes_stand_at_their_index() -> None:
    slots = Slots(Timeframe.M1)
    slots.extend(START + np.arange(50) * MINUTE)
    assert [slots.slot(index) for index in (0, 1, 49)] == [0, 1, 49]
    assert not slots.holes(-1.0, 1e9)


@given(st.lists(st.integers(1, 40), min_size=2, max_size=60), st.integers(1, 59))
def test_slots_and_indices_lead_back_to_each_other(steps: list[int], cut: int) -> None:
    times = START + np.cumsum(steps) * MINUTE
    slots = Slots(Timeframe.M1)
    slots.extend(times[: min(cut, len(times))])
    slots.extend(times)
    places = slots.slots(np.arange(len(times)))
    assert places.tolist() == [slots.slot(index) for index in range(len(times))]
    assert np.diff(places).tolist() == [1 + min(step - 1, WIDEST_HOLE) for step in steps[1:]]
    assert [slots.index(float(place)) for place in places] == list(range(len(times)))
    assert [slots.index_at(int(at) + 59_999) for at in times] == list(range(len(times)))


def test_a_hole_is_known_with_its_times() -> None:
    slots = Slots(Timeframe.M1)
    slots.extend(START + np.array([0, 1, 5, 6]) * MINUTE)
    (hole,) = slots.holes(-1.0, 1e9)
    assert (hole.first_slot, hole.last_slot) == (2, 4)
    assert (hole.start_ms, hole.end_ms) == (START + 2 * MINUTE, START + 5 * MINUTE)


def test_only_holes_in_view_are_listed() -> None:
    slots = Slots(Timeframe.M1)
    slots.extend(START + np.arange(0, 2_000, 2) * MINUTE)
    assert [hole.first_slot for hole in slots.holes(100.0, 106.0)] == [101, 103, 105]
    assert not slots.holes(-9.0, 0.5)


def test_months_of_different_length_are_no_holes() -> None:
    slots = Slots(Timeframe.MO1)
    slots.extend(np.array([0, 31, 59, 90], dtype=np.int64) * 86_400_000)
    assert not slots.holes(-1.0, 1e9)


@given(st.integers(100, 30_000), st.floats(0.02, 1.0), st.integers(50, 900), st.integers(0, 1_000))
def test_no_column_hides_the_highest_or_lowest_price_in_view(count: int, share: float, width: int, seed: int) -> None:
    bars = random_bars(count, seed=seed, forming=False)
    series = BarSeries(Timeframe.M1)
    series.update(bars)
    span = max(10.0, count * share)
    frame = Frame(count - span - 0.5, count - 0.5, 0.0, 1.0, float(width), 400.0)
    columns = series.columns(frame)
    assert columns is not None
    first = max(0, int(np.ceil(frame.left)))
    assert columns.high.max() >= bars.high[first:].max()
    assert columns.low.min() <= bars.low[first:].min()
    assert len(columns.x) <= width + 4
    assert np.all(np.diff(columns.x) >= 1)


def test_appended_bars_extend_and_another_revision_rebuilds() -> None:
    series = BarSeries(Timeframe.M1)
    assert series.update(random_bars(100)) is Change.REBUILT
    assert series.update(random_bars(100)) is Change.NOTHING
    assert series.update(random_bars(101)) is Change.APPENDED
    assert series.update(random_bars(101, revision=2)) is Change.REBUILT
    assert series.update(random_bars(90, revision=2)) is Change.REBUILT


def test_a_forming_bar_after_a_hole_stands_behind_it() -> None:
    series = BarSeries(Timeframe.M1)
    times = START + np.arange(10) * MINUTE
    series.update(bars_of(times, flat_bars(10), forming=(START + 13 * MINUTE, 1.0, 1.0, 1.0, 1.0, 1.0)))
    assert series.newest_slot == 13


def test_lone_bad_ticks_do_not_flatten_the_chart() -> None:
    low, high = np.linspace(99, 101, 60), np.linspace(100, 102, 60)
    high[30], low[40] = 5_000.0, 0.01
    assert robust_range(low, high) == (99.0, 102.0)


def test_a_real_move_of_several_bars_is_shown_whole() -> None:
    low, high = np.linspace(99, 101, 60), np.linspace(100, 102, 60)
    high[30:36] = 150.0
    assert robust_range(low, high) == (99.0, 150.0)


@given(st.floats(0.01, 1e6), st.floats(0, 1e5), st.booleans())
def test_air_keeps_the_range_inside(low: float, span: float, log: bool) -> None:
    bottom, top = with_air(low, low + span, log=log)
    assert bottom < low
    assert top > low + span


def test_a_following_window_keeps_eight_bars_free_on_the_right() -> None:
    window = TimeWindow()
    window.set_newest(500)
    assert window.right == 500.5 + RIGHT_MARGIN
    window.set_newest(501)
    assert window.right == 501.5 + RIGHT_MARGIN


def test_a_panned_window_stays_until_it_reaches_the_newest_bar_again() -> None:
    window = TimeWindow()
    window.set_newest(500)
    window.pan(-40)
    left = window.left
    window.set_newest(510)
    assert (window.left, window.follows) == (left, False)
    window.pan(50)
    assert window.follows


def test_bars_never_leave_the_window_altogether() -> None:
    window = TimeWindow()
    window.set_newest(500)
    window.pan(-1e9)
    assert window.right > 0
    window.pan(1e9)
    assert window.left < 500


@given(st.lists(st.floats(0.5, 2.0), max_size=30), st.floats(-50, 600))
def test_zooming_keeps_the_place_under_the_mouse(factors: list[float], anchor: float) -> None:
    window = TimeWindow()
    window.set_newest(5_000)
    window.pan(-2_500)
    window.follows = False
    anchor += window.left
    share = (anchor - window.left) / window.span
    for factor in factors:
        window.zoom(factor, anchor)
    if not window.follows:
        assert window.left < window.right
        if 0 <= share <= 1:
            assert window.left - 1e-6 <= anchor <= window.right + 1e-6


ZONES = st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")])


@given(st.integers(0, 2_000_000_000), st.floats(60_000, 4e11), ZONES)
def test_time_labels_keep_their_distance_and_their_order(start_s: int, span: float, zone: ZoneInfo) -> None:
    start, spacing = start_s * 1000, span / 12
    moments = [tick.at_ms for tick in time_ticks(start, start + int(span), spacing, zone)]
    assert moments == sorted(set(moments))
    assert all(start <= at <= start + span for at in moments)


def test_time_labels_change_with_the_zoom() -> None:
    midnight = 1_767_225_600_000  # 2026-01-01
    texts = [tick.text for tick in time_ticks(midnight, midnight + 3_600_000, 600_000, UTC)]
    assert texts == ["2026", "00:10", "00:20", "00:30", "00:40", "00:50", "01:00"]
    days = [tick.text for tick in time_ticks(midnight, midnight + 3 * 86_400_000, 86_400_000, UTC)]
    assert days == ["2026", "2\u202fJan", "3\u202fJan", "4\u202fJan"]
    months = [tick.text for tick in time_ticks(midnight, midnight + 120 * 86_400_000, 30 * 86_400_000, UTC)]
    assert months == ["2026", "Feb", "Mar", "Apr", "May"]


@given(st.floats(0.0001, 1e6), st.floats(1e-6, 1e6), st.integers(2, 20))
def test_value_labels_are_round_few_and_inside(low: float, span: float, most: int) -> None:
    values = value_ticks(low, low + span, most)
    assert len(values) <= most + 1
    assert all(low - span * 1e-6 <= value <= low + span * (1 + 1e-6) for value in values)


def test_labels_are_never_finer_than_the_tick() -> None:
    assert value_ticks(100.0, 100.02, 10, 0.01) == pytest.approx([100.0, 100.01, 100.02])


def test_a_wide_logarithmic_axis_has_decades() -> None:
    assert log_ticks(1.0, 1_000.0, 20) == [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]


@given(st.lists(st.floats(0, 400), max_size=12))
def test_spread_tags_never_overlap(places: list[float]) -> None:
    moved = spread(sorted(places), 17.0, 392.0)
    assert all(b - a >= 17.0 - 1e-9 for a, b in pairwise(moved))


def test_numbers_have_groups_and_no_negative_zero() -> None:
    assert number_text(-0.001, 2) == "0.00"
    assert number_text(64210.5, 2) == "64\u202f210.50"
