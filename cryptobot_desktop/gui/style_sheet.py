"""The style sheet of a theme: everything that a palette cannot say."""

from string import Template

from msgspec.structs import asdict

from cryptobot_desktop.gui.resource_files import resource_folder
from cryptobot_desktop.gui.tokens import FOCUS_RING, RADIUS, Theme

_SHEET = Template("""
QMainWindow, QDialog { background: $canvas; }
QMainWindow::separator { background: $canvas; width: 4px; height: 4px; }
QMainWindow::separator:hover { background: $accent; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px 6px; }

QMenuBar { background: $canvas; padding: 2px 4px; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $panel; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 5px 28px 5px 24px; border-radius: 4px; }
QMenu::item:selected { background: $raised; color: $text; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }

QToolBar#header { background: $canvas; border: none; border-bottom: 1px solid $line; spacing: 0; padding: 0; }
QToolBar#messages { background: $canvas; border: none; padding: 0; }
QStatusBar { background: $canvas; border-top: 1px solid $line; }
QStatusBar::item { border: none; }

QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QDockWidget { color: $muted; }
QDockWidget > QWidget { background: $panel; }
QTabBar { background: transparent; }
QTabBar::tab { background: transparent; color: $muted; padding: 5px 12px; border: none;
               border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:focus { color: $text; background: $raised; }

QFrame#panel, QWidget#panel { background: $panel; }
QFrame#dockTitle { background: $panel; border-bottom: 1px solid $line; }
QFrame#card { background: $panel; border: 1px solid $line; border-radius: ${radius}px; }
QFrame#rule { background: $line; max-height: 1px; min-height: 1px; border: none; }

QLineEdit { placeholder-text-color: $muted; }
QLineEdit, QComboBox, QSpinBox, QDateTimeEdit, QPlainTextEdit {
  background: $raised; color: $text; border: 1px solid $line; border-radius: ${radius}px; padding: 4px 8px;
  min-height: 20px; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDateTimeEdit:focus, QPlainTextEdit:focus {
  border: ${ring}px solid $accent; padding: 3px 7px; }
QLineEdit[problem="true"] { border: ${ring}px solid $danger; padding: 3px 7px; }
QLineEdit:disabled, QComboBox:disabled { color: $muted; background: $panel; }
QComboBox::drop-down, QDateTimeEdit::drop-down { border: none; width: 22px; }
QComboBox::down-arrow, QDateTimeEdit::down-arrow { image: url($icons/chevron-down.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $line; outline: 0;
  selection-background-color: $raised; selection-color: $text; }

QPushButton, QToolButton { background: $raised; color: $text; border: 1px solid $line; border-radius: ${radius}px;
  padding: 4px 12px; min-height: 20px; }
QPushButton:hover, QToolButton:hover { border-color: $muted; }
QPushButton:pressed, QToolButton:pressed { background: $line; }
QPushButton:focus, QToolButton:focus { border: ${ring}px solid $accent; padding: 3px 11px; }
QPushButton:disabled, QToolButton:disabled { color: $muted; background: $panel; }
QToolButton::menu-indicator { image: url($icons/chevron-down.svg); width: 10px; height: 10px; right: 6px;
  subcontrol-position: right center; subcontrol-origin: padding; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:focus { border-color: $text; }
QPushButton[kind="primary"]:disabled { background: $raised; color: $muted; border-color: $line; }
QPushButton[kind="buy"] { background: $up; color: $on_up; border-color: $up; font-weight: 600; }
QPushButton[kind="sell"] { background: $down; color: $on_down; border-color: $down; font-weight: 600; }
QPushButton[kind="buy"]:focus, QPushButton[kind="sell"]:focus { border-color: $text; }
QPushButton[kind="buy"]:disabled, QPushButton[kind="sell"]:disabled {
  background: $raised; color: $muted; border-color: $line; }
QPushButton[kind="danger"] { background: $danger; color: $on_danger; border-color: $danger; font-weight: 700; }
QPushButton[kind="danger"]:focus { border-color: $text; }
QPushButton[kind="danger-outline"] { background: transparent; color: $danger; border: ${ring}px solid $danger;
  font-weight: 700; padding: 3px 11px; }
QPushButton[kind="flat"], QToolButton[kind="flat"] { background: transparent; border-color: transparent; }
QPushButton[kind="flat"]:hover, QToolButton[kind="flat"]:hover { background: $raised; }
QPushButton[kind="flat"]:focus, QToolButton[kind="flat"]:focus { border-color: $accent; }
QToolButton[kind="tiny"] { background: transparent; border-color: transparent; color: $muted; padding: 0 4px;
  min-height: 16px; }
QToolButton[kind="tiny"]:hover { color: $text; background: $raised; }
QToolButton[kind="tiny"]:focus { border: 1px solid $accent; padding: 0 4px; }
QPushButton::menu-indicator { image: url($icons/chevron-down.svg); width: 10px; height: 10px; right: 8px;
  subcontrol-position: right center; subcontrol-origin: padding; }
QPushButton#symbol { font-weight: 600; padding-right: 24px; }
QPushButton[kind="flat"]#indicators { padding-right: 24px; }
QPushButton[kind="segment"] { background: transparent; border-color: transparent; color: $muted; padding: 4px 8px; }
QPushButton[kind="segment"]:hover { color: $text; }
QPushButton[kind="segment"]:checked, QPushButton[kind="segment"][on="true"] {
  background: $raised; color: $text; border-color: $line; }
QPushButton[kind="segment"]:focus { border: ${ring}px solid $accent; padding: 3px 7px; }
QPushButton[side="buy"]:checked { color: $up; border: 1px solid $up; }
QPushButton[side="sell"]:checked { color: $down; border: 1px solid $down; }
QPushButton[kind="choice"] { text-align: left; background: $panel; }
QPushButton[kind="choice"]:checked { border: ${ring}px solid $accent; padding: 3px 11px; background: $raised; }

QLabel[tone="muted"] { color: $muted; }
QLabel[tone="up"] { color: $up; }
QLabel[tone="down"] { color: $down; }
QLabel[tone="warn"] { color: $warn; }
QLabel[tone="danger"] { color: $danger; }
QLabel[tone="accent"] { color: $accent; }
QLabel[tone="paper"] { color: $paper; }
QLabel#paperBadge { background: $paper; color: $on_paper; border-radius: 4px; padding: 3px 8px; font-weight: 700; }
QFrame[banner="danger"] { background: $panel; border: 1px solid $danger; border-left: 4px solid $danger; }
QFrame[banner="warn"] { background: $panel; border: 1px solid $warn; border-left: 4px solid $warn; }
QFrame[banner="info"] { background: $panel; border: 1px solid $line; border-left: 4px solid $accent; }
QFrame#staleStrip { background: $raised; border-bottom: 1px solid $warn; }

QHeaderView { background: $panel; }
QHeaderView::section { background: $panel; color: $muted; border: none;
  border-bottom: 1px solid $line; padding: 4px 8px; }
QHeaderView::section:hover { color: $text; }
QHeaderView::up-arrow { image: url($icons/chevron-up.svg); width: 9px; height: 9px; }
QHeaderView::down-arrow { image: url($icons/chevron-down.svg); width: 9px; height: 9px; }
QTableView { background: $panel; alternate-background-color: $panel; border: none; outline: 0; gridline-color: $line;
  selection-background-color: $raised; }
QTableView::item { border: none; padding: 0 6px; }
QTableView::item:selected { background: $raised; }
QTableView:focus { border: 1px solid $accent; }

QListView { background: $panel; border: 1px solid $line; outline: 0; }
QListView::item { padding: 5px 8px; }
QListView::item:selected { background: $raised; color: $text; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 4px; min-height: 24px; min-width: 24px; margin: 1px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QCheckBox, QRadioButton { spacing: 8px; }
QCheckBox::indicator { width: 13px; height: 13px; border: 1px solid $muted; border-radius: 3px; background: $raised; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($icons/check.svg); }
QCheckBox::indicator:focus { border: 2px solid $accent; }
QCheckBox:focus, QRadioButton:focus { color: $accent; }
QSplitter::handle { background: $line; }
""")


def style_sheet(theme: Theme) -> str:
    """Return the style sheet in the theme's colours."""
    icons = (resource_folder() / "icons").as_posix()
    return _SHEET.substitute(asdict(theme), radius=RADIUS, ring=FOCUS_RING, icons=icons)
