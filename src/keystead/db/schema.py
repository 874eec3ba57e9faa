"""The tables. One schema for every engine: integers for times (microseconds, UTC), text that sorts compared by bytes.

Migrations change a database; this file says what they add up to (a test compares the two).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    text,
)
from sqlalchemy import Text as AnyText

metadata = MetaData()

# Text that sorts is compared by its bytes, on every engine.
Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")

# SQLite gives an alias of its rowid, which never needs an index of its own, only to INTEGER.
Key = BigInteger().with_variant(Integer, "sqlite")

org_unit = Table(
    "org_unit",
    metadata,
    Column("id", Text, primary_key=True),  # a UUID; the tenant's is its number
    Column("level", Integer, nullable=False),  # authz.tree.Level
    Column("code", BigInteger, nullable=False, unique=True),
    Column("parent_id", Text),
    Column("name", Text, nullable=False),
    Column("name_folded", Text, nullable=False),
    Column(
        "last_ordinal", Integer, nullable=False
    ),  # the last one given to a child; ordinals are never reused
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("created_by_id", BigInteger, nullable=False),
    Column("fields", Text, nullable=False),  # JSON: what other products keep here, returned as given
    Column("updated_by_id", BigInteger),  # NULL: whoever made it
    Index("org_unit_name", "parent_id", "level", "name_folded", unique=True),
    Index("org_unit_level", "level", "code"),
)

actor = Table(
    "actor",  # everyone who ever made something: people and accounts; names outlive them here
    metadata,
    Column("pk", Key, primary_key=True),
    Column("subject_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("name_folded", Text, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("pk", Key, primary_key=True),  # ascends with creation, so that creation order needs no index
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, unique=True),  # the client ID too
    Column("home_id", Text, nullable=False),
    Column("home_code", BigInteger, nullable=False),
    Column("created_by_id", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("generation", Integer, nullable=False),  # raised by disabling: tokens of an older one stay dead
    Column("role_set_id", BigInteger, nullable=False),
    Column("rule_count", Integer, nullable=False),
    Column("description", Text, nullable=False),
    Column("labels", Text, nullable=False),  # JSON object of strings
    # Of the secrets that live, kept up by whatever makes or ends one.
    Column("secret_created_at", BigInteger),  # the oldest
    Column("secret_expires_at", BigInteger),  # the one that expires first
    Column("secret_count", Integer, nullable=False, server_default=text("0")),
    # JSON array of strings: for which other APIs its tokens may be meant (RFC 8707)
    Column("audiences", Text, nullable=False, server_default=text("'[]'")),
    Column("token_ttl", Integer),  # seconds; NULL: as all do
    Index("account_home", "home_code", "name"),
    # Sort orders carry what filters read, so that a sorted page with a filter walks one index.
    Index(
        "account_by_updated",
        "updated_at",
        "pk",
        "home_code",
        "enabled",
        "role_set_id",
        "created_by_id",
        "name",
    ),
    Index("account_by_name", "name", "pk", "home_code", "enabled", "role_set_id", "created_by_id"),
    Index(
        "account_by_created",
        "created_at",
        "pk",
        "home_code",
        "enabled",
        "role_set_id",
        "created_by_id",
        "name",
    ),
    Index("account_by_creator", "created_by_id", "pk", "home_code", "enabled", "role_set_id", "name"),
    Index(
        "account_by_rules", "rule_count", "pk", "home_code", "enabled", "role_set_id", "created_by_id", "name"
    ),
    Index("account_by_enabled", "enabled", "pk", "home_code", "role_set_id", "created_by_id", "name"),
)
for _name, _date in (
    ("account_by_secret", account.c.secret_created_at),
    ("account_by_expiry", account.c.secret_expires_at),
):
    Index(
        _name,
        _date.asc().nulls_first(),
        account.c.pk,
        account.c.home_code,
        account.c.enabled,
        account.c.role_set_id,
        account.c.created_by_id,
        account.c.name,
    )

last_login = Table(
    "last_login",  # one row an account, apart because it moves with every sign-in
    metadata,
    Column("account_pk", Key, primary_key=True, autoincrement=False),
    Column("at", BigInteger),
    Column("home_code", BigInteger, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("role_set_id", BigInteger, nullable=False),
    Column("created_by_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("source_ip", Text),  # of the sign-in at `at`, as is the next
    Column("credential_id", Text),
    Column("refused_at", BigInteger),  # the last attempt that failed
    Column("refused_ip", Text),
)
Index(
    "last_login_at",
    last_login.c.at.asc().nulls_first(),
    last_login.c.account_pk,
    last_login.c.home_code,
    last_login.c.enabled,
    last_login.c.role_set_id,
    last_login.c.created_by_id,
    last_login.c.name,
)

person = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_folded", Text, nullable=False, unique=True),
    Column("home_id", Text, nullable=False),
    Column("home_code", BigInteger, nullable=False),
    Column("groups", Text, nullable=False),  # JSON array of strings
    Column("enabled", Boolean, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("password_hash", Text),  # argon2id, PHC string form
    Column("password_is_temporary", Boolean, nullable=False),  # good for changing it and nothing else
    Column("last_login_at", BigInteger),
    Column("created_by_id", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("person_home", "home_code", "email_folded"),
)

credential = Table(
    "credential",  # everything that can earn a token; a token lives while its credential's row does
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # credentials.model.CredentialKind
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),  # SHA-256 of the secret
    Column(
        "family_digest", LargeBinary, unique=True
    ),  # a session's: recognises refresh tokens that were rotated out
    Column("client_id", Text, nullable=False),
    Column("tail", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by_id", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("proved_at", BigInteger),  # a browser session's: when its person last proved their password
    Column(
        "token_scope", Text
    ),  # a session's: what its tokens are narrowed to (RFC 6749 section 6); NULL: to nothing
    Index("credential_subject", "subject_id", "kind"),
)

credential_use = Table(
    "credential_use",
    metadata,
    Column("credential_id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

second_factor = Table(
    "second_factor",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("secret_sealed", LargeBinary, nullable=False),  # under the master key
    Column("confirmed_at", BigInteger),  # NULL: enrolment has begun, nothing is in force yet
    Column("last_step", BigInteger, nullable=False),  # RFC 6238: the newest step whose code was taken
    Column(
        "recovery_digests", Text, nullable=False
    ),  # JSON array: SHA-256, in hexadecimal, of each code that is left
    Column("created_at", BigInteger, nullable=False),
)

tenant_setting = Table(
    "tenant_setting",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON object
    Column("updated_at", BigInteger, nullable=False),
)

rule = Table(
    "rule",
    metadata,
    Column("pk", Key, primary_key=True),
    Column(
        "subject_type", Text, nullable=False
    ),  # access_rules.model.SubjectType, `app` folded into its successor
    Column("subject_id", Text, nullable=False),  # a UUID; a group's name; `email:…` while a person is awaited
    Column("subject_name", Text, nullable=False),  # what the API shows: client ID, e-mail, group
    Column("subject_name_folded", Text, nullable=False),
    Column("account_pk", BigInteger),
    Column("role_id", Integer, nullable=False),
    Column("scope_id", Text, nullable=False),
    Column("scope_code", BigInteger, nullable=False),
    Column("created_by_id", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    CheckConstraint("deleted_at IS NULL OR deleted_at >= created_at", name="deleted_after_created"),
)
_alive = rule.c.deleted_at.is_(None)
Index(
    "rule_once",
    rule.c.subject_id,
    rule.c.role_id,
    rule.c.scope_id,
    unique=True,
    sqlite_where=_alive,
    postgresql_where=_alive,
)
# With `deleted_at`, which is NULL in all of them: SQLite else reads the rule's own row to find that out.
for _name, *_columns in (
    ("rule_account", "account_pk", "role_id", "scope_code"),
    ("rule_scope", "scope_id", "account_pk"),
    ("rule_role", "role_id", "account_pk"),
    ("rule_alive", "scope_code", "account_pk"),
    ("rule_creator", "created_by_id", "pk"),
):
    Index(
        _name,
        *(rule.c[_column] for _column in (*_columns, "deleted_at")),
        sqlite_where=_alive,
        postgresql_where=_alive,
    )
Index("rule_subject", rule.c.subject_id)
Index("rule_reach", rule.c.scope_code, rule.c.pk)
# With all that a search looks at.
Index(
    "rule_subject_name",
    rule.c.subject_name_folded,
    rule.c.pk,
    rule.c.role_id,
    rule.c.scope_code,
    rule.c.deleted_at,
)

role = Table(
    "role",  # custom roles; those that come with the product are code
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("name_folded", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("home_id", Text, nullable=False),
    Column("home_code", BigInteger, nullable=False),
    Column("permission_sets", Text, nullable=False),  # JSON array of ids
    Column(
        "permissions", Text, nullable=False
    ),  # JSON object: resource type -> action words, sets spelled out
    Column("kubernetes_permissions", Text, nullable=False),  # JSON, kept for other products
    Column("created_by_id", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
)
Index(
    "role_name",
    role.c.name_folded,
    unique=True,
    sqlite_where=role.c.deleted_at.is_(None),
    postgresql_where=role.c.deleted_at.is_(None),
)

role_set = Table(
    "role_set",  # each distinct set of roles that accounts hold, once
    metadata,
    Column("id", Key, primary_key=True),
    Column("role_ids", Text, nullable=False, unique=True),  # ascending decimal ids, comma-separated
)

change_head = Table(
    "change_head",  # one row: locked by every change, so that versions are gapless and authority is current
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
)

change_entry = Table(
    "change_entry",  # the audit chain and the feed: one row a version
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("actor_type", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("entity_type", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("entity_name", Text, nullable=False),
    Column("scope_code", BigInteger, nullable=False),
    Column("scope_path", Text, nullable=False),  # as it was called then: it outlives what it names
    Column("source_ip", Text, nullable=False),
    Column("http_method", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("metadata", Text, nullable=False),  # JSON object of strings
    Column("touches", Text, nullable=False),  # JSON: the keys that caches must drop
    Column("hash", LargeBinary, nullable=False),  # chained: changes.chain
    # Folded, where that is more than what the engines' `lower` does; not chained: they follow from what is.
    Column("entity_name_folded", Text),
    Column("scope_path_folded", Text),
    Index("change_entry_at", "at", "version"),
    Index("change_entry_scope", "scope_code", "at"),
    Index("change_entry_entity", "entity_id", "at", "version"),
    Index("change_entry_actor", "actor_id", "at", "version"),
)

sign_in = Table(
    "sign_in",  # usage, not change: no version, no chain
    metadata,
    Column("pk", Key, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("subject_name", Text, nullable=False),
    Column("scope_code", BigInteger, nullable=False),
    Column("credential_id", Text),
    Column("succeeded", Boolean, nullable=False),
    Column("status", Integer, nullable=False),
    Column("source_ip", Text, nullable=False),
    Column("http_method", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Index("sign_in_at", "at", "pk"),
    Index("sign_in_subject", "subject_id", "at", "pk"),
)

usage_day = Table(
    "usage_day",  # what an account did on a day in UTC, counted from 1970-01-01; today's rows lie together
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("account_pk", BigInteger, primary_key=True, autoincrement=False),
    Column("tokens", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
_was_refused = usage_day.c.refused > 0
Index(
    "usage_day_refused",
    usage_day.c.day,
    usage_day.c.refused,
    usage_day.c.account_pk,
    sqlite_where=_was_refused,
    postgresql_where=_was_refused,
)

usage_home_day = Table(
    "usage_home_day",  # the same by the place where accounts live; processes count apart, each in its shard
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("home_code", BigInteger, primary_key=True, autoincrement=False),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("tokens", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

refused_client = Table(
    "refused_client",  # attempts for clients that do not exist: counted by hour and address, never stored one by one
    metadata,
    Column("hour", BigInteger, primary_key=True),
    Column("source_ip", Text, primary_key=True),
    Column("attempts", BigInteger, nullable=False),
)

signing_key = Table(
    "signing_key",
    metadata,
    Column("kid", Text, primary_key=True),  # RFC 7638 thumbprint
    Column("alg", Text, nullable=False),
    Column("public_jwk", Text, nullable=False),
    Column("private_sealed", LargeBinary, nullable=False),  # under the master key
    Column("created_at", BigInteger, nullable=False),
    Column("signs_from", BigInteger, nullable=False),
)

audit_checkpoint = Table(
    "audit_checkpoint",  # at most one row: the entries up to this version are gone, as the retention has it
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),  # of the entry of that version
    Column("at", BigInteger, nullable=False),  # the time of that entry
)

revoked_token = Table(
    "revoked_token",  # single access tokens that were revoked (RFC 7009), until they would have expired
    metadata,
    Column("jti", Text, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Index("revoked_token_expiry", "expires_at"),
)

access_key = Table(
    "access_key",  # a person's; its secret is a row of `credential`, and another after each regeneration
    metadata,
    Column("id", Text, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("client_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("credential_id", Text, nullable=False, unique=True),
    Column("permissions", Text),  # as those of a role; NULL: all that the person holds
    Column("scope_id", Text),  # NULL: wherever the person holds it; the place may be gone
    Column("scope_code", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("last_login_at", BigInteger),  # by secrets before this one
    Index("access_key_name", "person_id", "name", unique=True),
)
