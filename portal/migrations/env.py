"""What Alembic runs: on the connection that it was given, in its transaction."""

from alembic import context

from portal.db import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
