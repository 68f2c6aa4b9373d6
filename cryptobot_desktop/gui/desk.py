"""What the person at the desk has chosen: instrument, timeframe, portfolio; how panels tell each other."""

from msgspec import Struct
from PySide6.QtCore import QObject, Signal, Slot

from cryptobot_desktop.domain.commands import Command, FocusInstrument
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.snapshot import EngineSnapshot, InstrumentCard, PortfolioCard
from cryptobot_desktop.gui.bridge import Answer, AnswerCallback, EngineBridge


class TicketFill(Struct, frozen=True, kw_only=True):
    """What a row or a book level puts into the order ticket; None leaves a field as it is."""

    instrument: InstrumentId
    side: Side | None = None
    price: int | None = None
    qty: int | None = None


class Desk(QObject):
    """The shared choices of all panels; none of them knows another."""

    instrument_changed = Signal(object)
    """Instrument."""
    timeframe_changed = Signal(object)
    portfolio_changed = Signal(str)
    ticket_filled = Signal(object)
    change_wanted = Signal(object)
    """An open Order that shall be replaced by what the ticket says then."""
    receipt_wanted = Signal(str)
    """The id of a fill."""
    order_wanted = Signal(str)
    """The id of an order that shall be shown in its table."""
    decision_wanted = Signal(str)
    chart_wanted = Signal(object)
    """(instrument id, UTC ms) that the chart shall show."""
    said = Signal(str, str)
    """(text, tone) for the status bar."""

    def __init__(self, bridge: EngineBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.timeframe = Timeframe.M1
        self.portfolio = ""
        self._instrument: InstrumentId | None = None
        self._known: dict[InstrumentId, Instrument] = {}
        bridge.snapshot_ready.connect(self._take)

    @property
    def snapshot(self) -> EngineSnapshot | None:
        """Return the newest snapshot."""
        return self.bridge.snapshot

    @property
    def instrument_id(self) -> InstrumentId | None:
        """Return the chosen instrument's id, None before the first snapshot."""
        return self._instrument

    def instrument(self, which: InstrumentId | None = None) -> Instrument | None:
        """Return an instrument by id (the chosen one without), None when nobody knows it."""
        wanted = which if which is not None else self._instrument
        if wanted is None:
            return None
        if wanted not in self._known:
            self._known.update({instrument.id: instrument for instrument in self.bridge.catalogue()})
        return self._known.get(wanted)

    def name(self, which: InstrumentId) -> str:
        """Return an instrument's name for people; the id when nobody knows it."""
        instrument = self.instrument(which)
        return instrument.name if instrument is not None else str(which)

    def card(self) -> InstrumentCard | None:
        """Return the chosen instrument's row of the newest snapshot."""
        cards = self.snapshot.instruments if self.snapshot is not None else ()
        return next((card for card in cards if card.instrument.id == self._instrument), None)

    def portfolio_card(self) -> PortfolioCard | None:
        """Return the chosen portfolio's row of the newest snapshot."""
        cards = self.snapshot.portfolios if self.snapshot is not None else ()
        return next((card for card in cards if card.name == self.portfolio), None)

    def choose_instrument(self, which: InstrumentId) -> None:
        """Show another instrument everywhere; the engine is asked for its book."""
        instrument = self.instrument(which)
        if instrument is None or which == self._instrument:
            return
        self._instrument = which
        self.bridge.submit(FocusInstrument(which))
        self.instrument_changed.emit(instrument)

    def choose_timeframe(self, timeframe: Timeframe) -> None:
        """Show bars of another length."""
        if timeframe is not self.timeframe:
            self.timeframe = timeframe
            self.timeframe_changed.emit(timeframe)

    def choose_portfolio(self, name: str) -> None:
        """Trade with another portfolio."""
        if name and name != self.portfolio:
            self.portfolio = name
            self.portfolio_changed.emit(name)

    def fill_ticket(self, fill: TicketFill) -> None:
        """Put values into the order ticket."""
        self.choose_instrument(fill.instrument)
        self.ticket_filled.emit(fill)

    def order(self, command: Command, on_answer: AnswerCallback | None = None) -> int:
        """Hand in a command; a refusal is said in the status bar unless somebody listens for it."""
        return self.bridge.submit(command, on_answer if on_answer is not None else self._say_refusal)

    def _say_refusal(self, answer: Answer) -> None:
        refused = getattr(answer, "ok", True) is False
        if refused:
            self.said.emit(getattr(answer, "message", ""), "danger")

    @Slot(object)
    def _take(self, snapshot: EngineSnapshot) -> None:
        for card in snapshot.instruments:
            self._known[card.instrument.id] = card.instrument
        watched = [card.instrument.id for card in snapshot.instruments]
        if watched and self._instrument not in watched:
            self.choose_instrument(watched[0])
        names = [card.name for card in snapshot.portfolios]
        if names and self.portfolio not in names:
            self.choose_portfolio(names[0])
