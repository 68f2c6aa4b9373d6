"""Decisions: what bots wanted and what risk answered, with every reason. Answers "why did nothing happen?"."""

from msgspec import Struct
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from cryptobot_desktop.domain.facts import DecisionMade
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.format import NONE, full_time_text, qty_text, time_text
from cryptobot_desktop.gui.panel_frame import Remark
from cryptobot_desktop.gui.panels.panel import Panel
from cryptobot_desktop.gui.tables.columns import Column, Tone, side_tone
from cryptobot_desktop.gui.tables.table_view import TableView
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SPACE
from cryptobot_desktop.gui.words import Words

_OUTCOMES = {
    "allowed": ("\u2713 allowed", Tone.UP),
    "shrunk": ("\u25d1 shrunk", Tone.WARN),
    "vetoed": ("\u2715 vetoed", Tone.DANGER),
}


class DecisionRow(Struct, frozen=True):
    """A decision with the instrument that gives its numbers a scale."""

    fact: DecisionMade
    instrument: Instrument | None

    @property
    def name(self) -> str:
        """Return the instrument's name for people."""
        return self.instrument.name if self.instrument is not None else str(self.fact.intent.instrument)

    @property
    def qty(self) -> str:
        """Return what was allowed, a dash when nothing was."""
        return qty_text(self.fact.qty, self.instrument) if self.instrument is not None and self.fact.qty else NONE

    @property
    def why(self) -> str:
        """Return risk's reasons in one line; the bot's own reason when risk had none."""
        return "; ".join(text for _, text in self.fact.reasons) or self.fact.intent.reason


DECISION_COLUMNS: tuple[Column[DecisionRow], ...] = (
    Column(
        title="Time UTC",
        text=lambda r: time_text(r.fact.at_ms),
        sort=lambda r: r.fact.at_ms,
        wide="11-20 14:02:11",
        tip=lambda r: full_time_text(r.fact.at_ms),
    ),
    Column(title="Bot", text=lambda r: r.fact.bot or "you", sort=lambda r: r.fact.bot, wide="rsi_reversion-1"),
    Column(title="Symbol", text=lambda r: r.name, sort=lambda r: r.name, wide="DOGE/USDT"),
    Column(
        title="Side",
        text=lambda r: r.fact.intent.side.value,
        sort=lambda r: r.fact.intent.side.value,
        wide="sell",
        tone=lambda r: side_tone(r.fact.intent.side.value),
    ),
    Column(
        title="Answer",
        text=lambda r: _OUTCOMES.get(r.fact.outcome, (r.fact.outcome, Tone.PLAIN))[0],
        sort=lambda r: r.fact.outcome,
        wide="\u2713 allowed",
        tone=lambda r: _OUTCOMES.get(r.fact.outcome, (r.fact.outcome, Tone.PLAIN))[1],
    ),
    Column(title="Quantity", text=lambda r: r.qty, sort=lambda r: r.fact.qty, wide="1 000.00000", numeric=True),
    Column(title="Why", text=lambda r: r.why, sort=lambda r: r.why, wide="a reason in words", stretch=True),
)


def explanation(row: DecisionRow) -> str:
    """Return the whole story of one decision in lines."""
    fact = row.fact
    lines = [
        f"{fact.bot or 'You'} wanted to {fact.intent.side.value} {row.name}"
        f"{' because ' + fact.intent.reason if fact.intent.reason else ''}.",
    ]
    lines += [f"\u2022 {rule}: {text}" for rule, text in fact.reasons] or ["No rule objected."]
    if fact.client_id:
        lines.append(f"Order {fact.client_id}.")
    return "\n".join(lines)


class Decisions(Panel):
    """The list of decisions and the whole story of the chosen one."""

    name = "decisions"
    title = "Decisions"

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self.table: TableView[DecisionRow] = TableView(self.name, DECISION_COLUMNS, lambda row: row.fact.decision_id)
        self.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.story = Words("Choose a row to read the whole story.", "muted", wrap=True)
        self.story.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.story.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        side = QWidget()
        box = QVBoxLayout(side)
        box.setContentsMargins(PANEL_PADDING, 2 * SPACE, PANEL_PADDING, 2 * SPACE)
        box.addWidget(self.story, 1)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setHandleWidth(1)
        split.addWidget(self.table)
        split.addWidget(side)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        split.setSizes([700, 260])
        super().__init__(desk, split, parent)
        self._shown: tuple[DecisionMade, ...] | None = None
        self.table.chosen_row.connect(self._tell)

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Show all decisions of the snapshot; nothing is done when they are those already shown."""
        if snapshot.decisions != self._shown:
            self._shown = snapshot.decisions
            rows = [DecisionRow(fact, self.desk.instrument(fact.intent.instrument)) for fact in snapshot.decisions]
            self.table.cards.set_rows(rows)
        self.show_rows(
            snapshot,
            len(snapshot.decisions),
            Remark(
                title="No bot has wanted anything yet",
                text="Whatever a bot wants, and why it was or was not allowed, is kept here.",
            ),
        )

    @Slot(object)
    def _tell(self, row: DecisionRow | None) -> None:
        if row is not None:
            self.story.say(explanation(row), "text")
