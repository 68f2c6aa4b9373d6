"""Verification names what differs, the certificate tells it, forks and bands change what they say and nothing else."""

import pickle
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cryptobot_desktop import backtest
from cryptobot_desktop.backtest.band import POINTS, profit_band, thinned
from cryptobot_desktop.backtest.certificate import certificate, write_certificate
from cryptobot_desktop.backtest.certificate_page import certificate_page
from cryptobot_desktop.backtest.changes import parse_changes, parse_moment
from cryptobot_desktop.backtest.fork import fork, fork_document
from cryptobot_desktop.backtest.ledger_parity import verify_with_profile
from cryptobot_desktop.backtest.playback import spec_of
from cryptobot_desktop.backtest.verify import Stopped, verify_capsule
from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded
from cryptobot_desktop.domain.facts import DecisionMade, OrderFilled
from cryptobot_desktop.domain.market import Candle, Received
from cryptobot_desktop.domain.orders import FillModel
from cryptobot_desktop.domain.recording import Checkpoint, Entry, FactSeen, SessionEnded
from cryptobot_desktop.domain.timeframe import MINUTE_MS
from cryptobot_desktop.storage.capsule import Capsule
from tests.unit.backtest.recorded_session import CLOSES, Recorded, record_session, rewritten
from tests.unit.engine.trading_floor import START_MS


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Return a session with fills of two bots and of the user."""
    return record_session(tmp_path_factory.mktemp("capsule"), CLOSES, [(2, 0), (4, 2), (6, 1)])


class OnFirst:
    """Changes the first entry of a kind."""

    def __init__(self, change: Callable[[Entry], Entry | None]) -> None:
        self._change = change
        self._done = False

    def __call__(self, entry: Entry) -> Entry:
        """Change it once."""
        changed = None if self._done else self._change(entry)
        self._done = self._done or changed is not None
        return entry if changed is None else changed


def other_fill_price(entry: Entry) -> Entry | None:
    """Raise the price of a recorded fill by one unit."""
    if not isinstance(entry, FactSeen) or not isinstance(entry.fact, OrderFilled):
        return None
    fact = entry.fact
    fill = msgspec.structs.replace(fact.fills[0], price=fact.fills[0].price + 1)
    return FactSeen(msgspec.structs.replace(fact, fills=(fill, *fact.fills[1:])))


def other_decision(entry: Entry) -> Entry | None:
    """Change the quantity of a recorded decision."""
    if not isinstance(entry, FactSeen) or not isinstance(entry.fact, DecisionMade):
        return None
    return FactSeen(msgspec.structs.replace(entry.fact, qty=entry.fact.qty + 1))


def other_market(entry: Entry) -> Entry | None:
    """Change the close of a bar that the session had seen."""
    if not isinstance(entry, Received) or not isinstance(entry.event, Candle) or entry.event.close != 9_900:
        return None
    return Received(entry.received_ms, msgspec.structs.replace(entry.event, close=9_950))


def other_checkpoint(entry: Entry) -> Entry | None:
    """Change the ledger hash of a checkpoint."""
    return msgspec.structs.replace(entry, ledger_hash="0" * 64) if isinstance(entry, Checkpoint) else None


def other_report(entry: Entry) -> Entry | None:
    """Change a figure that the session published at its end."""
    if not isinstance(entry, SessionEnded) or entry.report is None:
        return None
    return msgspec.structs.replace(entry, report=entry.report | {"final_equity": "1 USDT"})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (other_fill_price, ("order mine-0, fills 1 price: recorded 9801", "replayed ", "after input")),
        (other_decision, ("decision sma_cross:first-1 of bot sma_cross, qty: recorded",)),
        (other_market, ("recorded", "replayed")),
        (other_checkpoint, ("checkpoint of the session, ledger hash: recorded '0000",)),
        (other_report, ("final report, final equity: recorded '1 USDT'",)),
    ],
)
def test_a_forged_recording_with_right_hashes_is_found_by_the_replay(
    recorded: Recorded, change: Callable[[Entry], Entry | None], words: tuple[str, ...]
) -> None:
    verdict = verify_capsule(rewritten(recorded.path, OnFirst(change)))
    assert not verdict.holds
    assert not verdict.damage
    for word in words:
        assert word in verdict.summary
    document = certificate(verdict, verified_at_ms=0)
    assert document["result"] == "different"
    assert document["first_difference"]["sentence"] in verdict.summary
    assert "Replay and session differ" in certificate_page(document)


def test_the_certificate_tells_everything_and_stands_alone(recorded: Recorded, tmp_path: Path) -> None:
    verdict = verify_capsule(recorded.path)
    assert verdict.holds, verdict.summary
    document = certificate(verdict, verified_at_ms=START_MS)
    data, page = write_certificate(tmp_path / "out", document)
    text = page.read_text(encoding="utf-8")
    totals = recorded.session.pipeline.totals
    for shown in (totals.trades_hash.hexdigest(), totals.ledger_hash.hexdigest(), verdict.capsule_hash, "made up"):
        assert shown in text
    assert "http" not in text
    assert "<script" not in text
    assert data.read_bytes().startswith(b"{")
    assert document["differences"] == 0
    assert document["compared"]["fills"] == totals.fills
    assert document["code"]["same_source"]
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(UserActionNeeded, match="choose another --out"):
        write_certificate(blocked / "x", document)


def test_names_from_the_recording_cannot_write_into_the_page(recorded: Recorded) -> None:
    document = certificate(verify_capsule(recorded.path), verified_at_ms=0)
    document["session"]["market"] = "<script>alert(1)</script>"
    document["notes"] = ["<b>"]
    page = certificate_page(document)
    assert "<script" not in page
    assert "&lt;b&gt;" in page


def test_a_verification_can_be_stopped_and_says_how_far_it_is(recorded: Recorded) -> None:
    heard: list[float] = []

    def stop(share: float) -> bool:
        heard.append(share)
        return False

    with pytest.raises(Stopped):
        verify_capsule(recorded.path, progress=stop)
    assert verify_capsule(recorded.path, progress=lambda share: not heard.append(share)).holds
    assert heard[-1] == 1.0


@pytest.mark.parametrize(
    ("change", "at", "parted"),
    [
        ("fees=maker=0,taker=0", "0s", True),
        ("fees=maker=0,taker=0", "6m", True),
        ("cash=500 USDT", "0s", True),
        ("bot.sma_cross.slow=5", "0s", True),
        ("without=sma_cross", "5m", True),
        ("order=buy 0.5 BTC/USDT", "3m", True),
        ("order=buy 0.5 BTC/USDT at 60", "3m", True),
        ("latency-ms=60000", "0s", True),
        ("latency-ms=none", "4m", False),
        ("fill-model=pessimistic", "4m", False),
        ("fees=maker=0.001,taker=0.001", "0s", False),
    ],
)
def test_a_fork_changes_one_branch_and_leaves_the_other(recorded: Recorded, change: str, at: str, parted: bool) -> None:
    moment = parse_moment(at, START_MS)
    found = fork(recorded.path, fork_ms=moment, changes=parse_changes([change]))
    assert found.recorded.report == verify_capsule(recorded.path).report
    assert (found.first_divergence is not None) == parted
    if found.first_divergence is None:
        assert found.gain == 0
        assert found.changed.report["trades_hash"] == found.recorded.report["trades_hash"]
    else:
        assert found.first_divergence.at_ms >= moment - MINUTE_MS  # a bar fills at its opening
        assert "changed" in found.first_divergence.sentence
    assert fork_document(found)["changes"] == [change]


@pytest.mark.parametrize(
    ("change", "at", "words"),
    [
        ("cash=500 USDT", "3m", "at the start only"),
        ("bot.ghost.slow=5", "0s", "'ghost' does not exist"),
        ("bot.sma_cross.slow=x", "0s", "slow=x"),
        ("without=ghost", "0s", "'ghost' does not exist"),
        ("order=buy 9000 BTC/USDT", "3m", "insufficient balance"),
        ("order=buy 1 XYZ", "3m", "XYZ"),
        ("without=sma_cross", "9h", "ends before the moment"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_in_words(recorded: Recorded, change: str, at: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        fork(recorded.path, fork_ms=parse_moment(at, START_MS), changes=parse_changes([change]))


@pytest.mark.parametrize(
    "text",
    ["", "fees", "speed=1", "fees=gold=1", "fill-model=kind", "latency-ms=x", "cash=abc", "order=hold 1 X", "bot.x=1"],
)
def test_a_change_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_changes([text])


def test_moments_are_after_the_start_or_in_utc() -> None:
    assert parse_moment("0s", 1_000) == 1_000
    assert parse_moment("2m", 1_000) == 121_000
    assert parse_moment("1767225600000", 0) == START_MS
    assert parse_moment("2026-01-01T00:00:00", 0) == parse_moment("2026-01-01T01:00:00+01:00", 0) == START_MS
    with pytest.raises(InvalidInput, match="'soon'"):
        parse_moment("soon", 0)


def test_the_band_has_a_line_for_each_model_and_the_recorded_one_is_the_session(recorded: Recorded) -> None:
    band = profit_band(recorded.path)
    assert [line.model for line in band.lines] == list(FillModel)
    assert band.recorded_model is FillModel.PESSIMISTIC
    totals = recorded.session.pipeline.totals
    line = next(line for line in band.lines if line.model is band.recorded_model)
    assert line.trades_hash == totals.trades_hash.hexdigest()
    assert line.profit == line.final_equity - band.starting_equity
    assert line.equity[-1][1] == line.final_equity
    assert band.width >= 0
    many = tuple((number, number) for number in range(5 * POINTS))
    assert len(thinned(many)) == POINTS
    assert (thinned(many)[0], thinned(many)[-1]) == (many[0], many[-1])


def test_verdict_band_and_fork_can_be_handed_from_process_to_process(recorded: Recorded) -> None:
    found = fork(recorded.path, fork_ms=START_MS, changes=parse_changes(["fees=maker=0,taker=0"]))
    verdict = verify_with_profile(recorded.path, recorded.folder, is_demanded=True)
    assert verdict.holds, verdict.summary
    for result in (verdict, profit_band(recorded.path), found):
        assert pickle.loads(pickle.dumps(result)) == result


def test_a_backtest_on_a_capsule_plays_its_own_bots_or_others(recorded: Recorded) -> None:
    own = backtest.run(recorded.path)
    totals = recorded.session.pipeline.totals
    assert own.report["trades_hash"] == totals.trades_hash.hexdigest()
    assert len(own.fills) == totals.fills
    other = backtest.run(recorded.path, bots=["sma_cross:fast=1,slow=4"], cash="5000 USDT")
    assert other.report["starting_equity"] == "5000 USDT"
    assert [bot["params"]["slow"] for bot in other.report["bots"]] == ["4"]
    assert other.report["synthetic"]


def test_settings_that_this_version_does_not_know_are_refused_not_ignored(recorded: Recorded) -> None:
    start = Capsule(recorded.path).start
    newer = msgspec.structs.replace(start, spec=start.spec | {"gravity": 3})
    with pytest.raises(UserActionNeeded, match="gravity"):
        spec_of(newer)
    wrong = msgspec.structs.replace(start, spec=start.spec | {"fill_model": "kind"})
    with pytest.raises(UserActionNeeded, match="cannot use"):
        spec_of(wrong)
