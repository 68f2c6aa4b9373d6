"""What the profile holds of one session, row by row: for comparison with its recording."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from cryptobot_desktop.domain.errors import UserActionNeeded
from cryptobot_desktop.domain.orders import Fill, Order
from cryptobot_desktop.storage.database import ProfileDatabase

_AT_ONCE = 500
_FILL_FIELDS = tuple(field.name for field in msgspec.structs.fields(Fill))
_ORDERS = "SELECT client_id, document FROM order_state WHERE client_id IN ({})"


def has_session(database: ProfileDatabase, session_id: str) -> bool:
    """Return True when a session is stored in this profile."""
    with database.reading():
        rows = database.connection.execute("SELECT 1 FROM session WHERE session_id = ?", (session_id,))
        return rows.fetchone() is not None


def fills_by_id(database: ProfileDatabase, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the stored fills of these ids, each as field and plain value; fields that are not stored are absent."""
    with database.reading():
        stored = [row[1] for row in database.connection.execute("PRAGMA table_info(fill)")]
    fields = [name for name in _FILL_FIELDS if name in stored]
    rows = _rows(database, f"SELECT {', '.join(fields)} FROM fill WHERE fill_id IN ({{}})", ids)  # noqa: S608 - our own
    return {row[0]: _fill(dict(zip(fields, row, strict=True))) for row in rows}


def orders_by_id(database: ProfileDatabase, ids: Iterable[str]) -> dict[str, Order]:
    """Return the newest stored state of the orders of these client ids."""
    return {key: _decoded(document, Order, key) for key, document in _rows(database, _ORDERS, ids)}


def _rows(database: ProfileDatabase, query: str, ids: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    wanted = list(ids)
    with database.reading():
        for first in range(0, len(wanted), _AT_ONCE):
            some = wanted[first : first + _AT_ONCE]
            yield from database.connection.execute(query.format(",".join("?" * len(some))), some)


def _fill(values: dict[str, Any]) -> dict[str, Any]:
    try:
        return values | {"evidence": msgspec.json.decode(values["evidence"])}
    except (msgspec.DecodeError, TypeError) as error:
        raise _damaged(f"fill {values['fill_id']}", error) from None


def _decoded(document: str, kind: type[Order], key: str) -> Order:
    try:
        return msgspec.json.decode(document, type=kind)
    except msgspec.DecodeError as error:
        raise _damaged(f"order {key}", error) from None


def _damaged(what: str, error: Exception) -> UserActionNeeded:
    return UserActionNeeded(f"the profile holds a damaged {what}: {error}; run 'cryptobot ledger check'")
