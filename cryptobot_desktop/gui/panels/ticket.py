"""Order ticket: checks what is typed against the instrument's filters, previews it live, sends it once."""

import uuid
from functools import partial

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from cryptobot_desktop.domain.commands import Command, PreviewOrder, ReplaceOrder
from cryptobot_desktop.domain.facts import OrderPreviewed
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import Order
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.bridge import Answer
from cryptobot_desktop.gui.desk import Desk, TicketFill
from cryptobot_desktop.gui.format import amount_text, price_text, qty_text
from cryptobot_desktop.gui.panel_frame import Remark
from cryptobot_desktop.gui.panels.panel import STOPPED_STATES, Panel
from cryptobot_desktop.gui.theme import set_property
from cryptobot_desktop.gui.ticket.check import check_draft, share_size
from cryptobot_desktop.gui.ticket.draft import CheckedOrder, OrderDraft
from cryptobot_desktop.gui.ticket.filling import load_order, put_fill, step_price
from cryptobot_desktop.gui.ticket.form import SHARES, TicketForm
from cryptobot_desktop.gui.ticket.kinds import Field, Kind
from cryptobot_desktop.gui.ticket.reading import read_draft

PREVIEW_DELAY_MS = 150
PREVIEW_AGAIN_MS = 1_000
_ID_DIGITS = 30
_NAMES = {Field.SIZE: "Size", Field.TARGET: "Take profit", Field.SHOWN: "Shown quantity", Field.EXPIRY: "End"}


def new_client_id() -> str:
    """Return a fresh client order id; with the number of a leg behind it at most 36 characters, as venues allow."""
    return f"gui-{uuid.uuid4().hex[:_ID_DIGITS]}"


class OrderTicket(Panel):
    """Buy or sell by hand with pretend money."""

    name = "ticket"
    title = "Order ticket"

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self.form = TicketForm()
        super().__init__(desk, _with_footer(self.form), parent)
        self._client_id = new_client_id()
        self._checked = CheckedOrder()
        self._preview_id = 0
        self._sending = False
        self._stopped = ""
        self._changes: Order | None = None
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
        desk.change_wanted.connect(self.change)
        for choice in (form.side, form.type, form.exit):
            choice.chosen.connect(self._show_fields)
        form.unit.currentIndexChanged.connect(self.check)
        form.stp.currentIndexChanged.connect(self.check)
        form.time_in_force.currentIndexChanged.connect(self._show_fields)
        form.expiry.changed.connect(self.check)
        for field, line in form.fields.items():
            line.changed.connect(self.check)
            line.line.returnPressed.connect(self.send)
            line.stepped.connect(lambda count, which=field: step_price(self.form, self.draft(), which, count))
        form.send.clicked.connect(self.send)
        form.keep.clicked.connect(self.keep)
        for button, (share, _) in zip(form.shares, SHARES, strict=True):
            button.clicked.connect(partial(self._use_share, share))

    @property
    def checked(self) -> CheckedOrder:
        """Return the outcome of the newest check."""
        return self._checked

    @property
    def command(self) -> Command | None:
        """Return what the button sends: an order, a list, or the change of an order."""
        order = self._checked.order
        if self._changes is not None and order is not None:
            return ReplaceOrder(self._changes.client_id, order)
        return self._checked.command

    def draft(self) -> OrderDraft | None:
        """Return what stands in the ticket, None while no instrument is known."""
        return read_draft(self.form, self.desk, self._changes)

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
        self._follow_changed(snapshot)
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
            text = f"free {qty_text(draft.held, draft.instrument)} {draft.instrument.base}"
        else:
            text = f"free {amount_text(draft.available, draft.instrument.quote)}"
        self.form.quantity.set_help(text)

    @Slot()
    def _show_fields(self) -> None:
        """Show the fields that side and type need, then check again."""
        instrument = self.desk.instrument()
        if instrument is None:
            return
        self.form.show_kind(instrument.venue)
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
        self.keep()
        if self.desk.snapshot is not None:
            form.expiry.start_from(self.desk.snapshot.at_ms)
        form.forget_texts()
        self._show_fields()

    @Slot()
    def check(self) -> None:
        """Check what stands in the ticket and ask for a preview when it could be sent."""
        draft = self.draft()
        if draft is None:
            return
        self._checked = check_draft(draft, self._client_id)
        self.form.show_problems(self._checked.problems)
        self.form.quantity.label.say("Amount" if draft.by_amount else "Quantity")
        self.form.story.say(self._checked.story, "warn" if self._checked.story_warns else "muted")
        self.form.story.setVisible(bool(self._checked.story))
        self._preview_id = 0
        if self._checked.order is None:
            self._preview_again.stop()
            self.form.preview.clear()
        else:
            self._preview_soon.start()
        self._label_button(draft)

    def _label_button(self, draft: OrderDraft) -> None:
        order, form = self._checked.order, self.form
        form.send.setEnabled(order is not None and not self._sending and not self._stopped)
        words = f"{draft.side.value.capitalize()} {draft.instrument.base}"
        if self._changes is not None:
            words = f"Change to {draft.side.value} {draft.instrument.base}"
        elif draft.kind is Kind.OCO:
            words = f"{words} with OCO"
        form.send.setText("Sending\u2026" if self._sending else words)
        if self._stopped:
            form.outcome.say(self._stopped, "warn")
        elif order is None and not self._checked.problems:
            form.outcome.say(self._checked.unfinished, "muted")
        elif self._checked.problems:
            form.outcome.say(first_problem(self._checked), "danger")
        elif form.outcome.property("tone") in ("danger", "muted") or form.outcome.property("tone") == "warn":
            form.outcome.say("", "muted")

    @Slot()
    def ask_preview(self) -> None:
        """Ask the engine what the order would cost now."""
        order = self._checked.previewed
        if order is not None and self.isVisible():
            self._preview_id = self.desk.bridge.submit(PreviewOrder(order), self._show_preview)
            self._preview_again.start()

    def _show_preview(self, answer: Answer) -> None:
        instrument, order = self.desk.instrument(), self._checked.previewed
        if answer.command_id != self._preview_id or instrument is None or order is None:
            return
        if isinstance(answer, OrderPreviewed):
            self.form.preview.show_preview(answer, instrument, order.side, is_armed=order.type.is_conditional)
            self.form.outcome.say(answer.problem if self._changes is None else "", "warn")
        elif not getattr(answer, "ok", True):
            self.form.preview.clear()
            self.form.outcome.say(getattr(answer, "message", ""), "warn")

    @Slot()
    def send(self) -> None:
        """Send the order once; a second press waits for the answer of the first."""
        command = self.command
        if command is None or self._sending or self._stopped:
            return
        self._sending = True
        self.form.outcome.say("", "muted")
        self.desk.bridge.submit(command, self._show_answer)
        self.check()

    def _show_answer(self, answer: Answer) -> None:
        self._sending = False
        self._client_id = new_client_id()
        ok = getattr(answer, "ok", False) is True
        message = getattr(answer, "message", "")
        if ok:
            self.form.quantity.set_text("")
            self.keep()
        self.check()
        self.form.outcome.say(message or ("accepted" if ok else "refused"), "text" if ok else "danger")

    @Slot(object)
    def fill(self, fill: TicketFill) -> None:
        """Take over what a row or a book level gives; a price makes a market order a limit order."""
        instrument = self.desk.instrument()
        if instrument is not None and instrument.id == fill.instrument:
            put_fill(self.form, fill, instrument)
            self._show_fields()

    @Slot(object)
    def change(self, order: Order) -> None:
        """Load an open order; sending then replaces it."""
        self.desk.choose_instrument(order.request.instrument)
        instrument = self.desk.instrument()
        if instrument is None or instrument.id != order.request.instrument:
            return
        self.desk.choose_portfolio(order.request.portfolio)
        load_order(self.form, order, instrument)
        self._changes = order
        self.form.change_words.say("Changes an open order: it is cancelled, then this one is sent.")
        self.form.change_strip.show()
        self._show_fields()
        self.form.quantity.line.setFocus()

    @Slot()
    def keep(self) -> None:
        """Leave the order as it is; the ticket makes new ones again."""
        if self._changes is not None:
            self._changes = None
            self.form.change_strip.hide()
            self.check()

    def _follow_changed(self, snapshot: EngineSnapshot) -> None:
        changed = self._changes
        if changed is not None and all(order.client_id != changed.client_id for order in snapshot.open_orders):
            self.keep()
            self.form.outcome.say("The order that was to be changed has ended.", "warn")

    def _use_share(self, share_ppm: int) -> None:
        draft = self.draft()
        if draft is None:
            return
        text, by_amount = share_size(draft, share_ppm)
        self.form.unit.setCurrentIndex(int(by_amount))
        self.form.quantity.set_text(text)


def first_problem(checked: CheckedOrder) -> str:
    """Return the first problem with room for all its words; beside its field it may be cut."""
    field, text = next(iter(checked.problems.items()))
    name = _NAMES.get(field, field.value.replace("_", " ").capitalize())
    return f"{name}: {text}"


def _with_footer(form: TicketForm) -> QWidget:
    """Let the fields scroll and keep the button in view."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(form)
    bar = scroll.verticalScrollBar()

    def line_up(_low: int, high: int) -> None:
        """Keep the button as wide as the fields, whether they scroll or not."""
        form.footer.setContentsMargins(0, 0, bar.sizeHint().width() if high else 0, 0)

    bar.rangeChanged.connect(line_up)
    content = QWidget()
    box = QVBoxLayout(content)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(0)
    box.addWidget(scroll, 1)
    box.addWidget(form.footer)
    return content
