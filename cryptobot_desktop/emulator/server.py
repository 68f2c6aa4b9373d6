"""Sockets around a sans-IO venue: one loopback port for HTTP and WebSocket, real-time pacing, bounded clients.

One task moves the venue every few milliseconds and hands the frames to the sessions that asked for them.
Writing never waits: a client whose unsent bytes exceed the limit is cut, so it cannot hold up the others.
"""

import asyncio
import contextlib
import ipaddress
from abc import ABC, abstractmethod
from collections.abc import Callable

from msgspec import Struct
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.emulator.faults import FaultPlan
from cryptobot_desktop.emulator.http_wire import MAX_HEAD, HttpRequest, encode_response, read_request
from cryptobot_desktop.emulator.venue_port import EmulatedVenue, RestRequest, RestResponse, StreamFrame

READ_SIZE = 65_536
CLOSE_WITHIN_S = 5.0
CATCH_UP_STEP_MS = 10_000


class Pacing(Struct, frozen=True, kw_only=True):
    """How market time follows real time, and how much a client may lag."""

    speed: float = 1.0
    step_s: float = 0.02
    wait_for_client_s: float | None = None
    """Start the play this long after the first subscription (recordings), None = at once."""
    max_unsent_bytes: int = 8 * 1024 * 1024


class Peer:
    """One WebSocket client: frames out, never blocking."""

    def __init__(self, writer: asyncio.StreamWriter, protocol: ServerProtocol, max_unsent_bytes: int) -> None:
        self._writer, self._protocol, self._max = writer, protocol, max_unsent_bytes
        self.muted = False
        self._closing_since_s: float | None = None

    def reap(self, now_s: float) -> None:
        """Cut a client that does not answer a close frame within the time that real servers give."""
        if self._protocol.state is not State.CLOSING:
            return
        if self._closing_since_s is None:
            self._closing_since_s = now_s
        elif now_s - self._closing_since_s > CLOSE_WITHIN_S:
            self.abort()

    @property
    def is_open(self) -> bool:
        """Return True while frames can be sent."""
        return self._protocol.state is State.OPEN and not self._writer.is_closing()

    def send_text(self, payload: bytes) -> None:
        """Send one text frame."""
        self.send_raw(text_frame(payload))

    def send_raw(self, frame: bytes) -> None:
        """Send the bytes of a whole frame; drops them when muted and cuts a client that lags too far."""
        if self.muted or not self.is_open:
            return
        self._writer.write(frame)
        if self._writer.transport.get_write_buffer_size() > self._max:
            self.abort()

    def ping(self, payload: bytes) -> None:
        """Send a ping frame."""
        self.send_raw(Frame(Opcode.PING, payload).serialize(mask=False))

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake; the reader ends the connection when the client answers."""
        if self.is_open:
            self._protocol.send_close(code, reason)
            self.flush()

    def flush(self) -> None:
        """Write what the protocol wants to say itself (handshake, pongs, close frames)."""
        for data in self._protocol.data_to_send():
            if self._writer.is_closing():
                return
            if data and not self.muted:
                self._writer.write(data)
            elif not data:
                self._writer.close()

    def abort(self) -> None:
        """Cut the connection without a word."""
        self._writer.transport.abort()


def text_frame(payload: bytes) -> bytes:
    """Return an unmasked text frame; the same bytes can go to any number of clients."""
    return Frame(Opcode.TEXT, payload).serialize(mask=False)


class Session(ABC):
    """The conversation with one WebSocket client; subclasses know a venue's rules."""

    def __init__(self, server: "VenueServer", peer: Peer) -> None:
        self.server, self.peer = server, peer
        self.topics: dict[str, None] = {}

    @abstractmethod
    def on_open(self) -> None:
        """Greet."""

    @abstractmethod
    def on_text(self, text: bytes, now_s: float) -> None:
        """React to a message."""

    @abstractmethod
    def deliver(self, frame: StreamFrame) -> None:
        """Send a push of a topic this session has."""

    @abstractmethod
    def on_tick(self, now_s: float) -> None:
        """Look at the clocks: pings, silences, life time."""

    def on_control(self, opcode: Opcode, data: bytes, now_s: float) -> None:
        """React to a ping or pong frame."""
        return

    def add_topic(self, topic: str) -> bool:
        """Subscribe once; False when the venue stays silent about it."""
        if topic in self.topics:
            return True
        self.topics[topic] = None
        return self.server.join(topic, self)

    def remove_topic(self, topic: str) -> None:
        """Undo a subscription."""
        if topic in self.topics:
            del self.topics[topic]
            self.server.leave(topic, self)

    def end(self) -> None:
        """Forget everything when the connection is gone."""
        for topic in list(self.topics):
            self.remove_topic(topic)


class VenueServer(ABC):
    """One venue on one loopback port."""

    def __init__(self, venue: EmulatedVenue, pacing: Pacing, faults: FaultPlan) -> None:
        self.venue, self.pacing, self.faults = venue, pacing, faults
        self.sessions: set[Session] = set()
        self._topics: dict[str, dict[Session, None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: list[asyncio.TimerHandle] = []
        self._server: asyncio.Server | None = None
        self._started_s = 0.0
        self._anchor: tuple[float, int] | None = None
        self._max_step_ms = max(CATCH_UP_STEP_MS, int(2_000 * pacing.speed * pacing.step_s))
        self.driver: asyncio.Task[None] | None = None
        self.host, self.port = "", 0

    @abstractmethod
    def open_session(self, request: RestRequest, peer: Peer) -> Session:
        """Return the session for a WebSocket request."""

    @abstractmethod
    def fault_response(self, elapsed_s: float) -> RestResponse | None:
        """Return the answer that an active REST fault dictates."""

    @abstractmethod
    def on_shutdown_fault(self, grace_s: float) -> None:
        """Announce or perform the venue's own way to end all connections."""

    @property
    def rest_url(self) -> str:
        """Return the base of REST paths."""
        return f"http://{_bracketed(self.host)}:{self.port}"

    @property
    def ws_url(self) -> str:
        """Return the base of WebSocket paths."""
        return f"ws://{_bracketed(self.host)}:{self.port}"

    async def start(self, host: str, port: int) -> None:
        """Listen and begin to play; a taken port or a host that is not this machine raises InvalidInput."""
        require_loopback(host)
        # A name can stand for two addresses, which would get two different free ports.
        host = "127.0.0.1" if host == "localhost" else host
        try:
            self._server = await asyncio.start_server(self._serve_client, host, port, limit=MAX_HEAD)
        except OSError as problem:
            raise InvalidInput(
                f"{self.venue.venue.value} emulator: port {port} on {host} cannot be used ({problem.strerror});"
                " choose another one or end the program that has it"
            ) from None
        self.host, self.port = host, int(self._server.sockets[0].getsockname()[1])
        self._started_s = _now()
        if self.pacing.wait_for_client_s is None:
            self._anchor = (self._started_s, self.venue.now_ms())
        self.driver = asyncio.create_task(self._drive())
        self._keep(self.driver)

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
        for timer in self._timers:
            timer.cancel()
        for session in list(self.sessions):
            session.peer.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    def _keep(self, task: "asyncio.Task[None]") -> None:
        """Remember a task until it is done, so that stop() can end it."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def now_s(self) -> float:
        """Return the monotonic seconds that session clocks count in."""
        return _now()

    def elapsed_s(self) -> float:
        """Return the seconds since the start, which faults count in."""
        return _now() - self._started_s

    def later(self, delay_s: float, close: Callable[[int, str], None], code: int, reason: str) -> None:
        """Close something after a while."""
        self._timers.append(asyncio.get_running_loop().call_later(delay_s, close, code, reason))

    def join(self, topic: str, session: Session) -> bool:
        """Let a session have a topic's frames."""
        listeners = self._topics.setdefault(topic, {})
        listeners[session] = None
        if self._anchor is None and self.pacing.wait_for_client_s is not None:
            self._anchor = (_now() + self.pacing.wait_for_client_s, self.venue.now_ms())
        return self.venue.subscribe(topic)

    def leave(self, topic: str, session: Session) -> None:
        """Undo a join."""
        listeners = self._topics.get(topic, {})
        if listeners.pop(session, self) is None:
            self.venue.unsubscribe(topic)
        if not listeners:
            self._topics.pop(topic, None)

    async def _drive(self) -> None:
        """Move the market with the clock, deliver frames, let sessions look at their clocks."""
        while True:
            now_s = _now()
            self._strike(now_s - self._started_s)
            if self._anchor is not None:
                begin_s, begin_ms = self._anchor
                target = begin_ms + int(max(0.0, now_s - begin_s) * 1000 * self.pacing.speed)
                # After the machine slept the market catches up in pieces, so that clients are served meanwhile.
                for frame in self.venue.advance(min(target, self.venue.now_ms() + self._max_step_ms)):
                    self._deliver(frame, now_s - self._started_s)
            for session in list(self.sessions):
                session.on_tick(now_s)
                session.peer.reap(now_s)
            await asyncio.sleep(self.pacing.step_s)

    def _deliver(self, frame: StreamFrame, elapsed_s: float) -> None:
        """Hand a frame to everybody who has its topic, unless a gap is wanted."""
        listeners = self._topics.get(frame.topic)
        if not listeners:
            return
        if is_depth_topic(frame.topic) and self.faults.spend("gap", frame.topic, elapsed_s):
            return
        for session in list(listeners):
            session.deliver(frame)

    def _strike(self, elapsed_s: float) -> None:
        """Let connection faults happen when their time has come."""
        if self.faults.due("drop_connection", elapsed_s):
            for session in list(self.sessions):
                session.peer.abort()
        shutdown = self.faults.due("server_shutdown", elapsed_s)
        if shutdown:
            self.on_shutdown_fault(shutdown.params.get("grace", 5.0))
        silent = self.faults.active("silence", elapsed_s) is not None
        for session in self.sessions:
            session.peer.muted = silent

    async def _serve_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one TCP connection until it ends."""
        task = asyncio.current_task()
        if task is not None:
            self._keep(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer HTTP requests until the client leaves or switches to WebSocket."""
        while True:
            try:
                request = await read_request(reader)
            except InvalidInput as problem:
                refusal = RestResponse(400, {"Content-Type": "text/plain"}, str(problem).encode())
                writer.write(encode_response(refusal, keep_alive=False))
                return
            if request is None:
                return
            if request.is_websocket:
                await self._talk_websocket(request, reader, writer)
                return
            response = self.fault_response(_now() - self._started_s) or self.venue.rest(request.rest)
            head_only = request.rest.method == "HEAD"
            writer.write(encode_response(response, keep_alive=request.keep_alive, head_only=head_only))
            await writer.drain()
            if not request.keep_alive:
                return

    async def _talk_websocket(
        self, request: HttpRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Shake hands, then feed messages to the session until the connection ends."""
        protocol = ServerProtocol()
        protocol.receive_data(request.head)
        opening = protocol.events_received()
        peer = Peer(writer, protocol, self.pacing.max_unsent_bytes)
        if not opening or not isinstance(opening[0], Request):
            return
        protocol.send_response(protocol.accept(opening[0]))
        peer.flush()
        if protocol.state is not State.OPEN:
            return
        session = self.open_session(request.rest, peer)
        self.sessions.add(session)
        try:
            session.on_open()
            await _listen(session, protocol, reader)
        finally:
            self.sessions.discard(session)
            session.end()


async def _listen(session: Session, protocol: ServerProtocol, reader: asyncio.StreamReader) -> None:
    """Read messages until the end of the connection."""
    while data := await reader.read(READ_SIZE):
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Frame):
                _dispatch(session, event)
        session.peer.flush()
    protocol.receive_eof()
    session.peer.flush()


def _dispatch(session: Session, frame: Frame) -> None:
    """Give a frame to the session; fragments of long messages are not used by exchange clients."""
    if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
        session.on_text(bytes(frame.data), _now())
    elif frame.opcode in (Opcode.PING, Opcode.PONG):
        session.on_control(frame.opcode, bytes(frame.data), _now())


def is_depth_topic(topic: str) -> bool:
    """Return True for incremental book topics, the ones a gap hurts."""
    return "@depth" in topic or topic.startswith("/market/level2:")


def require_loopback(host: str) -> None:
    """Refuse to listen on anything but this machine."""
    if host == "localhost":
        return
    try:
        if ipaddress.ip_address(host).is_loopback:
            return
    except ValueError:
        pass
    raise InvalidInput(f"emulator host {host!r} is not this machine; allowed: 127.0.0.1, ::1, localhost")


def _bracketed(host: str) -> str:
    """Return a host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def _now() -> float:
    """Return the loop's monotonic seconds."""
    return asyncio.get_running_loop().time()


TOO_MANY = CloseCode.POLICY_VIOLATION
"""1008, which Binance uses for every broken limit."""
