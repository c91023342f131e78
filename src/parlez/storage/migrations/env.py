"""Run by Alembic: migrates over the connection it was given, and leaves its transaction open."""

from alembic import context

from parlez.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
