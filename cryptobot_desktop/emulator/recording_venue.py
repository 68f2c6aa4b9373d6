"""Either venue without sockets, played from a recorded tape: frames verbatim, with the original spacing."""

import re
from collections import Counter

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.emulator.binance_desk import BinanceDesk
from cryptobot_desktop.emulator.kucoin_rest import KucoinDesk
from cryptobot_desktop.emulator.kucoin_tokens import TokenDesk
from cryptobot_desktop.emulator.recording_rest import BinanceTapeRest, KucoinTapeRest
from cryptobot_desktop.emulator.tape import Tape
from cryptobot_desktop.emulator.tape_state import TapeState
from cryptobot_desktop.emulator.venue_port import RestRequest, RestResponse, StreamFrame

_DIFF = re.compile(r"(?P<symbol>[^@]+)@depth(?:@1000?ms)?")


class RecordingVenue:
    """An `EmulatedVenue` over a tape. Its clock is the recorder's; before the first row it stands 1 ms earlier."""

    synthetic = False

    def __init__(self, tape: Tape) -> None:
        self.venue = tape.venue
        self.label = f"recording {tape.name}"
        self.warnings = tape.warnings
        self._tape = tape
        self._state = TapeState(tape)
        self.symbols = tuple(self._state.symbols)
        self._now_ms = tape.start_ms - 1
        self._position = 0
        self._asked: Counter[str] = Counter()
        self._topics = {frame.topic for frame in tape.frames}
        self._names: dict[str, list[str]] = {}
        rest = BinanceTapeRest if tape.venue is Venue.BINANCE else KucoinTapeRest
        self._desk: BinanceDesk | KucoinDesk = rest(self._state, self.label, self.now_ms).desk
        self.tokens = self._desk.tokens if isinstance(self._desk, KucoinDesk) else TokenDesk(self.label)

    @property
    def is_over(self) -> bool:
        """Return True when the last frame has been played."""
        return self._position >= len(self._tape.frames)

    def now_ms(self) -> int:
        """Return the tape's time."""
        return self._now_ms

    def rest(self, request: RestRequest) -> RestResponse:
        """Answer one request with what the tape has shown until now."""
        return self._desk.respond(request, self._now_ms)

    def subscribe(self, topic: str) -> bool:
        """Ask for a topic; False when the tape has no frames of it.

        A depth stream of another speed than the recorded one gets the recorded frames.
        """
        source = self._source(topic)
        if source is None:
            return False
        self._asked[topic] += 1
        names = self._names.setdefault(source, [])
        if topic not in names:
            names.append(topic)
        return True

    def unsubscribe(self, topic: str) -> None:
        """Undo one subscribe."""
        if self._asked[topic] > 1:
            self._asked[topic] -= 1
            return
        del self._asked[topic]
        for names in self._names.values():
            if topic in names:
                names.remove(topic)

    def _source(self, topic: str) -> str | None:
        """Return the recorded topic that serves a topic."""
        if topic in self._topics:
            return topic
        shape = _DIFF.fullmatch(topic)
        if shape is None:
            return None
        kinds = (f"{shape['symbol']}@depth{speed}" for speed in ("@100ms", "", "@1000ms"))
        return next((name for name in kinds if name in self._topics), None)

    def advance(self, to_ms: int) -> list[StreamFrame]:
        """Play all rows received until to_ms and return the frames of the topics asked for."""
        played: list[StreamFrame] = []
        frames = self._tape.frames
        while self._position < len(frames) and frames[self._position].at_ms <= to_ms:
            frame = frames[self._position]
            self._state.follow(frame, self._position)
            for name in self._names.get(frame.topic, ()):
                played.append(StreamFrame(frame.at_ms, name, frame.payload, frame.symbol))
            self._position += 1
        self._now_ms = max(self._now_ms, to_ms)
        return played

    def next_due_ms(self) -> int | None:
        """Return the time of the next row, None at the end of the tape."""
        return None if self.is_over else self._tape.frames[self._position].at_ms
