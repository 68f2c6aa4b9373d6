"""The catalogue: names, parameters, errors, and what is in it."""

import json

import pytest

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.indicators import CATALOGUE, Bar, catalogue_listing, compute, create

BARS = [Bar(float(n), n + 1.0, n - 1.0, n + 0.5, 2.0) for n in range(1, 80)]


def test_an_unknown_indicator_is_refused_with_the_allowed_names() -> None:
    with pytest.raises(InvalidInput, match=r"indicator 'smma' is unknown; allowed: sma, ema, .*obv"):
        create("smma")


def test_all_bad_parameters_are_named_at_once_with_their_bounds() -> None:
    with pytest.raises(InvalidInput) as caught:
        create("macd", fast="40", signal="0", foo="1")
    text = str(caught.value)
    assert "parameter 'foo' is unknown; allowed: fast, slow, signal" in text
    assert "signal=0 is not a whole number from 1 to 5000" in text
    assert "fast=40 must be below slow=26" in text


@pytest.mark.parametrize("bad", ["1_0", " 5", "5.5", "nan", "", "５", "1e99", True, float("inf")])
def test_a_period_that_is_no_plain_whole_number_is_refused(bad: str | bool | float) -> None:
    with pytest.raises(InvalidInput, match="is not a whole number"):
        create("sma", period=bad)


def test_text_and_number_parameters_mean_the_same() -> None:
    assert create("bollinger", period="10", deviations="2.5").snapshot() == (
        create("bollinger", period=10, deviations=2.5).snapshot()
    )


def test_the_listing_is_plain_data_with_everything_a_form_needs() -> None:
    listing = json.loads(json.dumps(catalogue_listing()))
    assert [entry["name"] for entry in listing] == list(CATALOGUE)
    rsi = next(entry for entry in listing if entry["name"] == "rsi")
    assert rsi["warm_up_bars"] == 15
    assert rsi["parameters"][0]["default"] == "14"
    assert "Wilder" in rsi["source"]


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_indicator_is_ready_after_exactly_its_warm_up(name: str) -> None:
    indicator = create(name)
    for count, bar in enumerate(BARS, start=1):
        value = indicator.update(bar)
        assert indicator.ready == (count >= indicator.warm_up)
        assert value == indicator.value
    assert set(indicator.values()) == set(CATALOGUE[name].outputs)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_state_of_other_parameters_or_a_broken_one_is_refused(name: str) -> None:
    indicator = create(name)
    state = indicator.snapshot()
    with pytest.raises(InvalidInput, match="warm up anew"):
        indicator.restore({**state, "parameters": {"period": 3}})
    with pytest.raises(InvalidInput, match="cannot be read"):
        indicator.restore({**state, "state": {"last": "?", "window": 3}, "value": "x"})


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 1e101, 10**400, True, "1"])
@pytest.mark.parametrize("name", ["sma", "rsi", "atr"])
def test_a_number_that_is_not_finite_is_refused(name: str, bad: float) -> None:
    with pytest.raises(InvalidInput, match="takes a Bar"):
        create(name).update(bad)


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_largest_and_the_smallest_prices_do_no_harm(name: str) -> None:
    for price in (1e100, 1e-100, 0.0):
        arrays = compute(name, [Bar(price, price, price, price, price), Bar(0, 1, 0, 0, 0)] * 30)
        assert all(len(line) == 60 for line in arrays.values())


def test_a_number_beyond_the_largest_is_refused_by_its_bar() -> None:
    with pytest.raises(InvalidInput, match=r"close of bar 1 is 1e.101, not a finite number up to 1e.100"):
        compute("bollinger", [1.0, 1e101])


def test_computing_names_the_bar_that_is_not_a_number() -> None:
    with pytest.raises(InvalidInput, match="close of bar 1 is nan"):
        compute("sma", [1.0, float("nan")], period=2)


def test_computing_names_the_column_that_is_missing() -> None:
    with pytest.raises(InvalidInput, match="needs the column 'low'; given: high, close"):
        compute("atr", {"high": [2.0], "close": [1.0]})


def test_computing_refuses_columns_of_different_length() -> None:
    with pytest.raises(InvalidInput, match="differ in length"):
        compute("atr", {"high": [2.0], "low": [1.0, 1.0], "close": [1.0]})


@pytest.mark.parametrize("name", CATALOGUE)
def test_no_candles_give_empty_arrays(name: str) -> None:
    assert {output: len(array) for output, array in compute(name, []).items()} == (
        dict.fromkeys(CATALOGUE[name].outputs, 0)
    )
