"""Sessions as files: everything that entered the engine, in blocks whose hashes form a chain."""

from cryptobot_desktop.storage.capsule.blocks import CapsuleDamaged
from cryptobot_desktop.storage.capsule.folder import CapsuleFolder
from cryptobot_desktop.storage.capsule.reader import Capsule, is_capsule
from cryptobot_desktop.storage.capsule.writer import CapsuleWriter

__all__ = ["Capsule", "CapsuleDamaged", "CapsuleFolder", "CapsuleWriter", "is_capsule"]
