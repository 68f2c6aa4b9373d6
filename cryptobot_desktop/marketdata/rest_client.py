"""REST requests of one venue: its request budget, its bans, the fall-back host, and plain words for every trouble."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

import httpx2

from cryptobot_desktop.domain.clock import Clock
from cryptobot_desktop.domain.errors import TemporaryFailure
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.marketdata.endpoints import Endpoints
from cryptobot_desktop.marketdata.venue_adapter import HttpRequest, HttpResponse, venue_name
from cryptobot_desktop.marketdata.wire.http import classify_http
from cryptobot_desktop.marketdata.wire.messages import VenueError

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_LIST_BYTES: Final = 32 * 1024 * 1024
"""A full list of Binance's symbols is about half of it."""
_TIMEOUT: Final = httpx2.Timeout(15.0, connect=8.0)
_USED_WEIGHT: Final = "x-mbx-used-weight-1m"
_FALL_BACK_ON: Final = ("geo_restricted", "waf_blocked")
_WAITS_S: Final[Mapping[str, float]] = {
    "rate_limited": 30.0,
    "ip_banned": 120.0,
    "overloaded": 5.0,
    "waf_blocked": 180.0,
}
"""How long nothing is asked where the venue does not say it."""
KEPT_ROUND_TRIPS: Final = 200
_LONGEST_WAIT_S: Final = 3 * 86_400.0
_NS: Final = 1_000_000_000

Sleep = Callable[[float], Awaitable[None]]


class WeightBudget:
    """Keeps the weight of requests within a rolling window below a limit."""

    def __init__(self, limit: int, window_ms: int, clock: Clock) -> None:
        self.limit = limit
        self._window_ns = window_ms * 1_000_000
        self._clock = clock
        self._spent: deque[tuple[int, int]] = deque()
        self._used = 0

    @property
    def used(self) -> int:
        """Return the weight of the running window."""
        self._forget()
        return self._used

    def wait_s(self, weight: int) -> float:
        """Return how long to wait until this weight may be spent; 0 for at once."""
        self._forget()
        missing, now = self._used + weight - self.limit, self._clock.monotonic_ns()
        if missing <= 0 or not self._spent:
            return 0.0
        for at_ns, spent in self._spent:
            missing -= spent
            if missing <= 0:
                return max(0.0, (at_ns + self._window_ns - now) / _NS)
        return self._window_ns / _NS

    def spend(self, weight: int) -> None:
        """Book a request."""
        self._spent.append((self._clock.monotonic_ns(), weight))
        self._used += weight

    def correct(self, used: int) -> None:
        """Take the venue's own count when it is higher: other programs share this address."""
        if used > self._used:
            self.spend(used - self._used)

    def _forget(self) -> None:
        horizon = self._clock.monotonic_ns() - self._window_ns
        while self._spent and self._spent[0][0] <= horizon:
            self._used -= self._spent.popleft()[1]


class RestClient:
    """Sends requests one venue's way; never follows redirects, uses no proxy or setting of the environment."""

    def __init__(self, venue: Venue, endpoints: Endpoints, budget: WeightBudget, *, clock: Clock, sleep: Sleep) -> None:
        self.budget = budget
        self.note = ""
        """What the user should know, e.g. that the fall-back host is in use."""
        self.round_trips_ms: deque[int] = deque(maxlen=KEPT_ROUND_TRIPS)
        """How long the venue's newest answers took."""
        self._name = venue_name(venue)
        self._venue = venue
        self._endpoints = endpoints
        self._clock = clock
        self._sleep = sleep
        self._client: httpx2.AsyncClient | None = None
        self._on_fallback = False
        self._blocked_until_ns = 0
        self._blocked_because = ""

    @property
    def websocket_base(self) -> str:
        """Return where the streams are that belong to the REST host in use."""
        return self._endpoints.fallback_websocket if self._on_fallback else self._endpoints.websocket

    @property
    def blocked_s(self) -> float:
        """Return for how long the venue wants no requests."""
        return max(0.0, (self._blocked_until_ns - self._clock.monotonic_ns()) / _NS)

    def fall_back(self, reason: str) -> bool:
        """Use the public data hosts from now on; False when there are none or they are in use already."""
        if self._on_fallback or not self._endpoints.fallback_rest:
            return False
        self._on_fallback = True
        self._blocked_until_ns = 0
        hosts = urlsplit(self._endpoints.rest).hostname, urlsplit(self._endpoints.fallback_rest).hostname
        self.note = f"{hosts[0]} refuses this network ({reason}); using its public data host {hosts[1]}"
        return True

    async def send(self, request: HttpRequest, max_bytes: int = MAX_BYTES) -> HttpResponse:
        """Return the venue's answer, whatever it says; TemporaryFailure when there is none or none may be asked."""
        while True:
            response = await self._send_once(request, max_bytes)
            error = classify_http(self._venue.value, response.status, response.headers, response.body)
            if error is None:
                return response
            if error.error_class in _FALL_BACK_ON and self.fall_back(f"HTTP {response.status}"):
                continue
            self._remember_block(error)
            return response

    async def close(self) -> None:
        """Close all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _send_once(self, request: HttpRequest, max_bytes: int) -> HttpResponse:
        if self.blocked_s > 0:
            raise TemporaryFailure(
                f"{self._name} wants no requests for another {self.blocked_s:.0f} s ({self._blocked_because}); "
                "the program goes on by itself afterwards"
            )
        while (wait := self.budget.wait_s(request.weight)) > 0:
            await self._sleep(wait)
        self.budget.spend(request.weight)
        base = self._endpoints.fallback_rest if self._on_fallback else self._endpoints.rest
        host = urlsplit(base).hostname
        began_ns = self._clock.monotonic_ns()
        try:
            response = await self._exchange(request, base, max_bytes)
        except httpx2.TimeoutException:
            raise TemporaryFailure(f"{self._name} ({host}) did not answer in time; it is asked again") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            why = str(error) or type(error).__name__
            raise TemporaryFailure(f"{self._name} ({host}) cannot be reached: {why}; check the network") from None
        if response.status in range(300, 400):
            raise TemporaryFailure(
                f"{self._name} ({host}) answered with a redirect (HTTP {response.status}); a log-in page of this "
                "network may stand between: open a web page to sign in"
            )
        self.round_trips_ms.append((self._clock.monotonic_ns() - began_ns) // 1_000_000)
        used = response.headers.get(_USED_WEIGHT, "")
        if used.isdecimal() and len(used) < 10:
            self.budget.correct(int(used))
        return response

    async def _exchange(self, request: HttpRequest, base: str, max_bytes: int) -> HttpResponse:
        if self._client is None:
            # Compiling the trust store takes a moment, so there is one client for the life of the feed.
            self._client = httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=_TIMEOUT)
        url = f"{base}{request.path}"
        body = bytearray()
        async with asyncio.timeout(60), self._client.stream(request.method, url, params=request.query) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > max_bytes:
                    raise TemporaryFailure(
                        f"{self._name} sent more than {max_bytes} bytes for {request.path}; the answer was thrown away"
                    )
            headers = {name.lower(): value for name, value in response.headers.items()}
            return HttpResponse(response.status_code, headers, bytes(body))

    def _remember_block(self, error: VenueError) -> None:
        """Ask nothing more until the venue wants to be asked again."""
        if error.error_class not in _WAITS_S:
            return
        wait = float(error.retry_after_s or _WAITS_S[error.error_class])
        if error.until_ms is not None:
            wait = max(wait, (error.until_ms - self._clock.now_ms()) / 1_000)
        wait = min(max(wait, 1.0), _LONGEST_WAIT_S)
        self._blocked_until_ns = max(self._blocked_until_ns, self._clock.monotonic_ns() + int(wait * _NS))
        self._blocked_because = error.error_class.replace("_", " ")
