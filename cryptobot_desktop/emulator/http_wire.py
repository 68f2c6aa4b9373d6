"""Just enough HTTP/1.1 for a loopback exchange: read one request, write one answer, keep the connection."""

import asyncio
from http import HTTPStatus

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.emulator.venue_port import RestRequest, RestResponse, request_from_target

MAX_HEAD = 64 * 1024
MAX_BODY = 1024 * 1024
_REQUEST_LINE_PARTS = 3


class HttpRequest(Struct, frozen=True):
    """One request with the untouched bytes of its head, which a WebSocket handshake needs."""

    head: bytes
    target: str
    rest: RestRequest

    @property
    def is_websocket(self) -> bool:
        """Return True when the client asks to switch to WebSocket."""
        return self.rest.headers.get("upgrade", "").lower() == "websocket"

    @property
    def keep_alive(self) -> bool:
        """Return True unless the client wants the connection closed after the answer."""
        return self.rest.headers.get("connection", "").lower() != "close"


async def read_request(reader: asyncio.StreamReader) -> HttpRequest | None:
    """Return the next request, None at the end of the connection; malformed input raises InvalidInput."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as cut:
        if cut.partial.strip():
            raise InvalidInput("the HTTP request ended within its head") from None
        return None
    except asyncio.LimitOverrunError:
        raise InvalidInput(f"the HTTP head is longer than {MAX_HEAD} bytes") from None
    method, target, headers = _parse_head(head)
    body = await _read_body(reader, headers)
    return HttpRequest(head=head, target=target, rest=request_from_target(method, target, headers, body))


def _parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Return method, target and headers (names in lower case)."""
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != _REQUEST_LINE_PARTS or not parts[2].startswith("HTTP/1."):
        raise InvalidInput(f"the HTTP request line {lines[0][:80]!r} is malformed")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return parts[0], parts[1], headers


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    """Return the body of the announced length; chunked bodies are not spoken by exchange clients."""
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_BODY:
        raise InvalidInput(f"the HTTP content-length {length[:20]!r} is not a number up to {MAX_BODY}")
    try:
        return await reader.readexactly(int(length))
    except asyncio.IncompleteReadError:
        raise InvalidInput("the HTTP body is shorter than announced") from None


def encode_response(response: RestResponse, *, keep_alive: bool, head_only: bool = False) -> bytes:
    """Return the bytes of an answer."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    headers = {"Content-Type": "application/json;charset=UTF-8", **response.headers}
    headers["Content-Length"] = str(len(response.body))
    headers["Connection"] = "keep-alive" if keep_alive else "close"
    lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return head if head_only else head + response.body
