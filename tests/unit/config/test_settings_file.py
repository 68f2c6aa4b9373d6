"""Settings files: comments stay, nothing the user wrote is lost, nothing wrong raises."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.config.settings import Settings, Urls
from cryptobot_desktop.config.settings_file import FILE_NAME, MAX_BYTES, load_settings, save_settings
from cryptobot_desktop.domain.errors import UserActionNeeded

GOOD = """# my settings
theme = "light"   # easier on my eyes
symbols = ["ETH/USDT", "BTCUSDT", "SOL-USDT"]
seed = 11
from_the_future = { a = 1 }

[urls]
binance_rest = "http://127.0.0.1:8080"
other = "kept"

[window]
"layout/state" = "base64:AAE="
"""


@pytest.fixture
def path(data_dir: Path) -> Path:
    return data_dir / FILE_NAME


def test_without_a_file_all_is_default_and_no_problem(path: Path) -> None:
    loaded = load_settings(path)
    assert loaded.settings == Settings()
    assert (loaded.problems, loaded.unknown, loaded.kept_as) == ((), (), None)
    assert not path.exists()


def test_a_good_file_is_read_and_not_touched(path: Path) -> None:
    path.write_text(GOOD)
    loaded = load_settings(path)
    assert loaded.problems == ()
    assert loaded.unknown == ("from_the_future", "urls.other")
    assert loaded.settings.theme == "light"
    assert loaded.settings.symbols == ["ETH/USDT", "BTCUSDT", "SOL-USDT"]
    assert loaded.settings.urls == Urls(binance_rest="http://127.0.0.1:8080")
    assert loaded.settings.window == {"layout/state": "base64:AAE="}
    assert path.read_text() == GOOD


def test_saving_changes_only_what_changed_and_keeps_comments(path: Path) -> None:
    path.write_text(GOOD)
    changes = {("seed",): 12, ("urls", "kucoin_rest"): "https://x", ("window", "b"): "c", ("wizard_done",): True}
    save_settings(path, changes, Settings())
    text = path.read_text()
    assert "# my settings\n" in text
    assert 'theme = "light"   # easier on my eyes\n' in text
    loaded = load_settings(path)
    assert loaded.unknown == ("from_the_future", "urls.other")
    assert loaded.settings == Settings(
        theme="light",
        symbols=["ETH/USDT", "BTCUSDT", "SOL-USDT"],
        seed=12,
        wizard_done=True,
        urls=Urls(binance_rest="http://127.0.0.1:8080", kucoin_rest="https://x"),
        window={"layout/state": "base64:AAE=", "b": "c"},
    )


def test_the_first_save_makes_a_file_that_says_what_it_is(path: Path) -> None:
    save_settings(path, {("theme",): "light"}, Settings(theme="light", seed=9))
    assert path.read_text().startswith("# Settings of CryptoBot.")
    assert load_settings(path).settings == Settings(theme="light", seed=9)
    assert [file.name for file in path.parent.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"theme = ", "at end of document"),
        (b"theme = 'dark'\ntheme = 'light'", "overwrite"),
        (b"\xff\xfe\x00binary\x00", "byte 0 is not UTF-8 text"),
        (b"a = 1\n\x00", "line 2"),
        (b"#" * (MAX_BYTES + 1), f"it has {MAX_BYTES + 1} bytes, at most {MAX_BYTES} are allowed"),
        (b"a = " + b"[" * 100_000, ""),
    ],
)
def test_an_unreadable_file_is_kept_and_defaults_are_used(path: Path, content: bytes, words: str) -> None:
    for number in (1, 2):
        path.write_bytes(content)
        loaded = load_settings(path)
        assert loaded.settings == Settings()
        assert len(loaded.problems) == 1
        assert words in loaded.problems[0]
        assert loaded.problems[0].endswith(f"it was kept as {FILE_NAME}.broken-{number}, defaults are used")
        assert loaded.kept_as == path.with_name(f"{FILE_NAME}.broken-{number}")
        assert loaded.kept_as.read_bytes() == content
        assert not path.exists()


def test_an_empty_file_is_no_problem(path: Path) -> None:
    path.write_text("")
    assert load_settings(path).settings == Settings()
    assert load_settings(path).problems == ()


def test_all_wrong_values_are_listed_at_once_with_key_value_and_bound(path: Path) -> None:
    text = (
        '# top\ntheme = "pink"\nfont_percent = 500\nseed = -1\nspeed = 1e30\nsymbols = ["BTC/USDT", "no good"]\n'
        'wizard_done = "yes"\nvenue = "kucoin" # fine\nfill_model = nan\nportfolio = ""\n'
        '[urls]\nbinance_rest = "ftp://x"\nkucoin_rest = "https://fine"\n[window]\na = 5\nb = "fine"\n'
    )
    path.write_text(text)
    loaded = load_settings(path)
    assert loaded.settings == Settings(venue="kucoin", urls=Urls(kucoin_rest="https://fine"), window={"b": "fine"})
    *faults, note = loaded.problems
    assert len(faults) == 10
    for start, bound in {
        "theme = 'pink': ": "'dark', 'light' or 'system'",
        "font_percent = 500: ": "less than or equal to 200",
        "seed = -1: ": "greater than or equal to 0",
        "speed = 1e+30: ": "'1', '10' or '60'",
        "symbols.1 = 'no good': ": "match pattern",
        "wizard_done = 'yes': ": "valid boolean",
        "fill_model = nan: ": "'optimistic', 'expected' or 'pessimistic'",
        "portfolio = '': ": "at least 1 character",
        "urls.binance_rest = 'ftp://x': ": "match pattern",
        "window.a = 5: ": "valid string",
    }.items():
        assert any(fault.startswith(start) and bound in fault for fault in faults), (start, faults)
    assert note == f"defaults are used for these keys; the file as it was is kept as {FILE_NAME}.broken-1"
    assert loaded.kept_as is not None
    assert loaded.kept_as.read_text() == text
    mended = load_settings(path)
    assert mended.settings == loaded.settings
    assert mended.problems == ()
    assert "# top" in path.read_text()
    assert 'venue = "kucoin" # fine' in path.read_text()


def test_a_table_where_a_value_belongs_and_the_other_way_round(path: Path) -> None:
    path.write_text("window = 3\nurls = []\n[theme]\na = 1\n")
    loaded = load_settings(path)
    assert loaded.settings == Settings()
    assert len(loaded.problems) == 4
    save_settings(path, {("window", "a"): "b", ("urls", "binance_rest"): ""}, loaded.settings)
    assert load_settings(path).settings == Settings(window={"a": "b"})


def test_a_file_that_broke_while_the_program_ran_is_kept_and_replaced(path: Path) -> None:
    path.write_text("broken = ")
    save_settings(path, {("seed",): 3}, Settings(theme="light", seed=3))
    assert path.with_name(f"{FILE_NAME}.broken-1").read_text() == "broken = "
    assert load_settings(path).settings == Settings(theme="light", seed=3)


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UserActionNeeded, match=r"settings .* cannot be written: .*make the folder writable"):
        save_settings(tmp_path / "absent" / FILE_NAME, {("seed",): 3}, Settings())


def test_a_folder_in_the_place_of_the_file_raises_nothing(path: Path) -> None:
    path.mkdir()
    loaded = load_settings(path)
    assert loaded.settings == Settings()
    assert len(loaded.problems) == 1


KEYS = st.sampled_from(["theme", "seed", "symbols", "urls", "window", "urls.binance_rest", "window.a", "x", '"a b"'])
VALUES = st.sampled_from(
    [
        *("1", "-1", "1e30", "nan", "true", '"dark"', '"BTC/USDT"', "[]", '["BTC/USDT", 3]', "{}", "{ a = 1 }", ""),
        *('""', "''' '''", "[[1], [2]]", "inf", "0x7fffffffffffffffff", "{ binance_rest = 3 }", "1979-05-27", "= ="),
    ]
)
LINES = st.one_of(
    st.builds("{} = {}".format, KEYS, VALUES),
    st.builds("[{}]".format, KEYS),
    st.builds("[[{}]]".format, KEYS),
    st.text(),
)


@settings(max_examples=300)
@given(
    content=st.one_of(st.binary(max_size=60), st.lists(LINES, max_size=6).map(lambda rows: "\n".join(rows).encode()))
)
def test_no_file_raises_or_is_lost_and_what_is_saved_is_found_again(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("settings") / FILE_NAME
    path.write_bytes(content)
    loaded = load_settings(path)
    if loaded.problems:
        assert any(file.read_bytes() == content for file in path.parent.iterdir())
    save_settings(path, {("seed",): 77, ("window", "k"): "v"}, loaded.settings)
    again = load_settings(path)
    assert again.problems == ()
    expected = {**loaded.settings.model_dump(), "seed": 77, "window": {**loaded.settings.window, "k": "v"}}
    assert again.settings.model_dump() == expected
    assert tomllib.loads(path.read_text(encoding="utf-8-sig"))["seed"] == 77
