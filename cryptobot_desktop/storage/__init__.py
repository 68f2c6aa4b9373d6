"""Keeps what happened in SQLite, beside the price's way: ledger, orders, fills and bots safely, candles cheaply."""
