"""Recordings: what is torn is cut, what is wrong is named with its line."""

import gzip
import json
from pathlib import Path

import pytest

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import FeedState, FeedStatus, Trade
from cryptobot_desktop.marketdata.tape import open_tape, replay_books, tape_events

AT = 1_723_161_253_937_085_768


def line(raw: object, src: str = "ws", url: str = "", at: int = AT) -> str:
    row = {"t_ns": at, "src": src, "raw": raw if isinstance(raw, str) else json.dumps(raw)}
    return json.dumps(row | ({"url": url} if url else {})) + "\n"


def event(kind: str, number: int, price: str = "10.50", qty: str = "0.300") -> dict[str, object]:
    data = {"e": kind, "E": 1, "s": "BTCUSDT", "t": number, "a": number, "p": price, "q": qty, "f": 1, "l": 1}
    return {"stream": f"btcusdt@{kind}", "data": data | {"T": 1_723_161_253_000, "m": True, "M": True}}


def test_precision_and_pair_come_from_the_frames(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text(line(event("trade", 1)) + line(event("trade", 2, "10.125", "7.00")))
    tape = open_tape(path)
    (instrument,) = tape.instruments
    assert (instrument.base, instrument.quote, instrument.price_decimals, instrument.step_decimals) == (
        "BTC",
        "USDT",
        3,
        1,
    )
    first, *rest = tape_events(tape)
    assert isinstance(first.event, FeedStatus)
    assert first.event.state is FeedState.LIVE
    assert [item.event.price for item in rest if isinstance(item.event, Trade)] == [10_500, 10_125]
    assert {item.received_ms for item in rest} == {AT // 1_000_000}


def test_combined_trades_do_not_count_twice_beside_single_ones(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text(line(event("trade", 1)) + line(event("aggTrade", 900)))
    assert [i.event.trade_id for i in tape_events(open_tape(path)) if isinstance(i.event, Trade)] == ["1"]
    path.write_text(line(event("aggTrade", 900)))
    assert [i.event.trade_id for i in tape_events(open_tape(path)) if isinstance(i.event, Trade)] == ["900"]


def test_a_torn_last_line_is_cut_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text(line(event("trade", 1)) + line(event("trade", 2))[:-20])
    tape = open_tape(path)
    assert tape.rows == 1
    assert "middle of a line" in tape.notes[0]


def test_a_gzip_file_that_was_cut_off_gives_what_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl.gz"
    whole = gzip.compress("".join(line(event("trade", n, f"{n}.5")) for n in range(1, 5_000)).encode())
    path.write_bytes(whole[: len(whole) // 2])
    tape = open_tape(path)
    assert 100 < tape.rows < 4_999
    assert tape.notes


def test_a_malformed_line_in_the_middle_is_an_error_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text(line(event("trade", 1)) + '{"t_ns": "soon"}\n' + line(event("trade", 2)))
    with pytest.raises(InvalidInput, match=r"tape\.jsonl, line 2"):
        open_tape(path)


def test_a_frame_that_must_not_be_believed_is_left_out_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text(line(event("trade", 1)) + line("{not json") + line(event("trade", 2)))
    tape = open_tape(path)
    assert "line 2" in tape.notes[0]
    assert sum(isinstance(item.event, Trade) for item in tape_events(tape)) == 2


@pytest.mark.parametrize("text", ["", "\n\n", line({"hello": 1})])
def test_a_file_without_frames_of_a_venue_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=r"tape\.jsonl holds no frames"):
        open_tape(path)


def test_a_missing_recording_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="does not exist"):
        open_tape(tmp_path / "nothing.jsonl")


def test_kucoin_snapshots_and_changes_make_a_book(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    change = {
        "type": "message",
        "topic": "/market/level2:BTC-USDT",
        "subject": "trade.l2update",
        "data": {
            "sequenceStart": 11,
            "sequenceEnd": 12,
            "symbol": "BTC-USDT",
            "changes": {"asks": [["0", "0", "11"]], "bids": [["9.5", "2.25", "12"]]},
        },
    }
    book = {"code": "200000", "data": {"sequence": "10", "time": 1, "bids": [["9.4", "1"]], "asks": [["9.7", "1"]]}}
    url = "https://api.kucoin.com/api/v3/market/orderbook/level2?symbol=BTC-USDT"
    path.write_text(line({"type": "subscribe"}, "ws_out") + line(change) + line(book, "rest", url))
    tape = open_tape(path)
    assert tape.venue is Venue.KUCOIN
    sync = replay_books(tape)["BTC-USDT"]
    assert sync.book.update_id == 12
    assert sync.book.best_bid() == (95, 225_000_000)
