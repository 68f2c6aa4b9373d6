"""Market watch: one row per instrument with last price, change over 24 hours and the state of its stream."""

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from cryptobot_desktop.domain.commands import UnwatchInstrument, WatchInstrument
from cryptobot_desktop.domain.market import FeedState
from cryptobot_desktop.engine.snapshot import EngineSnapshot, InstrumentCard
from cryptobot_desktop.gui.desk import Desk, TicketFill
from cryptobot_desktop.gui.format import age_text, arrow, compact_qty_text, percent_text, price_text
from cryptobot_desktop.gui.panel_frame import Remark
from cryptobot_desktop.gui.panels.panel import Panel
from cryptobot_desktop.gui.tables.columns import Column, Tone, signed_tone
from cryptobot_desktop.gui.tables.table_view import TableView
from cryptobot_desktop.gui.tokens import SPACE

LAMPS = {
    FeedState.LIVE: ("\u25cf", Tone.UP),
    FeedState.CONNECTING: ("\u25cc", Tone.MUTED),
    FeedState.SYNCING: ("\u25d0", Tone.ACCENT),
    FeedState.STALE: ("\u25d1", Tone.WARN),
    FeedState.SUSPECT: ("\u25d2", Tone.WARN),
    FeedState.OFFLINE: ("\u25cb", Tone.DANGER),
}
"""Shape and colour of a state; the shape alone is enough."""


def state_text(card: InstrumentCard) -> str:
    """Return lamp, state and, unless all is well, for how long nothing came."""
    return f"{LAMPS[card.state][0]} {_state_words(card)}"


def _state_words(card: InstrumentCard) -> str:
    late = card.state in (FeedState.STALE, FeedState.OFFLINE) and card.age_ms is not None
    return f"{card.state.value}{' ' + age_text(card.age_ms) if late else ''}"


def _last(card: InstrumentCard) -> str:
    return price_text(card.last, card.instrument)


def _price_tone(card: InstrumentCard) -> Tone:
    return Tone.PLAIN if card.state is FeedState.LIVE else Tone.MUTED


def _change_tone(card: InstrumentCard) -> Tone:
    return signed_tone(card.change_ppm) if card.state is FeedState.LIVE else Tone.MUTED


COLUMNS: tuple[Column[InstrumentCard], ...] = (
    Column(
        title="",
        text=lambda card: LAMPS[card.state][0],
        sort=lambda card: card.state.value,
        wide="",
        tone=lambda card: LAMPS[card.state][1],
        tip=lambda card: f"{state_text(card)}{': ' + card.reason if card.reason else ''}",
        raw=lambda card: card.state.value,
        help="state of the stream",
    ),
    Column(
        title="Symbol",
        text=lambda card: card.instrument.name,
        sort=lambda card: card.instrument.name,
        wide="DOGE/USDT",
        tip=lambda card: f"{card.instrument.id}{': ' + card.reason if card.reason else ''}",
    ),
    Column(
        title="Last",
        text=_last,
        sort=lambda card: card.last or 0,
        wide="64 210.55",
        numeric=True,
        tone=_price_tone,
        flash=True,
        raw=lambda card: "" if card.last is None else card.instrument.price_text(card.last),
    ),
    Column(
        title="24h",
        text=lambda card: f"{arrow(card.change_ppm)} {percent_text(card.change_ppm)}",
        sort=lambda card: card.change_ppm or 0,
        wide="\u25b2 +1.24 %",
        numeric=True,
        tone=_change_tone,
        help="change over the last 24 hours",
    ),
    Column(
        title="State",
        text=_state_words,
        sort=lambda card: card.state.value,
        wide="connecting",
        tone=lambda card: LAMPS[card.state][1],
        tip=lambda card: card.reason or f"newest message {age_text(card.age_ms)} ago",
        hidden=True,
    ),
    Column(
        title="Volume 24h",
        text=lambda card: compact_qty_text(card.volume, card.instrument),
        sort=lambda card: card.volume or 0,
        wide="123.45k",
        numeric=True,
        tone=_price_tone,
        help="in the base asset",
        hidden=True,
    ),
)


class MarketWatch(Panel):
    """The list of watched instruments; a click shows one everywhere, a double click loads the ticket."""

    name = "market_watch"
    title = "Market watch"

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self.table: TableView[InstrumentCard] = TableView(self.name, COLUMNS, lambda card: card.instrument.id)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Filter or add, e.g. SOL/USDT")
        self.search.setAccessibleName("Filter the market watch, Enter adds a symbol")
        self.search.setClearButtonEnabled(True)
        self._add = QPushButton("Watch")
        self._add.setToolTip("Add the symbol to the watch list")
        content = QWidget()
        row = QHBoxLayout()
        row.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        row.setSpacing(2 * SPACE)
        row.addWidget(self.search, 1)
        row.addWidget(self._add)
        box = QVBoxLayout(content)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(row)
        box.addWidget(self.table, 1)
        super().__init__(desk, content, parent)
        self.table.row_actions = self._actions
        self.table.chosen_row.connect(self._choose)
        self.table.activated_row.connect(self._load)
        self.search.textChanged.connect(self.table.sorted_rows.setFilterFixedString)
        self.search.returnPressed.connect(self.watch_typed)
        self._add.clicked.connect(self.watch_typed)

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Show the watched instruments."""
        self.table.cards.set_rows(snapshot.instruments)
        self.show_rows(
            snapshot,
            len(snapshot.instruments),
            Remark(
                title="No instrument is watched",
                text="Watched symbols with price, change and the state of their stream are listed here.",
                action="Watch BTC/USDT",
                on_action=self._watch_default,
            ),
        )

    @Slot()
    def watch_typed(self) -> None:
        """Ask the engine to watch what is typed."""
        symbol = self.search.text().strip()
        if symbol:
            self.desk.order(WatchInstrument(symbol))
            self.search.clear()

    def _watch_default(self) -> None:
        self.desk.order(WatchInstrument("BTC/USDT"))

    @Slot(object)
    def _choose(self, card: InstrumentCard | None) -> None:
        if card is not None:
            self.desk.choose_instrument(card.instrument.id)

    @Slot(object)
    def _load(self, card: InstrumentCard) -> None:
        self.desk.fill_ticket(TicketFill(instrument=card.instrument.id, price=card.last))

    def _actions(self, card: InstrumentCard) -> Sequence[QAction]:
        load = QAction("Load into the ticket", self)
        load.triggered.connect(lambda: self._load(card))
        drop = QAction("Take off the watch list", self)
        drop.triggered.connect(lambda: self.desk.order(UnwatchInstrument(card.instrument.id)))
        return load, drop
