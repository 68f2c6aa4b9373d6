"""Looks at the free space of the disk that holds the ledger: warns in time, and takes no new orders when it is low.

A disk that fills up while orders rest could keep their fills from being stored; so intake ends well before that.
"""

from collections.abc import Callable

MIB = 1024 * 1024
WARN_BELOW = 500 * MIB
REFUSE_BELOW = 100 * MIB


class DiskSpace:
    """`free` returns the free bytes, None when they cannot be told."""

    def __init__(self, free: Callable[[], int | None] = lambda: None) -> None:
        self._free = free
        self.warning = ""
        """What a person should read; empty while there is enough."""
        self.refusal = ""
        """Why no new order is taken; empty while orders are."""

    def look(self) -> None:
        """Ask for the free space and judge it."""
        free = self._free()
        self.warning = self.refusal = ""
        if free is None or free >= WARN_BELOW:
            return
        if free >= REFUSE_BELOW:
            self.warning = (
                f"the disk of the data folder has {free // MIB} MiB left; below {REFUSE_BELOW // MIB} MiB no new "
                "orders are taken - make space"
            )
            return
        self.warning = self.refusal = (
            f"no new orders: the disk of the data folder has {free // MIB} MiB left, {REFUSE_BELOW // MIB} MiB are "
            "needed to store what they cause - make space; resting orders stay and can be cancelled"
        )
