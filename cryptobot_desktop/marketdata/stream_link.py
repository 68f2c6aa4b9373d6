"""One WebSocket connection to a venue: handshake, welcome, subscriptions, keep-alive, and signs of life."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import websockets
from websockets.asyncio.client import ClientConnection, connect

from cryptobot_desktop.domain.clock import Clock
from cryptobot_desktop.domain.errors import TemporaryFailure
from cryptobot_desktop.domain.market import MarketEvent
from cryptobot_desktop.marketdata.venue_adapter import Connection, StreamPlan, VenueAdapter, venue_name
from cryptobot_desktop.marketdata.wire.messages import Control, Notice, VenueError

MAX_FRAME_BYTES: Final = 4 * 1024 * 1024
OPEN_TIMEOUT_S: Final = 10.0
PROBE_AFTER_S: Final = 10.0
"""After so much silence the connection is asked for a sign of life."""
STALE_AFTER_S: Final = 15.0
DEAD_AFTER_S: Final = 30.0
_CLOSE_TIMEOUT_S: Final = 2.0
_QUEUED_FRAMES: Final = 4_096
_YIELD_EVERY: Final = 64
_TICK_S: Final = 0.5
_NS: Final = 1_000_000_000


class _DirectConnect(connect):
    """A connection that goes where it was told to go: no redirects."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Return the error instead of another address."""
        return exc


class StreamRefused(TemporaryFailure):
    """The venue answered the handshake with an HTTP status instead of a stream."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class StreamLink:
    """One open connection. `read` ends with an error that says why; `is_replaced` asks for a new connection."""

    def __init__(
        self, adapter: VenueAdapter, connection: Connection, *, clock: Clock, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self.opened_ns = clock.monotonic_ns()
        self.is_silent = False
        """True while nothing has been heard for a while and the connection does not answer."""
        self.wants_replacement = False
        """True when the venue announced that it will close this connection."""
        self.rejected = 0
        """Frames that could not be believed; a change of a book among them shows as a gap."""
        self._adapter = adapter
        self._connection = connection
        self._clock = clock
        self._sleep = sleep
        self._socket: ClientConnection | None = None
        self._heard_ns = self.opened_ns
        self._name = venue_name(adapter.venue)

    async def open(self, plan: StreamPlan) -> None:
        """Connect, wait for the welcome where there is one, and subscribe."""
        try:
            self._socket = await _DirectConnect(
                self._connection.url,
                open_timeout=OPEN_TIMEOUT_S,
                ping_interval=None,
                close_timeout=_CLOSE_TIMEOUT_S,
                max_size=MAX_FRAME_BYTES,
                max_queue=_QUEUED_FRAMES,
                proxy=None,
            )
            if self._connection.awaits_welcome:
                await self._welcome()
            for index, message in enumerate(plan.messages):
                if index:
                    await self._sleep(plan.spacing_ms / 1_000)
                await self._socket.send(message)
        except websockets.InvalidStatus as error:
            status = error.response.status_code
            raise StreamRefused(f"{self._name}'s stream cannot be opened: {explained(error)}", status) from None
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            await self.close()
            raise TemporaryFailure(f"{self._name}'s stream cannot be opened: {explained(error)}") from None
        except BaseException:
            await self.close()
            raise
        self.opened_ns = self._heard_ns = self._clock.monotonic_ns()

    async def read(self, take: Callable[[list[MarketEvent]], None]) -> None:
        """Hand over events until the connection ends, which raises TemporaryFailure with the reason."""
        keep_alive = asyncio.create_task(self._keep_alive(), name=f"{self._name} keep-alive")
        reading = asyncio.create_task(self._read_frames(take), name=f"{self._name} frames")
        try:
            done, _ = await asyncio.wait({keep_alive, reading}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except (OSError, websockets.WebSocketException) as error:
            raise TemporaryFailure(f"{self._name}'s stream ended: {explained(error)}; connecting again") from None
        finally:
            keep_alive.cancel()
            reading.cancel()
            await asyncio.gather(keep_alive, reading, return_exceptions=True)

    async def close(self) -> None:
        """Close the connection."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()

    async def _welcome(self) -> None:
        """Wait for the welcome: whatever is sent before it is lost."""
        socket = self._open_socket()
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            while True:
                found = self._adapter.on_frame(await socket.recv())
                if isinstance(found, Control) and found.action == "welcome":
                    return
                if isinstance(found, VenueError):
                    raise TemporaryFailure(f"{self._name} refused the connection: {found.message} (code {found.code})")

    async def _read_frames(self, take: Callable[[list[MarketEvent]], None]) -> None:
        socket, clock = self._open_socket(), self._clock
        count = 0
        async for raw in socket:
            self._heard_ns = clock.monotonic_ns()
            found = self._adapter.on_frame(raw)
            if isinstance(found, list):
                take(found)
            else:
                self._on_notice(found)
            count += 1
            if count % _YIELD_EVERY == 0:
                await asyncio.sleep(0)  # a flood of frames must not starve commands and timers
        raise TemporaryFailure(f"{self._name} closed the stream (code {socket.close_code}); connecting again")

    def _on_notice(self, notice: Notice) -> None:
        if isinstance(notice, Control):
            self.wants_replacement = self.wants_replacement or notice.action == "reconnect"
        elif isinstance(notice, VenueError):
            raise TemporaryFailure(f"{self._name} refused a request on the stream: {notice.message} ({notice.code})")
        elif notice.__struct_config__.tag == "rejected":
            self.rejected += 1

    async def _keep_alive(self) -> None:
        """Ping as the venue wants it, and look for signs of life; ends with TemporaryFailure when there are none."""
        every_ns = self._connection.ping_every_ms * 1_000_000
        pinged_ns, number = self._clock.monotonic_ns(), 0
        probe: Awaitable[float] | None = None
        while True:
            await self._sleep(_TICK_S)
            now = self._clock.monotonic_ns()
            if every_ns and now - pinged_ns >= every_ns:
                pinged_ns, number = now, number + 1
                await self._open_socket().send(self._adapter.ping_message(number))
            silent_s = (now - self._heard_ns) / _NS
            if silent_s < PROBE_AFTER_S:
                probe, self.is_silent = None, False
                continue
            probe = await self._probe(probe)
            self.is_silent = silent_s >= STALE_AFTER_S
            if silent_s >= DEAD_AFTER_S:
                raise TemporaryFailure(f"{self._name} has been silent for {silent_s:.0f} s; connecting again")

    async def _probe(self, probe: "Awaitable[float] | None") -> "Awaitable[float] | None":
        """Send one protocol ping; its pong is a sign of life from a market in which nothing happens."""
        if probe is None:
            return await self._open_socket().ping()
        if isinstance(probe, asyncio.Future) and probe.done() and not probe.cancelled() and probe.exception() is None:
            self._heard_ns = self._clock.monotonic_ns()
            return None
        return probe

    def _open_socket(self) -> ClientConnection:
        if self._socket is None:
            raise TemporaryFailure(f"{self._name}'s stream is closed; connecting again")
        return self._socket


def explained(error: BaseException) -> str:
    """Return a connection error in words for people."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, websockets.InvalidStatus):
        return f"HTTP {error.response.status_code} instead of a stream"
    if isinstance(error, websockets.InvalidMessage | websockets.InvalidHandshake):
        return "the answer is no WebSocket; a firewall or log-in page may stand between"
    if isinstance(error, websockets.ConnectionClosed):
        close = error.rcvd
        return f"closed by the venue, code {close.code} {close.reason}".rstrip() if close else "the connection broke"
    return str(error) or type(error).__name__
