from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from cryptobot_desktop.gui.settings_port import MemorySettings
from cryptobot_desktop.gui.tables.card_model import CardTableModel
from cryptobot_desktop.gui.tables.columns import Column, Tone
from cryptobot_desktop.gui.tables.row_changes import row_changes
from cryptobot_desktop.gui.tables.table_view import TableView
from cryptobot_desktop.gui.theme import current

KEYS = st.lists(st.integers(0, 12), unique=True, max_size=10)


class Pair(Struct, frozen=True):
    key: int
    price: int


COLUMNS: tuple[Column[Pair], ...] = (
    Column(title="Key", text=lambda p: f"#{p.key}", sort=lambda p: p.key, wide="#100"),
    Column(
        title="Price",
        text=lambda p: f"{p.price:,}",
        sort=lambda p: p.price,
        wide="100",
        numeric=True,
        flash=True,
        raw=lambda p: str(p.price),
        tone=lambda p: Tone.UP if p.price > 0 else Tone.DOWN,
    ),
)


def model() -> CardTableModel[Pair]:
    return CardTableModel(COLUMNS, lambda pair: pair.key)


@given(old=KEYS, new=KEYS)
def test_changes_lead_from_the_old_rows_to_the_new(old: list[int], new: list[int]) -> None:
    changes = row_changes(old, new)
    if changes is None:
        kept_old, kept_new = [k for k in old if k in new], [k for k in new if k in old]
        assert kept_old != kept_new
        return
    rows = list(old)
    for first, count in changes.removals:
        del rows[first : first + count]
    for first, count in changes.insertions:
        rows[first:first] = new[first : first + count]
    assert rows == new


@given(lists=st.lists(KEYS, min_size=1, max_size=6))
def test_the_model_always_shows_the_newest_rows(qapp: object, lists: list[list[int]]) -> None:
    shown = model()
    for step, keys in enumerate(lists):
        shown.set_rows([Pair(key, step * 100 + key) for key in keys])
        assert [shown.index(i, 1).data() for i in range(shown.rowCount())] == [f"{step * 100 + key:,}" for key in keys]


def test_a_batch_gives_one_change_signal_and_an_equal_one_none(qapp: object) -> None:
    shown = model()
    shown.set_rows([Pair(key, 1) for key in range(5)])
    told: list[tuple[int, int]] = []
    shown.dataChanged.connect(lambda top, bottom: told.append((top.row(), bottom.row())))
    shown.set_rows([Pair(0, 1), Pair(1, 2), Pair(2, 1), Pair(3, 9), Pair(4, 1)])
    assert told == [(1, 3)]
    shown.set_rows([Pair(0, 1), Pair(1, 2), Pair(2, 1), Pair(3, 9), Pair(4, 1)])
    assert told == [(1, 3)]


def test_a_changing_number_flashes_its_text(dressed: object) -> None:
    shown = model()
    shown.set_rows([Pair(0, 5)])
    shown.set_rows([Pair(0, 3)])
    assert shown.index(0, 1).data(Qt.ItemDataRole.ForegroundRole).name() == current().down


def test_stale_values_are_muted(dressed: object) -> None:
    shown = model()
    shown.set_rows([Pair(0, 5)])
    shown.set_dimmed(True)
    assert shown.index(0, 1).data(Qt.ItemDataRole.ForegroundRole).name() == current().muted


def table(qtbot: QtBot) -> TableView[Pair]:
    made: TableView[Pair] = TableView("pairs", COLUMNS, lambda pair: pair.key)
    qtbot.addWidget(made)
    made.cards.set_rows([Pair(1, 1_000), Pair(2, 30), Pair(3, 10**20)])
    return made


def test_rows_sort_by_value_however_large_and_not_by_what_is_shown(dressed: object, qtbot: QtBot) -> None:
    shown = table(qtbot)
    shown.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert [shown.row_at(shown.sorted_rows.index(i, 0)).key for i in range(3)] == [2, 1, 3]


def test_copy_gives_raw_values_as_tsv(dressed: object, qtbot: QtBot) -> None:
    shown = table(qtbot)
    shown.selectRow(0)
    shown.copy_rows()
    assert QGuiApplication.clipboard().text() == "Key\tPrice\n#1\t1000\n"


def test_export_has_all_rows_and_leaves_hidden_columns_out(dressed: object, qtbot: QtBot) -> None:
    shown = table(qtbot)
    shown.setColumnHidden(0, True)
    assert shown.export_text() == f"Price\n1000\n30\n{10**20}\n"


def test_widths_come_back(dressed: object, qtbot: QtBot) -> None:
    settings = MemorySettings()
    first = table(qtbot)
    first.keep_header(settings)
    first.setColumnWidth(1, 222)
    qtbot.waitUntil(lambda: settings.get("table/pairs/2") is not None)
    second = table(qtbot)
    second.keep_header(settings)
    assert second.columnWidth(1) == 222


def test_the_chosen_row_survives_rows_that_come_and_go(dressed: object, qtbot: QtBot) -> None:
    shown = table(qtbot)
    shown.selectRow(1)
    shown.cards.set_rows([Pair(2, 31), Pair(3, 7), Pair(4, 1)])
    chosen = shown.chosen()
    assert chosen is not None
    assert chosen.key == 2
    assert shown.row_at(QModelIndex()) is None
