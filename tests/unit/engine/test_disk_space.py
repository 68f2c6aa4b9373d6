"""Low disk (S18): a warning below 500 MiB, no new orders below 100 MiB, and both say the figures."""

from pathlib import Path

import pytest

from cryptobot_desktop.domain.commands import CancelOrder, PlaceOrder
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import OrderType
from cryptobot_desktop.engine.disk_space import MIB, DiskSpace
from cryptobot_desktop.engine.session import BotSpec
from cryptobot_desktop.storage.database import FILE_NAME
from tests.unit.engine.trading_floor import BTC, Floor, bars, live, received


@pytest.mark.parametrize(
    ("free", "warns", "refuses"),
    [
        (None, False, False),
        (500 * MIB, False, False),
        (500 * MIB - 1, True, False),
        (100 * MIB, True, False),
        (100 * MIB - 1, True, True),
        (0, True, True),
    ],
)
def test_s18_limits(free: int | None, warns: bool, refuses: bool) -> None:
    disk = DiskSpace(lambda: free)
    disk.look()
    assert (bool(disk.warning), bool(disk.refusal)) == (warns, refuses)
    if free is not None and warns:
        assert f"{free // MIB} MiB left" in disk.warning
        assert "100 MiB" in disk.warning


def test_s18_warnings_end_when_there_is_space_again() -> None:
    left = [50 * MIB]
    disk = DiskSpace(lambda: left[0])
    disk.look()
    left[0] = 900 * MIB
    disk.look()
    assert (disk.warning, disk.refusal) == ("", "")


def order(client_id: str) -> PlaceOrder:
    return PlaceOrder(
        client_id=client_id,
        portfolio="main",
        instrument=BTC.id,
        side=Side.BUY,
        type=OrderType.LIMIT,
        qty=10_000,
        price=5_000,
    )


def test_s18_no_order_of_user_or_bot_is_taken_and_resting_ones_can_be_cancelled(data_dir: Path) -> None:
    bot = BotSpec(strategy="sma_cross", params={"fast": "1", "slow": "2"})
    with Floor(data_dir / FILE_NAME, bots=[bot]) as floor:
        floor.play(live() + received(bars([100, 100, 100])))
        assert floor.command(order("before")).ok
        disk = DiskSpace(lambda: 99 * MIB)
        disk.look()
        floor.session.pipeline.no_intake = disk.refusal
        answer = floor.command(order("low"))
        assert not answer.ok
        assert "99 MiB left, 100 MiB are needed" in answer.message
        before = len(floor.fills)
        floor.play(received(bars([100, 100, 130, 150, 100, 160], first=3)))
        assert len(floor.fills) == before
        assert {d.outcome for d in floor.decisions[-2:]} == {"vetoed"}
        assert any("99 MiB" in text for _, text in floor.decisions[-1].reasons)
        assert floor.command(CancelOrder("before")).ok
        floor.session.pipeline.no_intake = ""
        assert floor.command(order("after")).ok
