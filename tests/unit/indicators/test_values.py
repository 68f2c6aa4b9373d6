"""Values of indicators: by hand, at the edges, and against TA-Lib on recorded candles."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cryptobot_desktop.indicators import Bar, compute, create

Columns = dict[str, NDArray[np.float64]]


def _flat(price: float, bars: int) -> list[Bar]:
    return [Bar(price, price, price, price, 1.0)] * bars


def test_the_simple_average_by_hand() -> None:
    assert compute("sma", [1.0, 2.0, 3.0, 5.0], period=3)["sma"].tolist()[2:] == [2.0, 10.0 / 3.0]


def test_the_exponential_average_starts_with_the_mean_of_its_period() -> None:
    assert compute("ema", [1.0, 2.0, 3.0, 5.0], period=3)["ema"].tolist()[2:] == [2.0, 3.5]


def test_wilders_index_by_hand() -> None:
    rsi = compute("rsi", [10.0, 11.0, 10.0, 12.0], period=2)["rsi"].tolist()
    assert rsi[2:] == [50.0, pytest.approx(100 * 1.25 / 1.5)]  # gains 1, 0, 2; losses 0, 1, 0


@pytest.mark.parametrize("period", [1, 3, 7, 10, 30, 49, 97])
@pytest.mark.parametrize("price", [0.1, 64180.21, 1e-8, 3.3333333333333335])
def test_averages_of_a_price_that_stands_still_are_that_price_whatever_the_period(period: int, price: float) -> None:
    closes = [price] * (period + 3)
    for name in ("sma", "wma", "ema"):
        assert compute(name, closes, period=period)[name].tolist()[period - 1 :] == [price] * 4


def test_bands_of_a_price_that_stands_still_have_no_width() -> None:
    value = None
    bands = create("bollinger", period=20)
    for bar in [Bar(9e4, 9e4, 9e4, 9e4), *_flat(64180.21, 20)]:
        value = bands.update(bar)
    assert value == (64180.21, 64180.21, 64180.21)


def test_bands_keep_their_digits_at_a_high_price() -> None:
    closes = [1e9 + step for step in (0.0, 0.25, 0.5, 0.25)]
    upper = compute("bollinger", closes, period=4, deviations=1)["upper"][-1]
    assert upper == 1e9 + 0.25 + (0.03125**0.5)


def test_a_market_that_never_moved_is_neither_strong_nor_weak() -> None:
    assert compute("rsi", _flat(5.0, 20))["rsi"][-1] == 50.0
    assert compute("stochastic", _flat(5.0, 20))["k"][-1] == 50.0


def test_a_rolling_price_without_volume_is_no_number() -> None:
    vwap = create("vwap", period=2)
    values = [vwap.update(Bar(1, 1, 1, 1, volume)) for volume in (1.0, 0.0, 0.0, 3.0)]
    assert values == [None, 1.0, None, 1.0]


@pytest.mark.slow
def test_a_running_mean_does_not_drift_over_a_hundred_thousand_bars() -> None:
    sma, bands = create("sma", period=10), create("bollinger", period=10)
    for number in range(100_000):
        price = 1e9 if number % 1000 == 0 else 1e-3 * (number % 7 + 1)
        sma.update(price)
        bands.update(price)
    fresh_sma, fresh_bands = create("sma", period=10), create("bollinger", period=10)
    for number in range(99_990, 100_000):
        fresh_sma.update(1e-3 * (number % 7 + 1))
        fresh_bands.update(1e-3 * (number % 7 + 1))
    assert (sma.value, bands.value) == (fresh_sma.value, fresh_bands.value)


def _recorded(folder: Path) -> Columns:
    file = sorted(folder.glob("candles/*5m*.csv.gz"))[0]
    with gzip.open(file, "rt", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    return {name: np.array([float(row[name]) for row in rows]) for name in ("open", "high", "low", "close", "volume")}


def _random_walk() -> Columns:
    rng = np.random.default_rng(7)
    close = np.round(30_000 * np.exp(np.cumsum(rng.normal(0, 0.002, 3000))), 2)
    opened = np.concatenate(([30_000.0], close[:-1]))
    high = np.maximum(opened, close) + np.round(rng.uniform(0, 20, 3000), 2)
    low = np.minimum(opened, close) - np.round(rng.uniform(0, 20, 3000), 2)
    return {"open": opened, "high": high, "low": low, "close": close, "volume": rng.uniform(0, 9, 3000)}


def _same_as_talib(columns: Columns) -> None:
    talib = pytest.importorskip("talib", reason="TA-Lib is not installed: pip install ta-lib")
    high, low, close, volume = (columns[name] for name in ("high", "low", "close", "volume"))
    scale = {"rtol": 1e-9, "atol": 1e-9 * float(np.median(close))}
    macd = dict(zip(("macd", "signal", "histogram"), talib.MACD(close), strict=True))
    bands = dict(zip(("upper", "middle", "lower"), talib.BBANDS(close, timeperiod=20), strict=True))
    expected = {
        "sma": {"sma": talib.SMA(close, timeperiod=20)},
        "ema": {"ema": talib.EMA(close, timeperiod=20)},
        "wma": {"wma": talib.WMA(close, timeperiod=20)},
        "rsi": {"rsi": talib.RSI(close)},
        "macd": macd,
        "bollinger": bands,
        "atr": {"atr": talib.ATR(high, low, close)},
        "obv": {"obv": talib.OBV(close, volume)},
        "donchian": {"upper": talib.MAX(high, timeperiod=20), "lower": talib.MIN(low, timeperiod=20)},
    }
    for name, outputs in expected.items():
        ours = compute(name, columns)
        for output, line in outputs.items():
            np.testing.assert_array_equal(np.isnan(ours[output]), np.isnan(line), err_msg=f"{name} {output}: warm-up")
            np.testing.assert_allclose(ours[output], line, err_msg=f"{name} {output}", **scale)


def test_values_and_warm_up_equal_talib_on_a_random_walk() -> None:
    columns = _random_walk()
    _same_as_talib(columns)
    talib = pytest.importorskip("talib")
    k, d = talib.STOCH(columns["high"], columns["low"], columns["close"], fastk_period=14)
    ours = compute("stochastic", columns)
    np.testing.assert_allclose(ours["k"], k, rtol=1e-9)
    np.testing.assert_allclose(ours["d"], d, rtol=1e-9)


def test_values_and_warm_up_equal_talib_on_recorded_candles(shared_data: Path) -> None:
    _same_as_talib(_recorded(shared_data))
