"""Starts the loopback exchange: from options to listening servers, in a running loop or in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput, InvariantBroken
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.emulator.binance_server import BinanceServer
from cryptobot_desktop.emulator.binance_venue import BinanceVenue
from cryptobot_desktop.emulator.faults import FaultPlan, parse_fault
from cryptobot_desktop.emulator.kucoin_reference import KUCOIN_PAIRS
from cryptobot_desktop.emulator.kucoin_server import KucoinServer
from cryptobot_desktop.emulator.kucoin_venue import KucoinVenue
from cryptobot_desktop.emulator.market_types import DEFAULT_PAIRS
from cryptobot_desktop.emulator.recording_venue import RecordingVenue
from cryptobot_desktop.emulator.server import Pacing, VenueServer, require_loopback
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket
from cryptobot_desktop.emulator.tape import read_tape
from cryptobot_desktop.emulator.venue_port import EmulatedVenue

DEFAULT_SEED = 7
RECORDING_HEAD_START_S = 1.0
"""How long after the first subscription a recording begins, so that a client can ask for all its topics."""
_MAX_PORT = 65_535
_JOIN_WITHIN_S = 10.0


class EmulatorOptions(Struct, frozen=True, kw_only=True):
    """What to serve. A port of 0 takes any free one, None leaves the venue out."""

    start_ms: int
    """Market time at which a synthetic market begins (normally the wall clock); recordings bring their own."""
    market: str = "synthetic"
    """``synthetic[:SEED]`` or ``recording:PATH``."""
    host: str = "127.0.0.1"
    binance_port: int | None = 0
    kucoin_port: int | None = 0
    speed: float = 1.0
    faults: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    """Pairs to simulate from the first moment (``BTC/USDT``); empty means all."""


class VenueUrls(Struct, frozen=True):
    """Where a venue is served."""

    rest: str
    ws: str


class EmulatorUrls(Struct, frozen=True):
    """What is served where, and what plays; a venue that is not served is None."""

    label: str
    synthetic: bool
    binance: VenueUrls | None
    kucoin: VenueUrls | None

    def as_json(self) -> bytes:
        """Return the first line that the command prints."""
        document: dict[str, Any] = {"emulator": self.label, "synthetic": self.synthetic}
        environment: dict[str, str] = {}
        if self.binance:
            document["binance"] = {"rest": self.binance.rest, "ws": self.binance.ws}
            environment["CRYPTOBOT_BINANCE_REST"] = self.binance.rest
            environment["CRYPTOBOT_BINANCE_WS"] = self.binance.ws
        if self.kucoin:
            document["kucoin"] = {"rest": self.kucoin.rest, "ws": self.kucoin.ws}
            environment["CRYPTOBOT_KUCOIN_REST"] = self.kucoin.rest
        return orjson.dumps(document | {"environment": environment})


def make_venues(market: str, start_ms: int, symbols: tuple[str, ...] = ()) -> list[EmulatedVenue]:
    """Return the venues that a market setting names; the in-process path of the engine uses them directly.

    A synthetic market gives both venues, each with a market of its own (same seed, own precision); a
    recording gives the venue it was taken from.
    """
    kind, _, rest = market.partition(":")
    if kind == "recording" and rest:
        return [RecordingVenue(read_tape(Path(rest)))]
    if kind != "synthetic":
        raise InvalidInput(f"market {market!r} is unknown; allowed: synthetic, synthetic:SEED, recording:PATH")
    seed = parse_seed(rest)
    active = [pair_name(symbol) for symbol in symbols] or None
    return [
        BinanceVenue(SyntheticMarket(seed, start_ms, DEFAULT_PAIRS, active=active)),
        KucoinVenue(SyntheticMarket(seed, start_ms, KUCOIN_PAIRS, active=active)),
    ]


def pair_name(symbol: str) -> str:
    """Return the synthetic pair that text names in anybody's spelling: ``BTC/USDT``, ``BTCUSDT`` or ``BTC-USDT``."""
    for spec in DEFAULT_PAIRS:
        if symbol.upper() in (spec.name, spec.binance_symbol, spec.kucoin_symbol):
            return spec.name
    allowed = ", ".join(spec.name for spec in DEFAULT_PAIRS)
    raise InvalidInput(f"symbol {symbol!r} is not in the synthetic market; allowed: {allowed}")


def parse_seed(text: str) -> int:
    """Return the seed named by text, the default one for empty text."""
    if not text:
        return DEFAULT_SEED
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise InvalidInput(f"seed {text[:40]!r} is not a whole number of at most 18 digits")
    return int(text)


class Emulator:
    """The servers of one run; start and stop belong to one event loop."""

    def __init__(self, options: EmulatorOptions) -> None:
        require_loopback(options.host)
        if not 0 < options.speed <= 1_000:
            raise InvalidInput(f"emulator speed {options.speed} is not between 0 and 1000")
        self._options = options
        self._venues = make_venues(options.market, options.start_ms, options.symbols)
        self._plan = tuple(parse_fault(text) for text in options.faults)
        self._servers: list[VenueServer] = []

    async def start(self) -> EmulatorUrls:
        """Listen on all ports; when one is taken nothing keeps running."""
        urls: dict[Venue, VenueUrls] = {}
        try:
            for venue in self._venues:
                port = self._port(venue.venue)
                if port is None:
                    continue
                server = self._make_server(venue)
                await server.start(self._options.host, port)
                self._servers.append(server)
                suffix = "/endpoint" if venue.venue is Venue.KUCOIN else ""
                urls[venue.venue] = VenueUrls(server.rest_url, server.ws_url + suffix)
        except InvalidInput:
            await self.stop()
            raise
        if not urls:
            raise InvalidInput("emulator: no venue is left to serve; give a port for a venue that the market has")
        first = self._venues[0]
        return EmulatorUrls(first.label, first.synthetic, urls.get(Venue.BINANCE), urls.get(Venue.KUCOIN))

    async def watch(self) -> None:
        """Wait as long as the markets run; a market that breaks raises its error here."""
        drivers = [server.driver for server in self._servers if server.driver is not None]
        await asyncio.gather(*drivers)

    async def stop(self) -> None:
        """End all servers and connections."""
        for server in self._servers:
            await server.stop()
        self._servers.clear()

    def now_ms(self, venue: Venue) -> int:
        """Return the market time that a venue has played; may be asked from any thread."""
        return next(found.now_ms() for found in self._venues if found.venue is venue)

    def _port(self, venue: Venue) -> int | None:
        """Return the port wanted for a venue."""
        port = self._options.binance_port if venue is Venue.BINANCE else self._options.kucoin_port
        if port is not None and not 0 <= port <= _MAX_PORT:
            raise InvalidInput(f"{venue.value} emulator: port {port} is not between 0 and {_MAX_PORT}")
        return port

    def _make_server(self, venue: EmulatedVenue) -> VenueServer:
        """Return the server that knows the venue's socket rules."""
        pacing = Pacing(
            speed=self._options.speed,
            wait_for_client_s=None if venue.synthetic else RECORDING_HEAD_START_S,
        )
        kind = BinanceServer if venue.venue is Venue.BINANCE else KucoinServer
        return kind(venue, pacing, FaultPlan(self._plan))


async def run_emulator(options: EmulatorOptions, announce: Callable[[EmulatorUrls], None]) -> None:
    """Serve until cancelled; `announce` gets the URLs once everything listens."""
    emulator = Emulator(options)
    announce(await emulator.start())
    try:
        await emulator.watch()
    finally:
        await emulator.stop()


class EmulatorThread:
    """The emulator on a loop and thread of its own, for a desktop that plays the built-in market to itself."""

    def __init__(self, options: EmulatorOptions) -> None:
        self._options = options
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._halt: asyncio.Event | None = None
        self._ready = threading.Event()
        self._urls: EmulatorUrls | None = None
        self._problem: InvalidInput | None = None
        self._emulator: Emulator | None = None

    def start(self) -> EmulatorUrls:
        """Start serving and return the URLs; what cannot be served raises InvalidInput here."""
        self._thread = threading.Thread(target=self._run, name="emulator", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._problem is not None:
            self._thread.join()
            raise self._problem
        if self._urls is None:
            raise InvariantBroken("the emulator thread ended before it served anything")
        return self._urls

    def now_ms(self, venue: Venue) -> int:
        """Return the market time that a venue has played so far."""
        if self._emulator is None:
            raise InvariantBroken("the emulator thread was asked for its time before it was started")
        return self._emulator.now_ms(venue)

    def stop(self) -> None:
        """End all connections and the thread; calling it twice is fine."""
        if self._thread is None or self._loop is None or self._halt is None:
            return
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._halt.set)
        self._thread.join(_JOIN_WITHIN_S)

    def _run(self) -> None:
        """Run the loop until stop() is called."""
        try:
            asyncio.run(self._serve())
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        """Serve until told to halt."""
        self._loop, self._halt = asyncio.get_running_loop(), asyncio.Event()
        try:
            emulator = Emulator(self._options)
            self._urls = await emulator.start()
            self._emulator = emulator
        except InvalidInput as problem:
            self._problem = problem
            return
        self._ready.set()
        halt, watch = asyncio.create_task(self._halt.wait()), asyncio.create_task(emulator.watch())
        done, _ = await asyncio.wait((halt, watch), return_when=asyncio.FIRST_COMPLETED)
        halt.cancel()
        await emulator.stop()
        if watch in done:
            await watch
        await asyncio.gather(watch, return_exceptions=True)
