"""Mutated frames never raise and never hang, and the stream decoder believes no more than `decode` does."""

import json
import string
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import BestQuote, BookDelta, Candle, Trade
from cryptobot_desktop.domain.numbers import MAX_STORED, to_scaled
from cryptobot_desktop.marketdata.decode import decode_line
from cryptobot_desktop.marketdata.wire import messages as wire
from cryptobot_desktop.marketdata.wire.binance import BinanceStreamDecoder
from cryptobot_desktop.marketdata.wire.events import ScaledTexts
from cryptobot_desktop.marketdata.wire.kucoin import KucoinStreamDecoder
from cryptobot_desktop.marketdata.wire.kucoin_uta import KucoinUtaStreamDecoder
from tests.unit.marketdata.wire_samples import BOOK_TICKER, DEPTH, KLINE, TRADE, binance, combined, kucoin, messages

TYPES = {
    member.__struct_config__.tag
    for member in vars(wire).values()
    if isinstance(member, type) and getattr(getattr(member, "__struct_config__", None), "tag", None)
}
HOSTILE = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        2**70,
        1.5,
        1e300,
        "",
        "NaN",
        "-1",
        "0",
        "1e999",
        "１",
        "1e-9",
        [],
        {},
        [[]],
        [["1", "2"]],
        "x" * 300,
    ]
)
SYMBOLS = {"BTCUSDT": binance()}


@cache
def samples(folder: Path) -> list[dict[str, Any]]:
    return list(messages(folder))


def mutate(draw: st.DrawFn, value: object) -> object:
    """Replace, drop, add or duplicate something somewhere inside a JSON value."""
    if isinstance(value, dict) and value and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(value)))
        return (
            {**value, key: mutate(draw, value[key])}
            if draw(st.booleans())
            else {k: v for k, v in value.items() if k != key}
        )
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        index = draw(st.integers(0, len(value) - 1))
        return [*value[:index], mutate(draw, value[index]), *value[index + 1 :]]
    return draw(HOSTILE)


@st.composite
def bent(draw: st.DrawFn, value: object) -> str:
    for _ in range(draw(st.integers(1, 3))):
        value = mutate(draw, value)
    text = json.dumps(value)
    cut = draw(st.integers(0, len(text)))
    return text[:cut] + draw(st.sampled_from(["", "", "", '"', "}", "\x00", "\ud800", "é"])) + text[cut:]


@pytest.mark.slow
@settings(max_examples=400)
@given(data=st.data())
def test_mutated_messages_give_a_type_or_are_rejected(data: st.DataObject, shared_data: Path) -> None:
    sample = data.draw(st.sampled_from(samples(shared_data)))
    try:
        value = json.loads(sample["raw"])
    except ValueError:
        value = sample["raw"]
    line = {k: v for k, v in sample.items() if k in ("venue", "transport", "endpoint", "http_status")}
    if data.draw(st.booleans()):
        line.pop("endpoint", None)
    found = decode_line(json.dumps(line | {"raw": data.draw(bent(value))}))
    assert found["type"] in TYPES
    assert found["type"] != "rejected" or found["reason"]


@settings(max_examples=150)
@given(data=st.data())
def test_mutated_frames_never_make_a_stream_decoder_raise(data: st.DataObject) -> None:
    stream, value = data.draw(
        st.sampled_from(
            [
                ("btcusdt@trade", TRADE),
                ("btcusdt@depth", DEPTH),
                ("btcusdt@kline_1m", KLINE),
                ("!bookTicker", BOOK_TICKER),
            ]
        )
    )
    decoder = BinanceStreamDecoder(SYMBOLS)
    decoder.decode(combined(stream, value))
    frame = data.draw(bent({"stream": stream, "data": value}))
    for reader in (decoder, KucoinStreamDecoder({}), KucoinUtaStreamDecoder({})):
        found = reader.decode(frame)
        assert isinstance(found, list | wire.Notice)
    found = decoder.decode(frame)
    if isinstance(found, list):
        line = json.dumps({"venue": "binance", "transport": "ws", "raw": frame})
        assert_same_numbers(found, decode_line(line), SYMBOLS["BTCUSDT"])


def assert_same_numbers(events: list[Any], shown: dict[str, Any], pair: Instrument) -> None:
    """What the engine gets and what `decode` prints are the same numbers."""
    if shown["type"] == "ticker":  # an array event of any length
        return
    (event,) = events
    match event:
        case Trade():
            found = {"price": pair.price_text(event.price), "qty": pair.qty_text(event.qty)}
        case BestQuote():
            found = {"bid": pair.price_text(event.bid), "ask_qty": pair.qty_text(event.ask_qty)}
        case Candle():
            found = {"high": pair.price_text(event.high), "close": pair.price_text(event.close)}
        case BookDelta():
            assert [Decimal(q) for _, q in shown["bids"]] == [Decimal(pair.qty_text(q)) for _, q in event.bids]
            found = {}
        case _:
            found = {}
    assert {name: Decimal(shown[name]) for name in found} == {name: Decimal(text) for name, text in found.items()}


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_arbitrary_bytes_and_text_are_answered(frame: bytes | str) -> None:
    for reader in (
        BinanceStreamDecoder(SYMBOLS),
        KucoinStreamDecoder({"BTC-USDT": kucoin()}),
        KucoinUtaStreamDecoder({}),
    ):
        assert isinstance(reader.decode(frame), list | wire.Notice)
    assert decode_line(frame)["type"] == "rejected"


@given(
    st.text(alphabet=string.digits + ".-eE+_ １", max_size=24)
    | st.decimals(0, 10**12, places=8).map(lambda d: f"{d:f}"),
    st.integers(0, 8),
)
def test_the_fast_number_reader_agrees_with_the_strict_one(text: str, decimals: int) -> None:
    texts = ScaledTexts(decimals)
    try:
        wanted = to_scaled(text, decimals)
    except InvalidInput:
        with pytest.raises(InvalidInput):
            texts[text]
        return
    if 0 <= wanted <= MAX_STORED:
        assert texts[text] == wanted
        assert texts[text] == wanted
    else:
        with pytest.raises(InvalidInput):
            texts[text]


@given(st.decimals(0, 10**9, places=8).map(lambda d: f"{d:f}"), st.integers(0, 8))
def test_volumes_are_cut_never_rounded_up(text: str, decimals: int) -> None:
    assert ScaledTexts(decimals, floor=True)[text] == int(Decimal(text) * 10**decimals)
