"""The engine's door: numbered notices, newest picture, commands that wait for an engine."""

import threading

from cryptobot_desktop.domain.commands import CancelOrder
from cryptobot_desktop.domain.facts import CommandAnswered
from cryptobot_desktop.engine.handle import NOTICE_LIMIT, EngineHandle


def answer(number: int) -> CommandAnswered:
    """Return a fact that can be told apart."""
    return CommandAnswered(number, True, "", 0)


def test_notices_are_numbered_without_holes_and_read_from_any_point() -> None:
    handle = EngineHandle()
    for number in range(10):
        handle.publish_notice(answer(number))
    batch = handle.notices(4)
    assert [notice.seq for notice in batch.notices] == [5, 6, 7, 8, 9, 10]
    assert not batch.lost
    assert handle.notices(10).notices == ()
    assert not handle.notices(10).lost


def test_a_reader_that_is_too_slow_sees_that_notices_were_lost() -> None:
    handle = EngineHandle()
    for number in range(NOTICE_LIMIT + 5):
        handle.publish_notice(answer(number))
    assert handle.notices(0).lost
    assert handle.notices(4).lost
    kept = handle.notices(5)
    assert not kept.lost
    assert len(kept.notices) == NOTICE_LIMIT


def test_commands_wait_for_an_engine_and_wake_it_when_it_comes() -> None:
    handle, woken = EngineHandle(), threading.Event()
    numbers = [handle.submit(CancelOrder(f"o{number}")) for number in range(3)]
    handle.attach(woken.set, lambda _instrument, _timeframe: None)
    assert woken.is_set()
    taken = handle.take_commands()
    assert [number for number, _ in taken] == numbers == [1, 2, 3]
    assert handle.take_commands() == []


def test_ids_of_commands_from_many_threads_are_all_different_and_none_is_lost() -> None:
    handle = EngineHandle()
    ids: list[int] = []
    lock = threading.Lock()

    def submit() -> None:
        mine = [handle.submit(CancelOrder("x")) for _ in range(200)]
        with lock:
            ids.extend(mine)

    threads = [threading.Thread(target=submit) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids) == list(range(1, 1_001))
    assert sorted(number for number, _ in handle.take_commands()) == sorted(ids)
