"""Takes pictures of every state of the windows: ``python tests/gui/screenshots.py FOLDER [NAME ...]``.

Drives the real windows with a scripted engine behind a real EngineHandle; needs no display. A scale such as 1.5
comes from the environment variable QT_SCALE_FACTOR.
"""

import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QEvent, QEventLoop, QSize, Qt
from PySide6.QtWidgets import QWidget

from cryptobot_desktop.domain.facts import OrderFilled, OrderPreviewed
from cryptobot_desktop.domain.market import FeedState, Side
from cryptobot_desktop.engine.snapshot import EngineSnapshot, FeedCard
from cryptobot_desktop.gui.application import DesktopShell
from cryptobot_desktop.gui.main_window import MainWindow
from cryptobot_desktop.gui.proofs import Failed
from cryptobot_desktop.gui.theme import station
from cryptobot_desktop.gui.ticket.kinds import Field, Kind
from cryptobot_desktop.gui.window_ports import WindowPorts
from cryptobot_desktop.gui.wizard.choice import ConnectionReport, MarketChoice, WizardPorts
from cryptobot_desktop.gui.wizard.wizard import SetupWizard
from tests.gui import trading_scenes as scenes
from tests.gui.builders import (
    BTC,
    NOW_MS,
    ScriptedEngine,
    book,
    bot,
    card,
    decision,
    empty_snapshot,
    fill,
    order,
    snapshot,
)

WIDE, SMALL, LARGE = QSize(1440, 900), QSize(1280, 720), QSize(1706, 960)


class Camera:
    """Lets Qt work for a moment, then saves what a window shows."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder, self.names = folder, names
        self.shell = DesktopShell()
        self.shell.app.setQuitOnLastWindowClosed(False)

    def wait(self, milliseconds: int = 700) -> None:
        timer = QElapsedTimer()
        timer.start()
        while timer.elapsed() < milliseconds:
            self.shell.app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)

    def wants(self, name: str) -> bool:
        return not self.names or any(wanted in name for wanted in self.names)

    def take(self, name: str, widget: QWidget) -> None:
        widget.grab().save(str(self.folder / f"{name}.png"))

    def main(  # noqa: PLR0913 - every state is one line
        self,
        name: str,
        shown: EngineSnapshot | None,
        size: QSize = WIDE,
        *,
        theme: str = "dark",
        prepare: Callable[[MainWindow, ScriptedEngine], object] | None = None,
        ports: WindowPorts | None = None,
        part: str = "",
    ) -> None:
        """Take the window, or only the panel named `part`, and every dialog that is open."""
        if not self.wants(name):
            return
        engine = ScriptedEngine()
        if shown is not None:
            engine.publish(shown)
        station().put_on(theme)
        window = MainWindow(engine.handle, ports=ports)
        window.confirm_quit = False
        window.resize(size)
        window.show()
        self.wait()
        if prepare is not None:
            prepare(window, engine)
            self.wait(500)
        for child in window.findChildren(QWidget):
            if (
                child.isWindow()
                and child.isVisible()
                and child.metaObject().className().endswith(("Dialog", "Receipt", "Palette", "QMenu"))
            ):
                self.take(f"{name}_dialog", child)
        self.take(name, window.panels[part] if part else window)
        window.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # windows that stay would be restyled too
        station().put_on("dark")
        self.wait(50)

    def wizard(self, theme: str) -> None:
        if not self.wants("wizard"):
            return
        station().put_on(theme)
        wizard = self.shell.show_wizard(lambda choice: None, ports=wizard_ports())
        for page in range(5):
            if page == 1:
                wizard.market.cards[MarketChoice.KUCOIN].click()
            self.wait(700)
            self.take(f"wizard_{theme}_{page + 1}", wizard)
            self.spoil(theme, page, wizard)
            wizard.go_on()
        station().put_on("dark")

    def spoil(self, theme: str, page: int, wizard: SetupWizard) -> None:
        """Show what bad input looks like, then mend it."""
        field, bad = {
            0: (wizard.welcome.folder, "/proc/version"),
            1: (wizard.market.symbols, "BTC/USDT, nonsense"),
            2: (wizard.portfolio.cash, "1e"),
            3: (wizard.bot.parameters.fields["fast"], "40"),
        }.get(page, (None, ""))
        if field is None:
            return
        good = field.text
        field.set_text(bad)
        self.wait(150)
        self.take(f"wizard_{theme}_{page + 1}_bad", wizard)
        field.set_text(good)


def wizard_ports() -> WizardPorts:
    def test(market: MarketChoice, report: Callable[[ConnectionReport], None]) -> None:
        report(
            ConnectionReport(False, "KuCoin: no answer within 5 s. You can go on; it is tried again when you start.")
        )

    def curve(strategy: str, params: dict[str, str], points: Callable[[Sequence[float]], None]) -> None:
        points([10_000 + 200 * math.sin(i / 9) + i * 3 for i in range(100)])

    return WizardPorts(default_data_dir="/tmp/cryptobot-desktop", test_connection=test, backtest_curve=curve)


def busy() -> EngineSnapshot:
    """Return a market with fills and decisions all over the chart."""
    fills = tuple(
        fill(n, Side.BUY if n % 2 else Side.SELL, f"{64_210.5 + 40 * math.sin(n):.2f}", "0.05000", 420 - 35 * n)
        for n in range(1, 12)
    )
    return snapshot(fills=fills)


def stale() -> EngineSnapshot:
    late = "no data for 11 s, reconnecting"
    return snapshot(
        instruments=tuple(
            card(c.instrument, c.instrument.price_text(c.last or 0), c.change_ppm, state=FeedState.STALE, reason=late)
            for c in snapshot().instruments
        ),
        focus=book(BTC, "64210.50", live=False),
        feeds=(FeedCard("KuCoin live", FeedState.STALE, late),),
    )


def offline() -> EngineSnapshot:
    refused = FeedCard("Binance", FeedState.OFFLINE, "answered 451, not available from this region")
    return snapshot(
        feeds=(refused,),
        instruments=tuple(
            card(c.instrument, None, None, state=FeedState.OFFLINE, reason=refused.text) for c in snapshot().instruments
        ),
        focus=None,
    )


def show_tab(name: str) -> Callable[[MainWindow, ScriptedEngine], object]:
    return lambda window, engine: window.layout_of_docks.show_panel(name)


def fill_ticket(window: MainWindow, engine: ScriptedEngine) -> None:
    """Type a market order and let the engine answer its preview."""
    form = window.panels["ticket"].form  # type: ignore[attr-defined]
    form.quantity.set_text("0.12")
    engine.handle.publish_notice(OrderFilled(order(), (fill(3, Side.BUY, "64020.77", "0.05000", 9),), NOW_MS))
    camera_wait(window, 400)
    number = next((n for n, c in reversed(engine.handle.take_commands()) if type(c).__name__ == "PreviewOrder"), 0)
    preview = OrderPreviewed(
        command_id=number,
        average_price=6_421_163,
        fillable_qty=12_000,
        quote_amount=770_539_560_000,
        fee=12_000,
        fee_asset="BTC",
        slippage_ppm=18,
        levels=3,
    )
    engine.handle.publish_notice(preview)


def bad_ticket(window: MainWindow, engine: ScriptedEngine) -> None:
    form = window.panels["ticket"].form  # type: ignore[attr-defined]
    form.type.button("limit").click()
    form.price.set_text("64210.555")
    form.quantity.set_text("0.00001")


def camera_wait(window: MainWindow, milliseconds: int) -> None:
    timer = QElapsedTimer()
    timer.start()
    while timer.elapsed() < milliseconds:
        station().parent().processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def take_trading(camera: Camera) -> None:
    """Take pictures of trading by hand, dark, and light where colours matter."""
    for kind in scenes.TICKETS:
        camera.main(
            f"ticket_{kind}", snapshot(simulation=scenes.SIMULATED), prepare=scenes.fill_kind(kind), part="ticket"
        )
    for theme in ("dark", "light"):
        camera.main(f"orders_{theme}", scenes.trading(), theme=theme, prepare=with_ended)
        for number, words in ((12, "taker"), (13, "maker"), (14, "discount")):
            camera.main(
                f"receipt_{words}_{theme}", scenes.with_receipts(), theme=theme, prepare=open_receipt(f"F{number}")
            )
        done = WindowPorts(
            proofs=scenes.ScriptedProofs(scenes.band(), scenes.certificate()), simulation=scenes.ScriptedSimulation()
        )
        camera.main(f"band_done_{theme}", scenes.trading(), theme=theme, ports=done, prepare=run("session.band"))
        camera.main(f"proved_{theme}", scenes.trading(), theme=theme, ports=done, prepare=run("session.prove"))
        camera.main(f"simulation_{theme}", scenes.trading(), theme=theme, ports=done, prepare=run("session.simulation"))
        camera.main(f"epochs_{theme}", scenes.trading(), theme=theme, prepare=show_epochs)
    working = WindowPorts(proofs=scenes.ScriptedProofs())
    differs = WindowPorts(proofs=scenes.ScriptedProofs(Failed("disk full"), scenes.certificate(holds=False)))
    camera.main("band_empty", scenes.trading(), ports=working, prepare=show_tab("band"))
    camera.main("band_none", scenes.trading(), prepare=show_tab("band"))
    camera.main("band_working", scenes.trading(), ports=working, prepare=run("session.band"))
    camera.main("band_failed", scenes.trading(), ports=differs, prepare=run("session.band"))
    camera.main("proving", scenes.trading(), ports=working, prepare=run("session.prove"))
    camera.main("differs", scenes.trading(), ports=differs, prepare=run("session.prove"))
    camera.main("reset", scenes.trading(), prepare=run("trade.portfolio.reset"))
    camera.main("smaller", scenes.trading(), prepare=make_smaller)
    camera.main("kucoin_types", scenes.on_kucoin(), prepare=open_types)
    camera.main("binance_types", scenes.trading(), prepare=open_types)
    bracket = scenes.fill_kind(Kind.BRACKET)
    camera.main("bracket_1280", snapshot(simulation=scenes.SIMULATED), SMALL, prepare=bracket)
    camera.main("bracket_2560", scenes.trading(), LARGE, prepare=bracket)
    camera.main("bracket_light", scenes.trading(), theme="light", prepare=bracket)
    camera.main("bad_bracket", scenes.trading(), prepare=bad_bracket, part="ticket")
    camera.main("change", snapshot(open_orders=scenes.orders_in_all_phases()[3:4]), prepare=change_order, part="ticket")
    camera.main("gtd", scenes.on_kucoin(), prepare=until_a_time, part="ticket")


def run(action: str) -> Callable[[MainWindow, ScriptedEngine], object]:
    return lambda window, engine: window.commands.registry.trigger(action)


def open_receipt(fill_id: str) -> Callable[[MainWindow, ScriptedEngine], object]:
    return lambda window, engine: window.desk.receipt_wanted.emit(fill_id)


def with_ended(window: MainWindow, engine: ScriptedEngine) -> None:
    window.layout_of_docks.show_panel("open_orders")
    window.panels["open_orders"].with_closed.setChecked(True)  # type: ignore[attr-defined]
    window.resizeDocks([window.layout_of_docks.docks["open_orders"]], [470], Qt.Orientation.Vertical)


def show_epochs(window: MainWindow, engine: ScriptedEngine) -> None:
    window.commands.show_epochs()
    number = next(n for n, c in reversed(engine.handle.take_commands()) if type(c).__name__ == "ShowEpoch")
    engine.handle.publish_notice(scenes.epoch_shown(number))


def make_smaller(window: MainWindow, engine: ScriptedEngine) -> None:
    panel = window.panels["open_orders"]
    window.layout_of_docks.show_panel("open_orders")
    camera_wait(window, 200)
    row = next(row for row in panel.table.cards.rows if row.order.client_id == "E")  # type: ignore[attr-defined]
    next(action for action in panel.actions_of(row) if "smaller" in action.text()).trigger()  # type: ignore[attr-defined]


def open_types(window: MainWindow, engine: ScriptedEngine) -> None:
    more = window.panels["ticket"].form.type.more  # type: ignore[attr-defined]
    more.menu().popup(more.mapToGlobal(more.rect().bottomLeft()))


def bad_bracket(window: MainWindow, engine: ScriptedEngine) -> None:
    scenes.fill_kind(Kind.BRACKET)(window, engine)
    form = window.panels["ticket"].form  # type: ignore[attr-defined]
    form.fields[Field.STOP].set_text("67000")
    form.fields[Field.TARGET].set_text("66000.005")
    form.quantity.set_text("5")


def change_order(window: MainWindow, engine: ScriptedEngine) -> None:
    window.desk.change_wanted.emit(scenes.orders_in_all_phases()[3])
    scenes.answer_preview(window, engine)


def until_a_time(window: MainWindow, engine: ScriptedEngine) -> None:
    form = window.panels["ticket"].form  # type: ignore[attr-defined]
    form.type.button("limit").click()
    form.time_in_force.setCurrentText("GTD")
    form.price.set_text("64000")
    form.quantity.set_text("0.05")
    form.advanced.click()
    form.expiry.way.setCurrentIndex(1)
    scenes.answer_preview(window, engine)


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0] if arguments else "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    camera = Camera(folder, arguments[1:])
    camera.wizard("dark")
    camera.wizard("light")
    camera.main("loading", None)
    camera.main("empty", empty_snapshot())
    camera.main("live_dark", busy(), prepare=fill_ticket)
    camera.main("live_light", busy(), theme="light", prepare=fill_ticket)
    camera.main("stale", stale())
    camera.main("offline", offline())
    camera.main("faulted", snapshot(engine_state="faulted", engine_message="the ledger does not add up after fill F3"))
    camera.main("stopped", snapshot(kill_tripped=True, kill_reason="STOP ALL was pressed in the window"))
    camera.main("bad_ticket", snapshot(), prepare=bad_ticket)
    for name in ("open_orders", "fills", "bots", "decisions", "log"):
        camera.main(f"tab_{name}", busy(), prepare=show_tab(name))
    camera.main("add_bot", snapshot(), prepare=lambda window, engine: window.commands.ask_bot())
    camera.main("palette", snapshot(), prepare=lambda window, engine: window.commands.open_palette())
    camera.main("receipt", busy(), prepare=lambda window, engine: window.desk.receipt_wanted.emit("F3"))
    take_trading(camera)
    camera.main("small_1280", busy(), SMALL)
    camera.main("large_2560", busy(), LARGE, prepare=fill_ticket)
    bots = (bot(), bot("rsi_reversion-1", status="paused", ready=False))
    camera.main("veto", snapshot(bots=bots, decisions=(decision(3, "vetoed", (("max_exposure", "too much"),)),)))


if __name__ == "__main__":
    main(sys.argv[1:])
