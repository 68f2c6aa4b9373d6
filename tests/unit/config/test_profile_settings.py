"""Settings of a running program: by name, in memory, saved when asked."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.config.profile_settings import ProfileSettings
from cryptobot_desktop.config.settings import MAX_WINDOW_VALUE, Settings
from cryptobot_desktop.config.settings_file import FILE_NAME
from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded


@pytest.fixture
def path(data_dir: Path) -> Path:
    return data_dir / FILE_NAME


def test_what_windows_keep_is_there_after_a_restart(path: Path) -> None:
    first = ProfileSettings(path)
    first.set("layout/state", bytes(range(256)))
    first.set("table/orders/7", "text")
    first.set("theme", "light")
    first.change(symbols=["ETH/USDT"], wizard_done=True)
    assert not path.exists()
    first.save()
    second = ProfileSettings(path)
    assert second.get("layout/state") == bytes(range(256))
    assert second.get("table/orders/7") == "text"
    assert second.get("theme") == "light"
    assert second.get("never set") is None
    assert second.get("symbols") is None
    assert second.settings == first.settings


@given(values=st.dictionaries(st.text(max_size=20), st.one_of(st.binary(), st.text()), max_size=5))
def test_any_text_and_any_bytes_come_back(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, bytes | str]
) -> None:
    path = tmp_path_factory.mktemp("settings") / FILE_NAME
    kept = {f"w/{key}": value for key, value in values.items()}
    first = ProfileSettings(path)
    for key, value in kept.items():
        first.set(key, value)
    first.save()
    second = ProfileSettings(path)
    assert second.problems == ()
    assert {key: second.get(key) for key in kept} == kept


@pytest.mark.parametrize("text", ["base64:AAAA", "text:x", "base64:not base64", ""])
def test_texts_that_look_like_our_marks_come_back(path: Path, text: str) -> None:
    settings = ProfileSettings(path)
    settings.set("k", text)
    assert settings.get("k") == text


def test_bytes_spoiled_by_hand_count_as_absent(path: Path) -> None:
    path.write_text('[window]\nk = "base64:%%%"\n')
    assert ProfileSettings(path).get("k") is None


def test_a_change_is_told_once_and_an_equal_value_is_none(path: Path) -> None:
    told: list[bool] = []
    settings = ProfileSettings(path, on_change=lambda: told.append(settings.is_saved))
    settings.set("k", "v")
    settings.set("k", "v")
    settings.change(theme="dark")
    assert told == [False]
    settings.save()
    assert settings.is_saved
    written = path.stat().st_mtime_ns
    settings.save()
    assert path.stat().st_mtime_ns == written


def test_wrong_values_are_refused_all_at_once_and_nothing_changes(path: Path) -> None:
    settings = ProfileSettings(path)
    with pytest.raises(
        InvalidInput, match=r"setting theme = 'pink'.*; setting seed = '-1'.*greater than or equal to 0"
    ):
        settings.change(theme="pink", seed=-1, venue="kucoin")
    with pytest.raises(InvalidInput, match=r"setting colour does not exist; known: .*colours"):
        settings.change(colour="red")
    with pytest.raises(InvalidInput, match="'dark', 'light' or 'system'"):
        settings.set("theme", "pink")
    with pytest.raises(InvalidInput, match=f"at most {MAX_WINDOW_VALUE} can be kept"):
        settings.set("layout/state", bytes(MAX_WINDOW_VALUE))
    with pytest.raises(InvalidInput, match="characters that no file can hold"):
        settings.set("layout/state", "\ud800")
    assert settings.settings == Settings()
    assert settings.is_saved


def test_changes_that_could_not_be_saved_are_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    settings = ProfileSettings(folder / FILE_NAME)
    settings.set("k", "v")
    with pytest.raises(UserActionNeeded, match="cannot be written"):
        settings.save()
    assert settings.get("k") == "v"
    folder.mkdir()
    settings.save()
    assert ProfileSettings(folder / FILE_NAME).get("k") == "v"


def test_what_the_user_wrote_meanwhile_stays(path: Path) -> None:
    settings = ProfileSettings(path)
    path.write_text('# mine\nvenue = "kucoin"\n')
    settings.change(theme="light")
    settings.save()
    assert path.read_text().startswith("# mine\n")
    assert ProfileSettings(path).settings == Settings(venue="kucoin", theme="light")


def test_problems_of_the_file_are_told(path: Path) -> None:
    path.write_text("seed = -1\nunknown_key = 1\n")
    settings = ProfileSettings(path)
    assert settings.problems[0].startswith("seed = -1")
    assert settings.unknown == ("unknown_key",)
