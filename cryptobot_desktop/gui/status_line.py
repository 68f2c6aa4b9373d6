"""The bar at the bottom: a lamp per feed, request weight, delay, frames, market source, clock."""

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QStatusBar, QWidget

from cryptobot_desktop.domain.market import FeedState
from cryptobot_desktop.engine.snapshot import EngineSnapshot, FeedCard
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.format import THIN, clock_text
from cryptobot_desktop.gui.panels.market_watch import LAMPS
from cryptobot_desktop.gui.simulation import simulation_words
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SMALL_PX, SPACE
from cryptobot_desktop.gui.words import ElidedWords, Words

_SAID_FOR_MS = 6_000
_WEIGHT_WARN = 80
_LAG_WARN_MS = 20.0


class StatusLine(QStatusBar):
    """Small, quiet, always true."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setSizeGripEnabled(False)
        self._lamps: list[Words] = []
        self._lamp_row = QHBoxLayout()
        self._lamp_row.setSpacing(3 * SPACE)
        self.weight, self.lag, self.fps, self.clock = (Words("", "muted", pixels=SMALL_PX) for _ in range(4))
        self.simulation = ElidedWords("", "muted", pixels=SMALL_PX)
        self.source = Words("", "muted", pixels=SMALL_PX, bold=True)
        self.said = Words("", pixels=SMALL_PX)
        self._forget = QTimer(self, singleShot=True, interval=_SAID_FOR_MS)
        self._forget.timeout.connect(self._clear_said)
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(PANEL_PADDING, 0, PANEL_PADDING, 0)
        row.setSpacing(4 * SPACE)
        row.addLayout(self._lamp_row)
        row.addWidget(self.said)
        row.addWidget(self.simulation, 1)
        for words in (self.weight, self.lag, self.fps, self.clock, self.source):
            row.addWidget(words)
        self.addWidget(inside, 1)
        self.weight.setToolTip("request weight used of the venue's limit")
        self.lag.setToolTip("time from a message's arrival until it was worked in")
        self.fps.setToolTip("how often a second this window looked at the engine")
        desk.bridge.snapshot_ready.connect(self.take)
        desk.said.connect(self.say)

    @Slot(object)
    def take(self, snapshot: EngineSnapshot) -> None:
        """Show lamps and figures."""
        self._show_lamps(snapshot.feeds)
        if snapshot.weight_limit:
            high = snapshot.weight_used * 100 >= snapshot.weight_limit * _WEIGHT_WARN
            self.weight.say(f"weight {snapshot.weight_used}/{snapshot.weight_limit}", "warn" if high else "muted")
        self.weight.setVisible(bool(snapshot.weight_limit))
        self.lag.say(f"lag {snapshot.lag_ms:.1f}{THIN}ms", "warn" if snapshot.lag_ms > _LAG_WARN_MS else "muted")
        self.fps.say(f"{self._desk.bridge.fps}{THIN}fps")
        self.clock.say(f"UTC {clock_text(snapshot.at_ms)}")
        card = snapshot.simulation
        self.simulation.say(simulation_words(card.fill_model, card.latency, card.fees))
        live = snapshot.market.source == "live"
        self.source.say(snapshot.market.label, "muted" if live else "paper")

    def _show_lamps(self, feeds: tuple[FeedCard, ...]) -> None:
        while len(self._lamps) < len(feeds):
            lamp = Words("", pixels=SMALL_PX)
            self._lamps.append(lamp)
            self._lamp_row.addWidget(lamp)
        for number, lamp in enumerate(self._lamps):
            lamp.setVisible(number < len(feeds))
            if number < len(feeds):
                lamp.say(lamp_text(feeds[number]), LAMPS[feeds[number].state][1].value)
                lamp.setToolTip(feeds[number].text)

    @Slot(str, str)
    def say(self, text: str, tone: str) -> None:
        """Say something for some seconds."""
        self.said.say(text, tone)
        self._forget.start()

    @Slot()
    def _clear_said(self) -> None:
        self.said.say("")


def lamp_text(feed: FeedCard) -> str:
    """Return a lamp as shape, name and what matters: delay when live, the reason otherwise."""
    shape = LAMPS[feed.state][0]
    if feed.state is FeedState.LIVE:
        delay = f" {feed.latency_ms}{THIN}ms" if feed.latency_ms is not None else ""
        return f"{shape} {feed.name}{delay}"
    return f"{shape} {feed.name}: {feed.text or feed.state.value}"
