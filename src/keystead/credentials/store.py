"""The credential table."""

from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from keystead.authz.policy import EVERY_PERMISSION, Limit
from keystead.changes.engine import Transaction
from keystead.credentials.model import SESSION_KINDS, Credential, CredentialKind
from keystead.db.connection import Connection, Prepared, Reader, Row
from keystead.db.schema import access_key, actor, credential, credential_use
from keystead.kit.ids import new_id
from keystead.kit.secret import Secret, tail
from keystead.roles.model import decode_permissions

_BY_ID = Prepared(
    select(
        credential.c.id,
        credential.c.kind,
        credential.c.subject_type,
        credential.c.subject_id,
        credential.c.expires_at,
        credential.c.proved_at,
        credential.c.client_id,
        access_key.c.permissions.label("key_permissions"),
        access_key.c.scope_code.label("key_scope_code"),
    )
    .outerjoin_from(credential, access_key, access_key.c.credential_id == credential.c.id)
    .where(credential.c.id == bindparam("id"))
)
_ADD = Prepared(insert(credential))
_IDS_OF_SUBJECT = Prepared(
    select(credential.c.id).where(
        credential.c.subject_id == bindparam("subject_id"), credential.c.kind == bindparam("kind")
    )
)
_DELETE = Prepared(delete(credential).where(credential.c.id == bindparam("id")))
_DELETE_USE = Prepared(delete(credential_use).where(credential_use.c.credential_id == bindparam("id")))
_SESSION_IDS = Prepared(
    select(credential.c.id).where(
        credential.c.subject_id == bindparam("subject_id"),
        credential.c.kind.in_([kind.value for kind in SESSION_KINDS]),
    )
)
_EXPIRED_SESSIONS = Prepared(
    select(credential.c.id).where(
        credential.c.subject_id == bindparam("subject_id"),
        credential.c.kind == CredentialKind.BROWSER.value,
        credential.c.expires_at <= bindparam("now"),
    )
)
_BROWSER_SESSION = Prepared(
    select(credential.c.id).where(
        credential.c.digest == bindparam("digest"), credential.c.kind == CredentialKind.BROWSER.value
    )
)
_PROVED = Prepared(
    update(credential)
    .where(credential.c.id == bindparam("session_id"), credential.c.kind == CredentialKind.BROWSER.value)
    .values(proved_at=bindparam("now"))
)
_LAST_ACTIVE = Prepared(
    select(func.coalesce(credential_use.c.at, credential.c.created_at).label("at"))
    .outerjoin_from(credential, credential_use, credential_use.c.credential_id == credential.c.id)
    .where(credential.c.id == bindparam("id"))
)
_active = upsert(credential_use).values(credential_id=bindparam("credential_id"), at=bindparam("at"))
_SET_ACTIVE = Prepared(
    _active.on_conflict_do_update(index_elements=["credential_id"], set_={"at": _active.excluded.at})
)
_SESSION_BY_FAMILY = Prepared(
    select(credential).where(credential.c.family_digest == bindparam("family_digest"))
)
_ROTATE = Prepared(
    update(credential)
    .where(credential.c.id == bindparam("session_id"))
    .values(digest=bindparam("new_digest"))
)
_LIST = Prepared(
    select(
        credential.c.id,
        credential.c.name,
        credential.c.tail,
        credential.c.created_at,
        credential.c.expires_at,
        actor.c.name.label("created_by"),
        credential_use.c.at.label("last_used_at"),
    )
    .join_from(credential, actor, actor.c.pk == credential.c.created_by_id)
    .outerjoin(credential_use, credential_use.c.credential_id == credential.c.id)
    .where(credential.c.subject_id == bindparam("subject_id"), credential.c.kind == bindparam("kind"))
    .order_by(credential.c.created_at, credential.c.id)
)


async def find_credential(reader: Reader, credential_id: str) -> Credential | None:
    row = await reader.fetch_one(_BY_ID, {"id": credential_id})
    if row is None:
        return None
    return Credential(
        row["id"],
        row["kind"],
        row["subject_type"],
        row["subject_id"],
        row["expires_at"],
        row["proved_at"],
        row["client_id"],
        _limit(row["key_permissions"], row["key_scope_code"]),
    )


def _limit(permissions: str | None, scope_code: int | None) -> Limit | None:
    if permissions is None and scope_code is None:
        return None
    return Limit(
        EVERY_PERMISSION if permissions is None else decode_permissions(permissions), scope_code or 0
    )


async def list_credentials(reader: Reader, subject_id: str, kind: CredentialKind) -> list[Row]:
    """A subject's credentials, oldest first, with their last use. Never a digest."""
    return list(await reader.fetch_all(_LIST, {"subject_id": subject_id, "kind": kind.value}))


async def credential_ids(reader: Reader, subject_id: str, kind: CredentialKind) -> list[str]:
    rows = await reader.fetch_all(_IDS_OF_SUBJECT, {"subject_id": subject_id, "kind": kind.value})
    return [row["id"] for row in rows]


async def add_credential(
    tx: Transaction,
    kind: CredentialKind,
    *,
    subject_type: str,
    subject_id: str,
    client_id: str,
    secret: Secret,
    created_by_id: int,
    name: str = "",
    expires_at: int | None = None,
    family: Secret | None = None,
    proved_at: int | None = None,
    token_scope: str | None = None,
) -> str:
    """Keeps the digest of `secret`, never itself; returns the credential's id."""
    row: dict[str, Any] = {
        "id": new_id(),
        "kind": kind.value,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "digest": secret.digest(),
        "family_digest": family.digest() if family else None,
        "client_id": client_id,
        "tail": tail(secret),
        "name": name,
        "created_at": tx.now,
        "created_by_id": created_by_id,
        "expires_at": expires_at,
        "proved_at": proved_at,
        "token_scope": token_scope,
    }
    await tx.execute(_ADD, row)
    return str(row["id"])


async def delete_credentials(tx: Transaction, ids: list[str]) -> None:
    rows = [{"id": credential_id} for credential_id in ids]
    await tx.execute_many(_DELETE, rows)
    await tx.execute_many(_DELETE_USE, rows)


async def find_session(reader: Reader, family: Secret) -> Row | None:
    """The session whose refresh tokens carry this family part, whichever of them is current."""
    return await reader.fetch_one(_SESSION_BY_FAMILY, {"family_digest": family.digest()})


async def rotate_session(tx: Transaction, session_id: str, secret: Secret) -> None:
    await tx.execute(_ROTATE, {"session_id": session_id, "new_digest": secret.digest()})


async def session_ids(reader: Reader, person_id: str) -> list[str]:
    """Every session of a person: of programs that refresh tokens, and of browsers."""
    rows = await reader.fetch_all(_SESSION_IDS, {"subject_id": person_id})
    return [row["id"] for row in rows]


async def expired_sessions(tx: Transaction, person_id: str) -> list[str]:
    """What is left in the table of sessions of a person's browsers that lived to their end."""
    rows = await tx.fetch_all(_EXPIRED_SESSIONS, {"subject_id": person_id, "now": tx.now})
    return [row["id"] for row in rows]


async def find_browser_session(reader: Reader, secret: Secret) -> str | None:
    """The id of the session whose cookie this is."""
    row = await reader.fetch_one(_BROWSER_SESSION, {"digest": secret.digest()})
    return None if row is None else str(row["id"])


async def note_proof(tx: Transaction, session_id: str) -> bool:
    """The person proved their password just now; False where there is no such browser session."""
    return await tx.execute(_PROVED, {"session_id": session_id, "now": tx.now}) > 0


async def last_active(reader: Reader, session_id: str) -> int | None:
    """When a session was last noted as active, in microseconds; when it was opened, if never. None: it is gone."""
    row = await reader.fetch_one(_LAST_ACTIVE, {"id": session_id})
    return None if row is None else int(row["at"])


async def note_activity(connection: Connection, session_id: str, at: int) -> None:
    """Usage, not change."""
    await connection.execute(_SET_ACTIVE, {"credential_id": session_id, "at": at})
