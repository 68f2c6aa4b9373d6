"""Takes secrets out of what is logged: by the name of a field, and by the look of a text."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

REDACTED = "[redacted]"

# Whole words of a field's name: "key_id" and "keyboard" are no secrets, "api_key" and "apiKey" are.
_SECRET_NAMES = re.compile(
    r"(api_?key|api_?secret|secret|passphrase|password|passwd|token|signature|authorization|cookie|listen_?key|"
    r"private_?key|mnemonic|credentials?)$",
    re.IGNORECASE,
)
# name=value, name: value and "name":"value" inside texts such as addresses, headers and JSON.
_PAIR = re.compile(
    r"(?P<name>\b[\w-]*(?:api[_-]?key|secret|passphrase|password|passwd|token|signature|authorization|listen[_-]?key|"
    r"KC-API-(?:KEY|SIGN)|X-MBX-APIKEY)\b[\"']?\s*[=:]\s*[\"']?(?:bearer\s+|basic\s+)?)(?P<value>[^\s\"'&,;}\]]{4,})",
    re.IGNORECASE,
)
_LOOKS = (
    # Binance keys and secrets: 64 letters and digits. All lower-case hexadecimal is a hash of ours.
    re.compile(r"(?<![A-Za-z0-9])(?![0-9a-f]{64}(?![A-Za-z0-9]))[A-Za-z0-9]{64}(?![A-Za-z0-9])"),
    re.compile(r"(?<!\d)\d{8,10}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),  # Telegram bots
    re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),  # JSON web tokens
    re.compile(r"(?<![A-Za-z0-9_-])sk-[A-Za-z0-9_-]{20,}"),  # keys of language model services
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"(?<=//)[^/\s:@]+:[^/\s@]+(?=@)"),  # user:password@host
)
_MAX_DEPTH = 6


def redact_text(text: str) -> str:
    """Return text without anything that looks like a secret."""
    text = _PAIR.sub(lambda match: match["name"] + REDACTED, text)
    for look in _LOOKS:
        text = look.sub(REDACTED, text)
    return text


def is_secret_name(name: str) -> bool:
    """Return True when a field of this name holds a secret."""
    return _SECRET_NAMES.search(name) is not None


def redact_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take secrets out of a log event (a structlog processor; last before the renderer)."""
    for name in list(event):
        if not name.startswith("_"):
            event[name] = _redacted(name, event[name], _MAX_DEPTH)
    return event


def _redacted(name: str, value: object, depth: int) -> object:
    if value is None or isinstance(value, bool):
        return value
    if is_secret_name(name):
        return REDACTED
    if isinstance(value, Mapping) and depth:
        return {key: _redacted(str(key), item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth:
        return [_redacted("", item, depth - 1) for item in value]
    return value if isinstance(value, int | float) else redact_text(str(value))
