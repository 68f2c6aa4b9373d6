"""Child processes for crash tests: forked from one warm process, so that a start costs a few milliseconds.

The parent has one thread and no open database when it forks.
"""

import ctypes
import gc
import os
import pickle
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cryptobot_desktop.storage import schema

_T = TypeVar("_T")
SHIM_VARIABLE = "CRASH_SHIM"


class ShimMissing(Exception):
    """The file watcher cannot be built here; the text says why."""


def compile_shim(folder: Path) -> Path:
    """Compile the watcher of file operations; raises ShimMissing with the reason."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if sys.platform != "linux":
        raise ShimMissing(f"the watcher of file operations needs Linux, this is {sys.platform}")
    if compiler is None:
        raise ShimMissing("no C compiler (gcc or cc) on the PATH to build the watcher of file operations with")
    target = folder / "shim.so"
    source = Path(__file__).with_name("shim.c")
    done = subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", "-o", str(target), str(source), "-ldl"],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ShimMissing(f"{compiler} could not build the watcher of file operations: {done.stderr.strip()[:300]}")
    return target


class Shim:
    """The watcher that is loaded into this process; a child arms it for itself."""

    def __init__(self) -> None:
        """Find it; raises ShimMissing when this process was started without it."""
        if not self.is_loaded():
            raise ShimMissing("the watcher of file operations was not loaded into this process")
        self._library = ctypes.CDLL(os.environ[SHIM_VARIABLE])
        self._library.shim_changes.restype = ctypes.c_long

    @staticmethod
    def is_loaded() -> bool:
        """Return True when this process was started with the watcher."""
        return bool(os.environ.get(SHIM_VARIABLE))

    def record(self, folder: Path, log: Path) -> None:
        """Log every change below `folder` from now on."""
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._library.shim_watch(str(folder).encode(), descriptor)

    def kill_at(self, folder: Path, number: int, name: str = "") -> None:
        """Kill this process right before its Nth change of a file below `folder` whose path ends with `name`."""
        self._library.shim_watch(str(folder).encode(), -1)
        self._library.shim_kill(name.encode(), ctypes.c_long(number))

    def count(self, folder: Path, name: str = "") -> None:
        """Count the changes from now on."""
        self.kill_at(folder, 0, name)

    @property
    def changes(self) -> int:
        """Return how many changes there were since counting began."""
        return int(self._library.shim_changes())


def warm_up() -> None:
    """Load what a child would load, and keep the collector from touching pages that children share."""
    import alembic.command  # noqa: F401
    import sqlalchemy  # noqa: F401

    gc.collect()
    gc.freeze()


def fork(work: Callable[[], None]) -> int:
    """Run `work` in a child and return its process id; the child ends with 0, or 1 and a traceback."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    except BaseException:  # noqa: BLE001 - a child must never return into its parent's code
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def wait_for(child: int) -> int:
    """Return the exit status of a child, negative for a signal."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def kill_after(child: int, delay_s: float) -> bool:
    """Kill a child -9 after a while; return False when it had ended by itself."""
    time.sleep(delay_s)
    os.kill(child, signal.SIGKILL)  # not reaped yet, so the id is still its own
    status = wait_for(child)
    if status not in (0, -signal.SIGKILL):
        raise AssertionError(f"the child failed by itself with status {status}")
    return status == -signal.SIGKILL


def is_killed(child: int) -> bool:
    """Wait for a child that kills itself; return False when it came to its end instead."""
    status = wait_for(child)
    if status not in (0, -signal.SIGKILL):
        raise AssertionError(f"the child failed by itself with status {status}")
    return status == -signal.SIGKILL


def result_of(work: Callable[[], _T], scratch: Path) -> _T:
    """Return what `work` returns in a child of its own."""

    def save() -> None:
        scratch.write_bytes(pickle.dumps(work()))

    status = wait_for(fork(save))
    if status:
        raise AssertionError(f"a child that should have worked ended with status {status}")
    return pickle.loads(scratch.read_bytes())


def die() -> None:
    """End this process as a kill from outside would."""
    os.kill(os.getpid(), signal.SIGKILL)


def watch_statements(seen: Callable[[str], None]) -> None:
    """Let every connection of this process that is opened from now on report each statement before it runs."""
    real_connect = sqlite3.connect

    def watched_connect(*args: object, **options: object) -> sqlite3.Connection:
        connection = real_connect(*args, **options)  # type: ignore[call-overload]
        connection.set_trace_callback(seen)
        return connection

    sqlite3.connect = watched_connect  # type: ignore[assignment]
    sqlite3.dbapi2.connect = watched_connect  # type: ignore[attr-defined]
    assert schema.sqlite3.connect is watched_connect


def die_at_statement(number: int, contains: str = "") -> None:
    """Kill this process before the Nth SQL statement with that text in it."""
    count = 0

    def seen(statement: str) -> None:
        nonlocal count
        if contains in statement:
            count += 1
            if count >= number:
                die()

    watch_statements(seen)


def reload_with_shim(arguments: list[str], folder: Path) -> int:
    """Run this program again with the watcher loaded; return its exit status. Raises ShimMissing."""
    shim = str(compile_shim(folder))
    environment = {**os.environ, "LD_PRELOAD": shim, SHIM_VARIABLE: shim}
    return subprocess.run([sys.executable, *arguments], check=False, env=environment).returncode
