from pytestqt.qtbot import QtBot

from cryptobot_desktop.domain.commands import PauseBot, PreviewOrder, StartBot
from cryptobot_desktop.domain.facts import BotChanged, OrderPreviewed
from cryptobot_desktop.engine.handle import NOTICE_LIMIT, EngineHandle, Notice
from cryptobot_desktop.gui.bridge import Answer, EngineBridge, Pace
from tests.gui.builders import NOW_MS, ScriptedEngine, snapshot


def test_only_a_new_snapshot_is_told(engine: ScriptedEngine, qapp: object) -> None:
    bridge, told = EngineBridge(engine.handle), []
    bridge.snapshot_ready.connect(told.append)
    bridge.pull()
    engine.publish(snapshot())
    bridge.pull()
    bridge.pull()
    assert [shown.seq for shown in told] == [1]
    assert bridge.snapshot is told[0]


def test_notices_come_once_and_in_order(engine: ScriptedEngine, qapp: object) -> None:
    bridge = EngineBridge(engine.handle)
    told: list[Notice] = []
    bridge.notice_arrived.connect(told.append)
    for number in range(3):
        engine.handle.publish_notice(BotChanged(f"bot {number}", "running", "", NOW_MS))
    bridge.pull()
    engine.handle.publish_notice(BotChanged("bot 3", "running", "", NOW_MS))
    bridge.pull()
    assert [notice.seq for notice in told] == [1, 2, 3, 4]


def test_an_answer_reaches_the_callback_of_its_command_and_no_other(engine: ScriptedEngine, qapp: object) -> None:
    bridge = EngineBridge(engine.handle)
    first: list[Answer] = []
    second: list[Answer] = []
    bridge.submit(PauseBot("a"), first.append)
    number = bridge.submit(StartBot("b"), second.append)
    engine.answer(number, message="started")
    engine.answer(number, message="again")
    bridge.pull()
    assert not first
    assert [getattr(answer, "message", "") for answer in second] == ["started"]


def test_a_preview_is_an_answer_too(engine: ScriptedEngine, qapp: object) -> None:
    bridge, answers = EngineBridge(engine.handle), list[Answer]()
    number = bridge.submit(PreviewOrder(order=None), answers.append)  # type: ignore[arg-type]
    engine.handle.publish_notice(OrderPreviewed(command_id=number, fee=5))
    bridge.pull()
    assert isinstance(answers[0], OrderPreviewed)


def test_lost_notices_are_told_and_lost_answers_are_not_waited_for(engine: ScriptedEngine, qapp: object) -> None:
    bridge, answers, losses = EngineBridge(engine.handle), list[Answer](), list[int]()
    bridge.notices_lost.connect(lambda: losses.append(1))
    lost = bridge.submit(PauseBot("a"), answers.append)
    kept = bridge.submit(StartBot("a"), answers.append)
    engine.answer(lost)
    for number in range(NOTICE_LIMIT):
        engine.handle.publish_notice(BotChanged(str(number), "running", "", NOW_MS))
    engine.answer(kept)
    bridge.pull()
    bridge.pull()
    assert losses == [1]
    assert {answer.command_id: getattr(answer, "ok", None) for answer in answers} == {lost: False, kept: True}


def test_the_timer_pulls_by_itself_at_the_pace_that_is_set(engine: ScriptedEngine, qtbot: QtBot) -> None:
    bridge = EngineBridge(engine.handle)
    engine.publish(snapshot())
    with qtbot.waitSignal(bridge.snapshot_ready, timeout=2_000):
        bridge.start()
    bridge.set_pace(Pace.MINIMISED)
    assert bridge.pace is Pace.MINIMISED
    bridge.stop()


def test_submitting_does_not_wait_for_an_engine(qapp: object) -> None:
    bridge = EngineBridge(EngineHandle())
    assert bridge.submit(PauseBot("nobody")) == 1
