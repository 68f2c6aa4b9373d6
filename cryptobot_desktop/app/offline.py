"""A session without any market, for changes to portfolios while nothing runs."""

from collections.abc import Callable

from cryptobot_desktop.app.markets import new_record
from cryptobot_desktop.domain.facts import Fact
from cryptobot_desktop.engine.assembly import Assembled, assemble, restore
from cryptobot_desktop.engine.clocks import WallClock
from cryptobot_desktop.engine.session import SessionSpec
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state


def offline_session(database: ProfileDatabase, tell: Callable[[Fact], None]) -> Assembled:
    """Return the stored state as a session that watches nothing; commands work on it as on a running one."""
    spec = SessionSpec()
    session = assemble(spec, new_record(spec, WallClock().now_ms()), store=database, tell=tell)
    restore(session, load_state(database))
    return session
