"""Bots by name and from text."""

import json

import pytest
from msgspec.structs import fields

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.strategies import BotSpec, find_strategy, list_strategies, parse_bot_spec
from cryptobot_desktop.strategies.registry import BUILT_IN


def test_a_bot_is_read_from_text() -> None:
    spec = parse_bot_spec("sma_cross:fast=5,slow=20,size=0.5")
    assert spec == BotSpec("sma_cross", {"fast": "5", "slow": "20", "size": "0.5"})
    assert parse_bot_spec(spec.text) == spec


def test_a_name_alone_takes_all_defaults() -> None:
    assert parse_bot_spec("rsi_reversion") == BotSpec("rsi_reversion", {})
    assert BotSpec("rsi_reversion").text == "rsi_reversion"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "bot '' is unknown; allowed: sma_cross, rsi_reversion"),
        ("SMA", "bot 'SMA' is unknown"),
        ("sma_cross:", "'' is not of the form key=value"),
        ("sma_cross:fast", "'fast' is not of the form key=value"),
        ("sma_cross:fast=5,fast=6", "'fast' is given twice"),
        ("sma_cross:fast=5, slow=6", "parameter ' slow' is unknown; allowed: fast, slow, size"),
        ("sma_cross:fast=30,slow=30", "fast=30 must be below slow=30"),
        ("rsi_reversion:low=80", "low=80 must be below high=70"),
        ("sma_cross:size=0", "size=0 is not a share"),
        ("sma_cross:size=1.1", "size=1.1 is not a share"),
        ("rsi_reversion:period=1", "period=1 is not a whole number from 2 to 5000"),
    ],
)
def test_a_bad_bot_text_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_bot_spec(text)
    assert message in str(caught.value)


def test_all_problems_of_a_bot_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_bot_spec("sma_cross:fast=9,slow=5,size=3,speed=1")
    assert str(caught.value).count(";") == 3


def test_the_listing_is_plain_data() -> None:
    listing = json.loads(json.dumps(list_strategies()))
    assert [entry["name"] for entry in listing] == ["sma_cross", "rsi_reversion", "order_tour"]
    assert listing[0]["parameters"][0]["name"] == "fast"


@pytest.mark.parametrize("kind", BUILT_IN)
def test_typed_parameters_and_declared_ones_have_the_same_names(kind: type) -> None:
    strategy = find_strategy(kind.name)
    assert [field.name for field in fields(strategy.Params)] == [one.name for one in strategy.PARAMETERS]
