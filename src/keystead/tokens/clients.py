"""Client authentication: one read, one digest, one comparison, whatever the outcome (access law 14)."""

import hmac
from typing import Final, NamedTuple

from sqlalchemy import and_, bindparam, select

from keystead.changes.model import Subject
from keystead.credentials.model import CredentialKind
from keystead.db.connection import Prepared, Reader
from keystead.db.schema import account, credential
from keystead.kit.clock import Clock
from keystead.kit.secret import CLIENT_SECRET_PREFIX, Secret, is_well_formed

_NO_DIGEST: Final = bytes(32)
_CLIENT = Prepared(
    select(
        account.c.pk,
        account.c.id,
        account.c.name,
        account.c.enabled,
        account.c.generation,
        account.c.home_code,
        credential.c.id.label("credential_id"),
        credential.c.digest,
        credential.c.expires_at,
    )
    .outerjoin_from(
        account,
        credential,
        and_(
            credential.c.digest == bindparam("digest"),
            credential.c.subject_id == account.c.id,
            credential.c.kind == CredentialKind.SECRET.value,
        ),
    )
    .where(account.c.name == bindparam("client_id"))
)


class Client(NamedTuple):
    """An account as the token endpoint knows it. `credential_id` is set when the secret was right."""

    subject: Subject
    account_pk: int
    home_code: int
    generation: int
    credential_id: str | None
    expires_at: int | None
    admitted: bool


class Clients:
    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock

    @staticmethod
    def is_well_formed(secret: Secret) -> bool:
        return is_well_formed(secret, CLIENT_SECRET_PREFIX)

    async def authenticate(self, client_id: str, secret: Secret) -> Client | None:
        """The client, admitted or not; None when there is no such client."""
        presented = secret.digest()
        row = await self._reader.fetch_one(_CLIENT, {"client_id": client_id, "digest": presented})
        stored = _NO_DIGEST if row is None or row["digest"] is None else row["digest"]
        matches = hmac.compare_digest(stored, presented)
        if row is None:
            return None
        expires_at = row["expires_at"]
        alive = expires_at is None or expires_at > self._clock.now()
        return Client(
            Subject("service-account", row["id"], row["name"]),
            row["pk"],
            row["home_code"],
            row["generation"],
            row["credential_id"] if matches else None,
            expires_at,
            admitted=matches and bool(row["enabled"]) and alive,
        )
