"""The fields of the order ticket, from symbol to button; no logic beside showing what a kind of order needs."""

from itertools import pairwise

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.format import NONE
from cryptobot_desktop.gui.segments import Segments
from cryptobot_desktop.gui.ticket.kind_choice import KindChoice
from cryptobot_desktop.gui.ticket.kinds import EMPTY_MEANS, KINDS, PAIRS, ExitKind, Field, Kind, fields_of
from cryptobot_desktop.gui.ticket.lifetime import ExpiryField, LifetimeChoice
from cryptobot_desktop.gui.ticket.preview_box import PreviewBox
from cryptobot_desktop.gui.ticket.venue_rules import STP_WORDS
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SMALL_PX, SPACE
from cryptobot_desktop.gui.words import Words, rule

SHARES = ((250_000, "25 %"), (500_000, "50 %"), (750_000, "75 %"), (1_000_000, "Max"))
_PRICED = (Kind.MARKET, Kind.LIMIT, Kind.LIMIT_MAKER, Kind.ICEBERG)
_OWN_LINES = (Field.TRIGGER, Field.DISTANCE, Field.SHOWN, Field.TARGET, Field.STOP, Field.STOP_LIMIT)


class TicketForm(QWidget):
    """All widgets of the ticket; `footer` stands below what scrolls."""

    def __init__(self) -> None:
        super().__init__()
        self.symbol = Words(NONE, bold=True)
        self.last = Words(NONE, "muted")
        self.side = Segments([(Side.BUY.value, "Buy"), (Side.SELL.value, "Sell")], "Side")
        for side in Side:
            self.side.button(side.value).setProperty("side", side.value)
        self.type = KindChoice()
        self.price = CheckedField("Price", numeric=True)
        self.time_in_force = LifetimeChoice()
        self.expiry = ExpiryField()
        self.exit = Segments(
            [(ExitKind.LIMIT.value, "Limit"), (ExitKind.STOP.value, "Stop"), (ExitKind.TRAILING.value, "Trailing")],
            "Exit",
        )
        self.quantity = CheckedField("Quantity", numeric=True)
        self.fields: dict[Field, CheckedField] = {field: CheckedField("", numeric=True) for field in _OWN_LINES}
        self.fields |= {Field.PRICE: self.price, Field.SIZE: self.quantity}
        self.unit = QComboBox()
        self.unit.setAccessibleName("Quantity in")
        self.shares = [QPushButton(label) for _, label in SHARES]
        self.advanced = QToolButton()
        self.stp = QComboBox()
        self.preview = PreviewBox()
        self.story = Words("", "muted", pixels=SMALL_PX + 1, wrap=True)
        self.change_strip = QFrame()
        self.change_words = Words("", pixels=SMALL_PX, wrap=True)
        self.keep = QPushButton("Keep it")
        self.send = QPushButton("Buy")
        self.outcome = Words("", "muted", pixels=SMALL_PX, wrap=True)
        self.footer = QWidget()
        self._price_aside = ""
        self._price_row = QWidget()
        self._exit_row = QWidget()
        self._pairs = [QWidget() for _ in PAIRS]
        self._advanced_rows = QWidget()
        self._lines = QVBoxLayout()
        self._set_up()
        self._lay_out()
        self._lay_out_footer()

    def _set_up(self) -> None:
        self.send.setEnabled(False)
        self.send.setMinimumHeight(30)
        self.outcome.setMinimumHeight(16)
        self.advanced.setText("\u25b8 Advanced")
        self.advanced.setProperty("kind", "tiny")
        self.advanced.setCheckable(True)
        self.advanced.toggled.connect(self._unfold)
        for policy, words, tip in STP_WORDS:
            self.stp.addItem(words, policy)
            self.stp.setItemData(self.stp.count() - 1, tip, 3)  # Qt.ItemDataRole.ToolTipRole
        self.stp.setAccessibleName("Self-trade prevention")
        self.stp.setToolTip("What happens when this order would meet another one of the same portfolio")
        self.change_strip.setProperty("banner", "info")
        self.change_strip.hide()
        self.story.hide()
        for button, (_, label) in zip(self.shares, SHARES, strict=True):
            button.setProperty("kind", "segment")
            button.setAccessibleName(f"Use {label} of what is free")

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, 2 * SPACE, PANEL_PADDING, SPACE)
        box.setSpacing(SPACE)
        head = QHBoxLayout()
        head.addWidget(self.symbol)
        head.addStretch(1)
        head.addWidget(self.last)
        strip = QHBoxLayout(self.change_strip)
        strip.setContentsMargins(2 * SPACE, SPACE, SPACE, SPACE)
        strip.addWidget(self.change_words, 1)
        strip.addWidget(self.keep)
        shares = QHBoxLayout()
        shares.setSpacing(SPACE)
        for button in self.shares:
            shares.addWidget(button, 1)
        box.addLayout(head)
        box.addWidget(self.change_strip)
        box.addWidget(self.side)
        box.addWidget(self.type)
        self._lay_out_lines()
        box.addLayout(self._lines)
        box.addWidget(_beside(self.quantity, self.unit))
        box.addLayout(shares)
        fold = QHBoxLayout()
        fold.setSpacing(2 * SPACE)
        fold.addWidget(rule(), 1)
        fold.addWidget(self.advanced)
        box.addLayout(fold)
        box.addWidget(self._advanced_rows)
        box.addWidget(self.story)
        box.addWidget(self.preview)
        box.addStretch(1)

    def _lay_out_lines(self) -> None:
        self._price_row = _beside(self.price, self.time_in_force)
        for pair, fields in zip(self._pairs, PAIRS, strict=True):
            beside = QHBoxLayout(pair)
            beside.setContentsMargins(0, 0, 0, 0)
            beside.setSpacing(2 * SPACE)
            for field in fields:
                beside.addWidget(self.fields[field], 1)
        row = QHBoxLayout(self._exit_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(Words("Then", "muted", pixels=SMALL_PX))
        row.addWidget(self.exit, 1)
        stp = QVBoxLayout(self._advanced_rows)
        stp.setContentsMargins(0, 0, 0, SPACE)
        stp.setSpacing(2)
        stp.addWidget(Words("Self-trade prevention", "muted", pixels=SMALL_PX))
        stp.addWidget(self.stp)
        self._advanced_rows.hide()
        self._lines.setSpacing(0)
        for line in self._all_lines():
            self._lines.addWidget(line)

    def _lay_out_footer(self) -> None:
        box = QVBoxLayout(self.footer)
        box.setContentsMargins(PANEL_PADDING, SPACE, PANEL_PADDING, 2 * SPACE)
        box.setSpacing(SPACE)
        box.addWidget(self.send)
        box.addWidget(self.outcome)

    def _all_lines(self) -> list[QWidget]:
        alone = [field for field in _OWN_LINES if all(field not in pair for pair in PAIRS)]
        return [self._price_row, self.expiry, self._exit_row, *self._pairs, *(self.fields[field] for field in alone)]

    def _line_of(self, field: Field) -> QWidget:
        if field is Field.PRICE:
            return self._price_row
        return next(
            (pair for pair, fields in zip(self._pairs, PAIRS, strict=True) if field in fields), self.fields[field]
        )

    @property
    def kind(self) -> Kind:
        """Return the chosen kind of order."""
        return self.type.value

    @property
    def exit_kind(self) -> ExitKind:
        """Return what follows the entry of an OTO."""
        return ExitKind(self.exit.value)

    def texts(self) -> dict[Field, str]:
        """Return what is typed, by field."""
        found = {field: line.text for field, line in self.fields.items()}
        return found | {Field.EXPIRY: self.expiry.minutes.text}

    def show_problems(self, problems: dict[Field, str]) -> None:
        """Show each problem below its field."""
        for field, line in self.fields.items():
            line.set_problem(problems.get(field, ""))
        self.expiry.set_problem(problems.get(Field.EXPIRY, ""))

    def show_kind(self, venue: Venue) -> None:
        """Show the fields of the chosen kind in their order; market keeps the price's place, so that nothing jumps."""
        kind, facts = self.kind, KINDS[self.kind]
        fields = fields_of(kind, self.exit_kind)
        self.type.show_venue(venue)
        self.time_in_force.offer(facts.lifetimes, venue)
        lines: list[QWidget] = []
        for field, line in self.fields.items():
            if field in facts.labels:
                line.label.say(facts.labels[field])
                line.line.setAccessibleName(facts.labels[field])
                line.line.setPlaceholderText(EMPTY_MEANS.get(field, "") if field in facts.optional else "")
            line.setVisible(field in (*fields, Field.SIZE, Field.PRICE))
        lines += dict.fromkeys(self._line_of(field) for field in fields)
        if kind is Kind.OTO:
            lines.insert(1, self._exit_row)
        if self.time_in_force.currentText() == "GTD":
            lines.append(self.expiry)
        self.preview.show_brief(kind not in _PRICED)
        self._show_lines(lines or [self._price_row])
        is_market = kind is Kind.MARKET
        self.price.line.setEnabled(not is_market)
        self._set_price_aside(is_market)
        if is_market:
            self.price.label.say("Price")
            self.price.line.setPlaceholderText("market price")
        choice = self.time_in_force.parentWidget()
        if choice is not None:
            choice.setVisible(is_market or bool(facts.lifetimes))

    def _set_price_aside(self, wanted: bool) -> None:
        """Do not show a typed price that does not count, and bring it back when it does again."""
        if wanted and self.price.text:
            self._price_aside = self.price.text
            self.price.set_text("")
        elif not wanted and self._price_aside:
            self.price.set_text(self.price.text or self._price_aside)
            self._price_aside = ""

    def forget_texts(self) -> None:
        """Empty every field, for another instrument."""
        self._price_aside = ""
        for line in self.fields.values():
            line.set_text("")

    def _show_lines(self, lines: list[QWidget]) -> None:
        for line in self._all_lines():
            if line not in lines:
                line.hide()
        for place, line in enumerate(lines):
            self._lines.removeWidget(line)
            self._lines.insertWidget(place, line)
            line.show()
        self._order_tabs(lines)

    def _order_tabs(self, lines: list[QWidget]) -> None:
        """Let Tab go through what is shown from top to bottom."""
        if self.send.window() is not self.window():
            return  # not yet put together
        chain: list[QWidget] = [self.type.more]
        for line in lines:
            if line is self._price_row:
                chain += [self.price.line, self.time_in_force]
            elif line is self._exit_row:
                chain += [self.exit.button(kind.value) for kind in ExitKind]
            elif isinstance(line, CheckedField):
                chain.append(line.line)
            elif line in self._pairs:
                chain += [self.fields[field].line for field in PAIRS[self._pairs.index(line)]]
            else:
                chain += [self.expiry.minutes.line, self.expiry.time, self.expiry.way]
        chain += [self.quantity.line, self.unit, *self.shares, self.advanced, self.stp, self.send]
        for before, after in pairwise(chain):
            QWidget.setTabOrder(before, after)

    @Slot(bool)
    def _unfold(self, wanted: bool) -> None:
        self._advanced_rows.setVisible(wanted)
        self.advanced.setText("\u25be Advanced" if wanted else "\u25b8 Advanced")


def _beside(field: CheckedField, choice: QComboBox) -> QWidget:
    """Put a choice at the right of a field's line."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACE)
    row.addWidget(field, 1)
    column = QWidget()
    side = QVBoxLayout(column)
    side.setContentsMargins(0, 0, 0, 0)
    side.setSpacing(2)
    side.addWidget(Words(" ", pixels=SMALL_PX))
    side.addWidget(choice)
    side.addWidget(Words(" ", pixels=SMALL_PX))
    row.addWidget(column)
    choice.setMinimumWidth(76)
    return holder
