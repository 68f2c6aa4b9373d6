"""Every invariant and every incident that the project promises to test has a test of that name, and it is listed."""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "invariants.md"
_NAME = re.compile(r"(?<=_)((?:i|pb|n)\d\d)(?=_)")
WANTED = (
    {f"i{number:02}" for number in range(1, 31)}
    | {f"pb{number:02}" for number in range(1, 12)}
    | {f"n{number:02}" for number in range(1, 12)}
)


def named_tests() -> dict[str, list[str]]:
    """Return the tests of every invariant: ``{"i01": ["tests/property/test_x.py: test_i01_..."]}``."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for name in _NAME.findall(node.name):
                    found[name].append(f"{file.relative_to(ROOT).as_posix()}: {node.name}")
    return found


def test_no_invariant_and_no_incident_is_without_a_test() -> None:
    assert WANTED - set(named_tests()) == set()


def test_the_page_of_invariants_names_each_of_them() -> None:
    text = PAGE.read_text(encoding="utf-8")
    listed = {found.lower().replace("-", "") for found in re.findall(r"^\| ((?:I-|PB-|N)\d+) ", text, re.MULTILINE)}
    assert {re.sub(r"\d+", lambda digits: f"{int(digits[0]):02}", name) for name in listed} == WANTED
