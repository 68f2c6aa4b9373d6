"""What the window must say across its whole width: stopped, faulted, offline; with the action that helps. Pure."""

from msgspec import Struct

from cryptobot_desktop.domain.market import FeedState
from cryptobot_desktop.engine.snapshot import EngineSnapshot, FeedCard

RELEASE, CHOOSE_MARKET, SHOW_LOG = "trade.release", "file.wizard", "view.log"
"""Names of the actions that alarms offer."""


class Alarm(Struct, frozen=True, kw_only=True):
    """One message; `key` tells whether it is the same one as before, `action` names an action of the window."""

    key: str
    tone: str
    """``danger``, ``warn`` or ``info``."""
    what: str
    remedy: str = ""
    action: str = ""
    action_text: str = ""


def alarms(snapshot: EngineSnapshot) -> list[Alarm]:
    """Return what is wrong, worst first."""
    found: list[Alarm] = []
    if snapshot.engine_state in ("faulted", "halted"):
        found.append(_engine(snapshot))
    if snapshot.kill_tripped:
        found.append(_stopped(snapshot))
    offline = [feed for feed in snapshot.feeds if feed.state is FeedState.OFFLINE]
    return found + [_offline(feed) for feed in offline]


def _engine(snapshot: EngineSnapshot) -> Alarm:
    return Alarm(
        key="engine",
        tone="danger",
        what=f"The engine {snapshot.engine_state}: {snapshot.engine_message or 'no reason was given'}",
        remedy="Nothing that was acknowledged is lost. Start the program again; the log has the details.",
        action=SHOW_LOG,
        action_text="Show log",
    )


def _stopped(snapshot: EngineSnapshot) -> Alarm:
    return Alarm(
        key="stopped",
        tone="danger",
        what=f"All trading is stopped: {snapshot.kill_reason or 'STOP ALL was pressed'}",
        remedy="Open orders are cancelled and no new one is accepted until you release it.",
        action=RELEASE,
        action_text="Release\u2026",
    )


def _offline(feed: FeedCard) -> Alarm:
    return Alarm(
        key=f"feed {feed.name}",
        tone="warn",
        what=f"{feed.name} is offline{': ' + feed.text if feed.text else ''}",
        remedy="Prices stand still and nothing fills meanwhile. The built-in market needs no network.",
        action=CHOOSE_MARKET,
        action_text="Choose another market\u2026",
    )
