"""Holds the documentation to the program: links lead somewhere, named code exists, shown commands can be parsed."""

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from cryptobot_desktop.app.arguments import build_parser, parse

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "requirements").glob("*.md")])
PICTURES = (".png", ".svg", ".jpg")

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]+)\)")
_CODE_NAME = re.compile(r"`(?:(\w+)\.)?(\w+)`")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_ASSIGNMENT = re.compile(r"[A-Z_]+=\S+")


def prose(page: Path) -> str:
    """Return a page without its code blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[tuple[str, str]]:
    """Yield (text, target) of every link that stays inside the repository."""
    for text, target in _LINK.findall(prose(page)):
        if "://" not in target and not target.startswith("mailto:"):
            yield text, target


def anchors(page: Path) -> set[str]:
    """Return the names of a page's headings, as they are written after ``#`` in a link."""
    titles = (re.sub(r"[^\w\- ]", "", title.lower()) for title in _HEADING.findall(prose(page)))
    return {title.strip().replace(" ", "-") for title in titles}


def missing_code(text: str, file: Path) -> str:
    """Return what a link's text names (`Class.method` or a bare name) and its Python file does not define."""
    named = _CODE_NAME.fullmatch(text)
    if named is None or file.suffix != ".py":
        return ""
    source = file.read_text(encoding="utf-8")
    return ", ".join(
        name
        for name in named.groups()
        if name and not re.search(rf"^\s*(?:class|def|async def) {name}\b", source, re.MULTILINE)
    )


def broken_links(page: Path, *, pictures: bool) -> list[str]:
    """Return every link of a page, to pictures or to the rest, that leads nowhere."""
    found = []
    for text, target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if (file.suffix in PICTURES) is not pictures:
            continue
        if not file.exists():
            found.append(f"{page.name}: {target} does not exist")
        elif anchor and anchor not in anchors(file):
            found.append(f"{page.name}: {target} names a heading that {file.name} does not have")
        elif missing := missing_code(text, file):
            found.append(f"{page.name}: {file.name} does not define {missing}")
    return found


def shown_commands(page: Path) -> Iterator[list[str]]:
    """Yield the arguments of every ``cryptobot`` line in a page's shell blocks."""
    for language, block in _FENCE.findall(page.read_text(encoding="utf-8")):
        for line in block.splitlines() if language == "sh" else ():
            words = shlex.split(line, comments=True)
            while words and _ASSIGNMENT.fullmatch(words[0]):
                words = words[1:]
            if words[:1] == ["cryptobot"]:
                yield words[1:]


def parser_commands(parser: argparse.ArgumentParser, before: str = "") -> Iterator[str]:
    """Yield the full name of every command that has no commands below it, such as ``ledger check``."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for group in groups:
        for name, below in group.choices.items():
            yield from parser_commands(below, f"{before} {name}".strip())
    if not groups:
        yield before


def table_commands() -> set[str]:
    """Return the commands in the first column of the README's table."""
    rows = re.findall(r"^\| (`cryptobot[^|]*) \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    names = {name.removeprefix("cryptobot").strip() for row in rows for name in re.findall(r"`([^`]+)`", row)}
    return names - {""}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_a_heading_and_code_that_exist(page: Path) -> None:
    assert not broken_links(page, pictures=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_picture_exists(page: Path) -> None:
    assert not broken_links(page, pictures=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_shown_command_is_one_that_the_program_accepts(page: Path) -> None:
    for arguments in shown_commands(page):
        parse(arguments)  # raises InvalidInput, whose text names the bad word


def test_the_table_of_the_readme_has_exactly_the_commands_of_the_program() -> None:
    assert table_commands() == set(parser_commands(build_parser()))


def test_the_readme_begins_with_the_name_one_sentence_and_the_two_commands() -> None:
    first = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:8]
    assert first[0] == "# CryptoBot Desktop"
    assert [line.split("#")[0].strip() for line in first[5:7]] == ["python3 build.py run", "python3 build.py test"]


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = {target for _, target in links(folder / "README.md")}
    assert listed == {page.name for page in folder.glob("*.md")} - {"README.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_pages_do_not_shout(page: Path) -> None:
    assert not re.search(r"\w!(?:\s|$)", prose(page))


@pytest.fixture
def faulty_page(tmp_path: Path) -> Path:
    """Return a page in which everything is wrong."""
    (tmp_path / "code.py").write_text("class Ledger:\n    pass\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "# One\n[a](absent.md) [b](#two) [`Ledger.post`](code.py) ![c](absent.png)\n```sh\nA=1 cryptobot dance\n```\n",
        encoding="utf-8",
    )
    return page


def test_faults_are_found(faulty_page: Path) -> None:
    assert broken_links(faulty_page, pictures=False) == [
        "page.md: absent.md does not exist",
        "page.md: #two names a heading that page.md does not have",
        "page.md: code.py does not define post",
    ]
    assert broken_links(faulty_page, pictures=True) == ["page.md: absent.png does not exist"]
    assert list(shown_commands(faulty_page)) == [["dance"]]
