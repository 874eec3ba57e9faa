"""The first schema, and the head of an audit chain that has no entries yet.

Frozen: databases were made by it. What changes later is another migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Text that sorts is compared by its bytes, on every engine.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ALIVE = sa.text("deleted_at IS NULL")
# Tells a Keystead file from any other that holds SQLite's format: "KEYS" in ASCII.
APPLICATION_ID = 0x4B455953


def upgrade() -> None:
    _org_unit()
    _actor()
    _account()
    _last_login()
    _person()
    _credential()
    _credential_use()
    _rule()
    _role()
    _role_set()
    _change_head()
    _change_entry()
    _sign_in()
    _refused_client()
    _signing_key()
    genesis = "zeroblob(32)" if _on_sqlite() else f"'\\x{bytes(32).hex()}'::bytea"
    op.execute(f"INSERT INTO change_head (id, version, hash, at) VALUES (1, 0, {genesis}, 0)")
    if _on_sqlite():
        op.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _on_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def _org_unit() -> None:
    op.create_table(
        "org_unit",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("code", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_folded", TEXT, nullable=False),
        sa.Column("last_ordinal", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("fields", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("org_unit_level", "org_unit", ["level", "code"])
    op.create_index("org_unit_name", "org_unit", ["parent_id", "level", "name_folded"], unique=True)


def _actor() -> None:
    op.create_table(
        "actor",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("subject_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_folded", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("subject_id"),
    )


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("home_id", TEXT, nullable=False),
        sa.Column("home_code", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("role_set_id", sa.BigInteger(), nullable=False),
        sa.Column("rule_count", sa.Integer(), nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("labels", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_index(
        "account_by_creator",
        "account",
        ["created_by_id", "pk", "home_code", "enabled", "role_set_id", "name"],
    )
    op.create_index(
        "account_by_enabled",
        "account",
        ["enabled", "pk", "home_code", "role_set_id", "created_by_id", "name"],
    )
    op.create_index(
        "account_by_rules",
        "account",
        ["rule_count", "pk", "home_code", "enabled", "role_set_id", "created_by_id", "name"],
    )
    op.create_index(
        "account_by_updated",
        "account",
        ["updated_at", "pk", "home_code", "enabled", "role_set_id", "created_by_id", "name"],
    )
    op.create_index("account_home", "account", ["home_code", "name"])


def _last_login() -> None:
    op.create_table(
        "last_login",
        sa.Column("account_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("home_code", sa.BigInteger(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("role_set_id", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("account_pk"),
    )
    # Never signed in comes first ascending, as it does on SQLite without a word.
    at = "at" if _on_sqlite() else sa.text("at ASC NULLS FIRST")
    op.create_index(
        "last_login_at",
        "last_login",
        [at, "account_pk", "home_code", "enabled", "role_set_id", "created_by_id", "name"],
    )


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("email_folded", TEXT, nullable=False),
        sa.Column("home_id", TEXT, nullable=False),
        sa.Column("home_code", sa.BigInteger(), nullable=False),
        sa.Column("groups", TEXT, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("password_hash", TEXT, nullable=True),
        sa.Column("password_is_temporary", sa.Boolean(), nullable=False),
        sa.Column("last_login_at", sa.BigInteger(), nullable=True),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email_folded"),
    )
    op.create_index("person_home", "person", ["home_code", "email_folded"])


def _credential() -> None:
    op.create_table(
        "credential",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject_type", TEXT, nullable=False),
        sa.Column("subject_id", TEXT, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("family_digest", sa.LargeBinary(), nullable=True),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("tail", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
        sa.UniqueConstraint("family_digest"),
    )
    op.create_index("credential_subject", "credential", ["subject_id", "kind"])


def _credential_use() -> None:
    op.create_table(
        "credential_use",
        sa.Column("credential_id", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("credential_id"),
    )


def _rule() -> None:
    op.create_table(
        "rule",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("subject_type", TEXT, nullable=False),
        sa.Column("subject_id", TEXT, nullable=False),
        sa.Column("subject_name", TEXT, nullable=False),
        sa.Column("subject_name_folded", TEXT, nullable=False),
        sa.Column("account_pk", sa.BigInteger(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("scope_id", TEXT, nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("deleted_at IS NULL OR deleted_at >= created_at", name="deleted_after_created"),
        sa.PrimaryKeyConstraint("pk"),
    )
    op.create_index("rule_account", "rule", ["account_pk"], sqlite_where=ALIVE, postgresql_where=ALIVE)
    op.create_index(
        "rule_once",
        "rule",
        ["subject_id", "role_id", "scope_id"],
        unique=True,
        sqlite_where=ALIVE,
        postgresql_where=ALIVE,
    )
    op.create_index("rule_reach", "rule", ["scope_code", "pk"])
    op.create_index(
        "rule_scope", "rule", ["scope_id", "account_pk"], sqlite_where=ALIVE, postgresql_where=ALIVE
    )
    op.create_index("rule_subject_name", "rule", ["subject_name_folded", "pk"])


def _role() -> None:
    op.create_table(
        "role",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_folded", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("home_id", TEXT, nullable=False),
        sa.Column("home_code", sa.BigInteger(), nullable=False),
        sa.Column("permission_sets", TEXT, nullable=False),
        sa.Column("permissions", TEXT, nullable=False),
        sa.Column("kubernetes_permissions", TEXT, nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "role_name",
        "role",
        ["name_folded"],
        unique=True,
        sqlite_where=ALIVE,
        postgresql_where=ALIVE,
    )


def _role_set() -> None:
    op.create_table(
        "role_set",
        sa.Column("id", KEY, nullable=False),
        sa.Column("role_ids", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("role_ids"),
    )


def _change_head() -> None:
    op.create_table(
        "change_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _change_entry() -> None:
    op.create_table(
        "change_entry",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_type", TEXT, nullable=False),
        sa.Column("actor_id", TEXT, nullable=False),
        sa.Column("actor_name", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("entity_type", TEXT, nullable=False),
        sa.Column("entity_id", TEXT, nullable=False),
        sa.Column("entity_name", TEXT, nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("scope_path", TEXT, nullable=False),
        sa.Column("source_ip", TEXT, nullable=False),
        sa.Column("http_method", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("request_id", TEXT, nullable=False),
        sa.Column("metadata", TEXT, nullable=False),
        sa.Column("touches", TEXT, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("change_entry_at", "change_entry", ["at", "version"])
    op.create_index("change_entry_scope", "change_entry", ["scope_code", "at"])


def _sign_in() -> None:
    op.create_table(
        "sign_in",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("subject_type", TEXT, nullable=False),
        sa.Column("subject_id", TEXT, nullable=False),
        sa.Column("subject_name", TEXT, nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("credential_id", TEXT, nullable=True),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("source_ip", TEXT, nullable=False),
        sa.Column("http_method", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("request_id", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("pk"),
    )
    op.create_index("sign_in_at", "sign_in", ["at", "pk"])


def _refused_client() -> None:
    op.create_table(
        "refused_client",
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("source_ip", TEXT, nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "source_ip"),
    )


def _signing_key() -> None:
    op.create_table(
        "signing_key",
        sa.Column("kid", TEXT, nullable=False),
        sa.Column("alg", TEXT, nullable=False),
        sa.Column("public_jwk", TEXT, nullable=False),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("signs_from", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kid"),
    )
