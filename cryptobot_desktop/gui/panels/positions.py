"""Positions: what each portfolio holds, what it cost and what it is worth now."""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.engine.snapshot import EngineSnapshot, PositionCard
from cryptobot_desktop.gui.desk import Desk, TicketFill
from cryptobot_desktop.gui.format import NONE, amount_text, percent_text, price_text, qty_text
from cryptobot_desktop.gui.panel_frame import Remark
from cryptobot_desktop.gui.panels.panel import Panel
from cryptobot_desktop.gui.tables.columns import Column, signed_tone
from cryptobot_desktop.gui.tables.table_view import TableView


class PositionRow(Struct, frozen=True):
    """A position with the instrument that gives its numbers a scale."""

    card: PositionCard
    instrument: Instrument | None

    @property
    def name(self) -> str:
        """Return the instrument's name for people."""
        return self.instrument.name if self.instrument is not None else str(self.card.instrument)

    @property
    def quote(self) -> str:
        """Return the asset that value and profit are counted in."""
        return self.instrument.quote if self.instrument is not None else ""

    @property
    def change_ppm(self) -> int | None:
        """Return the unrealized profit as a share of the cost."""
        cost = self.card.value - self.card.unrealized
        return self.card.unrealized * 1_000_000 // cost if cost > 0 else None


def _price(row: PositionRow, price: int | None) -> str:
    return price_text(price, row.instrument) if row.instrument is not None else NONE


def _raw_amount(amount: int) -> str:
    return format_trimmed(amount, AMOUNT_DECIMALS)


COLUMNS: tuple[Column[PositionRow], ...] = (
    Column(title="Symbol", text=lambda r: r.name, sort=lambda r: r.name, wide="DOGE/USDT"),
    Column(
        title="Portfolio",
        text=lambda r: r.card.portfolio,
        sort=lambda r: r.card.portfolio,
        wide="main portfolio",
    ),
    Column(
        title="Quantity",
        text=lambda r: qty_text(r.card.qty, r.instrument) if r.instrument is not None else NONE,
        sort=lambda r: r.card.qty,
        wide="1 000.00000",
        numeric=True,
        raw=lambda r: r.instrument.qty_text(r.card.qty) if r.instrument is not None else "",
    ),
    Column(
        title="Average cost",
        text=lambda r: _price(r, r.card.average_cost),
        sort=lambda r: r.card.average_cost,
        wide="164 210.55",
        numeric=True,
        help="average price paid, fees included",
    ),
    Column(
        title="Last",
        text=lambda r: _price(r, r.card.last),
        sort=lambda r: r.card.last or 0,
        wide="164 210.55",
        numeric=True,
    ),
    Column(
        title="Value",
        text=lambda r: amount_text(r.card.value, r.quote),
        sort=lambda r: r.card.value,
        wide="10 000.00 USDT",
        numeric=True,
        raw=lambda r: _raw_amount(r.card.value),
    ),
    Column(
        title="Unrealized",
        text=lambda r: amount_text(r.card.unrealized, signed=True),
        sort=lambda r: r.card.unrealized,
        wide="+10 000.00",
        help="in the quote asset",
        numeric=True,
        tone=lambda r: signed_tone(r.card.unrealized),
        raw=lambda r: _raw_amount(r.card.unrealized),
    ),
    Column(
        title="%",
        text=lambda r: percent_text(r.change_ppm),
        sort=lambda r: r.change_ppm or 0,
        wide="+100.00 %",
        numeric=True,
        tone=lambda r: signed_tone(r.change_ppm),
    ),
    Column(
        title="Realized",
        text=lambda r: amount_text(r.card.realized, signed=True),
        sort=lambda r: r.card.realized,
        wide="+10 000.00",
        help="in the quote asset",
        numeric=True,
        tone=lambda r: signed_tone(r.card.realized),
        raw=lambda r: _raw_amount(r.card.realized),
    ),
)


class Positions(Panel):
    """What is held; a double click puts a sale of the whole position into the ticket."""

    name = "positions"
    title = "Positions"

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self.table: TableView[PositionRow] = TableView(
            self.name, COLUMNS, lambda row: (row.card.portfolio, row.card.instrument)
        )
        super().__init__(desk, self.table, parent)
        self.table.activated_row.connect(self._load_sale)
        self.table.row_actions = self._actions

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Show what all portfolios hold."""
        held = [card for portfolio in snapshot.portfolios for card in portfolio.positions]
        self.table.cards.set_rows([PositionRow(card, self.desk.instrument(card.instrument)) for card in held])
        self.show_rows(
            snapshot,
            len(held),
            Remark(title="Nothing is held", text="What you or a bot buys appears here with its cost and value."),
        )
        if held and any(portfolio.is_estimated for portfolio in snapshot.portfolios):
            self.table.cards.set_dimmed(True)
            self.frame.show_stale("values rest on an old or missing price")

    @Slot(object)
    def _load_sale(self, row: PositionRow) -> None:
        self.desk.choose_portfolio(row.card.portfolio)
        self.desk.fill_ticket(TicketFill(instrument=row.card.instrument, side=Side.SELL, qty=row.card.qty))

    def _actions(self, row: PositionRow) -> Sequence[QAction]:
        sell = QAction("Put a sale of all into the ticket", self)
        sell.triggered.connect(lambda: self._load_sale(row))
        return (sell,)
