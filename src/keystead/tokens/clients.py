"""Client authentication: one read, one digest, one comparison, whatever the outcome (access law 14)."""

import hmac
import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import and_, bindparam, not_, select

from keystead.access_keys.model import is_client_id
from keystead.access_rules.index import SERVICE_ACCOUNT, USER
from keystead.changes.model import Subject
from keystead.credentials.model import CredentialKind
from keystead.db.connection import Prepared, Reader
from keystead.db.schema import access_key, account, credential, person
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
        account.c.audiences,
        account.c.token_ttl,
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
# The same of an access key. While its person has a temporary password, nobody has proved to be them.
_ACCESS_KEY = Prepared(
    select(
        person.c.id,
        person.c.email.label("name"),
        and_(person.c.enabled, not_(person.c.password_is_temporary)).label("enabled"),
        person.c.generation,
        person.c.home_code,
        credential.c.id.label("credential_id"),
        credential.c.digest,
        credential.c.expires_at,
    )
    .join_from(access_key, person, person.c.id == access_key.c.person_id)
    .outerjoin(
        credential,
        and_(
            credential.c.digest == bindparam("digest"),
            credential.c.id == access_key.c.credential_id,
            credential.c.kind == CredentialKind.ACCESS_KEY.value,
        ),
    )
    .where(access_key.c.client_id == bindparam("client_id"))
)


class Client(NamedTuple):
    """An account, or a person by one of their keys, as the token endpoint knows them.

    `credential_id` is set when the secret was right. `account_pk` is None for people. `audiences` are the other APIs
    that its tokens may be meant for; they live `token_ttl` seconds, or, if it is None, as long as all do.
    """

    subject: Subject
    client_id: str
    account_pk: int | None
    home_code: int
    generation: int
    credential_id: str | None
    expires_at: int | None
    admitted: bool
    audiences: Sequence[str] = ()
    token_ttl: int | None = None


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
        by_key = is_client_id(client_id)
        statement = _ACCESS_KEY if by_key else _CLIENT
        row = await self._reader.fetch_one(statement, {"client_id": client_id, "digest": presented})
        stored = _NO_DIGEST if row is None or row["digest"] is None else row["digest"]
        matches = hmac.compare_digest(stored, presented)
        if row is None:
            return None
        expires_at = row["expires_at"]
        alive = expires_at is None or expires_at > self._clock.now()
        return Client(
            Subject(USER if by_key else SERVICE_ACCOUNT, row["id"], row["name"]),
            client_id,
            None if by_key else row["pk"],
            row["home_code"],
            row["generation"],
            row["credential_id"] if matches else None,
            expires_at,
            matches and bool(row["enabled"]) and alive,
            () if by_key else _audiences(row["audiences"]),
            None if by_key else row["token_ttl"],
        )


def _audiences(text: str) -> Sequence[str]:
    found: list[str] = [] if text == "[]" else json.loads(text)
    return found
