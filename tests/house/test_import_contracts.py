"""Shows that each import contract of pyproject.toml catches the import that it is there to forbid."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = ("app", "gui", "engine", "marketdata", "strategies", "risk", "storage", "config", "domain")

VIOLATIONS = [
    ("domain", "import cryptobot_desktop.config", "Layers"),
    ("risk", "import cryptobot_desktop.strategies", "Layers"),
    ("engine", "def f():\n    import PySide6", "Qt lives in gui and app only"),
    ("gui", "import cryptobot_desktop.storage", "Front ends see"),
    ("risk", "import asyncio", "Decisions are pure"),
    ("strategies", "from time import time", "Decisions are pure"),
    ("engine", "import sqlite3", "The database stays in storage"),
    ("marketdata", "import ccxt", "Nothing that exists so far may import ccxt"),
]


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """A tree of empty packages under the repository's real contracts; several named packages are absent."""
    for name in PACKAGES:
        (tmp_path / "cryptobot_desktop" / name).mkdir(parents=True)
        (tmp_path / "cryptobot_desktop" / name / "__init__.py").touch()
    (tmp_path / "cryptobot_desktop" / "__init__.py").touch()
    (tmp_path / "tests" / "house").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "house" / "import_contracts.py", tmp_path / "tests" / "house")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _lint(folder: Path) -> "subprocess.CompletedProcess[str]":
    script = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", script, "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_contracts_hold_where_nothing_is_wrong(skeleton: Path) -> None:
    done = _lint(skeleton)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("package", "code", "contract"), VIOLATIONS)
def test_a_contract_catches_its_violation(skeleton: Path, package: str, code: str, contract: str) -> None:
    (skeleton / "cryptobot_desktop" / package / "bad.py").write_text(f"{code}\n", encoding="utf-8")
    done = _lint(skeleton)
    broken = [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]
    assert done.returncode == 1
    assert any(line.startswith(contract) for line in broken), done.stdout


def test_a_new_package_must_declare_its_floor(skeleton: Path) -> None:
    (skeleton / "cryptobot_desktop" / "cellar").mkdir()
    (skeleton / "cryptobot_desktop" / "cellar" / "__init__.py").touch()
    assert _lint(skeleton).returncode == 1


def test_siblings_may_not_import_each_other_in_a_circle(skeleton: Path) -> None:
    inner = skeleton / "cryptobot_desktop" / "gui"
    (inner / "a.py").write_text("import cryptobot_desktop.gui.b\n", encoding="utf-8")
    (inner / "b.py").write_text("import cryptobot_desktop.gui.a\n", encoding="utf-8")
    done = _lint(skeleton)
    assert "No cycles between siblings, at any depth BROKEN" in done.stdout
