"""What a database file may be: ours, of this mode, not newer, whole; anything else is left as it is."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from cryptobot_desktop.domain.errors import UserActionNeeded
from cryptobot_desktop.storage import tables
from cryptobot_desktop.storage.backups import backups
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.schema import HISTORY, SchemaHistory, ensure_current, inspect
from tests.unit.storage.next_version import next_version_in
from tests.unit.storage.trading_story import TradingStory


@pytest.fixture
def path(data_dir: Path) -> Path:
    """Return a database with a few rows, closed."""
    path = data_dir / FILE_NAME
    story = TradingStory()
    story.open_portfolio()
    story.place("u:1")
    database = ProfileDatabase(path)
    database.commit(story.batch())
    database.close()
    return path


def shape(path: Path) -> dict[str, object]:
    """Return every table with columns, keys, indices and strictness, as SQLite itself sees them."""
    connection = sqlite3.connect(path)
    found: dict[str, object] = {}
    for _, name, kind, _, rowid, strict in connection.execute("PRAGMA table_list").fetchall():
        if kind == "table" and name != "alembic_version" and not name.startswith("sqlite_"):
            columns = connection.execute(f"PRAGMA table_xinfo({name})").fetchall()
            indices = connection.execute(f"PRAGMA index_list({name})").fetchall()
            found[name] = (columns, rowid, strict, sorted(_index(connection, *row[1:]) for row in indices))
    connection.close()
    return found


def _index(connection: sqlite3.Connection, name: str, unique: int, origin: str, partial: int) -> tuple[object, ...]:
    columns = tuple(row[2] for row in connection.execute(f"PRAGMA index_info({name})"))
    condition = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0] or ""
    return columns, unique, partial, condition.partition("WHERE")[2].strip(), name if origin == "c" else ""


def test_the_migrated_schema_equals_the_declared_tables(path: Path, tmp_path: Path) -> None:
    declared = tmp_path / "declared.sqlite"
    engine = create_engine(f"sqlite:///{declared}")
    ours = [t.__table__ for t in vars(tables).values() if isinstance(t, type) and hasattr(t, "__table__")]
    SQLModel.metadata.create_all(engine, tables=ours)
    engine.dispose()
    assert shape(path) == shape(declared)
    assert len(shape(path)) == len(ours)


def test_all_tables_are_strict(path: Path) -> None:
    assert all(strict == 1 for _, _, strict, _ in shape(path).values())


def test_every_migration_is_listed_and_they_form_one_line() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(HISTORY.folder))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    assert tuple(script.revision for script in reversed(scripts)) == HISTORY.revisions


def spoil(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "zero bytes":
        path.write_bytes(b"")
    elif how == "a text":
        path.write_text("these are not the pages you are looking for" * 50)
    elif how == "cut in half":
        path.write_bytes(content[: len(content) // 2])
    elif how == "cut to one page":
        path.write_bytes(content[:4096])
    elif how == "cut within its header":
        path.write_bytes(content[:50])
    elif how == "a zeroed first page":
        path.write_bytes(bytes(4096) + content[4096:])
    elif how == "another program's":
        path.unlink()
        sqlite3.connect(path).execute("CREATE TABLE a (b)").connection.close()
    elif how == "without tables":
        path.unlink()
        connection = sqlite3.connect(path)
        connection.executescript("PRAGMA user_version = 3")
        connection.close()


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("zero bytes", "is empty"),
        ("a text", "damaged or not a database"),
        ("cut in half", "damaged or not a database"),
        ("cut to one page", "damaged or not a database"),
        ("cut within its header", "damaged or not a database"),
        ("a zeroed first page", "damaged or not a database"),
        ("another program's", "not made by this program"),
        ("without tables", "not made by this program"),
    ],
)
def test_an_unusable_file_gives_one_clear_error_and_stays_as_it_is(
    path: Path, how: str, words: str, read_only: bool
) -> None:
    spoil(path, how)
    before = path.read_bytes()
    with pytest.raises(UserActionNeeded, match=words) as caught:
        ProfileDatabase(path, read_only=read_only)
    assert str(path.parent) in str(caught.value)
    assert (
        "left as it is" in str(caught.value) or "left as it was" in str(caught.value) or "was left" in str(caught.value)
    )
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_schema_is_refused_and_the_file_unchanged(path: Path, read_only: bool) -> None:
    change(path, "UPDATE alembic_version SET version_num = '0099'")
    before = path.read_bytes()
    with pytest.raises(UserActionNeeded, match=r"schema 0099, this program knows up to 0002.*newer version"):
        ProfileDatabase(path, read_only=read_only)
    assert path.read_bytes() == before


def change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_of_another_mode_is_refused_and_unchanged(path: Path, read_only: bool) -> None:
    before = path.read_bytes()
    with pytest.raises(UserActionNeeded, match="belongs to mode 'paper', this program runs in mode 'testnet'"):
        ProfileDatabase(path, mode="testnet", read_only=read_only)
    assert path.read_bytes() == before


def test_a_file_without_a_mode_is_refused(path: Path) -> None:
    change(path, "DROP TRIGGER meta_mode_not_deleted", "DELETE FROM meta")
    with pytest.raises(UserActionNeeded, match="belongs to mode None"):
        ProfileDatabase(path)


def test_a_missing_file_is_not_made_for_reading(data_dir: Path) -> None:
    with pytest.raises(UserActionNeeded, match=r"there is no profile\.sqlite in"):
        ProfileDatabase(data_dir / FILE_NAME, read_only=True)
    assert list(data_dir.iterdir()) == []


def test_a_database_that_vanished_from_beside_its_log_is_not_begun_anew(path: Path) -> None:
    log = path.with_name(f"{FILE_NAME}-wal")
    log.write_bytes(b"rows that were not yet moved")
    path.unlink()
    with pytest.raises(UserActionNeeded, match="its write-ahead log is still there"):
        ProfileDatabase(path)
    assert log.read_bytes() == b"rows that were not yet moved"
    assert not path.exists()


def test_a_half_made_file_of_a_killed_start_is_thrown_away(data_dir: Path) -> None:
    path = data_dir / FILE_NAME
    for suffix in ("", "-wal", "-shm", "-journal"):
        (data_dir / f"{FILE_NAME}.new{suffix}").write_bytes(b"half")
    ProfileDatabase(path).close()
    assert [file.name for file in data_dir.iterdir()] == [FILE_NAME]


def test_a_folder_in_the_place_of_the_file_is_named(data_dir: Path) -> None:
    (data_dir / FILE_NAME).mkdir()
    with pytest.raises(UserActionNeeded, match=FILE_NAME):
        ProfileDatabase(data_dir / FILE_NAME)


@pytest.fixture
def next_version(tmp_path: Path) -> SchemaHistory:
    return next_version_in(tmp_path / "migra%tions")


def test_a_migration_copies_the_file_first_and_keeps_its_rows(path: Path, next_version: SchemaHistory) -> None:
    ensure_current(path, "paper", next_version)
    assert inspect(path, "paper", next_version) == "0003"
    copy = backups(path)[0]
    assert copy.label == "before-0003"
    old = ProfileDatabase(copy.path)
    assert [row.seq for row in old.transfers()] == [1, 2]
    old.close()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM transfer").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_migration_that_fails_changes_nothing(path: Path, next_version: SchemaHistory) -> None:
    script = next_version.folder / "versions" / "r0003_notes.py"
    script.write_text(script.read_text() + '    op.execute("INSERT INTO note VALUES (1, NULL)")\n')
    before = shape(path)
    with pytest.raises(Exception, match="could not be brought to this version's form"):
        ensure_current(path, "paper", next_version)
    assert shape(path) == before
    assert inspect(path, "paper") == "0002"
