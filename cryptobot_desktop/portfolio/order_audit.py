"""Orders against their own columns, their fills, and what the ledger holds for them."""

from collections import Counter

import msgspec
from msgspec import Struct

from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.ledger import AccountKind, account
from cryptobot_desktop.domain.ledger_chain import Balances, fields_digest
from cryptobot_desktop.domain.ledger_records import LedgerRecords, OrderRow
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import OrderStatus


class _Request(Struct):
    client_id: str
    portfolio: str
    instrument: str
    side: Side


class _Order(Struct):
    """The parts of an order's document that can be checked against something."""

    request: _Request
    status: OrderStatus
    created_ms: int
    updated_ms: int
    filled_qty: int = 0
    filled_quote: int = 0
    reserved: int = 0


_decoder = msgspec.json.Decoder(_Order)


class OrderAudit:
    """Reads all orders. `held` is what the ledger holds for each, `filled` what its fills add up to."""

    def __init__(self, records: LedgerRecords, held: dict[str, int], filled: dict[str, tuple[int, int]]) -> None:
        self.findings: list[str] = []
        self.open_orders = 0
        self.reserved: Balances = {}
        """What open orders hold, by (reserved account, asset)."""
        self.unknown: set[str] = set()
        """Orders that ledger rows name and that are not stored."""
        self._records = records
        self._instruments = records.instruments()
        self._running: dict[str, int] = {}
        for name, epoch in records.portfolios():
            self._running[name] = max(epoch, self._running.get(name, 0))
        self._held = held
        self._filled = filled

    def read(self) -> None:
        """Judge all orders, then what is left over."""
        sums: Counter[tuple[str, str]] = Counter()
        for number, row in enumerate(self._records.orders(), start=1):
            if row[0] != number:
                self.findings.append(f"orders: order {row[1]!r} has number {row[0]}, it should be {number}")
            self._judge(row, sums)
        self.reserved = {key: amount for key, amount in sums.items() if amount}
        self.unknown = set(self._held)
        for client_id in self._filled:
            self.findings.append(f"orders: a fill names order {client_id!r}, which is not stored")

    def _judge(self, row: OrderRow, sums: Counter[tuple[str, str]]) -> None:
        client_id = row[1]
        held, filled = self._held.pop(client_id, 0), self._filled.pop(client_id, (0, 0))
        if fields_digest(row[1:9]) != row[9]:
            self.findings.append(f"orders: order {client_id!r} is damaged: its content does not give its hash")
        try:
            order = _decoder.decode(row[8])
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            self.findings.append(f"orders: order {client_id!r} has a damaged document: {error}")
            return
        request = order.request
        told = (request.client_id, request.portfolio, request.instrument, order.status.value)
        if (*told, order.created_ms, order.updated_ms) != (client_id, row[2], row[4], row[5], row[6], row[7]):
            self.findings.append(f"orders: order {client_id!r} says something else than its columns")
        if (order.filled_qty, order.filled_quote) != filled:
            said, found = f"{order.filled_qty} for {order.filled_quote}", f"{filled[0]} for {filled[1]}"
            self.findings.append(f"orders: order {client_id!r} was filled {said}, its fills give {found}")
        is_open = row[5] in _OPEN
        holds = order.reserved if is_open else 0
        if held != holds:
            self.findings.append(f"orders: order {client_id!r} holds {holds} units, the ledger reserved {held} for it")
        if is_open:
            self._add_reserve(row, order, sums)

    def _add_reserve(self, row: OrderRow, order: _Order, sums: Counter[tuple[str, str]]) -> None:
        self.open_orders += 1
        client_id, portfolio, epoch, name = row[1], row[2], row[3], row[4]
        instrument = self._instruments.get(InstrumentId(name))
        if instrument is None:
            self.findings.append(f"orders: open order {client_id} is for {name}, which is not stored")
            return
        if self._running.get(portfolio) != epoch:
            self.findings.append(f"orders: order {client_id} is open in epoch {epoch} of {portfolio}, which is closed")
        asset = instrument.quote if order.request.side is Side.BUY else instrument.base
        sums[account(portfolio, epoch, AccountKind.RESERVED), asset] += order.reserved


_OPEN = frozenset(status.value for status in OrderStatus if status.is_open)
