"""The credential table."""

from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from keystead.changes.engine import Transaction
from keystead.credentials.model import Credential, CredentialKind
from keystead.db.connection import Prepared, Reader, Row
from keystead.db.schema import actor, credential, credential_use
from keystead.kit.ids import new_id
from keystead.kit.secret import Secret, tail

_BY_ID = Prepared(
    select(
        credential.c.id,
        credential.c.kind,
        credential.c.subject_type,
        credential.c.subject_id,
        credential.c.expires_at,
    ).where(credential.c.id == bindparam("id"))
)
_ADD = Prepared(insert(credential))
_IDS_OF_SUBJECT = Prepared(
    select(credential.c.id).where(
        credential.c.subject_id == bindparam("subject_id"), credential.c.kind == bindparam("kind")
    )
)
_DELETE = Prepared(delete(credential).where(credential.c.id == bindparam("id")))
_DELETE_USE = Prepared(delete(credential_use).where(credential_use.c.credential_id == bindparam("id")))
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
    return Credential(row["id"], row["kind"], row["subject_type"], row["subject_id"], row["expires_at"])


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
