"""What an account's tokens are for and how long they live, what a session is narrowed to, and single tokens that ended.

Frozen: databases were made by it. What changes later is another migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Text that sorts is compared by its bytes, on every engine.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("account", sa.Column("audiences", TEXT, server_default=sa.text("'[]'"), nullable=False))
    op.add_column("account", sa.Column("token_ttl", sa.Integer(), nullable=True))
    op.add_column("credential", sa.Column("token_scope", TEXT, nullable=True))
    op.create_table(
        "revoked_token",
        sa.Column("jti", TEXT, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("jti"),
    )
    op.create_index("revoked_token_expiry", "revoked_token", ["expires_at"])
