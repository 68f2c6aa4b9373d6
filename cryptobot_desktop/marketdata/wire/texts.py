"""Strict reading of the pieces of a frame: number texts, ids, times, JSON bodies.

Everything here raises `InvalidInput` with the name of the field and the value that was found, and nothing else.
"""

from decimal import Decimal
from typing import Final

import msgspec

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.numbers import parse_decimal

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
"""Largest REST body that is read; a full Binance exchangeInfo is about half of it."""
MAX_FRAME_BYTES: Final = 8 * 1024 * 1024
"""Largest stream frame that is read; the largest array tickers are about 1 MiB."""

_SECONDS_LIMIT: Final = 10**11
_MS_LIMIT: Final = 10**14
_US_LIMIT: Final = 10**17
_NS_LIMIT: Final = 10**20
_MAX_SHOWN: Final = 80


class NumberLexeme(str):
    """A JSON number with a point or exponent, kept as the digits that were sent (KuCoin's snapshot topic)."""

    __slots__ = ()


_ANY_JSON: Final = msgspec.json.Decoder(float_hook=NumberLexeme)
JSON_ERRORS: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What decoding a hostile frame can raise: not JSON or wrong types, not UTF-8, nested too deep."""


def read_json(body: str | bytes, limit: int = MAX_BODY_BYTES) -> object:
    """Return a body as plain objects, fractions kept as their digits; InvalidInput when it is not JSON."""
    check_size(body, limit)
    try:
        return _ANY_JSON.decode(body)
    except JSON_ERRORS as error:
        raise InvalidInput(f"body is not readable JSON: {explain(error)}; it was {shown(body)}") from None


def check_size(body: str | bytes, limit: int) -> None:
    """Refuse a body above the limit (counted in bytes or characters) before it is parsed."""
    if len(body) > limit:
        raise InvalidInput(f"frame of {len(body)} bytes is larger than the {limit} that are allowed")


def explain(error: BaseException) -> str:
    """Return one short line for an error of JSON_ERRORS."""
    if isinstance(error, RecursionError):
        return "nested too deep"
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def shown(value: object) -> str:
    """Return a value for an error text, cut to a readable length and always printable."""
    if isinstance(value, str | bytes):
        value = value[:_MAX_SHOWN]
    return ascii(value)[:_MAX_SHOWN]


def plain(value: object, name: str) -> str:
    """Return exact decimal text without exponent; text and JSON numbers are accepted, the digits are kept."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = NumberLexeme(value)
    if not isinstance(value, str):
        raise InvalidInput(f"{name} is {shown(value)}, allowed: decimal text such as 0.00123")
    try:
        number = parse_decimal(value)
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error}") from None
    return format(number, "f") if "e" in value or "E" in value else str(value)


def number(value: object, name: str) -> str:
    """Return decimal text from a field that the venue sends as text; a JSON number there is refused."""
    if type(value) is not str:
        raise InvalidInput(f"{name} is {shown(value)}, allowed: decimal text in quotes")
    return plain(value, name)


def optional(value: object, name: str) -> str | None:
    """Like `plain`, with None for a missing, null or empty field."""
    return None if value is None or value == "" else plain(value, name)


def positive(text: str, name: str) -> Decimal:
    """Return the value of a text that must be above zero."""
    value = parse_decimal(text)
    if value <= 0:
        raise InvalidInput(f"{name} is {text}, allowed: above 0")
    return value


def not_negative(text: str, name: str) -> Decimal:
    """Return the value of a text that must not be below zero."""
    value = parse_decimal(text)
    if value < 0:
        raise InvalidInput(f"{name} is {text}, allowed: 0 or more")
    return value


def is_zero(text: str) -> bool:
    """Return True for ``0``, ``0.0``, ``0.00000000``."""
    return not text.strip("0.") and text.count(".") <= 1 and text != "."


def integer(value: object, name: str) -> int:
    """Return a whole number that a venue sends as number or as digits (at most 40)."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InvalidInput(f"{name} is {shown(value)}, allowed: a whole number")
    if isinstance(value, int):
        return value
    if not value.removeprefix("-").isdecimal() or not value.isascii() or len(value) > 40:
        raise InvalidInput(f"{name} is {shown(value)}, allowed: a whole number")
    return int(value)


def sequence(value: object, name: str) -> int:
    """Return a sequence number or update id: a whole number that is not negative."""
    found = integer(value, name)
    if found < 0:
        raise InvalidInput(f"{name} is {found}, allowed: 0 or more")
    return found


def id_text(value: object, name: str) -> str:
    """Return an id as text, whether it was sent as a number or as text."""
    if isinstance(value, bool) or not isinstance(value, int | str) or isinstance(value, NumberLexeme):
        raise InvalidInput(f"{name} is {shown(value)}, allowed: a whole number or text")
    return str(value)


def to_ms(time: int) -> int:
    """Return a venue time in milliseconds, whether it came in ms, us (16 digits) or ns (19 digits)."""
    if 0 <= time < _MS_LIMIT:
        return time
    if _MS_LIMIT <= time < _US_LIMIT:
        return time // 1_000
    if _US_LIMIT <= time < _NS_LIMIT:
        return time // 1_000_000
    raise InvalidInput(f"time {time} is outside of what ms, us or ns since 1970 can mean")


def time_ms(value: object, name: str) -> int:
    """Return a time field (number or digits; ms, us or ns) in milliseconds."""
    return to_ms(integer(value, name))


def optional_time_ms(value: object, name: str) -> int | None:
    """Like `time_ms`, with None for a missing or null field."""
    return None if value is None else time_ms(value, name)


def seconds_ms(value: object, name: str) -> int:
    """Return a time field in seconds (KuCoin candles) as milliseconds; larger units are recognised."""
    found = integer(value, name)
    return found * 1_000 if 0 <= found < _SECONDS_LIMIT else to_ms(found)


def record(value: object, name: str) -> dict[str, object]:
    """Return a JSON object, or refuse anything else."""
    if not isinstance(value, dict):
        raise InvalidInput(f"{name} is {shown(value)}, allowed: a JSON object")
    return value


def rows(value: object, name: str) -> list[object]:
    """Return a JSON array, or refuse anything else."""
    if not isinstance(value, list):
        raise InvalidInput(f"{name} is {shown(value)}, allowed: a JSON array")
    return value


def text(value: object, name: str) -> str:
    """Return a non-empty text field (symbols, statuses)."""
    if type(value) is not str or not value:
        raise InvalidInput(f"{name} is {shown(value)}, allowed: text")
    return value


def optional_text(value: object, name: str) -> str | None:
    """Like `text`, with None for a missing, null or empty field."""
    return None if value is None or value == "" else text(value, name)


def flag(value: object, name: str) -> bool:
    """Return a true or false field, sent as JSON boolean or as the text ``true`` or ``false``."""
    if value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise InvalidInput(f"{name} is {shown(value)}, allowed: true or false")
