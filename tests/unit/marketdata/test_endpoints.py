"""Only official hosts and this machine are accepted."""

import pytest

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.marketdata.endpoints import check_address, endpoints_for


def test_without_settings_the_official_hosts_are_used_with_the_public_fall_back() -> None:
    found = endpoints_for(Venue.BINANCE, {})
    assert found.rest == "https://api.binance.com"
    assert found.websocket == "wss://stream.binance.com:9443"
    assert found.fallback_rest == "https://data-api.binance.vision"
    assert found.fallback_websocket == "wss://data-stream.binance.vision"
    assert endpoints_for(Venue.KUCOIN, {}).rest == "https://api.kucoin.com"


def test_a_chosen_address_has_no_fall_back_and_loses_its_tail() -> None:
    environment = {
        "CRYPTOBOT_BINANCE_REST": "http://127.0.0.1:8080/api/",
        "CRYPTOBOT_BINANCE_WS": "ws://127.0.0.1:8080",
    }
    found = endpoints_for(Venue.BINANCE, environment)
    assert (found.rest, found.websocket, found.fallback_rest) == ("http://127.0.0.1:8080", "ws://127.0.0.1:8080", "")
    assert (
        endpoints_for(Venue.KUCOIN, {"CRYPTOBOT_KUCOIN_REST": "https://api.kucoin.eu"}).rest == "https://api.kucoin.eu"
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://api.binance.com.evil.example",
        "https://evil.example/api.binance.com",
        "https://api.binance.com@evil.example",
        "https://user:secret@api.binance.com",
        "https://API.BINANCE.COM.",
        "http://api.binance.com",
        "ftp://127.0.0.1",
        "https://10.0.0.1",
        "https://127.0.0.1.nip.example",
        "https://api.kucoin.com",
        "api.binance.com",
        "https://[::1",
        "https://127.0.0.1:99999",
        "https://",
    ],
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="CRYPTOBOT_BINANCE_REST"):
        endpoints_for(Venue.BINANCE, {"CRYPTOBOT_BINANCE_REST": address, "CRYPTOBOT_BINANCE_WS": address})


def test_the_refusal_names_the_allowed_hosts() -> None:
    with pytest.raises(InvalidInput, match=r"api\.kucoin\.com.*this machine"):
        endpoints_for(Venue.KUCOIN, {"CRYPTOBOT_KUCOIN_REST": "https://evil.example"})


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://127.9.9.9"])
def test_this_machine_is_accepted_without_encryption(address: str) -> None:
    assert check_address(Venue.KUCOIN, address, "address").scheme == "http"


@pytest.mark.parametrize(
    ("rest", "websocket"),
    [
        ("http://127.0.0.1:1", ""),
        ("", "ws://127.0.0.1:1"),
        ("https://testnet.binance.vision", "wss://stream.binance.com:9443"),
        ("https://api.binance.us", "wss://stream.testnet.binance.vision"),
    ],
)
def test_two_markets_are_never_mixed(rest: str, websocket: str) -> None:
    with pytest.raises(InvalidInput, match="the same market"):
        endpoints_for(Venue.BINANCE, {"CRYPTOBOT_BINANCE_REST": rest, "CRYPTOBOT_BINANCE_WS": websocket})


def test_the_public_data_host_goes_with_the_main_streams() -> None:
    found = endpoints_for(Venue.BINANCE, {"CRYPTOBOT_BINANCE_REST": "https://data-api.binance.vision"})
    assert found.websocket == "wss://stream.binance.com:9443"


def test_rest_and_streams_are_not_confused() -> None:
    with pytest.raises(InvalidInput, match="https://"):
        endpoints_for(Venue.KUCOIN, {"CRYPTOBOT_KUCOIN_REST": "wss://ws-api-spot.kucoin.com"})
