"""A large ledger: how long the check takes, how long a start after `kill -9` takes.

``python -m benchmarks.ledger_rows --rows 1000000`` makes the file (kept in build/, made once), kills a child process
that has it open for writing, and measures the start (open, load, accounts) and the check in fresh processes.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.peers import ROOT
from cryptobot_desktop.domain.errors import CryptobotError
from cryptobot_desktop.domain.facts import ExecutionFact, OrderAccepted, OrderCanceled, OrderFilled
from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.journal import CommitBatch
from cryptobot_desktop.domain.ledger import PortfolioRecord
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import Fill, FillEvidence, Liquidity, Order, OrderRequest, OrderStatus, OrderType
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.accounts import Accounts
from cryptobot_desktop.marketdata.market_state import MarketState
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state

BTC_USDT = Instrument(venue=Venue.BINANCE, symbol="BTCUSDT", base="BTC", quote="USDT", price_decimals=2, qty_decimals=5)
CASH = 10**15
BATCH_ROWS = 2_000
START_MS = 1_767_225_600_000


def orders() -> Iterator[tuple[ExecutionFact, ...]]:
    """Yield the life of one order after the other: a buy in two parts, then a sell in one and a cancelled rest."""
    number = 0
    while True:
        number += 1
        buys = number % 2 == 1
        price, at_ms = 6_000_000 + number % 9_973, START_MS + number * 1_000
        qty = 200 + (number + 1) // 2 % 97 - (0 if buys else 1)
        request = OrderRequest(
            client_id=f"sma_cross:h3k2j5h3k-{number}",
            portfolio="main",
            instrument=BTC_USDT.id,
            side=Side.BUY if buys else Side.SELL,
            type=OrderType.LIMIT,
            qty=qty,
            price=price,
            origin="sma_cross",
            reason="the fast average crossed the slow one",
        )
        yield _buy(request, at_ms) if buys else _sell(request, at_ms)


def _order(request: OrderRequest, status: OrderStatus, at_ms: int, reserved: int, fills: tuple[Fill, ...]) -> Order:
    return Order(
        request=request,
        status=status,
        created_ms=at_ms,
        updated_ms=at_ms,
        filled_qty=sum(fill.qty for fill in fills),
        filled_quote=sum(fill.quote_amount for fill in fills),
        reserved=reserved,
    )


def _fill(request: OrderRequest, part: int, qty: int, at_ms: int) -> Fill:
    price, buys = request.price or 0, request.side is Side.BUY
    quote = BTC_USDT.notional_up(price, qty) if buys else BTC_USDT.notional_down(price, qty)
    received = BTC_USDT.base_amount(qty) if buys else quote
    return Fill(
        fill_id=f"{request.client_id}:{part}",
        client_id=request.client_id,
        portfolio="main",
        instrument=BTC_USDT.id,
        side=request.side,
        price=price,
        qty=qty,
        quote_amount=quote,
        fee=-(-received // 1_000),
        fee_asset="BTC" if buys else "USDT",
        liquidity=Liquidity.MAKER,
        at_ms=at_ms,
        evidence=FillEvidence(kind="trade", trade_id=f"t{at_ms}", level_price=price, level_qty=10 * qty),
    )


def _buy(request: OrderRequest, at_ms: int) -> tuple[ExecutionFact, ...]:
    price, qty = request.price or 0, request.qty or 0
    reserved = BTC_USDT.notional_up(price, qty) + 1
    parts = (_fill(request, 1, qty // 3, at_ms), _fill(request, 2, qty - qty // 3, at_ms))
    left = reserved - parts[0].quote_amount
    return (
        OrderAccepted(_order(request, OrderStatus.NEW, at_ms, reserved, ()), at_ms),
        OrderFilled(_order(request, OrderStatus.PARTIALLY_FILLED, at_ms, left, parts[:1]), parts[:1], at_ms),
        OrderFilled(_order(request, OrderStatus.FILLED, at_ms, 0, parts), parts[1:], at_ms),
    )


def _sell(request: OrderRequest, at_ms: int) -> tuple[ExecutionFact, ...]:
    qty = request.qty or 0
    fills = (_fill(request, 1, qty - 1, at_ms),)
    reserved, left = BTC_USDT.base_amount(qty), BTC_USDT.base_amount(1)
    return (
        OrderAccepted(_order(request, OrderStatus.NEW, at_ms, reserved, ()), at_ms),
        OrderFilled(_order(request, OrderStatus.PARTIALLY_FILLED, at_ms, left, fills), fills, at_ms),
        OrderCanceled(_order(request, OrderStatus.CANCELED, at_ms, 0, fills), "by the user", at_ms),
    )


def make(path: Path, rows: int) -> None:
    """Write a ledger of at least so many rows, with its snapshots, as the engine does in groups."""
    database = ProfileDatabase(path)
    database.connection.execute("PRAGMA synchronous = OFF")  # only this file's making is not measured
    accounts = Accounts(MarketState(books=False, base=Timeframe.M1, timeframes=()), {BTC_USDT.id: BTC_USDT})
    record = PortfolioRecord(name="main", epoch=1, asset="USDT", starting_cash=CASH, created_ms=START_MS)
    transfers = [*accounts.open(record, START_MS)]
    database.commit(CommitBatch(portfolios=(record,), transfers=tuple(transfers), instruments=(BTC_USDT,)))
    transfers.clear()
    fills: list[Fill] = []
    newest: dict[str, Order] = {}
    for facts in orders():
        for fact in facts:
            transfers += accounts.settle(fact, BTC_USDT)
            newest[fact.order.client_id] = fact.order
            fills += fact.fills if isinstance(fact, OrderFilled) else ()
        is_last = accounts.ledger.seq >= rows
        if len(transfers) >= BATCH_ROWS or is_last:
            database.commit(
                CommitBatch(
                    transfers=tuple(transfers),
                    orders=tuple(newest.values()),
                    fills=tuple(fills),
                    snapshot=accounts.due_snapshot(ending=False),
                )
            )
            transfers.clear()
            fills.clear()
            newest.clear()
        if is_last:
            break
    database.close()


def start(path: Path) -> dict[str, object]:
    """Measure what `cryptobot run` does with a ledger before its market: open, load, accounts."""
    begin = time.perf_counter()
    database = ProfileDatabase(path)
    opened = time.perf_counter()
    stored = load_state(database)
    loaded = time.perf_counter()
    accounts = Accounts(MarketState(books=False, base=Timeframe.M1, timeframes=()), {BTC_USDT.id: BTC_USDT})
    accounts.restore(stored)
    ready = time.perf_counter()
    database.close()
    return {
        "ready_s": ready - begin,
        "open_s": opened - begin,
        "load_s": loaded - opened,
        "accounts_s": ready - loaded,
        "rows": stored.last_seq,
        "tail_rows": stored.last_seq - stored.snapshot_seq,
        "tail_fills": len(stored.tail_fills),
    }


def check(path: Path) -> dict[str, object]:
    """Measure `ledger check`."""
    begin = time.perf_counter()
    database = ProfileDatabase(path, read_only=True)
    integrity = time.perf_counter()
    database.integrity_problems()
    integrity = time.perf_counter() - integrity
    begin = time.perf_counter()
    report = check_ledger(database, audit)
    spent = time.perf_counter() - begin
    database.close()
    return {
        "check_s": spent,
        "of_which_file_s": integrity,
        "rows": report.rows,
        "rows_per_s": round(report.rows / spent),
        "snapshots": report.snapshots,
        "holds": report.holds,
        "findings": report.findings[:3],
    }


def die(path: Path) -> dict[str, object]:
    """Commit some more and be killed, so that the next start finds a log to recover."""
    database = ProfileDatabase(path)
    database.connection.execute("BEGIN IMMEDIATE")
    database.connection.execute("INSERT INTO kill_switch (tripped, reason, at_ms) VALUES (0, 'benchmark', 0)")
    database.connection.execute("COMMIT")
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


ACTIONS: dict[str, Callable[[Path], dict[str, object]]] = {"start": start, "check": check, "die": die}


def main() -> int:
    """Measure; print one JSON document."""
    parser = argparse.ArgumentParser(prog="benchmarks.ledger_rows")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--action", choices=ACTIONS, help="one measurement in this process")
    options = parser.parse_args()
    path = ROOT / "build" / f"ledger-{options.rows}" / "profile.sqlite"
    if options.action:
        document = ACTIONS[options.action](path)
        own, child = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        document["cpu_s"] = round(own.ru_utime + own.ru_stime, 2)  # what the wall says depends on who else computes
        document["cpu_of_second_process_s"] = round(child.ru_utime + child.ru_stime, 2)
        print(json.dumps({**document, "peak_mib": own.ru_maxrss // 1024}))
        return 0
    if not path.exists():
        path.parent.mkdir(parents=True)
        make(path, options.rows)
    for _ in range(options.rounds):
        for action in ("die", "start", "check"):
            command = [sys.executable, "-m", "benchmarks.ledger_rows", "--rows", str(options.rows), "--action", action]
            answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if action != "die":
                print(action, answer.stdout.strip() or answer.stderr.strip(), flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CryptobotError as error:
        sys.exit(f"benchmark ledger_rows: {error}")
