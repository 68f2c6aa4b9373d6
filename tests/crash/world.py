"""The undisturbed run in segments: the reference that every crashed one is compared with."""

import random
from functools import partial
from pathlib import Path

from msgspec import Struct

from cryptobot_desktop.storage.database import ProfileDatabase
from tests.crash.children import result_of
from tests.crash.engine_run import profile_in
from tests.crash.oracle import Segment, image_of, run_segment
from tests.crash.script import Item, write_script


class World(Struct):
    """A script, its undisturbed run, and a folder to crash in."""

    folder: Path
    items: list[Item]
    segments: list[Segment]
    chance: random.Random

    @property
    def profile(self) -> Path:
        """Return the folder that is crashed and recovered again and again."""
        return self.folder / "profile"

    @property
    def scratch(self) -> Path:
        """Return a file for answers of children."""
        return self.folder / "answer"

    @property
    def empty_image(self) -> bytes:
        """Return the database of a first start."""
        return self.segments[0].image


def build_world(folder: Path, *, seed: int, segments: int, steps: int) -> World:
    """Run the script once, undisturbed, as that many sessions one after another."""
    items = write_script(seed, segments * steps)
    world = World(folder, items, [], random.Random(seed))
    image = result_of(partial(_first_start, folder / "empty"), world.scratch)
    bounds = [len(items) * number // segments for number in range(segments + 1)]
    for number in range(segments):
        run = partial(run_segment, world.profile, image, items, number, (bounds[number], bounds[number + 1]))
        segment: Segment = result_of(run, world.scratch)
        world.segments.append(segment)
        image = segment.end_image
    return world


def _first_start(folder: Path) -> bytes:
    folder.mkdir(parents=True)
    ProfileDatabase(profile_in(folder)).close()
    return image_of(folder)
