"""The set-up script: which environment it takes, when it has nothing to do, what it says when something is wrong."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import build

ROOT = Path(build.__file__).resolve().parent
LOCKS = ("build", "runtime", "dev")


def _pinned(lock: str) -> set[str]:
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9._-]+==[^\s;\\]+)", text, re.MULTILINE))


def _make_environment(folder: Path, version: str) -> Path:
    folder.mkdir()
    (folder / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n", encoding="utf-8")
    return folder


def test_an_absent_environment_gets_the_plain_name(tmp_path: Path) -> None:
    assert build.venv_folder(tmp_path, (3, 12)) == tmp_path / ".venv"


def test_an_environment_of_the_same_version_is_used(tmp_path: Path) -> None:
    _make_environment(tmp_path / ".venv", "3.12.1")
    assert build.venv_folder(tmp_path, (3, 12)) == tmp_path / ".venv"


def test_another_python_version_gets_an_environment_of_its_own(tmp_path: Path) -> None:
    _make_environment(tmp_path / ".venv", "3.11.7")
    assert build.venv_folder(tmp_path, (3, 12)) == tmp_path / ".venv-3.12"


def test_version_3_1_is_not_mistaken_for_3_11(tmp_path: Path) -> None:
    assert build.venv_version(_make_environment(tmp_path / ".venv", "3.11.7")) == "3.11"


def test_a_stamped_environment_needs_no_installation(tmp_path: Path) -> None:
    build.write_stamp(tmp_path, "runtime")
    assert build.is_stamped(tmp_path, "runtime")
    assert not build.is_stamped(tmp_path, "dev")


def test_a_development_environment_serves_the_program_too(tmp_path: Path) -> None:
    build.write_stamp(tmp_path, "dev")
    assert build.is_stamped(tmp_path, "runtime")


def test_a_stamp_of_other_lock_files_does_not_count(tmp_path: Path) -> None:
    (tmp_path / ".stamp-runtime").write_text("0" * 64, encoding="utf-8")
    assert not build.is_stamped(tmp_path, "runtime")


def test_an_unreachable_index_is_told_in_one_line() -> None:
    said = (
        "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError: Failed to establish a new "
        "connection: [Errno -2] Name or service not known'\nERROR: No matching distribution found for ccxt==4.5.90"
    )
    assert "\n" not in build.explain_pip_failure(said)
    assert "index cannot be reached" in build.explain_pip_failure(said)


def test_another_failure_of_pip_is_shown_in_its_own_words() -> None:
    assert "DO NOT MATCH THE HASHES" in build.explain_pip_failure("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES")


@pytest.mark.parametrize("arguments", [[], ["dance"], ["--verbose", "run"]])
def test_wrong_usage_names_the_verbs(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(arguments) == 2
    assert "run|test|check|bench|package" in capsys.readouterr().err


def test_package_does_not_pretend(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["package"]) == 1
    assert "nothing was built" in capsys.readouterr().err


def test_an_old_python_gets_one_clear_line() -> None:
    script = f"import sys; sys.hexversion = 0x030A0000; exec(open({str(ROOT / 'build.py')!r}).read())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("build.py needs Python 3.11 or newer")
    assert done.stderr.count("\n") == 1


def test_missing_libraries_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "QT_LIBRARIES", {"libabsent-everywhere.so.9": "libabsent9", "libc.so.6": "libc6"})
    monkeypatch.setattr(build, "FONT_FOLDERS", ("/",))
    expected = {"libabsent-everywhere.so.9": "libabsent9"} if sys.platform == "linux" else build.missing_libraries()
    assert build.missing_libraries() == expected


@pytest.mark.skipif(sys.platform != "linux", reason="system packages are a matter of Linux")
def test_where_nothing_may_be_installed_the_command_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "QT_LIBRARIES", {"libabsent-everywhere.so.9": "libabsent9"})
    monkeypatch.setattr(build, "install_packages", lambda _names: False)
    with pytest.raises(build.SetupError, match="libabsent"):
        build.require_system_libraries(needed=True)


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_files_name_no_index_and_no_host(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    assert not re.search(r"://|--index|--extra-index|--find-links|--trusted-host| @ ", text)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"^(?=\S)", text, flags=re.MULTILINE) if entry.strip()]
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_development_lock_holds_the_runtime_lock() -> None:
    assert _pinned("runtime") <= _pinned("dev")


def test_every_dependency_of_the_project_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[<>=!~ ]", text, maxsplit=1)[0] for text in project["dependencies"]}
    assert wanted <= {pin.partition("==")[0] for pin in _pinned("runtime")}
