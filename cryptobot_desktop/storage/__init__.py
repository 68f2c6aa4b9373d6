"""Keeps the ledger and the profile in one local SQLite file that survives kill -9 and power loss."""
