"""Access keys: what people give to programs that act for them.

Frozen: databases were made by it. What changes later is another migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Text that sorts is compared by its bytes, on every engine.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "access_key",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("credential_id", TEXT, nullable=False),
        sa.Column("permissions", TEXT, nullable=True),
        sa.Column("scope_id", TEXT, nullable=True),
        sa.Column("scope_code", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_login_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("client_id"),
        sa.UniqueConstraint("credential_id"),
    )
    op.create_index("access_key_name", "access_key", ["person_id", "name"], unique=True)
