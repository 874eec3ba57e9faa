"""Names in the audit log as they are compared, where they have letters that the engines' own `lower` does not know.

Entries of before have none: of them such letters are compared as they were written. Frozen: databases were made by it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("change_entry", sa.Column("entity_name_folded", TEXT, nullable=True))
    op.add_column("change_entry", sa.Column("scope_path_folded", TEXT, nullable=True))
