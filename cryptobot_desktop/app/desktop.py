"""The desktop: wizard or stored session, engine thread, main window, and the order in which they start and stop."""

import contextlib
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QEvent, QObject, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from cryptobot_desktop.app.engine_thread import EngineThread, Wishes
from cryptobot_desktop.app.options import Options
from cryptobot_desktop.app.profile import SETTINGS_FILE, AlreadyRunning, Profile, choose_elsewhere
from cryptobot_desktop.app.session_proofs import CapsuleProofs
from cryptobot_desktop.app.simulation_settings import StoredSimulation, kept_simulation
from cryptobot_desktop.app.stop_signals import end_in_order_on_signals
from cryptobot_desktop.app.wizard_ports import check_connection, draw_curve
from cryptobot_desktop.config.folders import data_folder
from cryptobot_desktop.config.profile_settings import ProfileSettings
from cryptobot_desktop.config.settings import Settings
from cryptobot_desktop.domain.errors import CryptobotError, UserActionNeeded
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.handle import EngineHandle
from cryptobot_desktop.engine.session import BotSpec, MarketSource, SessionSpec
from cryptobot_desktop.gui.application import DesktopShell
from cryptobot_desktop.gui.window_commands import THEME_KEY
from cryptobot_desktop.gui.window_ports import WindowPorts
from cryptobot_desktop.gui.wizard.choice import MarketChoice, SetupChoice, WizardPorts
from cryptobot_desktop.marketdata.endpoints import BINANCE_REST_VARIABLE, BINANCE_WS_VARIABLE, KUCOIN_REST_VARIABLE

SAVE_AFTER_MS = 1_500
FIRST_BOT = BotSpec(strategy="sma_cross", params={"fast": "2", "slow": "5"})
"""What the wizard proposes: quick enough to be seen trading within a minute of the built-in market."""
WATCH_MS = 500
CALL_TIMEOUT_MS = 1_000


def run_desktop(options: Options) -> int:
    """Open the window and return the exit status when it is closed; a second start raises the first window."""
    folder = options.folder()
    try:
        profile = Profile(folder)
    except AlreadyRunning as other:
        if not _raise_first(other.socket_name):
            raise
        print("CryptoBot is running already; its window was brought to the front", file=sys.stderr)
        return 0
    options.start_logs(folder)
    return Desktop(profile, exit_after_first_paint=options.parsed.exit_after_first_paint).run()


class Desktop(QObject):
    """One desktop on one profile."""

    def __init__(self, profile: Profile, *, exit_after_first_paint: bool = False) -> None:
        self.settings = ProfileSettings(profile.folder / SETTINGS_FILE)
        self.shell = DesktopShell(self.settings, sys.argv[:1])
        super().__init__(self.shell.app)
        self._profile = profile
        self._engine: EngineThread | None = None
        self._told_trouble = False
        self._exit_after_first_paint = exit_after_first_paint
        self._saving = QTimer(self, singleShot=True, interval=SAVE_AFTER_MS)
        self._saving.timeout.connect(self._save)
        self.settings.on_change = self._saving.start
        self._watching = QTimer(self, interval=WATCH_MS)
        self._watching.timeout.connect(self._watch_engine)
        # Signals reach Python only while Python runs now and then; without a window nothing else would.
        self._heartbeat = QTimer(self, interval=WATCH_MS)
        self._heartbeat.timeout.connect(lambda: None)
        self._server = QLocalServer(self)
        self._server.newConnection.connect(self._on_second_start)

    def run(self) -> int:
        """Show the wizard or the session, serve until the window is closed, and end in order."""
        end_in_order_on_signals(self._leave)
        self._heartbeat.start()
        self._listen()
        if self.settings.settings.wizard_done:
            self._start(spec_of(self.settings.settings))
        else:
            self._open_wizard()
        status = self.shell.app.exec()
        self._end()
        return status

    @Slot()
    def _open_wizard(self, answers: SetupChoice | None = None) -> None:
        """Ask; `answers` of an attempt that failed are kept."""
        kept = self.settings.settings
        ports = WizardPorts(
            default_data_dir=str(self._profile.folder),
            test_connection=check_connection,
            backtest_curve=draw_curve,
        )
        simulation = kept_simulation(kept)
        defaults = answers or SetupChoice(
            theme=kept.theme,
            strategy=FIRST_BOT.strategy,
            params=FIRST_BOT.params,
            fees=simulation.fees,
            fill_model=simulation.fill_model,
            latency=simulation.latency,
        )
        self.shell.show_wizard(self._on_wizard_done, ports=ports, defaults=defaults)

    def _on_wizard_done(self, choice: SetupChoice | None) -> None:
        if choice is None:
            if self._engine is None:
                self.shell.quit()
            return
        try:
            self._adopt(choice)
        except CryptobotError as problem:
            again = partial(self._open_wizard, choice)
            self.shell.show_error("Set-up cannot be used", str(problem), "Choose again.", again)
            return
        self._stop_engine()
        self._start(choice_spec(choice, self.settings.settings))

    def _adopt(self, choice: SetupChoice) -> None:
        """Keep the answers; another data folder becomes this program's folder from now on."""
        wanted = Path(choice.data_dir).expanduser()
        if choice.data_dir and wanted.resolve() != self._profile.folder.resolve():
            self._move_to(wanted)
        live = choice.market is not MarketChoice.SYNTHETIC
        self.settings.change(
            market="live" if live else "synthetic",
            venue="kucoin" if choice.market is MarketChoice.KUCOIN else "binance",
            symbols=list(choice.symbols),
            timeframe=choice.bot_timeframe.value,
            portfolio=choice.portfolio,
            maker_ppm=choice.fees.maker_ppm,
            taker_ppm=choice.fees.taker_ppm,
            fill_model=choice.fill_model.value,
            latency_ms=list(choice.latency.samples),
            fee_discount=bool(choice.fees.discount_asset),
            wizard_done=True,
        )
        self.settings.save()

    def _move_to(self, wanted: Path) -> None:
        """Use another data folder from now on; the old one keeps what is in it."""
        self._stop_engine()
        old = self._profile
        self._profile = Profile(data_folder(str(wanted), {}))
        choose_elsewhere(old.folder, self._profile.folder)
        self.settings.save()
        old.close()
        theme = self.settings.get(THEME_KEY)
        self.settings = ProfileSettings(self._profile.folder / SETTINGS_FILE, self._saving.start)
        if theme is not None:
            self.settings.set(THEME_KEY, theme)
        self._listen()

    def _listen(self) -> None:
        """Hear of second starts on the same folder."""
        self._server.close()
        QLocalServer.removeServer(self._profile.socket_name)  # a killed program leaves its socket behind
        self._server.listen(self._profile.socket_name)

    def _start(self, spec: SessionSpec) -> None:
        """Start the engine and show the window, which fills as the engine gets going."""
        handle = EngineHandle()
        self._told_trouble = False
        old = self.shell.window
        capsules = self._profile.capsules()
        ports = WindowPorts(
            proofs=CapsuleProofs(capsules, self._profile.database_path) if capsules is not None else None,
            simulation=StoredSimulation(self.settings, self._restart),
        )
        window = self.shell.show_main(handle, self.settings, profile=self._profile.folder.name, ports=ports)
        window.closed.connect(self._leave)
        window.commands.wizard_wanted.connect(self._open_wizard)
        window.commands.data_folder_wanted.connect(self._open_folder)
        if old is not None:
            old.closed.disconnect()
            old.confirm_quit = False
            old.close()
            old.deleteLater()
        if self._exit_after_first_paint:
            window.confirm_quit = False
            window.installEventFilter(self)
        wishes = Wishes(keep_portfolio=True, from_wall_clock=True, all_portfolios=True)
        environment = addresses(self.settings.settings, os.environ)
        engine = EngineThread(spec, self._profile, handle, wishes=wishes, environment=environment)
        self._engine = engine
        # The window paints first; the engine's imports would hold it up.
        QTimer.singleShot(0, engine.start)
        self._watching.start()
        for number, problem in enumerate(self.settings.problems):
            self.shell.show_message(f"settings-{number}", problem, "Defaults are used; the file was kept.")

    def _restart(self) -> None:
        """End the session and start it anew as the settings say now."""
        self._stop_engine()
        self._start(spec_of(self.settings.settings))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """End after the window's first paint: for measuring how long a start takes."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            print("painted", flush=True)
            QTimer.singleShot(0, self._leave)
        return False

    @Slot()
    def _watch_engine(self) -> None:
        """Say it when the engine has ended by itself."""
        engine, window = self._engine, self.shell.window
        if engine is None or engine.is_running or self._told_trouble:
            return
        snapshot = window.bridge.snapshot if window is not None else None
        if snapshot is not None and snapshot.engine_state == "faulted":
            return  # the window says it by itself
        if engine.trouble is not None:
            self._told_trouble = True
            self.shell.show_message(
                "engine", str(engine.trouble), "Choose another market, or start again.", tone="danger"
            )
        elif engine.has_bug:
            self._told_trouble = True
            text = "The engine met a bug and stopped; nothing that was stored is lost."
            self.shell.show_message("engine", text, "The log file in the data folder has the details.", tone="danger")

    @Slot()
    def _leave(self) -> None:
        """End the engine, then the program; the window is gone already."""
        self._stop_engine()
        self.shell.quit()

    def _stop_engine(self) -> None:
        self._watching.stop()
        engine, self._engine = self._engine, None
        if engine is not None and engine.is_running:
            engine.stop()
            engine.join()

    def _end(self) -> None:
        self._stop_engine()
        self._server.close()
        self._saving.stop()
        with contextlib.suppress(UserActionNeeded):  # a full disk must not keep the program from ending
            self.settings.save()
        self._profile.close()

    @Slot()
    def _save(self) -> None:
        try:
            self.settings.save()
        except UserActionNeeded as problem:
            self.shell.show_message("settings-save", str(problem), "Make space; settings are kept until then.")

    @Slot()
    def _on_second_start(self) -> None:
        connection = self._server.nextPendingConnection()
        if connection is not None:
            connection.close()
            connection.deleteLater()
        self.shell.raise_window()

    @Slot()
    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._profile.folder)))


def spec_of(settings: Settings) -> SessionSpec:
    """Return the session that the settings describe; its bots are those that are stored."""
    simulation = kept_simulation(settings)
    return SessionSpec(
        source=MarketSource(settings.market),
        venue=Venue(settings.venue),
        symbols=tuple(settings.symbols),
        timeframe=Timeframe(settings.timeframe),
        portfolio=settings.portfolio,
        seed=settings.seed,
        recording=settings.recording,
        speed=1 if settings.market == "live" else int(settings.speed),
        fees=simulation.fees,
        fill_model=simulation.fill_model,
        latency=simulation.latency,
    )


def addresses(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the base addresses that the settings name; the environment's own ones win."""
    urls = settings.urls
    named = {
        BINANCE_REST_VARIABLE: urls.binance_rest,
        BINANCE_WS_VARIABLE: urls.binance_ws,
        KUCOIN_REST_VARIABLE: urls.kucoin_rest,
    }
    return {name: url for name, url in named.items() if url} | dict(environment)


def choice_spec(choice: SetupChoice, settings: Settings) -> SessionSpec:
    """Return the session of the wizard's answers: as the settings say, with cash and the first bot."""
    chosen = choice.session()
    return msgspec.structs.replace(spec_of(settings), cash=chosen.cash, bots=chosen.bots)


def _raise_first(socket_name: str) -> bool:
    """Ask the program that runs already to show its window; return False when it does not answer."""
    socket = QLocalSocket()
    socket.connectToServer(socket_name)
    return bool(socket.waitForConnected(CALL_TIMEOUT_MS))
