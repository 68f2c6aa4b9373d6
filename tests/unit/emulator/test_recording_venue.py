"""Tapes: reading them, playing them, and answering REST with what they hold."""

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.emulator.recording_venue import RecordingVenue
from cryptobot_desktop.emulator.tape import read_tape
from cryptobot_desktop.emulator.venue_port import StreamFrame, request_from_target

Json = Any

Book = dict[str, dict[Decimal, Decimal]]
BINANCE_TAPES = (
    "binance_20211012_30s_nknusdt_lrcbtc_runeeur.jsonl.gz",
    "binance_us_20211012_30s_crvusdt_zrxusdt.jsonl.gz",
    "binance_btcusdt_20240808_10min.jsonl.gz",
)
KUCOIN_TAPE = "kucoin_20210425_30s_6symbols.jsonl.gz"


def line(at_ms: int, raw: Json, src: str = "ws", url: str = "") -> bytes:
    text = raw if isinstance(raw, str) else orjson.dumps(raw).decode()
    return orjson.dumps({"t_ns": at_ms * 1_000_000, "src": src, "raw": text} | ({"url": url} if url else {}))


def depth(at_ms: int, first: int, last: int, bids: list[list[str]]) -> bytes:
    event = {"e": "depthUpdate", "E": at_ms, "s": "ABUSDT", "U": first, "u": last, "b": bids, "a": []}
    return line(at_ms, {"stream": "abusdt@depth@100ms", "data": event})


def trade(at_ms: int, number: int, price: str, qty: str) -> bytes:
    event = {"e": "trade", "E": at_ms, "s": "ABUSDT", "t": number, "p": price, "q": qty, "T": at_ms, "m": True}
    return line(at_ms, {"stream": "abusdt@trade", "data": event})


SNAPSHOT = line(
    1_030,
    {"lastUpdateId": 12, "bids": [["1.50", "3.0"], ["1.25", "1.0"]], "asks": [["1.75", "2.0"]]},
    "rest",
    "https://api.binance.com/api/v3/depth?symbol=ABUSDT&limit=1000",
)
ROWS = (
    depth(1_000, 10, 11, [["1.25", "1.0"]]),
    SNAPSHOT,
    depth(1_100, 12, 13, [["1.50", "0.0"]]),
    trade(1_150, 1, "1.25", "0.5"),
    trade(1_160, 2, "1.50", "0.25"),
    depth(1_200, 14, 15, [["1.40", "7.125"]]),
)


def write(folder: Path, data: bytes, name: str = "tape.jsonl") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def get(venue: RecordingVenue, target: str) -> Json:
    response = venue.rest(request_from_target("GET", target))
    assert response.status == 200, response.body
    return orjson.loads(response.body)


def test_frames_come_verbatim_with_their_original_spacing(tmp_path: Path) -> None:
    venue = RecordingVenue(read_tape(write(tmp_path, b"\n".join(ROWS) + b"\n")))
    assert (venue.venue, venue.symbols, venue.synthetic) == (Venue.BINANCE, ("ABUSDT",), False)
    assert venue.subscribe("abusdt@trade")
    assert not venue.subscribe("abusdt@kline_1m")
    assert venue.next_due_ms() == 1_000
    assert venue.advance(1_149) == []
    (frame,) = venue.advance(1_150)
    original = orjson.loads(orjson.loads(ROWS[3])["raw"])["data"]
    assert frame == StreamFrame(1_150, "abusdt@trade", orjson.dumps(original), "ABUSDT")
    assert [frame.at_ms for frame in venue.advance(10_000)] == [1_160]
    assert venue.next_due_ms() is None


def test_the_book_is_the_next_snapshot_until_it_is_reached_and_then_carried_forward(tmp_path: Path) -> None:
    venue = RecordingVenue(read_tape(write(tmp_path, b"\n".join(ROWS) + b"\n")))
    target = "/api/v3/depth?symbol=ABUSDT&limit=1000"
    assert get(venue, target)["lastUpdateId"] == 12
    venue.advance(1_050)
    assert get(venue, target)["bids"] == [["1.50", "3.0"], ["1.25", "1.0"]]
    venue.advance(1_300)
    book = get(venue, target)
    assert book == {"lastUpdateId": 15, "bids": [["1.40", "7.125"], ["1.25", "1.0"]], "asks": [["1.75", "2.0"]]}
    assert get(venue, "/api/v3/depth?symbol=ABUSDT&limit=1")["bids"] == [["1.40", "7.125"]]


def test_precision_trades_and_candles_come_from_the_frames(tmp_path: Path) -> None:
    venue = RecordingVenue(read_tape(write(tmp_path, b"\n".join(ROWS) + b"\n")))
    row = get(venue, "/api/v3/exchangeInfo?symbol=ABUSDT")["symbols"][0]
    filters = {each["filterType"]: each for each in row["filters"]}
    assert (row["baseAsset"], row["quoteAsset"]) == ("AB", "USDT")
    assert (filters["PRICE_FILTER"]["tickSize"], filters["LOT_SIZE"]["stepSize"]) == ("0.01", "0.001")
    assert get(venue, "/api/v3/klines?symbol=ABUSDT&interval=1m") == []
    venue.advance(5_000)
    (kline,) = get(venue, "/api/v3/klines?symbol=ABUSDT&interval=1m")
    assert kline[:6] == [0, "1.25000000", "1.50000000", "1.25000000", "1.50000000", "0.75000000"]
    assert kline[7:9] == ["1.00000000", 2]
    assert [each["id"] for each in get(venue, "/api/v3/trades?symbol=ABUSDT")] == [1, 2]
    assert get(venue, "/api/v3/ticker/price?symbol=ABUSDT")["price"] == "1.50"


def test_a_torn_last_line_is_cut_with_a_warning(tmp_path: Path) -> None:
    whole = b"\n".join(ROWS)
    tape = read_tape(write(tmp_path, whole[:-20]))
    assert len(tape.frames) == 4
    assert tape.warnings == ("tape tape.jsonl: line 6 is torn and was cut",)
    packed = gzip.compress(whole + b"\n")
    torn = read_tape(write(tmp_path, packed[:-9], "torn.gz"))
    assert "torn" in torn.warnings[0]
    assert read_tape(write(tmp_path, packed, "whole.gz")).warnings == ()


@pytest.mark.parametrize(
    ("data", "needle"),
    [
        (ROWS[0] + b"\n{broken\n" + ROWS[3] + b"\n", "line 2"),
        (b'{"t_ns":"x","src":"ws","raw":"{}"}\n', "line 1"),
        (ROWS[0] + b'\n{"t_ns":1,"src":"tv","raw":"{}"}\n', "line 2"),
        (b"", "found: none"),
        (line(1, {"id": "1", "type": "welcome"}) + b"\n", "found: none"),
        (b"\x1f\x8bnot really gzip", "gzip"),
    ],
)
def test_a_bad_tape_is_refused_with_its_line(tmp_path: Path, data: bytes, needle: str) -> None:
    with pytest.raises(InvalidInput, match=needle):
        read_tape(write(tmp_path, data))


def test_an_absent_tape_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"absent\.gz cannot be read: No such file"):
        read_tape(tmp_path / "absent.gz")


def test_a_tape_without_combined_wrappers_finds_its_stream_names(tmp_path: Path) -> None:
    events = (
        {"e": "trade", "s": "ABUSDT", "t": 1, "p": "1.5", "q": "2", "T": 5, "m": False},
        {"u": 5, "s": "ABUSDT", "b": "1.5", "B": "2", "a": "1.6", "A": "1"},
        {"e": "kline", "s": "ABUSDT", "k": {"i": "1m"}},
    )
    tape = read_tape(write(tmp_path, b"".join(line(at, event) + b"\n" for at, event in enumerate(events, start=1))))
    assert [frame.topic for frame in tape.frames] == ["abusdt@trade", "abusdt@bookTicker", "abusdt@kline_1m"]


def sync_binance(venue: RecordingVenue, symbol: str, snapshot_after: int) -> tuple[int, Book]:
    """Follow Binance's documented algorithm, written here once more, asking for the snapshot after some frames."""
    topic = f"{symbol.lower()}@depth@100ms"
    assert venue.subscribe(topic)
    events: list[Any] = []
    while len(events) < snapshot_after:
        due = venue.next_due_ms()
        assert due is not None
        events += [orjson.loads(frame.payload) for frame in venue.advance(due)]
    snapshot = get(venue, f"/api/v3/depth?symbol={symbol}&limit=5000")
    events += [orjson.loads(frame.payload) for frame in venue.advance(10**15)]
    book: Book = {side: {Decimal(p): Decimal(q) for p, q in snapshot[side]} for side in ("bids", "asks")}
    last = snapshot["lastUpdateId"]
    for event in events:
        if event["u"] <= last:
            continue
        assert event["U"] <= last + 1
        for side, key in (("bids", "b"), ("asks", "a")):
            for price, qty in event[key]:
                book[side][Decimal(price)] = Decimal(qty)
        last = event["u"]
    return last, book


def top(book: Book, side: str) -> list[tuple[Decimal, Decimal]]:
    levels = [(price, qty) for price, qty in book[side].items() if qty]
    return sorted(levels, reverse=side == "bids")[:20]


def expected_books(folder: Path, name: str) -> dict[str, Any]:
    expect = orjson.loads((folder / "orderbook" / "expected_books.json").read_bytes())[name]["expect"]
    return {"BTCUSDT": expect} if "final_update_id" in expect else expect


@pytest.mark.parametrize("snapshot_after", [1, 2])
@pytest.mark.parametrize("name", BINANCE_TAPES)
def test_binance_tapes_lead_to_the_expected_books(shared_data: Path, name: str, snapshot_after: int) -> None:
    tape = read_tape(shared_data / "orderbook" / name)
    for symbol, expect in expected_books(shared_data, name).items():
        last, book = sync_binance(RecordingVenue(tape), symbol, snapshot_after)
        assert last == expect["final_update_id"]
        for side in ("bids", "asks"):
            assert top(book, side) == [(Decimal(p), Decimal(q)) for p, q in expect[f"top20_{side}"]]


def test_the_kucoin_tape_leads_to_the_expected_books(shared_data: Path) -> None:
    tape = read_tape(shared_data / "orderbook" / KUCOIN_TAPE)
    for symbol, expect in expected_books(shared_data, KUCOIN_TAPE).items():
        venue = RecordingVenue(tape)
        assert venue.subscribe(f"/market/level2:{symbol}")
        snapshot = get(venue, f"/api/v3/market/orderbook/level2?symbol={symbol}")["data"]
        book: Book = {side: {Decimal(p): Decimal(q) for p, q in snapshot[side]} for side in ("bids", "asks")}
        last = int(snapshot["sequence"])
        for frame in venue.advance(10**15):
            data = orjson.loads(frame.payload)["data"]
            if data["sequenceEnd"] <= last:
                continue
            assert data["sequenceStart"] <= last + 1
            for side, rows in data["changes"].items():
                for price, size, number in rows:
                    if int(number) > last and Decimal(price):
                        book[side][Decimal(price)] = Decimal(size)
            last = data["sequenceEnd"]
        keys = {key: value for key, value in expect.items() if key.startswith(("final", "top20"))}
        assert str(last) in {str(value) for value in keys.values()}
        for side in ("bids", "asks"):
            assert top(book, side) == [(Decimal(p), Decimal(q)) for p, q in expect[f"top20_{side}"]]
        late = get(venue, f"/api/v1/market/orderbook/level2_20?symbol={symbol}")["data"]
        assert [(Decimal(p), Decimal(q)) for p, q in late["bids"]] == top(book, "bids")
