"""Finds the capsule that a command names: a file, or the id of a session of the data folder."""

from pathlib import Path

from cryptobot_desktop.app.options import Options
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.storage.capsule import Capsule, CapsuleFolder


def named_capsule(options: Options) -> Capsule:
    """Return the capsule that the command line names; InvalidInput when there is none of that name."""
    text = options.parsed.capsule
    path = Path(text)
    if path.is_file():
        return Capsule(path)
    if path.name != text or path.suffix:
        raise InvalidInput(f"capsule {text} does not exist; `cryptobot capsule list` names those of a data folder")
    return Capsule(CapsuleFolder(options.folder()).find(text))
