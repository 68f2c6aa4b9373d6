"""Faults that the loopback exchange can inject, each by a switch ``NAME[@SECONDS][:key=value,...]``.

Seconds count from the start of the servers in real time. Every fault has a start and, where it makes
sense, a length (``for=SECONDS``); what each one does is in `FAULTS`.
"""

import re

from msgspec import Struct, field

from cryptobot_desktop.domain.errors import InvalidInput

FAULTS: dict[str, str] = {
    "drop_connection": "every WebSocket is cut without a close frame; every=SECONDS repeats it",
    "silence": "sockets stay open but nothing is sent any more (half-open), for=SECONDS",
    "gap": "depth updates are left out, count=N per topic (default 1)",
    "rate_limited": "REST answers 429 with Retry-After, for=SECONDS (default 30)",
    "ip_banned": "Binance's REST answers 418 with the end of the ban, for=SECONDS (default 120)",
    "geo_restricted": "REST answers 451 (KuCoin: code 400500), for=SECONDS",
    "html_body": "REST answers an HTML page instead of JSON, status=N (default 403), for=SECONDS",
    "server_shutdown": "Binance announces serverShutdown and closes after grace=SECONDS (default 5); KuCoin closes",
    "token_expired": "KuCoin refuses the token of a new connection, count=N times (default 1)",
}
_KEYS: dict[str, frozenset[str]] = {
    "drop_connection": frozenset({"every"}),
    "silence": frozenset({"for"}),
    "gap": frozenset({"count"}),
    "rate_limited": frozenset({"for"}),
    "ip_banned": frozenset({"for"}),
    "geo_restricted": frozenset({"for"}),
    "html_body": frozenset({"for", "status"}),
    "server_shutdown": frozenset({"grace"}),
    "token_expired": frozenset({"count"}),
}
_DEFAULT_LENGTH_S = {"rate_limited": 30.0, "ip_banned": 120.0}
_SHAPE = re.compile(r"(?P<name>[a-z_]+)(?:@(?P<at>[0-9]+(?:\.[0-9]+)?))?(?::(?P<params>.+))?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)
FOREVER_S = 1e12


class Fault(Struct, frozen=True):
    """One switch: what happens, `at_s` seconds after the start, with its numbers."""

    name: str
    at_s: float = 0.0
    params: dict[str, float] = field(default_factory=dict)

    @property
    def until_s(self) -> float:
        """Return when it is over."""
        return self.at_s + self.params.get("for", _DEFAULT_LENGTH_S.get(self.name, FOREVER_S))


def parse_fault(text: str) -> Fault:
    """Return the fault named by text such as ``silence@30:for=10``; anything else raises InvalidInput."""
    shape = _SHAPE.fullmatch(text)
    name = shape["name"] if shape else text.partition("@")[0].partition(":")[0]
    if name not in FAULTS:
        raise InvalidInput(f"fault {name!r} is unknown; allowed: {', '.join(FAULTS)}")
    if shape is None:
        raise InvalidInput(f"fault {text!r} is not of the form NAME[@SECONDS][:key=value,...]")
    return Fault(name, float(shape["at"] or 0), _parse_params(name, shape["params"] or ""))


def _parse_params(name: str, text: str) -> dict[str, float]:
    """Return the numbers behind the colon, each checked against what this fault knows."""
    params: dict[str, float] = {}
    for item in filter(None, text.split(",")):
        key, _, value = item.partition("=")
        if key not in _KEYS[name]:
            raise InvalidInput(f"fault {name} has no setting {key!r}; allowed: {', '.join(sorted(_KEYS[name]))}")
        if not _NUMBER.fullmatch(value):
            raise InvalidInput(f"fault {name}: {key}={value!r} is not a number of 0 or more")
        params[key] = float(value)
    return params


class FaultPlan:
    """The faults of one run. Times are seconds since the servers started."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self._faults = faults
        self._fired: dict[int, float] = {}
        self._left: dict[int, dict[str, int]] = {}

    def active(self, name: str, elapsed_s: float) -> Fault | None:
        """Return the fault of that name if its stretch of time contains now."""
        for fault in self._faults:
            if fault.name == name and fault.at_s <= elapsed_s < fault.until_s:
                return fault
        return None

    def due(self, name: str, elapsed_s: float) -> Fault | None:
        """Return a fault that has to strike now: once, or again after each ``every`` seconds."""
        for index, fault in enumerate(self._faults):
            if fault.name != name or elapsed_s < fault.at_s:
                continue
            last, every = self._fired.get(index), fault.params.get("every", 0.0)
            if last is None or (every > 0 and elapsed_s >= last + every):
                self._fired[index] = elapsed_s
                return fault
        return None

    def spend(self, name: str, key: str, elapsed_s: float) -> bool:
        """Use up one of ``count`` strikes for a key (a topic, a kind of request); False when none is left."""
        for index, fault in enumerate(self._faults):
            if fault.name != name or elapsed_s < fault.at_s:
                continue
            left = self._left.setdefault(index, {})
            remaining = left.get(key, int(fault.params.get("count", 1)))
            if remaining > 0:
                left[key] = remaining - 1
                return True
        return False
