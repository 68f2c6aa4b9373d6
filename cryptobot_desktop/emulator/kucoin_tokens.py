"""The tokens that KuCoin gives out for a WebSocket connection (bullet-public)."""

from hashlib import sha256

TOKEN_LIFE_MS = 24 * 3_600_000


class TokenDesk:
    """Issues tokens and checks them; each is good for one connection at a time within 24 hours of market time."""

    def __init__(self, salt: str) -> None:
        self._salt = salt
        self._issued: dict[str, int] = {}

    def issue(self, now_ms: int) -> str:
        """Return a new token."""
        number = len(self._issued) + 1
        token = sha256(f"{self._salt}:{number}".encode()).hexdigest()
        self._issued[token] = now_ms
        return token

    def refusal(self, token: str, now_ms: int) -> str:
        """Return why a token is not good, in KuCoin's words; empty when it is."""
        issued = self._issued.get(token)
        if issued is None:
            return "token is invalid"
        return "token is expired" if now_ms - issued > TOKEN_LIFE_MS else ""
