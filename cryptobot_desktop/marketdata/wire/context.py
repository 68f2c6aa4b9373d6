"""What is known about a REST answer besides its body: the path, the symbol and interval asked for, the time."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct


class FrameContext(Struct, frozen=True, kw_only=True):
    """The request behind an answer; None and empty where it is unknown."""

    path: str = ""
    """Path without host and query, e.g. ``/api/v3/klines``."""
    symbol: str | None = None
    interval: str | None = None
    server_time_ms: int | None = None


def context_of(endpoint: str | None, known: Mapping[str, object]) -> FrameContext:
    """Return the context from an endpoint such as ``GET /api/v3/klines?symbol=X`` and what else is known.

    `known` may hold symbol, interval, server_time_ms, url and url_param; values of other types are not used.
    """
    asked = _query(known.get("url_param"), bare=True) | _query(known.get("url")) | _query(endpoint)
    path = _path(endpoint) or _path(_text(known.get("url")))
    server = known.get("server_time_ms")
    return FrameContext(
        path=path,
        symbol=_text(known.get("symbol")) or asked.get("symbol"),
        interval=_text(known.get("interval")) or asked.get("interval") or asked.get("type"),
        server_time_ms=server if isinstance(server, int) and not isinstance(server, bool) else None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _path(endpoint: str | None) -> str:
    """Return the path of ``GET /x?y``, ``https://host/x?y`` or ``/x``."""
    parts = (endpoint or "").split()
    target = parts[-1] if parts else ""
    try:
        return urlsplit(target).path
    except ValueError:
        return ""


def _query(value: object, *, bare: bool = False) -> dict[str, str]:
    """Return the parameters of an address (or of a bare ``a=b&c=d``), the first of each name."""
    if isinstance(value, Mapping):
        return {str(name): item for name, item in value.items() if isinstance(item, str)}
    if not isinstance(value, str):
        return {}
    head, mark, query = value.partition("?")
    try:
        found = parse_qs(query if mark else (head if bare else ""), max_num_fields=100)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}
