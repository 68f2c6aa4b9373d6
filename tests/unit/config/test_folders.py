"""The data folder: option, then environment, then the system's place; one clear error when it cannot be used."""

import os
import stat
import sys
from pathlib import Path

import pytest

from cryptobot_desktop.config.folders import DATA_DIR_VARIABLE, data_folder, log_folder, wanted_folder
from cryptobot_desktop.domain.errors import UserActionNeeded


def test_the_option_wins_over_the_environment(tmp_path: Path) -> None:
    environment = {DATA_DIR_VARIABLE: str(tmp_path / "variable")}
    assert data_folder(str(tmp_path / "option"), environment) == tmp_path / "option"
    assert data_folder(None, environment) == tmp_path / "variable"
    assert data_folder("", environment) == tmp_path / "variable"


def test_without_either_it_is_the_systems_place_for_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = wanted_folder(None, {DATA_DIR_VARIABLE: ""})
    assert folder.name == "CryptoBot"
    if sys.platform == "linux":
        assert folder == tmp_path / "CryptoBot"


@pytest.mark.parametrize(
    "name", ["a b", "ünï 漢字", 'it\'s "quoted"', "x" * 200, "deep/er/still", "100%#?&", "~nobody-of-this-name/x"]
)
def test_any_name_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    folder = data_folder(name, {})
    assert folder == tmp_path / name
    assert list(folder.iterdir()) == []
    assert log_folder(folder) == folder / "logs"


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert data_folder("~/mine", {}) == tmp_path / "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_new_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    assert stat.S_IMODE(data_folder(str(tmp_path / "new"), {}).stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_in_the_way_is_named_with_the_remedy(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("keep me")
    with pytest.raises(UserActionNeeded, match=r"file.*is not a folder.*--data-dir or CRYPTOBOT_DATA_DIR"):
        data_folder(str(tmp_path / name), {})
    assert (tmp_path / "file").read_text() == "keep me"


@pytest.mark.parametrize("name", ["nul\0byte", "x" * 300])
def test_an_impossible_name_is_one_clear_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserActionNeeded, match=r"cannot be written: .*choose another folder with --data-dir"):
        data_folder(str(tmp_path / name), {})


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UserActionNeeded, match="cannot be written: Permission denied"):
        data_folder(str(tmp_path / "below"), {})
    tmp_path.chmod(0o700)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that nobody can write")
def test_a_folder_that_even_root_cannot_write_is_named() -> None:
    with pytest.raises(UserActionNeeded, match=r"/proc/cryptobot cannot be written: .*make it writable"):
        data_folder("/proc/cryptobot", {})
