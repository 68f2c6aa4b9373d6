"""Binance replies to WebSocket requests, WebSocket API answers and user data events."""

from collections.abc import Callable
from typing import Final

from msgspec import Raw, UnsetType

from cryptobot_desktop.marketdata.wire import binance_account as account
from cryptobot_desktop.marketdata.wire.binance_frames import ProbeFrame
from cryptobot_desktop.marketdata.wire.http import classify_body
from cryptobot_desktop.marketdata.wire.messages import (
    Ack,
    Control,
    Ignore,
    VenueError,
    WireMessage,
)
from cryptobot_desktop.marketdata.wire.texts import MAX_FRAME_BYTES, optional_time_ms, read_json, record

_TOO_MANY_SUBSCRIPTIONS: Final = "4"
_RECONNECT: Final = ("serverShutdown", "eventStreamTerminated")
_USER_EVENTS: Final[dict[str, Callable[[object], WireMessage]]] = {
    "executionReport": account.read_execution_report,
    "listStatus": account.read_list_status,
}


def read_reply(probe: ProbeFrame, data: bytes) -> WireMessage | None:
    """Return the message of a frame that is no market event; None when it is none of these either."""
    if isinstance(probe.event, Raw):
        event = record(read_json(bytes(probe.event)), "event")
        return read_event(str(event.get("e")), bytes(probe.event))
    if isinstance(probe.error, Raw) or isinstance(probe.code, Raw):
        return read_error(data)
    if isinstance(probe.method, str):
        return Ignore("a request of ours")
    if isinstance(probe.result, Raw):
        return Ack(request_id(probe.id))
    return None


def request_id(value: object) -> str | None:
    """Return a request's id as text; ids come back as number, text or null."""
    return str(value) if isinstance(value, int | str) else None


def read_error(data: bytes) -> WireMessage:
    """Return a refused request, flat (``{"code":2,"msg":..}``) or nested in ``error``."""
    body = record(read_json(data, MAX_FRAME_BYTES), "error")
    inner = body.get("error", body)
    status = body.get("status")
    found = classify_body("binance", status if isinstance(status, int) else None, None, inner)
    if found is None:
        return Ignore("unknown message")
    detail = inner.get("data") if isinstance(inner, dict) else None
    until = optional_time_ms(detail.get("retryAfter"), "retryAfter") if isinstance(detail, dict) else None
    return VenueError(
        code=found.code,
        message=found.message,
        error_class=_stream_class(found),
        retry_after_s=found.retry_after_s,
        until_ms=found.until_ms or until,
        id=request_id(body.get("id")),
    )


def _stream_class(found: VenueError) -> str:
    if "invalid stream" in found.message.lower():
        return "bad_topic"
    return "rate_limited" if found.code == _TOO_MANY_SUBSCRIPTIONS else found.error_class


def read_event(event: str, data: bytes) -> WireMessage:
    """Return a notice or a user data event; events that this version does not know are ignored."""
    body = record(read_json(data, MAX_FRAME_BYTES), "event")
    if event in _RECONNECT:
        return Control("reconnect", time_ms=optional_time_ms(body.get("E"), "E"))
    reader = _USER_EVENTS.get(event)
    return Ignore(f"event {event[:40]}") if reader is None else reader(body)


def has_result(probe: ProbeFrame) -> bool:
    """Return True for a WebSocket API answer that carries a result worth reading."""
    return isinstance(probe.result, Raw) and not isinstance(probe.status, UnsetType)
