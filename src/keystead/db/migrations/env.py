"""Alembic's entry. `db.migrate` hands over a connection that has begun the transaction in which all steps run."""

from alembic import context

from keystead.db.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
)
context.run_migrations()
