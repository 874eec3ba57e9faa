"""Alembic's entry. `db.migrate` hands over a connection in whose transaction all steps run, or a dialect."""

from alembic import context

from keystead.db.schema import metadata

attributes = context.config.attributes
if "connection" in attributes:
    context.configure(connection=attributes["connection"], target_metadata=metadata, transactional_ddl=True)
else:
    context.configure(
        dialect_name=attributes["dialect"], target_metadata=metadata, as_sql=True, literal_binds=True
    )
context.run_migrations()
