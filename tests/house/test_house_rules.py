"""Holds the program to the house rules, and shows for every rule that it can fail."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import house_rules
from tests.house.house_rules import RULES, Source

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "cryptobot_desktop"

PROGRAM = [Source.read(file, PACKAGE) for file in sorted(PACKAGE.rglob("*.py"))]
TOOLS = [Source.read(file, ROOT) for file in sorted([ROOT / "build.py", *(ROOT / "benchmarks").rglob("*.py")])]

HEAVY = ("ccxt", "pandas", "sqlalchemy", "ta", "alembic")


@pytest.mark.parametrize("rule", RULES)
def test_the_program_keeps_the_rule(rule: str) -> None:
    found = [finding for source in PROGRAM + TOOLS for finding in RULES[rule](source)]
    assert not found, "\n" + "\n".join(found)


def test_function_bodies_are_short_on_the_whole() -> None:
    assert not house_rules.distribution_findings(house_rules.body_lengths(PROGRAM))


def test_files_are_short_on_the_whole() -> None:
    assert not house_rules.file_median_findings(PROGRAM)


def test_everything_is_caught_in_four_places_at_most() -> None:
    assert len(house_rules.BROAD_EXCEPT_ALLOWED) <= house_rules.BROAD_EXCEPT_PLACES


def test_places_that_may_catch_everything_exist() -> None:
    known = {f"{source.path}::{function.name}" for source in PROGRAM for function in source.functions()}
    assert known >= house_rules.BROAD_EXCEPT_ALLOWED


@pytest.mark.parametrize("package", ["engine", "gui", "app"])
def test_importing_a_package_leaves_heavy_libraries_alone(package: str) -> None:
    if not (PACKAGE / package / "__init__.py").is_file():
        pytest.skip(f"cryptobot_desktop.{package} does not exist yet")
    assert _loaded_by_import(f"cryptobot_desktop.{package}", HEAVY) == []


def test_importing_the_engine_leaves_qt_alone() -> None:
    if not (PACKAGE / "engine" / "__init__.py").is_file():
        pytest.skip("cryptobot_desktop.engine does not exist yet")
    assert _loaded_by_import("cryptobot_desktop.engine", ("PySide6", "pyqtgraph")) == []


def test_the_import_check_notices_a_heavy_library() -> None:
    assert _loaded_by_import("sqlite3", ("sqlite3", "ccxt")) == ["sqlite3"]


def _loaded_by_import(name: str, unwanted: tuple[str, ...]) -> list[str]:
    """Import a package with all its modules in a fresh interpreter; return what it should not have loaded."""
    script = (
        "import importlib, pkgutil, sys\n"
        f"package = importlib.import_module({name!r})\n"
        f"for module in pkgutil.walk_packages(package.__path__, {name + '.'!r}):\n"
        "    module.name.endswith('__main__') or importlib.import_module(module.name)\n"
        f"print(*sorted(set({unwanted!r}) & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


# --- every rule can fail -----------------------------------------------------------------------

_MANY_LINES = "\n".join("    x = 1" for _ in range(61))
_MANY_BRANCHES = "\n".join(f"    if x == {n}:\n        pass" for n in range(10))
_MANY_METHODS = "\n".join(f"    def m{n}(self) -> None: ..." for n in range(21))

BAD = {
    "long_functions": [("a.py", f"def f() -> None:\n{_MANY_LINES}\n")],
    "complex_functions": [
        ("a.py", f"def f(x: int) -> None:\n{_MANY_BRANCHES}\n"),
        ("a.py", "def f() -> None:  # noqa: " + "C901\n    pass\n"),
    ],
    "many_parameters": [("a.py", "def f(a: int, b: int, c: int, *, d: int, e: int, f: int, g: int) -> None: ...")],
    "long_files": [("a.py", "x = 1\n" * 501)],
    "big_classes": [("a.py", f"class A:\n{_MANY_METHODS}\n"), ("a.py", "class A:\n" + "    x = 1\n" * 300)],
    "missing_annotations": [
        ("a.py", "def f(x) -> None: ..."),
        ("a.py", "def f(x: int): ..."),
        ("a.py", "def f(*a) -> None: ..."),
        ("a.py", "class A:\n    def f(self, *, x) -> None: ..."),
    ],
    "missing_docstrings": [("a.py", "x = 1"), ("a.py", '"""Doc."""\nclass A: ...')],
    "poor_names": [
        ("a.py", "class OrderManager: ..."),
        ("a.py", "class Utils: ..."),
        ("gui/chart_helpers.py", ""),
        ("utils/a.py", ""),
    ],
    "broad_excepts": [
        ("a.py", "def f() -> None:\n    try: pass\n    except Exception: pass"),
        ("a.py", "def f() -> None:\n    try: pass\n    except: pass"),
        ("a.py", "def f() -> None:\n    try: pass\n    except (ValueError, BaseException): pass"),
    ],
    "waiting_in_gui": [
        ("gui/a.py", "future.result()"),
        ("gui/a.py", "dialog.exec()"),
        ("gui/a.py", "QMessageBox.question(self, 'a', 'b')"),
        ("gui/a.py", "QFileDialog.getOpenFileName(self)"),
        ("gui/a.py", "time.sleep(1)"),
    ],
    "floats_in_money": [
        ("execution/a.py", "x = 0.5"),
        ("portfolio/a.py", "x = float('1')"),
        ("portfolio/a.py", "x = a / b"),
        ("execution/a.py", "x /= 2"),
    ],
    "ledger_opened": [
        ("engine/a.py", "open(ledger_path)"),
        ("app/a.py", "database_path.unlink()"),
        ("gui/a.py", "sqlite3.connect('profile.sqlite3')"),
    ],
    "unfinished_work": [("a.py", "x = 1  # TO" + "DO later"), ("a.py", "x = 1  # no" + "qa")],
}

GOOD = {
    "long_functions": [("a.py", "def f() -> None:\n" + "\n".join(["    x = 1"] * 60))],
    "complex_functions": [("a.py", f"def f(x: int) -> None:\n{_MANY_BRANCHES[: _MANY_BRANCHES.rindex('    if')]}\n")],
    "many_parameters": [("a.py", "class A:\n    def f(self, a: int, b: int, *, c: int, d: int, e: int, f: int): ...")],
    "missing_annotations": [("a.py", "class A:\n    def f(self, x: int) -> int: ...")],
    "poor_names": [("gui/a.py", "from PySide6.QtNetwork import QNetworkAccessManager\nclass Utility: ...")],
    "broad_excepts": [
        ("a.py", "def f() -> None:\n    try: pass\n    except BaseException:\n        close()\n        raise")
    ],
    "waiting_in_gui": [("engine/a.py", "future.result()"), ("gui/a.py", "dialog.open()"), ("gui/a.py", "drag.exec(1)")],
    "floats_in_money": [
        ("gui/a.py", "x = 0.5"),
        ("portfolio/performance.py", "x = 0.5"),
        ("execution/a.py", "x = 7 // 2"),
    ],
    "ledger_opened": [("storage/a.py", "open(ledger_path)"), ("gui/a.py", "open(layout_file)")],
}


def _cases(examples: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str, str]]:
    return [(rule, path, text) for rule, pairs in examples.items() for path, text in pairs]


@pytest.mark.parametrize(("rule", "path", "text"), _cases(BAD))
def test_a_rule_finds_its_bad_example(rule: str, path: str, text: str) -> None:
    assert RULES[rule](Source.of(text, path))


@pytest.mark.parametrize(("rule", "path", "text"), _cases(GOOD))
def test_a_rule_leaves_its_good_example_alone(rule: str, path: str, text: str) -> None:
    assert RULES[rule](Source.of(text, path)) == []


def test_every_rule_has_a_bad_example() -> None:
    assert set(BAD) == set(RULES)


def test_long_bodies_on_the_whole_are_found() -> None:
    assert house_rules.distribution_findings([8] * 100)
    assert house_rules.distribution_findings([1] * 90 + [36] * 10)
    assert not house_rules.distribution_findings([7] * 100)


def test_long_files_on_the_whole_are_found() -> None:
    assert house_rules.file_median_findings([Source.of("x = 1\n" * 301)])


def test_a_docstring_and_a_missing_body_do_not_count_as_lines() -> None:
    source = Source.of('def f() -> None:\n    """One.\n\n    Two.\n    """\n    return\n\ndef g() -> None: ...\n')
    assert house_rules.body_lengths([source]) == [1]
