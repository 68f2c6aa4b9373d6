"""Work that runs beside a session on its loop, and the door bell by which other threads call it."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine


class BackgroundWork:
    """Tasks that nobody waits for; a bug in one of them is not lost."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self._failed: asyncio.Task[None] | None = None

    def add(self, work: Coroutine[object, object, None]) -> None:
        """Start work on the running loop."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)

    def raise_bug(self) -> None:
        """Raise what ended a task unexpectedly, if anything did."""
        if self._failed is not None:
            self._failed.result()

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failed = task


def waker(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> Callable[[], None]:
    """Return a function that makes the loop run `call` soon; any thread may use it, also after the loop has ended."""

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the session has just ended; the command stays unanswered
            loop.call_soon_threadsafe(call)

    return wake
