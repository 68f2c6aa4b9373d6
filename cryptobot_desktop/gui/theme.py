"""Puts a theme on the application: Fusion, own palette and style sheet, fonts with tabular digits; switches live."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from cryptobot_desktop.gui.style_sheet import style_sheet
from cryptobot_desktop.gui.tokens import DARK, TEXT_PX, THEMES, Theme, UpDown, with_colours

_STATION = "cryptobot theme"
_MIN_SCALE, _MAX_SCALE = 80, 200


class ThemeStation(QObject):
    """The theme that is on, and the signal that another one came. Belongs to the application."""

    changed = Signal(object)

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.setObjectName(_STATION)
        self.theme = DARK
        self.colours = UpDown.GREEN_RED
        self.font_percent = 100
        self._base_font = app.font()

    def put_on(self, name: str, colours: UpDown | None = None, font_percent: int | None = None) -> None:
        """Dress every window in the named theme (``dark`` or ``light``); unknown names count as dark."""
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return
        self.colours = colours if colours is not None else self.colours
        self.theme = with_colours(THEMES.get(name, DARK), self.colours)
        if font_percent is not None:
            self.font_percent = min(_MAX_SCALE, max(_MIN_SCALE, font_percent))
        app.setStyle("Fusion")
        app.setPalette(palette(self.theme))
        app.setFont(number_font(self._base_font, TEXT_PX))
        app.setStyleSheet(style_sheet(self.theme))
        self.changed.emit(self.theme)


def station() -> ThemeStation:
    """Return the application's theme station; it is made on the first call."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("a theme needs a running QApplication")
    found = app.findChild(ThemeStation, _STATION)
    return found if isinstance(found, ThemeStation) else ThemeStation(app)


def current() -> Theme:
    """Return the theme that is on."""
    return station().theme


def palette(theme: Theme) -> QPalette:
    """Return the theme as a palette, disabled texts in the muted colour."""
    colours = QPalette()
    role = QPalette.ColorRole
    for which, colour in (
        (role.Window, theme.canvas),
        (role.Base, theme.panel),
        (role.AlternateBase, theme.raised),
        (role.Button, theme.raised),
        (role.Mid, theme.line),
        (role.Dark, theme.line),
        (role.WindowText, theme.text),
        (role.Text, theme.text),
        (role.ButtonText, theme.text),
        (role.ToolTipBase, theme.raised),
        (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.muted),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.on_accent),
        (role.Link, theme.accent),
    ):
        colours.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        colours.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.muted))
    return colours


def number_font(base: QFont, pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return a font of a size in pixels (times the user's font scale) whose digits all have the same width."""
    font = QFont(base)
    font.setPixelSize(max(1, round(pixels * station().font_percent / 100)))
    font.setWeight(weight)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def set_property(widget: QWidget, name: str, value: str | bool) -> None:
    """Set a property that the style sheet looks at, and restyle the widget only when it is a new value."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
