"""Pictures of trading by hand: the ticket in each type, orders in every phase, receipts, band, certificate, epochs."""

import math
from collections.abc import Callable

from msgspec.structs import replace

from cryptobot_desktop.domain.facts import EpochShown, OrderPreviewed
from cryptobot_desktop.domain.instrument import FeeRule, Venue
from cryptobot_desktop.domain.latency import Latency
from cryptobot_desktop.domain.ledger import PortfolioRecord
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_UNIT
from cryptobot_desktop.domain.orders import (
    FeeRates,
    Fill,
    FillEvidence,
    FillModel,
    Liquidity,
    ListKind,
    ListRole,
    ModelResult,
    Order,
    OrderPhase,
    OrderStatus,
    OrderType,
    QueueTrace,
    TimeInForce,
)
from cryptobot_desktop.engine.snapshot import EngineSnapshot, SimulationCard
from cryptobot_desktop.gui.main_window import MainWindow
from cryptobot_desktop.gui.proofs import (
    Cancel,
    Certificate,
    Difference,
    ModelCurve,
    ProfitBand,
    Progress,
    Report,
)
from cryptobot_desktop.gui.simulation import Measured, SimulationChoice
from cryptobot_desktop.gui.ticket.kinds import Kind
from tests.gui.builders import (
    BTC,
    NOW_MS,
    ScriptedEngine,
    card,
    decision,
    fill,
    order,
    snapshot,
)

KUCOIN_BTC = replace(BTC, venue=Venue.KUCOIN, symbol="BTC-USDT", fee_rule=FeeRule.QUOTE)
SIMULATED = SimulationCard(
    fill_model=FillModel.PESSIMISTIC, latency=Latency((20, 80)), fees=FeeRates(1_000, 1_000, "BNB", 250_000)
)
HASH = "9c1185a5c5e9fc54612808977ee8f548b2258d31a7b1c2f0d4e5f60718293a4b"


def an_order(client_id: str, kind: OrderType, side: Side = Side.SELL, **request: object) -> Order:
    """Return an open order; names of Order fields go to the order, all others to its request."""
    known = {name: request.pop(name) for name in list(request) if name in Order.__struct_fields__}
    base = order(client_id)
    known = {"reserved": 5_000_000, **known}
    changed = replace(base.request, type=kind, side=side, **{"price": None, "qty": 5_000, **request})
    return replace(base, request=changed, **known)


def orders_in_all_phases() -> tuple[Order, ...]:
    """Return one order of each kind and phase, two of them lists."""
    oco = {"list_id": "L1", "list_kind": ListKind.OCO, "list_role": ListRole.EITHER}
    entry = {"list_id": "L2", "list_kind": ListKind.OTOCO}
    pending = {
        **entry,
        "list_role": ListRole.PENDING,
        "status": OrderStatus.PENDING_NEW,
        "phase": OrderPhase.PENDING,
    }
    kinds = OrderType
    return (
        an_order("A", kinds.LIMIT, Side.BUY, price=6_400_000, phase=OrderPhase.IN_FLIGHT, arrives_ms=NOW_MS + 42),
        an_order("B", kinds.STOP_LOSS, stop_price=6_300_000, phase=OrderPhase.ARMED),
        an_order(
            "C",
            kinds.TRAILING_STOP,
            trailing_bips=50,
            best_price=6_480_000,
            phase=OrderPhase.ARMED,
            status=OrderStatus.NEW,
        ),
        an_order(
            "D",
            kinds.TRAILING_STOP_LIMIT,
            trailing_bips=100,
            stop_price=6_500_000,
            price=6_400_000,
            phase=OrderPhase.ARMED,
        ),
        an_order(
            "E", kinds.LIMIT, price=6_450_000, display_qty=1_000, filled_qty=1_500, status=OrderStatus.PARTIALLY_FILLED
        ),
        an_order(
            "F", kinds.LIMIT, Side.BUY, price=6_380_000, time_in_force=TimeInForce.GTD, expire_ms=NOW_MS + 21 * 60_000
        ),
        an_order("G", kinds.LIMIT_MAKER, price=6_600_000, **oco),
        an_order(
            "H", kinds.STOP_LOSS_LIMIT, stop_price=6_250_000, price=6_240_000, phase=OrderPhase.ARMED, reserved=0, **oco
        ),
        an_order("I", kinds.LIMIT, Side.BUY, price=6_390_000, list_role=ListRole.WORKING, **entry),
        an_order("J", kinds.LIMIT_MAKER, price=6_700_000, reserved=0, **pending),
        an_order("K", kinds.STOP_LOSS, stop_price=6_200_000, reserved=0, **pending),
    )


def ended_orders() -> tuple[Order, ...]:
    return (
        replace(order("X", status=OrderStatus.REJECTED), reject_code="-1013", reject_reason="Filter failure: NOTIONAL"),
        replace(order("Y", status=OrderStatus.CANCELED), reject_reason="cancelled by the user"),
        replace(
            order("Z", status=OrderStatus.EXPIRED), reject_reason="the time of the order is over", filled_qty=4_000
        ),
    )


def trading(**changes: object) -> EngineSnapshot:
    """Return a session in which everything is going on at once."""
    return snapshot(open_orders=orders_in_all_phases(), closed_orders=ended_orders(), simulation=SIMULATED, **changes)


def receipts() -> tuple[Fill, ...]:
    """Return a taker's fills over two levels, a maker's with its queue, and one with a discounted fee."""
    models = (
        ModelResult(FillModel.EXPECTED, 12_000, 770_400_000_000),
        ModelResult(FillModel.OPTIMISTIC, 12_000, 769_980_000_000),
    )
    proof = {"fee_rate_ppm": 1_000, "model": FillModel.PESSIMISTIC, "latency_ms": 42}
    first = _taker(
        11,
        "64210.51",
        "0.04000",
        FillEvidence(kind="book", update_id=51_002_311, level_price=6_421_051, level_qty=4_000, **proof),
    )
    second = _taker(
        12,
        "64211.20",
        "0.08000",
        FillEvidence(
            kind="book", update_id=51_002_311, level_price=6_421_120, level_qty=61_000, others=models, **proof
        ),
    )
    queue = QueueTrace(at_arrival=320_000, traded=251_000, canceled=69_000, trades=14)
    maker = replace(
        fill(13, Side.SELL, "64500.00", "0.03333", 4),
        client_id="gui-7",
        liquidity=Liquidity.MAKER,
        evidence=FillEvidence(
            kind="trade",
            trade_id="3817264411",
            level_price=6_450_000,
            level_qty=81_000,
            queue=queue,
            others=(
                ModelResult(FillModel.EXPECTED, 5_000, 322_500_000_000),
                ModelResult(FillModel.OPTIMISTIC, 9_000, 580_500_000_000),
            ),
            **{**proof, "model": FillModel.PESSIMISTIC, "latency_ms": 0},
        ),
    )
    discount = replace(
        fill(14, Side.BUY, "64020.77", "0.05000", 2),
        client_id="gui-8",
        fee=379_876,
        fee_asset="BNB",
        fee_value=240_077_888,
        evidence=FillEvidence(
            kind="book",
            update_id=51_002_377,
            level_price=6_402_077,
            level_qty=210_000,
            fee_discount_ppm=250_000,
            **proof,
        ),
    )
    return first, second, maker, discount


def _taker(number: int, price: str, qty: str, evidence: FillEvidence) -> Fill:
    return replace(fill(number, Side.BUY, price, qty, 9), client_id="sma_cross-1-2", evidence=evidence)


def with_receipts() -> EngineSnapshot:
    sent = replace(order("sma_cross-1-2", status=OrderStatus.FILLED), filled_qty=12_000)
    return snapshot(
        fills=(*snapshot().fills, *receipts()),
        closed_orders=(sent,),
        decisions=(decision(2, "shrunk", (("max_trade", "0.2 BTC shrunk to 0.12 BTC: the limit is 10 % of equity"),)),),
        simulation=SIMULATED,
    )


class ScriptedProofs:
    """Proofs that report what the scene says: progress only, or a result."""

    def __init__(self, band: Report | None = None, certificate: Report | None = None) -> None:
        self.band, self.certificate = band, certificate
        self.cancelled = 0
        self.reports: list[Callable[[Report], None]] = []

    def compare_models(self, session_id: str, report: Callable[[Report], None]) -> Cancel:
        return self._start(self.band, report)

    def prove(self, session_id: str, report: Callable[[Report], None]) -> Cancel:
        return self._start(self.certificate, report)

    def _start(self, result: Report | None, report: Callable[[Report], None]) -> Cancel:
        self.reports.append(report)
        report(result if result is not None else Progress(430_000, "Playing the session under the expected model"))
        return self._cancel

    def _cancel(self) -> None:
        self.cancelled += 1


def band() -> ProfitBand:
    """Return three curves over two hours."""
    start = 10_000 * AMOUNT_UNIT

    def curve(model: FillModel, lean: float, fills: int) -> ModelCurve:
        points = tuple(
            (NOW_MS - (120 - i) * 60_000, start + int((60 * math.sin(i / 14) + i * lean) * AMOUNT_UNIT))
            for i in range(121)
        )
        return ModelCurve(
            model=model,
            points=points,
            final_equity=points[-1][1],
            fills=fills,
            orders=31,
        )

    return ProfitBand(
        session_id="S1",
        asset="USDT",
        starting_equity=start,
        recorded_model=FillModel.PESSIMISTIC,
        curves=(
            curve(FillModel.PESSIMISTIC, -0.4, 14),
            curve(FillModel.EXPECTED, 0.8, 19),
            curve(FillModel.OPTIMISTIC, 1.9, 23),
        ),
        note="Recorded up to 14:02:11 UTC; the session goes on.",
    )


def certificate(*, holds: bool = True) -> Certificate:
    return Certificate(
        session_id="S1",
        holds=holds,
        summary="182,411 inputs, 42 orders, 57 fills, 311 ledger rows compared" if holds else "1 difference",
        compared=(
            ("Inputs", "182,411"),
            ("Orders", "42"),
            ("Fills", "57"),
            ("Ledger rows", "311"),
            ("Trades hash", HASH),
            ("Ledger hash", HASH[::-1]),
        ),
        difference=None
        if holds
        else Difference(
            what="fill 12 of order gui-7, field price, at 2026-11-20 14:01:07 UTC",
            recorded="64500.00",
            replayed="64500.01",
        ),
        notes=("The ledger of the profile was compared too: equal.",) if holds else (),
        page="<html><body>certificate</body></html>",
        document="{}",
    )


class ScriptedSimulation:
    """A SimulationPort in memory."""

    def __init__(self, choice: SimulationChoice | None = None) -> None:
        self.choice = choice or SimulationChoice(latency=Latency((20, 80)), has_discount=True)
        self.restarts = 0

    def current(self) -> SimulationChoice:
        return self.choice

    def keep(self, choice: SimulationChoice) -> None:
        self.choice = choice

    def restart(self) -> None:
        self.restarts += 1

    def measure(self, report: Callable[[Measured], None]) -> None:
        report(Measured((38, 41, 44, 60, 112), "15 answers of Binance, 38 to 112 ms"))


def epoch_shown(command_id: int, epoch: int = 1) -> EpochShown:
    """Return the answer about the first of two epochs."""
    first = PortfolioRecord(
        name="main", epoch=1, asset="USDT", starting_cash=10_000 * AMOUNT_UNIT, created_ms=NOW_MS - 86_400_000
    )
    second = replace(first, epoch=2, created_ms=NOW_MS - 3_600_000)
    fills = (fill(1, Side.BUY, "63900.12", "0.15570", 1_200), fill(2, Side.SELL, "64105.00", "0.05000", 900))
    return EpochShown(
        command_id=command_id,
        epochs=(first, second),
        record=first if epoch == 1 else second,
        fills=fills if epoch == 1 else (),
        fills_in_all=2 if epoch == 1 else 0,
        orders=2 if epoch == 1 else 0,
        realized=1_024_000_000 if epoch == 1 else 0,
        fees_value=1_315_000_000 if epoch == 1 else 0,
        holdings=(("USDT", 3_255 * AMOUNT_UNIT), ("BTC", 10_541_430))
        if epoch == 1
        else (("USDT", 10_000 * AMOUNT_UNIT),),
        instruments=(BTC,),
        ended_ms=second.created_ms if epoch == 1 else 0,
    )


TICKETS: dict[str, dict[str, str]] = {
    Kind.MARKET: {"size": "0.12"},
    Kind.LIMIT: {"price": "64000", "size": "0.12"},
    Kind.LIMIT_MAKER: {"price": "64000", "size": "0.12"},
    Kind.ICEBERG: {"price": "64000", "size": "0.12", "shown": "0.03"},
    Kind.STOP_LOSS: {"trigger": "63000", "size": "0.1"},
    Kind.STOP_LOSS_LIMIT: {"trigger": "63000", "price": "62950", "size": "0.1"},
    Kind.TAKE_PROFIT: {"trigger": "66000", "size": "0.1"},
    Kind.TAKE_PROFIT_LIMIT: {"trigger": "66000", "price": "66010", "size": "0.1"},
    Kind.TRAILING_STOP: {"distance": "0.75", "trigger": "65000", "size": "0.1"},
    Kind.OCO: {"target": "66000", "stop": "63000", "stop_limit": "62900", "size": "0.1"},
    Kind.OTO: {"price": "64000", "target": "66000", "size": "0.12"},
    Kind.BRACKET: {"price": "64000", "target": "66000", "stop": "63000", "size": "0.12"},
}
_BUYS = (Kind.MARKET, Kind.LIMIT, Kind.LIMIT_MAKER, Kind.ICEBERG, Kind.OTO, Kind.BRACKET)


def fill_kind(kind: Kind) -> Callable[[MainWindow, ScriptedEngine], object]:
    """Choose a kind in the ticket and type its fields; the preview is answered."""

    def prepare(window: MainWindow, engine: ScriptedEngine) -> None:
        form = window.panels["ticket"].form  # type: ignore[attr-defined]
        form.side.button("buy" if kind in _BUYS else "sell").click()
        if kind in (Kind.MARKET, Kind.LIMIT):
            form.type.button(kind.value).click()
        else:
            form.type.action(kind).trigger()
        for field, text in TICKETS[kind].items():
            form.fields[field].set_text(text)
        answer_preview(window, engine)

    return prepare


def answer_preview(window: MainWindow, engine: ScriptedEngine) -> None:
    ticket = window.panels["ticket"]
    ticket.ask_preview()  # type: ignore[attr-defined]
    number = next((n for n, c in reversed(engine.handle.take_commands()) if type(c).__name__ == "PreviewOrder"), 0)
    asked = ticket.checked.previewed  # type: ignore[attr-defined]
    at_once = asked is not None and asked.type is OrderType.MARKET
    preview = OrderPreviewed(
        command_id=number,
        average_price=6_421_163 if at_once else None,
        fillable_qty=12_000,
        resting_qty=0 if at_once else 12_000,
        quote_amount=770_539_560_000,
        fee=12_000,
        fee_asset="BTC",
        slippage_ppm=18,
        levels=3 if at_once else 0,
        reserved=770_539_560_000 if asked is not None and asked.side is Side.BUY else 10_000_000,
    )
    engine.handle.publish_notice(preview)
    window.bridge.pull()


def on_kucoin() -> EngineSnapshot:
    """Return a session on KuCoin, which lacks some order types."""
    return snapshot(
        instruments=(card(KUCOIN_BTC, "64210.50", 12_400),), focus=None, fills=(), open_orders=(), decisions=(), bots=()
    )
