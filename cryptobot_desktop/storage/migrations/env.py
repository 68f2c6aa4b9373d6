"""Alembic's entry: migrates over the connection that `schema._upgrade` hands in."""

from alembic import context

_connection = context.config.attributes["connection"]
context.configure(connection=_connection, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
