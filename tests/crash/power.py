"""Power cuts: the writes of a real run are recorded, and every cut leaves what an honest disk may leave."""

import time
from pathlib import Path

from cryptobot_desktop.storage.database import ProfileDatabase
from tests.crash.children import Shim, result_of
from tests.crash.disk import Change, Disk, read_log
from tests.crash.engine_run import WORDS, Diary, NotedStore, play, profile_in, read_words
from tests.crash.oracle import Segment, judge, put_image
from tests.crash.sessions import OFTEN
from tests.crash.tally import Tally
from tests.crash.world import World


def record(world: World, segment: Segment, *, synchronous: str = "", checkpoint_pages: int = 0) -> list[Change]:
    """Play a segment and return every change it made to files, acknowledgements among them."""
    put_image(world.profile, segment.image)
    log = world.folder / "log"

    def recorded() -> None:
        Shim().record(world.profile, log)
        diary, database = Diary(world.profile), ProfileDatabase(profile_in(world.profile))
        if synchronous:
            database.connection.execute(f"PRAGMA synchronous = {synchronous}")
        if checkpoint_pages:
            database.connection.execute(f"PRAGMA wal_autocheckpoint = {checkpoint_pages}")
        items = world.items[segment.start : segment.end]
        play(database, NotedStore(database, diary), segment.beginning, items, diary.acknowledge)
        database.close()

    result_of(recorded, world.scratch)
    return list(read_log(log.read_bytes()))


def cut_power(world: World, segment: Segment, changes: list[Change], count: int, label: str) -> Tally:
    """Cut the power `count` times during a recorded segment and judge what each cut leaves."""
    tally, begun = Tally(), time.perf_counter()
    words = str(world.profile / WORDS)
    disk = Disk({str(profile_in(world.profile)): segment.image})
    said, taken = bytearray(), 0
    for place in sorted(world.chance.randint(1, len(changes)) for _ in range(count)):
        for change in changes[taken:place]:
            if change.name == words:
                said += change.data
            else:
                disk.take(change)
        taken = place
        lay_down(world.profile, disk.after_cut(world.chance))
        heard = read_words(bytes(said))
        tally.crashes += 1
        tally.commits += heard.attempted
        tally.acknowledged += heard.acknowledged
        tally.add(judge(world.profile, segment, heard), f"{label}, segment {segment.number}, change {place}")
    tally.seconds = time.perf_counter() - begun
    return tally


def lay_down(folder: Path, files: dict[str, bytes]) -> None:
    """Make a folder hold exactly these files."""
    for old in sorted(folder.rglob("*"), reverse=True):
        if old.is_file():
            old.unlink()
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content)


def power_cuts(world: World, count: int, *, synchronous: str = "") -> Tally:
    """Cut the power during every segment, with rare and with frequent checkpoints."""
    whole = Tally()
    runs = [(segment, pages) for segment in world.segments for pages in (0, OFTEN)]
    for number, (segment, pages) in enumerate(runs):
        changes = record(world, segment, synchronous=synchronous, checkpoint_pages=pages)
        share = count * (number + 1) // len(runs) - count * number // len(runs)
        whole = whole.plus(cut_power(world, segment, changes, share, synchronous or "FULL"))
    return whole


def replays_exactly(world: World, segment: Segment) -> list[str]:
    """Check the recording itself: what it leads to must be the files that the run has left, byte by byte."""
    changes = record(world, segment, checkpoint_pages=OFTEN)
    disk = Disk({str(profile_in(world.profile)): segment.image})
    for change in changes:
        disk.take(change)
    left = {str(file): file.read_bytes() for file in world.profile.iterdir() if file.is_file()}
    seen = disk.now()
    return [name for name in left.keys() | seen.keys() if left.get(name) != seen.get(name)]
