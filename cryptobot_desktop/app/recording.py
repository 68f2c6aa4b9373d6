"""Records a session into the profile's folder of capsules, whatever kind of session it is."""

from collections.abc import Iterable

from cryptobot_desktop.domain.journal import SessionRecord, StoredState
from cryptobot_desktop.domain.recording import SessionEnded
from cryptobot_desktop.engine.assembly import EXCHANGE, Assembled
from cryptobot_desktop.engine.books import books_document
from cryptobot_desktop.engine.recorder import session_ended, session_start
from cryptobot_desktop.engine.report import run_report
from cryptobot_desktop.engine.session import MarketShape, SessionSpec
from cryptobot_desktop.storage.capsule import CapsuleFolder, CapsuleWriter


class Recording:
    """The recordings of one profile: `begin` one before its session is assembled, then `finish` or `break_off` it."""

    def __init__(self, folder: CapsuleFolder | None) -> None:
        """`folder` None records nothing."""
        self._folder = folder
        self._writer: CapsuleWriter | None = None

    def begin(
        self,
        spec: SessionSpec,
        record: SessionRecord,
        stored: StoredState,
        *,
        names: Iterable[str],
        shape: MarketShape = EXCHANGE,
    ) -> CapsuleWriter | None:
        """Begin a capsule and return who writes it; None when nothing is to be recorded."""
        if self._folder is not None:
            start = session_start(spec, record, stored, shape=shape, names=tuple(names))
            self._writer = self._folder.begin(start)
        return self._writer

    @property
    def ended_because(self) -> str:
        """Return why the recording ended before its session; empty while all is well."""
        return "" if self._writer is None else self._writer.ended_because

    def finish(self, session: Assembled) -> None:
        """Write the figures that the session itself publishes as its last word."""
        if self._writer is not None:
            self._writer.close(session_ended(run_report(session), books_document(session.market)))

    def break_off(self, reason: str) -> None:
        """Write why the session ended otherwise; nothing happens when `finish` came before."""
        if self._writer is not None:
            self._writer.close(SessionEnded(reason=reason))

    def discard(self) -> None:
        """Remove the capsule of a session that never began to trade."""
        if self._writer is not None:
            self._writer.discard()
