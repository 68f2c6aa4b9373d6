"""``cryptobot portfolio``: list, show, create and reset portfolios."""

from collections.abc import Mapping
from typing import Any

from cryptobot_desktop.app.offline import offline_session
from cryptobot_desktop.app.options import Options
from cryptobot_desktop.app.statement_words import statement_document, statement_lines
from cryptobot_desktop.domain.commands import Command, CreatePortfolio, ResetPortfolio
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.facts import CommandAnswered, Fact
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.ledger import AccountKind, PortfolioRecord, account
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.engine.assembly import parse_cash
from cryptobot_desktop.engine.report import money, utc
from cryptobot_desktop.portfolio.positions import PortfolioBook
from cryptobot_desktop.portfolio.statement import statement
from cryptobot_desktop.portfolio.valuation import PriceSource, Quote, Rates
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.recovery import all_epochs, last_fills, load_fills, load_state


def execute(options: Options) -> int:
    """Carry out the action."""
    action = options.parsed.action
    with options.profile() as profile:
        database = profile.open_database()
        try:
            if action == "list":
                _list(options, database)
            elif action == "show":
                _show(options, database)
            else:
                _change(options, database)
        finally:
            database.close()
    return 0


def _list(options: Options, database: ProfileDatabase) -> None:
    balances = load_state(database).balances
    rows = [_summary(record, balances) for record in all_epochs(database)]
    if options.wants_json:
        options.print_document({"portfolios": rows})
        return
    for row in rows:
        holdings = ", ".join(f"{amount} {asset}" for asset, amount in row["holdings"].items())
        print(f"{row['name']} (epoch {row['epoch']}, {row['created_at']}): {holdings or 'nothing'}")
    if not rows:
        print("no portfolio yet; `cryptobot run` or `cryptobot portfolio create NAME` opens one")


def _summary(record: PortfolioRecord, balances: dict[tuple[str, str], int]) -> dict[str, Any]:
    holdings: dict[str, int] = {}
    for kind in (AccountKind.AVAILABLE, AccountKind.RESERVED):
        name = account(record.name, record.epoch, kind)
        for (holder, asset), amount in balances.items():
            if holder == name and amount:
                holdings[asset] = holdings.get(asset, 0) + amount
    return {
        "name": record.name,
        "epoch": record.epoch,
        "asset": record.asset,
        "starting_cash": money(record.starting_cash, record.asset),
        "created_at": utc(record.created_ms),
        "synthetic": record.synthetic,
        "holdings": {asset: format_trimmed(amount, AMOUNT_DECIMALS) for asset, amount in sorted(holdings.items())},
    }


def _show(options: Options, database: ProfileDatabase) -> None:
    record = _chosen(options, all_epochs(database))
    state = load_state(database)
    known = {instrument.id: instrument for instrument in state.instruments}
    book = PortfolioBook(record.name, record.asset)
    fills = load_fills(database, record.name, record.epoch)
    for fill in fills:
        book.apply(fill, known[fill.instrument])
    found = statement(
        record,
        book,
        state.balances,
        rates=_stored_rates(database, known),
        instruments=known.values(),
        into=_asset_of(options.parsed.valued_in),
    )
    document = _summary(record, state.balances) | {
        "realized_pnl": money(book.realised(), record.asset),
        "fees": money(book.fees(), record.asset),
        "statement": statement_document(found),
        "open_orders": [o.client_id for o in state.open_orders if o.request.portfolio == record.name],
        "fills": [
            {
                "time": utc(fill.at_ms),
                "order": fill.client_id,
                "symbol": known[fill.instrument].name,
                "side": fill.side.value,
                "price": known[fill.instrument].price_text(fill.price),
                "quantity": known[fill.instrument].qty_text(fill.qty),
                "fee": f"{format_trimmed(fill.fee, AMOUNT_DECIMALS)} {fill.fee_asset}",
            }
            for fill in fills
        ],
    }
    if options.wants_json:
        options.print_document(document)
        return
    for key in ("name", "epoch", "created_at", "starting_cash", "holdings", "realized_pnl", "fees"):
        print(f"{key:<14} {document[key]}")
    print("\n".join(statement_lines(found)))
    for row in document["fills"]:
        print(" ".join(str(value) for value in row.values()))


def _stored_rates(database: ProfileDatabase, known: Mapping[InstrumentId, Instrument]) -> Rates:
    """Return the only prices that there are while no market is watched: those of the newest fills."""
    return Rates(
        Quote(known[instrument], price, PriceSource.LAST_FILL, at_ms)
        for instrument, price, at_ms in last_fills(database)
        if instrument in known
    )


def _asset_of(text: str | None) -> str:
    if text is None:
        return ""
    if not text.isascii() or not text.isalnum():
        raise InvalidInput(f"asset {text!r} is not letters and digits such as USDT")
    return text.upper()


def _chosen(options: Options, records: list[PortfolioRecord]) -> PortfolioRecord:
    """Return the asked epoch; without a name the only or the newest portfolio."""
    name, epoch = options.parsed.name, options.parsed.epoch
    matches = [r for r in records if name in (None, r.name) and epoch in (None, r.epoch)]
    if not matches:
        known = ", ".join(f"{r.name} (epoch {r.epoch})" for r in records) or "none yet"
        raise InvalidInput(f"portfolio {name!r} with epoch {epoch or 'any'} does not exist; known: {known}")
    return matches[-1]


def _change(options: Options, database: ProfileDatabase) -> None:
    amount, asset = parse_cash(options.parsed.cash)
    kind = CreatePortfolio if options.parsed.action == "create" else ResetPortfolio
    command: Command = kind(options.parsed.name, asset, amount)
    answers: list[CommandAnswered] = []

    def listen(fact: Fact) -> None:
        if isinstance(fact, CommandAnswered):
            answers.append(fact)

    session = offline_session(database, listen)
    session.desk.execute(1, command)
    session.outbox.flush()
    answer = answers[0]
    if not answer.ok:
        raise InvalidInput(answer.message)
    if options.wants_json:
        options.print_document({"ok": True, "message": answer.message})
    else:
        print(answer.message)
