"""Indexes of the rules that hold, with all that counting them and asking of an account's rules takes.

Frozen: databases were made by it. What changes later is another migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ALIVE = sa.text("deleted_at IS NULL")
COLUMNS = {
    "rule_account": ["account_pk", "role_id", "scope_code", "deleted_at"],
    "rule_scope": ["scope_id", "account_pk", "deleted_at"],
    "rule_role": ["role_id", "account_pk", "deleted_at"],
    "rule_alive": ["scope_code", "account_pk", "deleted_at"],
    "rule_creator": ["created_by_id", "pk", "deleted_at"],
}


def upgrade() -> None:
    for name, columns in COLUMNS.items():
        op.drop_index(name, "rule")
        op.create_index(name, "rule", columns, sqlite_where=ALIVE, postgresql_where=ALIVE)
