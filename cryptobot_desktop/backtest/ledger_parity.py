"""Compares what a replay would have stored with what the profile has stored: ledger rows, fills, orders."""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from cryptobot_desktop.backtest.differences import NOTHING, Difference, first_difference
from cryptobot_desktop.backtest.verify import LedgerCheck, Progress, Replica, Verdict, verify_capsule
from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded
from cryptobot_desktop.domain.ledger import Transfer
from cryptobot_desktop.domain.orders import Fill, Order
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.session_rows import fills_by_id, has_session, orders_by_id

_SIDES = ("the ledger holds", "replayed")
_T = TypeVar("_T")


def verify_with_profile(
    path: str | Path, data_folder: Path, *, is_demanded: bool = False, progress: Progress = lambda _: True
) -> Verdict:
    """Verify a capsule, and compare it with the ledger of a data folder where there is one that holds the session.

    May run in any thread or process, also while the session runs. `is_demanded`: without such a ledger nothing holds;
    InvalidInput when there is none at all.
    """
    profile = data_folder / FILE_NAME
    if not profile.exists():
        if is_demanded:
            raise InvalidInput(f"there is no ledger in {data_folder}; name the data folder of the session: --data-dir")
        return verify_capsule(path, progress=progress)
    database = ProfileDatabase(profile, read_only=True)
    try:
        return verify_capsule(path, progress=progress, check_ledger=against_ledger(database, is_demanded=is_demanded))
    finally:
        database.close()


def against_ledger(database: ProfileDatabase, *, is_demanded: bool) -> LedgerCheck:
    """Return the comparison with a profile. `is_demanded`: it must hold the session, and hold as a whole."""

    def check(verdict: Verdict, replica: Replica) -> None:
        where = database.path
        if not has_session(database, verdict.session_id):
            verdict.ledger = f"not compared: {where} does not hold session {verdict.session_id}"
            if is_demanded:
                verdict.difference = _missing(f"session {verdict.session_id}", "the session", 0)
            return
        try:
            difference = _compare(database, verdict, replica) or (_whole(database) if is_demanded else None)
        except UserActionNeeded as damage:
            difference = Difference(
                what="stored rows", field="", recorded="cannot be read", replayed=str(damage), sides=("they", "because")
            )
        verdict.difference = difference
        verdict.ledger = f"differs from {where}" if difference else f"equal to {where}"

    return check


def _compare(database: ProfileDatabase, verdict: Verdict, replica: Replica) -> Difference | None:
    counts = verdict.counts
    stored = _stored_transfers(database, replica.transfers)
    difference, counts.stored_transfers = _rows(
        replica.transfers, stored, "ledger row", lambda row: row.seq, complete=verdict.is_complete
    )
    if difference is not None:
        return difference
    ended = len(stored) < len(replica.transfers)  # a killed session's last rows; nobody was told of them
    if ended:
        rows = len(replica.transfers) - len(stored)
        verdict.notes += (f"the last {rows} ledger rows were not stored when the session was killed",)
    is_complete = verdict.is_complete and not ended
    fills = fills_by_id(database, (fill.fill_id for fill in replica.fills))
    ours = [_fields_of(fill, fills) for fill in replica.fills]
    difference, counts.stored_fills = _by_id(ours, fills, "fill", lambda f: f["fill_id"], complete=is_complete)
    if difference is not None:
        return difference
    orders = orders_by_id(database, replica.orders)
    left = [_as_left(order, orders.get(order.client_id), verdict) for order in replica.orders.values()]
    difference, counts.stored_orders = _by_id(left, orders, "order", lambda o: o.client_id, complete=is_complete)
    return difference


def _fields_of(fill: Fill, stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a replayed fill in those of its fields that the profile stores."""
    values: dict[str, Any] = msgspec.to_builtins(fill)
    held = stored.get(fill.fill_id)
    return values if held is None else {name: value for name, value in values.items() if name in held}


def _stored_transfers(database: ProfileDatabase, replayed: list[Transfer]) -> list[Transfer]:
    """Return the stored rows in the places of the replayed ones."""
    if not replayed:
        return []
    return list(islice(database.transfers(replayed[0].seq - 1), len(replayed)))


def _as_left(replayed: Order, stored: Order | None, verdict: Verdict) -> Order:
    """Return the replayed order; of one that was still open, what a later session made of it is taken as it is."""
    if stored is None or not replayed.status.is_open or stored.updated_ms < verdict.recorded_until_ms:
        return replayed
    return msgspec.structs.replace(stored, request=replayed.request, created_ms=replayed.created_ms)


def _by_id(
    replayed: list[_T], stored: dict[str, _T], what: str, key: Callable[[_T], str], *, complete: bool
) -> tuple[Difference | None, int]:
    found = [stored.get(key(row)) for row in replayed]
    return _rows(replayed, found, what, key, complete=complete)


def _rows(
    replayed: Iterable[_T],
    stored: list[_T] | list[_T | None],
    what: str,
    key: Callable[[_T], object],
    *,
    complete: bool,
) -> tuple[Difference | None, int]:
    """Return the first difference between rows, and how many pairs were compared."""
    compared = 0
    for number, row in enumerate(replayed):
        held = stored[number] if number < len(stored) else None
        at_ms = _time_of(row)
        if held is None:
            if complete:
                return _missing(f"{what} {key(row)}", f"a {what}", at_ms), compared
            continue
        compared += 1
        found = first_difference(held, row)
        if found is not None:
            return (
                Difference(
                    what=f"{what} {key(row)}",
                    field=found[0],
                    recorded=found[1],
                    replayed=found[2],
                    at_ms=at_ms,
                    sides=_SIDES,
                ),
                compared,
            )
    return None, compared


def _time_of(row: object) -> int:
    if isinstance(row, dict):
        return int(row["at_ms"])
    return int(getattr(row, "at_ms", getattr(row, "updated_ms", 0)))


def _missing(what: str, thing: str, at_ms: int) -> Difference:
    return Difference(what=what, field="", recorded=NOTHING, replayed=thing, at_ms=at_ms, sides=_SIDES)


def _whole(database: ProfileDatabase) -> Difference | None:
    """Check the ledger as a whole: its chain, its conservation, its balances."""
    report = check_ledger(database, audit)
    if report.holds:
        return None
    return Difference(
        what="the ledger as a whole",
        field="",
        recorded=report.findings[0],
        replayed="a ledger that holds",
        sides=("found", "expected"),
    )
