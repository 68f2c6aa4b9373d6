"""Symbols in anybody's spelling."""

import pytest

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import FeeRule, Venue
from cryptobot_desktop.marketdata.symbol_names import inferred_instrument, instrument_by_name, split_symbol
from tests.unit.marketdata.market_samples import BTC, KBTC


@pytest.mark.parametrize(
    ("symbol", "pair"),
    [
        ("BTCUSDT", ("BTC", "USDT")),
        ("ethbtc", ("ETH", "BTC")),
        ("BTCUSD", ("BTC", "USD")),
        ("RUNEEUR", ("RUNE", "EUR")),
        ("BTCFDUSD", ("BTC", "FDUSD")),
        ("ANKR-BTC", ("ANKR", "BTC")),
        ("DOGE/USDT", ("DOGE", "USDT")),
        ("这是测试币456USDT", ("这是测试币456", "USDT")),
    ],
)
def test_base_and_quote_are_found(symbol: str, pair: tuple[str, str]) -> None:
    assert split_symbol(symbol) == pair


@pytest.mark.parametrize("symbol", ["", "USDT", "BTC/USDT/X", "BTC USDT", "../etc", "XYZ"])
def test_what_is_no_pair_is_refused(symbol: str) -> None:
    with pytest.raises(InvalidInput):
        split_symbol(symbol)


@pytest.mark.parametrize("text", ["BTC/USDT", "BTCUSDT", "BTC-USDT", "btc/usdt", " btcusdt "])
def test_every_spelling_finds_the_instrument(text: str) -> None:
    assert instrument_by_name([BTC], text) is BTC
    assert instrument_by_name([KBTC], text) is KBTC


def test_an_unknown_symbol_names_all_of_a_few_and_near_misses_among_many() -> None:
    with pytest.raises(InvalidInput, match="known: BTC/USDT"):
        instrument_by_name([BTC], "ZZZ")
    many = [BTC, *(inferred_instrument(Venue.BINANCE, f"C{number}/EUR", 1, 8) for number in range(20))]
    with pytest.raises(InvalidInput, match="did you mean BTC/USDT"):
        instrument_by_name(many, "BTCUSDD")
    with pytest.raises(InvalidInput, match="21 symbols are known, none is like it"):
        instrument_by_name(many, "ZZZ")


def test_an_inferred_instrument_takes_the_venues_fee_rule() -> None:
    assert inferred_instrument(Venue.KUCOIN, "BTC/USDT", 1, 8).symbol == "BTC-USDT"
    assert inferred_instrument(Venue.KUCOIN, "BTC/USDT", 1, 8).fee_rule is FeeRule.QUOTE
    assert inferred_instrument(Venue.BINANCE, "BTC-USDT", 1, 8).fee_rule is FeeRule.RECEIVED
