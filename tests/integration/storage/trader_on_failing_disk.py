"""A child for the tests of a dying disk: trades into copies of a database whose n-th write or sync fails.

``LD_PRELOAD=failing_disk.so python trader_on_failing_disk.py SEED_FILE FOLDER MOST`` prints one JSON line per n.
"""

import ctypes
import json
import shutil
import sys
from pathlib import Path

from cryptobot_desktop.domain.errors import CryptobotError
from cryptobot_desktop.storage.database import ProfileDatabase
from tests.unit.storage.trading_story import TradingStory


def trade(path: Path, number: int, disk: ctypes.CDLL) -> dict[str, object]:
    """Commit until the disk fails; say what was acknowledged, and that a second commit is refused."""
    database, story, errors = ProfileDatabase(path), TradingStory(), []
    acknowledged = attempted = 0
    disk.fail_at(number)
    story.open_portfolio()
    for order in range(12):
        story.place(f"u:{order}")
        batch, attempted = story.batch(), story.ledger.seq
        try:
            database.commit(batch)
        except CryptobotError as error:
            errors.append(f"{type(error).__name__}: {error}")
            disk.fail_at(-1)
            try:
                database.commit(batch)
            except CryptobotError as second:
                errors.append(f"{type(second).__name__}: {second}")
            break
        acknowledged = attempted
    failed = disk.calls_left() == 0
    disk.fail_at(-1)
    database.close()
    return {"n": number, "acknowledged": acknowledged, "attempted": attempted, "errors": errors, "failed": failed}


def main(seed: str, folder: str, most: str) -> None:
    """Try one n after the other."""
    disk = ctypes.CDLL(None)
    for number in range(int(most)):
        path = Path(folder) / str(number) / Path(seed).name
        path.parent.mkdir()
        shutil.copy(seed, path)
        print(json.dumps(trade(path, number, disk)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
