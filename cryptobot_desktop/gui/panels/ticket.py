"""Order ticket: checks what is typed against the instrument's filters, previews it live, sends it once."""

import uuid
from functools import partial

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from cryptobot_desktop.domain.commands import PreviewOrder
from cryptobot_desktop.domain.facts import OrderPreviewed
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import to_scaled
from cryptobot_desktop.domain.orders import FeeRates, OrderType, TimeInForce
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.bridge import Answer
from cryptobot_desktop.gui.desk import Desk, TicketFill
from cryptobot_desktop.gui.format import amount_text, price_text, qty_text
from cryptobot_desktop.gui.order_check import PRICE, SIZE, CheckedOrder, OrderDraft, check_draft, share_size
from cryptobot_desktop.gui.panel_frame import Remark
from cryptobot_desktop.gui.panels.panel import STOPPED_STATES, Panel
from cryptobot_desktop.gui.panels.ticket_form import SHARES, TicketForm
from cryptobot_desktop.gui.theme import set_property

PREVIEW_DELAY_MS = 150
PREVIEW_AGAIN_MS = 1_000


def new_client_id() -> str:
    """Return a fresh client order id, at most 36 characters as venues allow."""
    return f"gui-{uuid.uuid4().hex}"


class OrderTicket(Panel):
    """Buy or sell by hand with pretend money."""

    name = "ticket"
    title = "Order ticket"

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self.form = TicketForm()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(self.form)
        super().__init__(desk, scroll, parent)
        self._client_id = new_client_id()
        self._checked = CheckedOrder(None, {})
        self._preview_id = 0
        self._sending = False
        self._stopped = ""
        self._preview_soon = QTimer(self, singleShot=True, interval=PREVIEW_DELAY_MS)
        self._preview_soon.timeout.connect(self.ask_preview)
        self._preview_again = QTimer(self, interval=PREVIEW_AGAIN_MS)
        self._preview_again.timeout.connect(self.ask_preview)
        self._connect(desk)
        known = desk.instrument()
        if known is not None:
            self._change_instrument(known)
        self._show_fields()

    def _connect(self, desk: Desk) -> None:
        form = self.form
        desk.instrument_changed.connect(self._change_instrument)
        desk.portfolio_changed.connect(self.check)
        desk.ticket_filled.connect(self.fill)
        form.side.chosen.connect(self._show_fields)
        form.type.chosen.connect(self._show_fields)
        form.unit.currentIndexChanged.connect(self.check)
        form.time_in_force.currentIndexChanged.connect(self.check)
        form.price.changed.connect(self.check)
        form.quantity.changed.connect(self.check)
        form.price.stepped.connect(self._step_price)
        form.price.line.returnPressed.connect(self.send)
        form.quantity.line.returnPressed.connect(self.send)
        form.send.clicked.connect(self.send)
        for button, (share, _) in zip(form.shares, SHARES, strict=True):
            button.clicked.connect(partial(self._use_share, share))

    @property
    def side(self) -> Side:
        """Return the chosen side."""
        return Side(self.form.side.value)

    @property
    def checked(self) -> CheckedOrder:
        """Return the outcome of the newest check."""
        return self._checked

    def draft(self) -> OrderDraft | None:
        """Return what stands in the ticket, None while no instrument is known."""
        instrument, card, money = self.desk.instrument(), self.desk.card(), self.desk.portfolio_card()
        if instrument is None:
            return None
        held = 0
        if money is not None:
            held = sum(card.qty for card in money.positions if card.instrument == instrument.id)
        pays = money is not None and money.asset == instrument.quote
        return OrderDraft(
            instrument=instrument,
            portfolio=self.desk.portfolio,
            side=self.side,
            type=OrderType(self.form.type.value),
            size_text=self.form.quantity.text,
            price_text=self.form.price.text,
            by_amount=self.form.unit.currentIndex() == 1,
            time_in_force=TimeInForce(self.form.time_in_force.currentText()),
            last=card.last if card is not None else None,
            available=money.available if money is not None and pays else None,
            held=held if money is not None else None,
            fees=card.fees if card is not None else FeeRates(),
        )

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Follow price, funds and the kill switch."""
        card = self.desk.card()
        if card is None:
            text = "Choose a symbol in the market watch to buy or sell it here with pretend money."
            self.frame.show_empty(Remark(title="No symbol is chosen", text=text))
            return
        self.frame.show_live()
        self.form.last.say(price_text(card.last, card.instrument))
        self._show_free()
        stopped = "Release first: STOP ALL is on" if snapshot.kill_tripped else ""
        if snapshot.engine_state in STOPPED_STATES:
            stopped = f"The engine is {snapshot.engine_state}; no order can be sent"
            self._sending = False  # nobody will answer any more
        if stopped != self._stopped:
            self._stopped = stopped
            self.check()

    def _show_free(self) -> None:
        draft = self.draft()
        if draft is None:
            return
        if draft.side is Side.SELL:
            text = f"held {qty_text(draft.held, draft.instrument)} {draft.instrument.base}"
        else:
            text = f"free {amount_text(draft.available, draft.instrument.quote)}"
        self.form.free.say(text)

    @Slot()
    def _show_fields(self) -> None:
        """Show the fields that side and type need, then check again."""
        market = self.form.type.value == OrderType.MARKET.value
        self.form.price.line.setEnabled(not market)
        self.form.price.line.setPlaceholderText("market price" if market else "")
        self.form.time_in_force.setEnabled(self.form.type.value == OrderType.LIMIT.value)
        set_property(self.form.send, "kind", self.form.side.value)
        self._show_free()
        self.check()

    @Slot(object)
    def _change_instrument(self, instrument: Instrument) -> None:
        form = self.form
        form.symbol.say(instrument.name)
        index = max(0, form.unit.currentIndex())
        form.unit.blockSignals(True)
        form.unit.clear()
        form.unit.addItems([instrument.base, instrument.quote])
        form.unit.setCurrentIndex(index)
        form.unit.blockSignals(False)
        form.price.set_text("")
        form.quantity.set_text("")
        self.check()

    @Slot()
    def check(self) -> None:
        """Check what stands in the ticket and ask for a preview when it could be sent."""
        draft = self.draft()
        if draft is None:
            return
        self._checked = check_draft(draft, self._client_id)
        self.form.price.set_problem(self._checked.problems.get(PRICE, ""))
        self.form.quantity.set_problem(self._checked.problems.get(SIZE, ""))
        self.form.quantity.label.say("Amount" if draft.by_amount else "Quantity")
        self._preview_id = 0
        if self._checked.order is None:
            self._preview_again.stop()
            self.form.preview.clear()
        else:
            self._preview_soon.start()
        self._label_button(draft)

    def _label_button(self, draft: OrderDraft) -> None:
        order = self._checked.order
        self.form.send.setEnabled(order is not None and not self._sending and not self._stopped)
        words = f"{draft.side.value.capitalize()} {draft.instrument.base}"
        self.form.send.setText("Sending\u2026" if self._sending else words)
        if self._stopped:
            self.form.outcome.say(self._stopped, "warn")
        elif order is None and not self._checked.problems:
            self.form.outcome.say(self._checked.unfinished, "muted")
        elif self._checked.problems or self.form.outcome.property("tone") == "warn":
            self.form.outcome.say("", "muted")

    @Slot()
    def ask_preview(self) -> None:
        """Ask the engine what the order would cost now."""
        if self._checked.order is not None and self.isVisible():
            self._preview_id = self.desk.bridge.submit(PreviewOrder(self._checked.order), self._show_preview)
            self._preview_again.start()

    def _show_preview(self, answer: Answer) -> None:
        instrument = self.desk.instrument()
        if answer.command_id != self._preview_id or instrument is None:
            return
        if isinstance(answer, OrderPreviewed):
            self.form.preview.show_preview(answer, instrument, self.side)
            self.form.outcome.say(answer.problem, "warn")
        elif not answer.ok:
            self.form.preview.clear()
            self.form.outcome.say(answer.message, "warn")

    @Slot()
    def send(self) -> None:
        """Send the order once; a second press waits for the answer of the first."""
        order = self._checked.order
        if order is None or self._sending or self._stopped:
            return
        self._sending = True
        self.form.outcome.say("", "muted")
        self.desk.bridge.submit(order, self._show_answer)
        self.check()

    def _show_answer(self, answer: Answer) -> None:
        self._sending = False
        self._client_id = new_client_id()
        ok = getattr(answer, "ok", False) is True
        message = getattr(answer, "message", "")
        if ok:
            self.form.quantity.set_text("")
        self.check()
        self.form.outcome.say(message or ("accepted" if ok else "refused"), "text" if ok else "danger")

    @Slot(object)
    def fill(self, fill: TicketFill) -> None:
        """Take over what a row or a book level gives; a price makes a market order a limit order."""
        instrument = self.desk.instrument()
        if instrument is None or instrument.id != fill.instrument:
            return
        if fill.side is not None:
            self.form.side.set_value(fill.side.value)
        if fill.price is not None:
            if self.form.type.value == OrderType.MARKET.value:
                self.form.type.set_value(OrderType.LIMIT.value)
            self.form.price.set_text(instrument.price_text(fill.price))
        if fill.qty is not None:
            self.form.unit.setCurrentIndex(0)
            self.form.quantity.set_text(instrument.qty_text(fill.qty))
        self._show_fields()

    def _use_share(self, share_ppm: int) -> None:
        draft = self.draft()
        if draft is None:
            return
        text, by_amount = share_size(draft, share_ppm)
        self.form.unit.setCurrentIndex(int(by_amount))
        self.form.quantity.set_text(text)

    @Slot(int)
    def _step_price(self, count: int) -> None:
        draft = self.draft()
        if draft is None or draft.type is OrderType.MARKET:
            return
        tick, decimals = max(1, draft.instrument.filters.tick_size), draft.instrument.price_decimals
        typed = self._checked.order.price if self._checked.order is not None else None
        if typed is None:
            typed = draft.last if not draft.price_text else _scaled_or_none(draft.price_text, decimals)
        if typed is not None:
            self.form.price.set_text(draft.instrument.price_text(max(tick, typed + count * tick)))


def _scaled_or_none(text: str, decimals: int) -> int | None:
    try:
        return to_scaled(text, decimals)
    except ValueError:
        return None
