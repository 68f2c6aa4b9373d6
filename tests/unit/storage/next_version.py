"""The migrations of a program that is one version on, for tests of migrating."""

import shutil
from pathlib import Path

from cryptobot_desktop.storage.schema import HISTORY, SchemaHistory


def next_version_in(folder: Path) -> SchemaHistory:
    """Make the migrations of a program one version on, and return its history."""
    shutil.copytree(HISTORY.folder, folder)
    (folder / "versions" / "r0003_notes.py").write_text(
        '"""Next."""\nfrom alembic import op\nrevision = "0003"\ndown_revision = "0002"\n'
        "def upgrade() -> None:\n"
        '    op.execute("CREATE TABLE note (seq INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")\n'
        "    op.execute(\"INSERT INTO note VALUES (1, 'x')\")\n"
    )
    return SchemaHistory(folder, (*HISTORY.revisions, "0003"))
