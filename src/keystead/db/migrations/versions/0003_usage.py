"""Usage by the day, the dates of an account's secrets, and indexes that lists and the audit log are filtered by.

Frozen: databases were made by it. What changes later is another migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Text that sorts is compared by its bytes, on every engine.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ALIVE = sa.text("deleted_at IS NULL")
REFUSED = sa.text("refused > 0")
LIST_COLUMNS = ["pk", "home_code", "enabled", "role_set_id", "created_by_id", "name"]


def upgrade() -> None:
    _dates_of_secrets()
    _last_login()
    _usage()
    _rules()
    op.create_index("change_entry_entity", "change_entry", ["entity_id", "at", "version"])
    op.create_index("change_entry_actor", "change_entry", ["actor_id", "at", "version"])
    op.create_index("sign_in_subject", "sign_in", ["subject_id", "at", "pk"])


def _dates_of_secrets() -> None:
    op.add_column("account", sa.Column("secret_created_at", sa.BigInteger(), nullable=True))
    op.add_column("account", sa.Column("secret_expires_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "account", sa.Column("secret_count", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    secrets = "FROM credential WHERE credential.subject_id = account.id AND credential.kind = 'secret'"
    op.execute(
        f"UPDATE account SET secret_created_at = (SELECT min(created_at) {secrets}), "
        f"secret_expires_at = (SELECT min(expires_at) {secrets}), secret_count = (SELECT count(*) {secrets})"
    )
    # SQLite has NULLs first when ascending, and refuses the words in an index.
    nulls_first = "" if op.get_context().dialect.name == "sqlite" else " NULLS FIRST"
    for name, column in (
        ("account_by_secret", "secret_created_at"),
        ("account_by_expiry", "secret_expires_at"),
    ):
        op.create_index(name, "account", [sa.text(f"{column}{nulls_first}"), *LIST_COLUMNS])
    op.create_index("account_by_name", "account", ["name", *LIST_COLUMNS[:-1]])
    op.create_index("account_by_created", "account", ["created_at", *LIST_COLUMNS])


def _last_login() -> None:
    op.add_column("last_login", sa.Column("source_ip", TEXT, nullable=True))
    op.add_column("last_login", sa.Column("credential_id", TEXT, nullable=True))
    op.add_column("last_login", sa.Column("refused_at", sa.BigInteger(), nullable=True))
    op.add_column("last_login", sa.Column("refused_ip", TEXT, nullable=True))


def _usage() -> None:
    op.create_table(
        "usage_day",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "account_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "usage_day_refused",
        "usage_day",
        ["day", "refused", "account_pk"],
        sqlite_where=REFUSED,
        postgresql_where=REFUSED,
    )
    op.create_table(
        "usage_home_day",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("home_code", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "home_code", "shard"),
        sqlite_with_rowid=False,
    )


def _rules() -> None:
    of_living = {
        "rule_role": ["role_id", "account_pk"],
        "rule_alive": ["scope_code", "account_pk"],
        "rule_creator": ["created_by_id", "pk"],
    }
    for name, columns in of_living.items():
        op.create_index(name, "rule", columns, sqlite_where=ALIVE, postgresql_where=ALIVE)
    op.create_index("rule_subject", "rule", ["subject_id"])
    op.drop_index("rule_subject_name", "rule")
    op.create_index(
        "rule_subject_name", "rule", ["subject_name_folded", "pk", "role_id", "scope_code", "deleted_at"]
    )
