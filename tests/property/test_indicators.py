"""Promises of indicators: both paths agree bit for bit, textbook values, peeking and saving change nothing."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.indicators import CATALOGUE, Bar, Indicator, compute, compute_incremental, create

# Periods of Wilder's averages are 3, because (n - 1) / n must not be a short binary fraction: order of rounding counts.
SMALL = {
    "sma": {"period": 5},
    "ema": {"period": 5},
    "wma": {"period": 5},
    "rsi": {"period": 3},
    "macd": {"fast": 3, "slow": 6, "signal": 4},
    "bollinger": {"period": 5, "deviations": "2.5"},
    "atr": {"period": 3},
    "stochastic": {"period": 5, "smooth": 2, "signal": 3},
    "donchian": {"period": 5},
    "vwap": {"period": 5},
    "obv": {},
}
NAMES = pytest.mark.parametrize("name", CATALOGUE)


@st.composite
def bar(draw: st.DrawFn) -> Bar:
    # few distinct prices, so that ties and standing markets are common
    cents = sorted(draw(st.lists(st.integers(1, 40) | st.integers(1, 9_999_999), min_size=4, max_size=4)))
    low, *middle, high = (price / 100 for price in cents)
    opened, close = draw(st.permutations(middle))
    return Bar(opened, high, low, close, draw(st.integers(0, 10**6)) / 1000)


bars_lists = st.lists(bar(), max_size=40)
prices = st.lists(st.integers(1, 10**8).map(lambda cents: cents / 100), min_size=1, max_size=40)


def _fed(name: str, bars: Sequence[Bar]) -> Indicator:
    indicator = create(name, **SMALL[name])
    for one in bars:
        indicator.update(one)
    return indicator


def test_every_indicator_is_tested_here() -> None:
    assert set(SMALL) == set(CATALOGUE)


@NAMES
@settings(max_examples=40)
@given(bars=bars_lists)
def test_the_array_path_equals_the_incremental_path_bit_for_bit(name: str, bars: list[Bar]) -> None:
    batch = compute(name, bars, **SMALL[name])
    stepwise = compute_incremental(name, bars, **SMALL[name])
    assert batch.keys() == stepwise.keys()
    for output, line in batch.items():
        assert line.tobytes() == stepwise[output].tobytes()


@NAMES
@settings(max_examples=40)
@given(bars=bars_lists)
def test_named_columns_give_what_bars_give(name: str, bars: list[Bar]) -> None:
    columns = {field: np.array([getattr(one, field) for one in bars]) for field in Bar.__struct_fields__}
    for output, line in compute(name, columns, **SMALL[name]).items():
        assert line.tobytes() == compute(name, bars, **SMALL[name])[output].tobytes()


@NAMES
@settings(max_examples=40)
@given(bars=bars_lists, forming=bar())
def test_peeking_gives_what_the_update_will_give_and_changes_nothing(name: str, bars: list[Bar], forming: Bar) -> None:
    indicator = _fed(name, bars)
    before = indicator.snapshot()
    seen = indicator.peek(forming)
    assert indicator.snapshot() == before
    assert indicator.update(forming) == seen


@NAMES
@settings(max_examples=40)
@given(bars=bars_lists, at=st.integers(0, 40))
def test_a_state_saved_as_json_midway_goes_on_as_if_nothing_had_happened(name: str, bars: list[Bar], at: int) -> None:
    restored = create(name, **SMALL[name])
    restored.restore(json.loads(json.dumps(_fed(name, bars[:at]).snapshot())))
    assert restored.value == _fed(name, bars[:at]).value
    for one in bars[at:]:
        restored.update(one)
    whole = _fed(name, bars)
    assert restored.snapshot() == whole.snapshot()
    assert type(restored.value) is type(whole.value)


@NAMES
def test_memory_is_bounded(name: str) -> None:
    indicator = create(name, **SMALL[name])
    for number in range(500):
        indicator.update(Bar(1, 2 + number % 11, 1, 1 + number % 3, 1))
    size = len(json.dumps(indicator.snapshot()))
    for number in range(5000):
        indicator.update(Bar(1, 2 + number % 11, 1, 1 + number % 3, 1))
    assert len(json.dumps(indicator.snapshot())) < size + 200


# Textbook definitions in exact fractions; they share no code with the indicators.


def _ema(values: Sequence[Fraction], period: int) -> list[Fraction]:
    line = [sum(values[:period], Fraction(0)) / period]
    for value in values[period:]:
        line.append(line[-1] + Fraction(2, period + 1) * (value - line[-1]))
    return line


def _wilder(values: Sequence[Fraction], period: int) -> Fraction:
    mean = sum(values[:period], Fraction(0)) / period
    for value in values[period:]:
        mean += (value - mean) / period
    return mean


def _root(value: Fraction) -> Fraction:
    with localcontext() as context:
        context.prec = 60
        return Fraction((Decimal(value.numerator) / Decimal(value.denominator)).sqrt())


def _book_sma(closes: Sequence[Fraction]) -> list[Fraction]:
    return [sum(closes[-5:], Fraction(0)) / 5]


def _book_wma(closes: Sequence[Fraction]) -> list[Fraction]:
    return [sum((weight * close for weight, close in enumerate(closes[-5:], 1)), Fraction(0)) / 15]


def _book_rsi(closes: Sequence[Fraction]) -> list[Fraction]:
    changes = [new - old for old, new in pairwise(closes)]
    gain = _wilder([max(change, Fraction(0)) for change in changes], 3)
    loss = _wilder([max(-change, Fraction(0)) for change in changes], 3)
    if gain + loss == 0:
        return [Fraction(50)]
    return [100 - 100 / (1 + gain / loss)] if loss else [Fraction(100)]


def _book_macd(closes: Sequence[Fraction]) -> list[Fraction]:
    # the fast average starts with the mean of the last three of the first six closes
    line = [fast - slow for fast, slow in zip(_ema(closes[3:], 3), _ema(closes, 6), strict=True)]
    signal = _ema(line, 4)[-1]
    return [line[-1], signal, line[-1] - signal]


def _book_bollinger(closes: Sequence[Fraction]) -> list[Fraction]:
    window = closes[-5:]
    mean = sum(window, Fraction(0)) / 5
    width = Fraction(5, 2) * _root(sum(((close - mean) ** 2 for close in window), Fraction(0)) / 5)
    return [mean + width, mean, mean - width]


BOOK: dict[str, tuple[int, Callable[[Sequence[Fraction]], list[Fraction]]]] = {
    "sma": (5, _book_sma),
    "ema": (5, lambda closes: _ema(closes, 5)[-1:]),
    "wma": (5, _book_wma),
    "rsi": (4, _book_rsi),
    "macd": (9, _book_macd),
    "bollinger": (5, _book_bollinger),
}


@pytest.mark.parametrize("name", BOOK)
@settings(max_examples=60)
@given(closes=prices)
def test_values_equal_the_textbook_in_exact_fractions(name: str, closes: list[float]) -> None:
    first, book = BOOK[name]
    indicator = create(name, **SMALL[name])
    for close in closes:
        indicator.update(close)
    if len(closes) < first:
        assert indicator.value is None
        return
    expected = [float(number) for number in book([Fraction(close) for close in closes])]
    # an absolute allowance in the size of the numbers, because differences of averages cancel
    size = 100.0 if name == "rsi" else max(closes)
    assert list(indicator.values().values()) == pytest.approx(expected, rel=1e-9, abs=1e-10 * size)


@given(closes=prices)
def test_simple_and_weighted_means_are_the_true_mean_rounded_once(closes: list[float]) -> None:
    exact = [Fraction(close) for close in closes]
    for name, book in (("sma", _book_sma), ("wma", _book_wma)):
        line = compute(name, closes, period=5)[name].tolist()
        for end in range(5, len(closes) + 1):
            assert line[end - 1] == float(book(exact[:end])[0])


@given(bars=st.lists(bar(), min_size=5, max_size=30))
def test_the_average_true_range_equals_the_textbook(bars: list[Bar]) -> None:
    ranges = [
        max(
            Fraction(new.high) - Fraction(new.low),
            abs(Fraction(new.high) - Fraction(old.close)),
            abs(Fraction(new.low) - Fraction(old.close)),
        )
        for old, new in pairwise(bars)
    ]
    assert _fed("atr", bars).value == pytest.approx(float(_wilder(ranges, 3)), rel=1e-9, abs=1e-9)


@given(bars=st.lists(bar(), min_size=5, max_size=30))
def test_ranges_and_weighted_prices_equal_a_plain_look_at_the_window(bars: list[Bar]) -> None:
    window = bars[-5:]
    high, low = max(one.high for one in window), min(one.low for one in window)
    assert _fed("donchian", bars).value == (high, (high + low) / 2, low)
    volume = sum(Fraction(one.volume) for one in window)
    vwap = _fed("vwap", bars).value
    if not volume:
        assert vwap is None
        return
    turnover = sum(Fraction(one.high + one.low + one.close) / 3 * Fraction(one.volume) for one in window)
    assert vwap == pytest.approx(float(turnover / volume), rel=1e-12)
