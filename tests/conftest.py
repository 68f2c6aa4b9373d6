"""Shared fixtures: data folders, recorded exchange data, and a guard against threads that outlive their test."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import scale

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# A developer's own settings must not reach the tests.
for _name in [name for name in os.environ if name.startswith("CRYPTOBOT_")]:
    del os.environ[_name]

settings.register_profile(
    "house",
    deadline=None,
    derandomize=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("house")

_REPOSITORY = Path(__file__).resolve().parent.parent
_THREAD_GRACE_S = 2.0
# Threads that libraries keep for the life of the process; they belong to no test.
_FOREIGN_THREADS = ("pytest_timeout", "execnet", "Dummy-", "asyncio_", "QThread", "pydevd", "tqdm")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--online", action="store_true", help="also run the tests that talk to real exchanges")
    parser.addoption("--scale", type=int, default=1, help="multiply the examples of generated tests by this")


def pytest_configure(config: pytest.Config) -> None:
    scale.factor = max(1, config.getoption("--scale"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--online"):
        return
    skip = pytest.mark.skip(reason="talks to a real exchange: needs --online")
    for item in items:
        if "online" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of recorded exchange data beside the repository (``../shared/data``), or skip."""
    for base in (_REPOSITORY.parent, _REPOSITORY.parent.parent):
        folder = base / "shared" / "data"
        if folder.is_dir():
            return folder
    pytest.skip(f"recorded exchange data is absent: no folder {_REPOSITORY.parent / 'shared' / 'data'}")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Return an empty data folder, as the program would be given with ``--data-dir``."""
    folder = tmp_path / "cryptobot-data"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def _no_leaked_threads() -> Iterator[None]:
    """Fail a test that leaves a thread running which it started."""
    before = set(threading.enumerate())
    yield
    leaked = leaked_threads(before, _THREAD_GRACE_S)
    if leaked:
        pytest.fail(f"the test left threads running: {', '.join(sorted(t.name for t in leaked))}")


def leaked_threads(before: set[threading.Thread], grace_s: float) -> list[threading.Thread]:
    """Return threads of ours started since ``before`` that are still alive after ``grace_s`` seconds."""
    deadline = time.monotonic() + grace_s
    while True:
        alive = [t for t in threading.enumerate() if t not in before and t.is_alive() and _is_ours(t)]
        if not alive or time.monotonic() > deadline:
            return alive
        alive[0].join(0.05)


def _is_ours(thread: threading.Thread) -> bool:
    return not thread.name.startswith(_FOREIGN_THREADS)
