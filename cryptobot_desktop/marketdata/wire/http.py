"""What an HTTP answer means before its body is read: fine, or one of the nine classes of trouble.

Sources: the venues' error documents; Binance repeats limits in headers (seconds) and bodies (ms epoch), KuCoin's
``gw-ratelimit-reset`` is in milliseconds. Bodies need not be JSON (firewall pages, proxies, removed end points).
"""

import re
from collections.abc import Mapping
from typing import Final

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.marketdata.wire.messages import VenueError
from cryptobot_desktop.marketdata.wire.texts import read_json

_BANNED_UNTIL: Final = re.compile(r"banned until (\d{13})", re.ASCII)
_CLOUDFLARE: Final = re.compile(r"error code:\s*10\d\d", re.ASCII | re.IGNORECASE)
_SECONDS: Final = re.compile(r"\d{1,9}", re.ASCII)
_GEO_WORDS: Final = ("restricted location", "region is not supported", "region not supported")
_MAX_TEXT: Final = 300
_OK: Final = range(200, 300)
_SERVER_SIDE: Final = range(500, 600)

_STATUS_CLASSES: Final = {
    403: "waf_blocked",
    418: "ip_banned",
    429: "rate_limited",
    451: "geo_restricted",
}
_BINANCE_CODES: Final = {
    "-1003": "rate_limited",
    "-1015": "rate_limited",
    "-1006": "unknown_outcome",
    "-1007": "unknown_outcome",
    "-1008": "overloaded",
}
_KUCOIN_CODES: Final = {
    "429000": "rate_limited",
    "400500": "geo_restricted",
    "500000": "unknown_outcome",
}
_BINANCE_FINE: Final = ("200", "000000")
"""Codes with which some of Binance's account end points say that all is well."""
KUCOIN_OK: Final = "200000"


def classify_http(
    venue: str, status: int | None, headers: Mapping[str, str] | None, body: bytes | str
) -> VenueError | None:
    """Return what is wrong with an answer, or None when its body may be decoded.

    `status` and `headers` are None where they are unknown; then the body alone decides.
    """
    try:
        content = read_json(body)
    except InvalidInput:
        return _not_json(status, headers, body)
    return classify_body(venue, status, headers, content)


def classify_body(
    venue: str, status: int | None, headers: Mapping[str, str] | None, content: object
) -> VenueError | None:
    """Like `classify_http` for a body that was parsed already."""
    code, message = _code_and_message(venue, content)
    if code is None and (status is None or status in _OK):
        return None
    lower = {name.lower(): str(value) for name, value in (headers or {}).items()}
    known = None if headers is None else lower
    table = _binance_class if venue.startswith("binance") else _kucoin_class
    found = _class_of_text(message) or table(code, status, known)
    until = _BANNED_UNTIL.search(message)
    return VenueError(
        code=code,
        message=message or f"HTTP {status}",
        error_class="ip_banned" if until else found,
        retry_after_s=_retry_after(lower),
        until_ms=int(until[1]) if until else None,
    )


def _not_json(status: int | None, headers: Mapping[str, str] | None, body: bytes | str) -> VenueError | None:
    """Classify a firewall page, a proxy's answer or an end point that was removed."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    lower = {name.lower(): str(value) for name, value in (headers or {}).items()}
    message = " ".join(re.sub(r"<[^<>]*>", " ", text[: 20 * _MAX_TEXT]).split())[:_MAX_TEXT]
    if status is None or status in _OK:
        # Any other page (a captive portal, a proxy) is left to the decoder, which refuses it.
        return VenueError(None, message, "waf_blocked", _retry_after(lower)) if _is_firewall(text) else None
    return VenueError(None, message or f"HTTP {status}", _class_of_status(status), _retry_after(lower))


def _is_firewall(text: str) -> bool:
    start = text[: 4 * _MAX_TEXT]
    if _CLOUDFLARE.search(start):
        return True
    return start.lstrip()[:1] == "<" and any(word in start.lower() for word in ("403 forbidden", "waf", "cloudflare"))


def _code_and_message(venue: str, content: object) -> tuple[str | None, str]:
    """Return code and text of an error body; code None means that the body is no error."""
    if not isinstance(content, dict):
        return None, ""
    raw = content.get("code")
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        return None, ""
    code, message = str(raw)[:40], content.get("msg", content.get("message"))
    text = message[:_MAX_TEXT] if isinstance(message, str) else ""
    if venue.startswith("binance"):
        return (code, text) if "msg" in content and code not in _BINANCE_FINE else (None, "")
    if code == KUCOIN_OK and (content.get("data") is not None or not text):
        return None, ""
    return code, text


def _class_of_text(message: str) -> str | None:
    lower = message.lower()
    return "geo_restricted" if any(words in lower for words in _GEO_WORDS) else None


def _binance_class(code: str | None, status: int | None, _headers: Mapping[str, str] | None) -> str:
    if status in (403, 418, 451):
        return _class_of_status(status)
    return _BINANCE_CODES.get(code or "") or _class_of_status(status)


def _kucoin_class(code: str | None, status: int | None, headers: Mapping[str, str] | None) -> str:
    if code == "429000" and headers is not None and not any(name.startswith("gw-ratelimit") for name in headers):
        return "overloaded"
    known = _KUCOIN_CODES.get(code or "")
    if known is None and code is not None and status == 403:
        return "exchange_error"
    return known or _class_of_status(status)


def _class_of_status(status: int | None) -> str:
    if status is not None and status in _SERVER_SIDE:
        return "unknown_outcome"
    return _STATUS_CLASSES.get(status or 0, "exchange_error")


def _retry_after(headers: Mapping[str, str]) -> float | int | None:
    """Return seconds to wait: ``Retry-After`` in seconds, KuCoin's reset in milliseconds."""
    seconds, reset = headers.get("retry-after", ""), headers.get("gw-ratelimit-reset", "")
    if _SECONDS.fullmatch(seconds):
        return int(seconds)
    if _SECONDS.fullmatch(reset):
        whole, rest = divmod(int(reset), 1_000)
        return whole if not rest else int(reset) / 1_000
    return None
