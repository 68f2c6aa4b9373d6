"""Which actions the main window has, with their names, menus and keys."""

from functools import partial

from PySide6.QtGui import QKeySequence

from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.gui.actions import ActionRegistry
from cryptobot_desktop.gui.alarms import CHOOSE_MARKET, RELEASE, SHOW_LOG
from cryptobot_desktop.gui.session_commands import SessionCommands
from cryptobot_desktop.gui.tokens import UpDown
from cryptobot_desktop.gui.window_commands import WindowCommands


def add_actions(commands: WindowCommands) -> None:
    """Put every action of the window into the registry, menu by menu."""
    _add_file(commands)
    _add_view(commands)
    _add_chart(commands)
    _add_trade(commands)
    commands.registry.add("bots.add", "Add bot\u2026", commands.ask_bot, menu="Bots", shortcut="Ctrl+B")
    commands.registry.add("bots.show", "Show bots", partial(commands.docks.show_panel, "bots"), menu="Bots")
    commands.registry.add("bots.pause_all", "Pause all bots", commands.pause_bots, menu="Bots")
    commands.registry.add("help.about", "About CryptoBot Desktop", commands.show_about, menu="Help", shortcut="F1")


def add_session_actions(commands: SessionCommands, registry: ActionRegistry) -> None:
    """Put the actions about the session as a whole into the registry."""
    add = partial(registry.add, menu="Session")
    add("session.simulation", "Simulation\u2026", commands.ask_simulation, shortcut="Ctrl+Shift+S")
    add("session.band", "Compare fill models", commands.compare_models)
    add("session.prove", "Prove this session\u2026", commands.prove, shortcut="Ctrl+Shift+P")


def _add_file(commands: WindowCommands) -> None:
    commands.registry.add(CHOOSE_MARKET, "Set up again\u2026", commands.wizard_wanted.emit, menu="File")
    commands.registry.add("file.data_folder", "Open data folder", commands.data_folder_wanted.emit, menu="File")
    commands.registry.add("file.commands", "Commands\u2026", commands.open_palette, menu="File", shortcut="Ctrl+K")
    commands.registry.add("file.end.quit", "Quit", commands.window.close, menu="File", shortcut="Ctrl+Q")


def _add_view(commands: WindowCommands) -> None:
    for number, (name, dock) in enumerate(commands.docks.docks.items(), start=1):
        action = dock.toggleViewAction()
        action.setShortcut(QKeySequence(f"Alt+{number}" if number <= 9 else ""))
        commands.registry.adopt(f"view.panel.{name}", action, menu="View")
    commands.registry.add(
        SHOW_LOG, "Go to the log", partial(commands.docks.show_panel, "log"), menu="View", shortcut="Ctrl+L"
    )
    commands.registry.add("view.reset", "Reset layout", commands.docks.arrange, menu="View")
    commands.registry.add("view.full_screen", "Full screen", commands.switch_full_screen, menu="View", shortcut="F11")
    commands.registry.add(
        "view.look.theme", "Switch dark and light", commands.switch_theme, menu="View", shortcut="Ctrl+Shift+L"
    )
    for step, text, keys in (
        (10, "Larger text", "Ctrl++"),
        (-10, "Smaller text", "Ctrl+-"),
        (0, "Usual text size", "Ctrl+0"),
    ):
        change = partial(commands.change_text_size, step)
        commands.registry.add(f"view.look.text.{step}", text, change, menu="View", shortcut=keys)
    for colours in UpDown:
        text = f"Up and down: {colours.value}"
        commands.registry.add(
            f"view.look.{colours.name.lower()}", text, partial(commands.put_on_colours, colours), menu="View"
        )


def _add_chart(commands: WindowCommands) -> None:
    for timeframe in Timeframe:
        choose = partial(commands.desk.choose_timeframe, timeframe)
        commands.registry.add(
            f"chart.timeframe.{timeframe.value}", f"Timeframe {timeframe.value}", choose, menu="Chart"
        )


def _add_trade(commands: WindowCommands) -> None:
    menu = "Trade (paper)"
    commands.registry.add("trade.ticket", "Go to the order ticket", commands.focus_ticket, menu=menu, shortcut="Ctrl+T")
    commands.registry.add("trade.portfolio.new", "New portfolio\u2026", commands.ask_portfolio, menu=menu)
    commands.registry.add("trade.portfolio.reset", "Reset this portfolio\u2026", commands.ask_reset, menu=menu)
    commands.registry.add("trade.portfolio.epochs", "Older epochs\u2026", commands.show_epochs, menu=menu)
    commands.registry.add("trade.stop.all", "STOP ALL", commands.stop_all, menu=menu, shortcut="Ctrl+Shift+X")
    commands.registry.add(RELEASE, "Release after STOP ALL\u2026", commands.ask_release, menu=menu)
