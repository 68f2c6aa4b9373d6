"""A process that notes every address it connects to: ``audited.py REPORT desk|bot|cli FOLDER [arguments]``."""

import atexit
import json
import sys
from pathlib import Path
from typing import Any

SEEN: list[list[str]] = []
FAMILIES = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "subprocess.Popen")
_TYPES = 9


def note(event: str, arguments: tuple[Any, ...]) -> None:
    """Remember what the interpreter is about to do with the network or with another process."""
    if event in FAMILIES:
        place = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
        SEEN.append([event, str(place[0] if isinstance(place, tuple) else place)])


def all_kinds(middle: int) -> list[dict[str, Any]]:
    """Return the fields of one order of every type and side, prices in units around `middle`."""
    from cryptobot_desktop.domain.market import Side
    from cryptobot_desktop.domain.orders import OrderType

    assert len(OrderType) == _TYPES, "a new order type belongs into this test"
    found: list[dict[str, Any]] = []
    for side in Side:
        sign = 1 if side is Side.BUY else -1
        for kind in OrderType:
            fields: dict[str, Any] = {"side": side, "type": kind, "qty": 10_000}
            if kind.has_limit:
                fields["price"] = middle - sign * 500
            if kind.is_trailing:
                fields["trailing_bips"] = 200
            elif kind.is_conditional:
                fields["stop_price"] = middle - sign * 400 if kind.takes_profit else middle + sign * 400
            found.append(fields)
    return found


def play_desk(folder: Path) -> None:
    """Send every type through the command desk and let the market run over all of them."""
    from cryptobot_desktop.domain.commands import PlaceOrder
    from cryptobot_desktop.domain.market import Side, Trade
    from cryptobot_desktop.domain.orders import OrderType
    from tests.unit.engine.trading_floor import BTC, START_MS, Floor, Received, book, live

    with Floor(folder / "profile.sqlite", has_books=True) as floor:
        levels = [(10_000 - n, 2_000_000) for n in range(1, 5)], [(10_000 + n, 2_000_000) for n in range(1, 5)]
        floor.play([*live(), book(*levels, number=1, at_ms=START_MS)])
        floor.play([Received(START_MS + 1, Trade(BTC.id, "t0", 10_000, 1_000, Side.BUY, START_MS + 1))])
        coins = {"side": Side.BUY, "type": OrderType.MARKET, "qty": 1_000_000}
        for number, fields in enumerate([coins, *all_kinds(10_000)]):
            answer = floor.command(PlaceOrder(client_id=f"o{number}", portfolio="main", instrument=BTC.id, **fields))
            assert answer.ok, answer.message
        for step, price in enumerate([10_400, 9_600, 10_000, 9_400, 10_600, 10_000]):
            at = START_MS + 1_000 * (step + 1)
            moved = [(price - n, 2_000_000) for n in range(1, 5)], [(price + n, 2_000_000) for n in range(1, 5)]
            floor.play([book(*moved, number=2 + step, at_ms=at)])
            for part in range(2):
                trade = Trade(BTC.id, f"s{step}.{part}", price, 50_000, Side.BUY, at + 1 + part)
                floor.play([Received(at + 1 + part, trade)])
        assert len({fill.client_id for fill in floor.fills}) >= 12, "too few orders came to life"


def play_bot(folder: Path) -> None:
    """Let a bot want every type of order."""
    from cryptobot_desktop.domain.orders import Intent, Sizing
    from cryptobot_desktop.strategies.sma_cross import SmaCross
    from tests.unit.engine.trading_floor import BTC, FLIPPER, START_MS, Floor, bars, book, live, received

    wishes = all_kinds(10_000)

    def want(_self: object, _bar: object, _view: object) -> Intent | None:
        if not wishes:
            return None
        fields = wishes.pop(0)
        limit = fields.pop("price", None)
        return Intent(instrument=BTC.id, sizing=Sizing.QUANTITY, limit_price=limit, reason="every type", **fields)

    SmaCross.has_signal = lambda _self: True  # type: ignore[method-assign]
    SmaCross.decide = want  # type: ignore[method-assign,assignment]
    with Floor(folder / "profile.sqlite", bots=[FLIPPER], has_books=True) as floor:
        levels = [(9_999, 2_000_000)], [(10_001, 2_000_000)]
        floor.play([*live(), book(*levels, number=1, at_ms=START_MS)])
        floor.play(received(bars([100] * 30)))
        assert {d.intent.type for d in floor.decisions} == {fields["type"] for fields in all_kinds(10_000)}
        assert floor.fills


def main() -> None:
    """Run what the arguments say."""
    report, what, folder, *rest = sys.argv[1:]
    atexit.register(lambda: Path(report).write_text(json.dumps(SEEN), encoding="utf-8"))
    sys.addaudithook(note)
    if what == "cli":
        from cryptobot_desktop.app.command_line import main as run

        status = run(["--data-dir", folder, *rest])
        assert status == 0, status
    else:
        {"desk": play_desk, "bot": play_bot}[what](Path(folder))
    loaded = [name for name in sys.modules if name.partition(".")[0] == "ccxt"]
    assert not loaded, loaded


if __name__ == "__main__":
    main()
