"""The start of a recording, for tests that do not play it."""

from cryptobot_desktop.domain.journal import SessionRecord, StoredState
from cryptobot_desktop.domain.ledger import PortfolioRecord
from cryptobot_desktop.domain.recording import SessionStart
from tests.builders import btc_usdt


def start_of(session_id: str) -> SessionStart:
    """Return a start with something in every part of the stored state that counts."""
    return SessionStart(
        record=SessionRecord(
            session_id=session_id, mode="paper", market="test", venue="binance", portfolio="p", synthetic=False, seed=1,
            code_version="1", started_ms=5, last_ms=5,
        ),
        spec={"symbols": ["BTC/USDT"], "speed": 0},
        stored=StoredState(
            balances={("p#1/available", "USDT"): 5, ("p#1/world", "USDT"): -5},
            last_seq=1,
            last_hash="ab",
            portfolios=(PortfolioRecord(name="p", epoch=1, asset="USDT", starting_cash=5, created_ms=1),),
            open_orders=(),
            closed_orders=(),
            fills=(),
            decisions=(),
            bots=(),
            instruments=(btc_usdt(),),
            kill_switch=None,
            last_session=None,
        ),
        names=("old",),
    )  # fmt: skip
