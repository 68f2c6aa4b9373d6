"""A small trader for storage tests: words what happens as real batches and remembers it naively, in plain lists."""

import msgspec

from cryptobot_desktop.domain.facts import DecisionMade
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.journal import CommitBatch, KillSwitchRecord, SessionRecord
from cryptobot_desktop.domain.ledger import BotRecord, CauseKind, PortfolioRecord, Posting, Transfer
from cryptobot_desktop.domain.ledger_state import LedgerState
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import (
    Fill,
    FillEvidence,
    Intent,
    Liquidity,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
)
from cryptobot_desktop.portfolio.ledger import Ledger
from cryptobot_desktop.portfolio.positions import PortfolioBook
from tests.builders import btc_usdt

BTC_USDT = btc_usdt()
CASH = 10_000 * 10**8


class TradingStory:
    """Collects rows; `batch` hands them out. What it remembers is the model that a recovery must equal."""

    def __init__(self, instrument: Instrument = BTC_USDT) -> None:
        self.instrument = instrument
        self.ledger = Ledger()
        self.now = 1_000
        self.transfers: list[Transfer] = []
        self.portfolios: list[PortfolioRecord] = []
        self.orders: dict[str, Order] = {}
        self.order_epochs: dict[str, int] = {}
        self.fills: list[tuple[int, Fill]] = []
        self.decisions: list[DecisionMade] = []
        self.bots: dict[str, BotRecord] = {}
        self.kill_switch: list[KillSwitchRecord] = []
        self.session: SessionRecord | None = None
        self.sessions: dict[str, SessionRecord] = {}
        self._pending: dict[str, list[object]] = {}

    def batch(self) -> CommitBatch:
        """Return everything since the last one."""
        pending, self._pending = self._pending, {}
        newest = {order.client_id: order for order in pending.pop("orders", [])}  # type: ignore[attr-defined]
        return CommitBatch(
            orders=tuple(newest.values()),
            instruments=(self.instrument,),
            **{name: tuple(rows) for name, rows in pending.items()},  # type: ignore[arg-type]
        )

    def batch_with_snapshot(self) -> CommitBatch:
        """Return everything since the last batch, and the state to write down with it."""
        return msgspec.structs.replace(self.batch(), snapshot=self.state())

    def state(self) -> LedgerState:
        """Return what everything so far adds up to, reckoned from the first fill on."""
        books = {}
        for name in {record.name for record in self.portfolios}:
            books[name] = PortfolioBook(name, "USDT")
            for epoch, fill in self.fills:
                if (fill.portfolio, epoch) == (name, self.epoch(name)):
                    books[name].apply(fill, self.instrument)
        return self.ledger.state(tuple(b.state(self.epoch(n)) for n, b in sorted(books.items()) if b.fills))

    def epoch(self, name: str = "main") -> int:
        """Return the running epoch."""
        return max(record.epoch for record in self.portfolios if record.name == name)

    def open_portfolio(self, name: str = "main", cash: int = CASH) -> None:
        """Open a portfolio or its next epoch; what the old one has left goes back to the world."""
        epochs = [record.epoch for record in self.portfolios if record.name == name]
        if epochs:
            for order in [o for o in self.orders.values() if o.request.portfolio == name and o.status.is_open]:
                self.cancel(order.client_id)
            left = self.ledger.balance(f"{name}#{max(epochs)}/available", "USDT")
            if left:
                self._move("available", "world", left, CauseKind.CLOSE_EPOCH, f"{name}#{max(epochs)}", name)
        record = PortfolioRecord(
            name=name, epoch=len(epochs) + 1, asset="USDT", starting_cash=cash, created_ms=self.now, synthetic=True
        )
        self.portfolios.append(record)
        self._add("portfolios", record)
        self._move("world", "available", cash, CauseKind.DEPOSIT, f"{name}#{record.epoch}", name)

    def place(self, client_id: str, reserved: int = 100, name: str = "main") -> None:
        """Place a buy order that reserves quote money."""
        request = OrderRequest(
            client_id=client_id,
            portfolio=name,
            instrument=self.instrument.id,
            side=Side.BUY,
            type=OrderType.LIMIT,
            qty=5,
            price=100,
            reason="wé buy",
        )
        self._put_order(
            Order(
                request=request,
                status=OrderStatus.NEW,
                created_ms=self.now,
                updated_ms=self.now,
                reserved=reserved,
            )
        )
        self.order_epochs[client_id] = self.epoch(name)
        self._move("available", "reserved", reserved, CauseKind.RESERVE, client_id, name)

    def fill(self, client_id: str, fill_id: str) -> None:
        """Fill an open order a little; what it spends leaves the reservation."""
        order = self.orders[client_id]
        spent = max(1, order.reserved // 2)
        name = order.request.portfolio
        fill = Fill(
            fill_id=fill_id,
            client_id=client_id,
            portfolio=name,
            instrument=self.instrument.id,
            side=Side.BUY,
            price=100,
            qty=1,
            quote_amount=spent,
            fee=0,
            fee_asset="BTC",
            liquidity=Liquidity.TAKER,
            at_ms=self.now,
            evidence=FillEvidence(kind="book", update_id=2**60, level_price=100, level_qty=3),
        )
        changed = self._changed(order, status=OrderStatus.PARTIALLY_FILLED, reserved=order.reserved - spent, filled=1)
        self._put_order(msgspec.structs.replace(changed, filled_quote=order.filled_quote + spent))
        self.fills.append((self.order_epochs[client_id], fill))
        self._add("fills", fill)
        self._move("reserved", "world", spent, CauseKind.FILL, fill_id, name)
        prefix, bought = f"{name}#{self.epoch(name)}", self.instrument.base_amount(1)
        received = (f"{prefix}/world", f"{prefix}/available", bought, CauseKind.FILL, fill_id)
        self._post(Posting(self.instrument.base, *received))

    def cancel(self, client_id: str) -> None:
        """End an order; its reservation is released."""
        order = self.orders[client_id]
        self._put_order(self._changed(order, status=OrderStatus.CANCELED, reserved=0))
        if order.reserved:
            name = order.request.portfolio
            self._move("reserved", "available", order.reserved, CauseKind.RELEASE, client_id, name)

    def reject(self, client_id: str, name: str = "main") -> None:
        """Store an order that was refused."""
        self.place(client_id, name=name)
        del self._pending["transfers"][-1]
        row = self.transfers.pop()
        self.ledger = Ledger()
        self.ledger.load(self.transfers)
        assert row.cause_id == client_id
        order = self.orders[client_id]
        self._put_order(self._changed(order, status=OrderStatus.REJECTED, reserved=0))

    def decide(self, decision_id: str) -> None:
        """Store a decision of risk."""
        decision = DecisionMade(
            decision_id=decision_id,
            bot="b",
            portfolio="main",
            intent=Intent(instrument=InstrumentId("binance:BTCUSDT"), side=Side.SELL, reason="because"),
            outcome="vetoed",
            qty=0,
            reasons=(("max_exposure", "too much"),),
            at_ms=self.now,
        )
        self.decisions.append(decision)
        self._add("decisions", decision)

    def put_bot(self, bot: str, state: str) -> None:
        """Store a bot."""
        record = BotRecord(
            bot=bot,
            strategy="sma_cross",
            portfolio="main",
            instrument=self.instrument.id,
            timeframe="1m",
            params={"fast": "3"},
            status="running",
            max_trade_ppm=1,
            max_exposure_ppm=2,
            state=state,
            state_ms=self.now,
        )
        self.bots[bot] = record
        self._add("bots", record)

    def remove_bot(self, bot: str) -> None:
        """Remove a bot; one that waits to be stored is not stored."""
        self.bots.pop(bot, None)
        self._pending["bots"] = [b for b in self._pending.get("bots", []) if b.bot != bot]  # type: ignore[attr-defined]
        self._add("removed_bots", bot)

    def trip(self, tripped: bool) -> None:
        """Store a change of the kill switch."""
        record = KillSwitchRecord(tripped, "why", self.now)
        self.kill_switch.append(record)
        self._add("kill_switch", record)

    def put_session(self, session_id: str) -> None:
        """Store the state of a session."""
        self.session = SessionRecord(
            session_id=session_id,
            mode="paper",
            market="synthetic:7",
            venue="binance",
            portfolio="main",
            synthetic=True,
            seed=7,
            code_version="0",
            started_ms=1,
            last_ms=self.now,
        )
        self.sessions[session_id] = self.session
        self._add("sessions", self.session)

    def _changed(self, order: Order, *, status: OrderStatus, reserved: int, filled: int = 0) -> Order:
        return Order(
            request=order.request,
            status=status,
            created_ms=order.created_ms,
            updated_ms=self.now,
            filled_qty=order.filled_qty + filled,
            filled_quote=order.filled_quote,
            reserved=reserved,
        )

    def _put_order(self, order: Order) -> None:
        self.orders[order.client_id] = order
        self._add("orders", order)

    def _move(self, debit: str, credit: str, amount: int, kind: CauseKind, cause: str, name: str) -> None:
        prefix = f"{name}#{self.epoch(name)}"
        self._post(Posting("USDT", f"{prefix}/{debit}", f"{prefix}/{credit}", amount, kind, cause))

    def _post(self, posting: Posting) -> None:
        rows = self.ledger.post([posting], self.now)
        self.transfers += rows
        for row in rows:
            self._add("transfers", row)

    def _add(self, name: str, row: object) -> None:
        self._pending.setdefault(name, []).append(row)
