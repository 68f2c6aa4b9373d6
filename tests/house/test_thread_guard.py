"""Shows that the guard against leaked threads notices one."""

import threading

from tests.conftest import leaked_threads


def test_a_thread_that_runs_on_is_noticed() -> None:
    before = set(threading.enumerate())
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="engine", daemon=True)
    thread.start()
    try:
        assert leaked_threads(before, grace_s=0.0) == [thread]
    finally:
        stop.set()
        thread.join()
    assert leaked_threads(before, grace_s=0.0) == []


def test_threads_of_libraries_are_no_leak() -> None:
    before = set(threading.enumerate())
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="asyncio_0", daemon=True)
    thread.start()
    try:
        assert leaked_threads(before, grace_s=0.0) == []
    finally:
        stop.set()
        thread.join()
