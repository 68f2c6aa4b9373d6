"""Alembic migrations of the profile database; every released version's file can be upgraded."""
