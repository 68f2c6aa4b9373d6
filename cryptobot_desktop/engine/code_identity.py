"""Which program this is, to the last character: for recordings and certificates."""

import hashlib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def code_fingerprint() -> str:
    """Return SHA-256 over the program's source files, empty where there are none (a packaged program)."""
    digest = hashlib.sha256()
    files = sorted(_PACKAGE.rglob("*.py"))
    for file in files:
        digest.update(f"{file.relative_to(_PACKAGE).as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest() if files else ""
