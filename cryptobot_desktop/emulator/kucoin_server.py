"""KuCoin's socket rules: token, welcome, acks on request, JSON pings, topic limits and their errors."""

from collections import deque
from typing import Any

import orjson
from msgspec import Struct

from cryptobot_desktop.domain.errors import InvariantBroken
from cryptobot_desktop.emulator.faults import FaultPlan
from cryptobot_desktop.emulator.kucoin_feeds import PRIVATE_TOPICS, TOPICS, split_topics
from cryptobot_desktop.emulator.kucoin_rest import error_response
from cryptobot_desktop.emulator.kucoin_tokens import TokenDesk
from cryptobot_desktop.emulator.server import Pacing, Peer, Session, VenueServer
from cryptobot_desktop.emulator.venue_port import EmulatedVenue, RestRequest, RestResponse, StreamFrame

HTML_PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>error code: 1015</body></html>"
_NORMAL = 1000
_BYE = "Bye"


class KucoinSocketRules(Struct, frozen=True, kw_only=True):
    """The limits of one connection; shorter values make drills possible."""

    idle_s: float = 60.0
    topics_per_message: int = 100
    topics_per_session: int = 400
    messages: int = 100
    messages_within_s: float = 10.0


class TopicError(Exception):
    """A message that is answered with an error; ends inside the session."""

    def __init__(self, code: int, data: str) -> None:
        super().__init__(data)
        self.code, self.data = code, data


class KucoinSession(Session):
    """One client of the public topics."""

    def __init__(self, server: "KucoinServer", peer: Peer, request: RestRequest) -> None:
        super().__init__(server, peer)
        self._rules = server.rules
        self._connect_id = request.query.get("connectId", "")
        self._refusal = server.token_refusal(request.query.get("token", ""))
        self._received: deque[float] = deque()
        self._heard_s = server.now_s()

    def on_open(self) -> None:
        """Check the token and welcome the client."""
        if self._refusal:
            self._fail(self._connect_id, 401, self._refusal)
            self.peer.close(_NORMAL, _BYE)
            return
        self.peer.send_text(orjson.dumps({"id": self._connect_id, "type": "welcome"}))

    def deliver(self, frame: StreamFrame) -> None:
        """Send a push as it is."""
        self.peer.send_text(frame.payload)

    def on_tick(self, now_s: float) -> None:
        """Close a client that has not spoken JSON for too long; protocol pings do not count."""
        if self.peer.is_open and now_s - self._heard_s > self._rules.idle_s:
            self.peer.send_text(orjson.dumps({"type": "error", "code": 400, "data": "ping timeout"}))
            self.peer.close(_NORMAL, _BYE)

    def on_text(self, text: bytes, now_s: float) -> None:
        """Answer one message."""
        self._heard_s = now_s
        identity = ""
        try:
            message = _parse(text)
            identity = str(message.get("id", ""))
            self._count(now_s)
            self._obey(message, identity)
        except TopicError as problem:
            self._fail(identity, problem.code, problem.data)
            if problem.code == 509:
                self.peer.close(_NORMAL, _BYE)

    def _count(self, now_s: float) -> None:
        """Refuse more messages than the limit within its rolling time."""
        self._received.append(now_s)
        while now_s - self._received[0] >= self._rules.messages_within_s:
            self._received.popleft()
        if len(self._received) > self._rules.messages:
            raise TopicError(509, "exceed max permits per second")

    def _obey(self, message: dict[str, Any], identity: str) -> None:
        """Carry out one message."""
        match message.get("type"):
            case "ping":
                pong = {"id": identity, "type": "pong", "timestamp": self.server.venue.now_ms() * 1000}
                self.peer.send_text(orjson.dumps(pong))
                return
            case "subscribe":
                self._subscribe(self._topics_of(message))
            case "unsubscribe":
                for topic in self._topics_of(message):
                    self.remove_topic(topic)
            case "openTunnel" | "closeTunnel":
                pass
            case _:
                raise TopicError(415, "type is not supported")
        if message.get("response") is True:
            self.peer.send_text(orjson.dumps({"id": identity, "type": "ack"}))

    def _topics_of(self, message: dict[str, Any]) -> list[str]:
        """Return the topics of a message, one per symbol."""
        topic = message.get("topic")
        if not isinstance(topic, str) or not topic:
            raise TopicError(404, "topic does not exist")
        name, _, keys = topic.partition(":")
        if name in PRIVATE_TOPICS or name not in TOPICS or not keys:
            raise TopicError(404, f"topic {topic} is not found")
        return split_topics(topic)

    def _subscribe(self, topics: list[str]) -> None:
        """Add topics within the limits; unknown symbols are acknowledged and stay silent."""
        if len(topics) > self._rules.topics_per_message:
            limit = self._rules.topics_per_message
            raise TopicError(509, f"exceed max subscription count limitation of {limit} per time")
        if len(set(self.topics) | set(topics)) > self._rules.topics_per_session:
            limit = self._rules.topics_per_session
            raise TopicError(509, f"exceed max subscription count limitation of {limit} per session")
        for topic in topics:
            self.add_topic(topic)

    def _fail(self, identity: str, code: int, data: str) -> None:
        """Send an error."""
        self.peer.send_text(orjson.dumps({"id": identity, "type": "error", "code": code, "data": data}))


def _parse(text: bytes) -> dict[str, Any]:
    """Return a message as an object."""
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise TopicError(400, "invalid json") from None
    if not isinstance(message, dict):
        raise TopicError(400, "invalid json")
    return message


class KucoinServer(VenueServer):
    """KuCoin on one port: ``/api/...`` and the WebSocket endpoint that bullet-public names."""

    def __init__(
        self,
        venue: EmulatedVenue,
        pacing: Pacing | None = None,
        faults: FaultPlan | None = None,
        rules: KucoinSocketRules | None = None,
    ) -> None:
        super().__init__(venue, pacing or Pacing(), faults or FaultPlan())
        self.rules = rules or KucoinSocketRules()
        tokens = getattr(venue, "tokens", None)
        if not isinstance(tokens, TokenDesk):
            raise InvariantBroken(f"the KuCoin server got a venue without tokens: {type(venue).__name__}")
        self._tokens = tokens

    def token_refusal(self, token: str) -> str:
        """Return why a connection's token is not good; empty when it is."""
        if self.faults.spend("token_expired", "token", self.elapsed_s()):
            return "token is expired"
        return self._tokens.refusal(token, self.venue.now_ms())

    def open_session(self, request: RestRequest, peer: Peer) -> Session:
        """Return a session that greets or refuses by its token."""
        return KucoinSession(self, peer, request)

    def fault_response(self, elapsed_s: float) -> RestResponse | None:
        """Return 400500, 429000 or an HTML page while such a fault is active."""
        if self.faults.active("geo_restricted", elapsed_s):
            text = "Our services are currently unavailable in your region."
            return error_response(403, "400500", text)
        limited = self.faults.active("rate_limited", elapsed_s)
        if limited:
            reset = str(int(min(limited.until_s - elapsed_s, 86_400.0) * 1000))
            headers = {"gw-ratelimit-limit": "2000", "gw-ratelimit-remaining": "0", "gw-ratelimit-reset": reset}
            return error_response(429, "429000", "Too Many Requests", headers)
        html = self.faults.active("html_body", elapsed_s)
        if html:
            return RestResponse(int(html.params.get("status", 403)), {"Content-Type": "text/html"}, HTML_PAGE)
        return None

    def on_shutdown_fault(self, grace_s: float) -> None:
        """Close all connections; KuCoin does not announce it."""
        for session in list(self.sessions):
            session.peer.close(_NORMAL, _BYE)
