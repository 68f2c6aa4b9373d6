"""Files are whole or as they were."""

from pathlib import Path

import pytest

from cryptobot_desktop.config.atomic_file import whole_file, write_whole


def failing_write(path: Path) -> None:
    with whole_file(path) as file:
        file.write(b"half")
        raise RuntimeError("the rest does not come")


def test_a_failure_leaves_the_old_content_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    write_whole(path, b"old")
    with pytest.raises(RuntimeError, match="does not come"):
        failing_write(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_new_content_replaces_the_old(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    for content in (b"a much longer content", b"short", b""):
        write_whole(path, content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]
