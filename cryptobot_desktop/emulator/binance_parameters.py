"""Binance request parameters, checked in Binance's order with Binance's error codes and texts."""

import re

import orjson

from cryptobot_desktop.emulator.venue_port import RestRequest

_SYMBOL = re.compile(r"[\w\-._]{1,50}")
_NUMBER = re.compile(r"[0-9]{1,20}", re.ASCII)
SYMBOL_RANGE = r"^[\w\-._&&[^a-z]]{1,50}$"
NUMBER_RANGE = "^[0-9]{1,20}$"


class BinanceRefusal(Exception):
    """A request that Binance answers with an error body; ends inside the REST desk, never reaches a caller."""

    def __init__(self, code: int, msg: str, status: int = 400) -> None:
        super().__init__(msg)
        self.code, self.msg, self.status = code, msg, status


class Parameters:
    """The query of one request; every reader raises BinanceRefusal as the exchange would."""

    def __init__(self, request: RestRequest, allowed: frozenset[str]) -> None:
        self._query = request.query
        unread = [name for name in self._query if name not in allowed]
        if unread:
            sent = len(self._query)
            raise BinanceRefusal(-1101, f"Too many parameters; expected '{sent - len(unread)}' and received '{sent}'.")

    def text(self, name: str) -> str | None:
        """Return an optional parameter; one that is sent empty is refused."""
        value = self._query.get(name)
        if value == "":
            raise BinanceRefusal(-1105, f"Parameter '{name}' was empty.")
        return value

    def mandatory(self, name: str) -> str:
        """Return a parameter that has to be there."""
        if name not in self._query:
            raise BinanceRefusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
        return self.text(name) or ""

    def symbol(self, name: str = "symbol") -> str:
        """Return the mandatory symbol, whose letters must be upper case."""
        return legal_symbol(self.mandatory(name), name)

    def number(self, name: str) -> int | None:
        """Return an optional whole number."""
        value = self.text(name)
        if value is None:
            return None
        if not _NUMBER.fullmatch(value):
            raise BinanceRefusal(
                -1100, f"Illegal characters found in parameter '{name}'; legal range is '{NUMBER_RANGE}'."
            )
        return int(value)

    def limit(self, default: int, maximum: int) -> int:
        """Return the row limit: cut to the maximum, 0 refused."""
        value = self.number("limit")
        if value is None:
            return default
        if value == 0:
            raise BinanceRefusal(-1130, "Data sent for parameter 'limit' is not valid.")
        return min(value, maximum)

    def symbols(self) -> list[str] | None:
        """Return ``symbol`` or the JSON list ``symbols``; None when neither was sent."""
        one, many = self.text("symbol"), self.text("symbols")
        if one is not None and many is not None:
            raise BinanceRefusal(-1128, "Combination of optional parameters invalid.")
        if one is not None:
            return [legal_symbol(one, "symbol")]
        return None if many is None else _symbol_list(many)

    @property
    def wants_list(self) -> bool:
        """Return True when the answer is a list even for one symbol."""
        return "symbol" not in self._query


def legal_symbol(text: str, name: str) -> str:
    """Return the text if it can be a symbol (non-ASCII letters can, lower case cannot)."""
    if not _SYMBOL.fullmatch(text) or re.search("[a-z]", text):
        raise BinanceRefusal(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{SYMBOL_RANGE}'.")
    return text


def _symbol_list(text: str) -> list[str]:
    """Return the symbols of a JSON array."""
    try:
        names = orjson.loads(text)
    except orjson.JSONDecodeError:
        names = None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise BinanceRefusal(
            -1100,
            "Illegal characters found in parameter 'symbols'; legal range is "
            '\'^\\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\\]$\'.',
        )
    return [legal_symbol(name, "symbols") for name in names]
