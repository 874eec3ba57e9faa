"""What each subject holds, from memory where memory is current: the index behind every decision.

`load_subject` reads it from the database; `SubjectIndex` remembers until the feed tells of the subject.
"""

import json
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from keystead.authz.policy import Grant, Grants
from keystead.changes.feed import Feed
from keystead.changes.model import Actor, Subject, Touches
from keystead.credentials.model import Credential
from keystead.credentials.store import find_credential
from keystead.db.connection import Connection, Database, Prepared, Reader, Row
from keystead.db.schema import account, person, revoked_token, role, rule, second_factor
from keystead.kit.bounded import BoundedCache
from keystead.kit.errors import KeysteadError, unauthenticated
from keystead.roles.model import RoleTable, decode_permissions

USER = "user"
SERVICE_ACCOUNT = "service-account"
GROUP = "group"

_ACCOUNT = Prepared(
    select(account.c.id, account.c.name, account.c.enabled, account.c.generation, account.c.home_code).where(
        account.c.id == bindparam("id")
    )
)
_PERSON = Prepared(
    select(
        person.c.id,
        person.c.email.label("name"),
        person.c.enabled,
        person.c.generation,
        person.c.home_code,
        person.c.groups,
        person.c.password_is_temporary,
        second_factor.c.confirmed_at.is_not(None).label("has_second_factor"),
    )
    .outerjoin_from(person, second_factor, second_factor.c.person_id == person.c.id)
    .where(person.c.id == bindparam("id"))
)
_RULES = Prepared(
    select(rule.c.pk, rule.c.role_id, rule.c.scope_code, role.c.permissions, role.c.enabled)
    .outerjoin_from(rule, role, role.c.id == rule.c.role_id)
    .where(rule.c.subject_id == bindparam("subject_id"), rule.c.deleted_at.is_(None))
    .order_by(rule.c.pk)
)


_REVOKED = Prepared(select(revoked_token.c.jti).where(revoked_token.c.jti == bindparam("jti")))


@dataclass(frozen=True, slots=True)
class SubjectState:
    """An identity as of now, and all that it holds (its groups' rules included).

    `must_change_password`: a person signed in with a temporary password, which is good for changing it alone.
    """

    subject: Subject
    enabled: bool
    generation: int
    home_code: int
    groups: tuple[str, ...]
    grants: Grants
    must_change_password: bool = False
    has_second_factor: bool = False


def group_key(name: str) -> str:
    """How a group stands in `rule.subject_id`: no UUID can look like it."""
    return f"group:{name}"


def awaited_key(email_folded: str) -> str:
    """How a person who does not exist yet stands in `rule.subject_id`."""
    return f"email:{email_folded}"


async def load_grants(reader: Reader, roles: RoleTable, keys: list[str]) -> Grants:
    """What the subject and groups of these keys hold."""
    rows = [row for key in keys for row in await reader.fetch_all(_RULES, {"subject_id": key})]
    return Grants(
        tuple(Grant(row["pk"], row["role_id"], _mask(roles, row), row["scope_code"]) for row in rows)
    )


def _mask(roles: RoleTable, row: Row) -> int:
    """What a rule gives. A custom role's permissions come with the row, so that inside a change they are current."""
    predefined = roles.find_predefined(row["role_id"])
    if predefined is not None:
        return predefined.mask
    return decode_permissions(row["permissions"]) if row["enabled"] else 0


async def load_subject(
    reader: Reader, roles: RoleTable, subject_type: str, subject_id: str
) -> SubjectState | None:
    row = await reader.fetch_one(_PERSON if subject_type == USER else _ACCOUNT, {"id": subject_id})
    if row is None:
        return None
    groups: tuple[str, ...] = tuple(json.loads(row["groups"])) if subject_type == USER else ()
    grants = await load_grants(reader, roles, [subject_id, *(group_key(name) for name in groups)])
    return SubjectState(
        Subject(subject_type, row["id"], row["name"]),
        bool(row["enabled"]),
        row["generation"],
        row["home_code"],
        groups,
        grants,
        subject_type == USER and bool(row["password_is_temporary"]),
        subject_type == USER and bool(row["has_second_factor"]),
    )


def is_alive(
    credential: Credential | None, state: SubjectState | None, generation: int, subject_id: str
) -> bool:
    """Whether a token lives: its credential's row is there, its subject enabled and of the token's generation."""
    return (
        credential is not None
        and state is not None
        and credential.subject_id == subject_id == state.subject.id
        and state.enabled
        and state.generation == generation
    )


class SubjectIndex:
    def __init__(self, database: Database, roles: RoleTable, feed: Feed, size: int = 50_000) -> None:
        self._database = database
        self._roles = roles
        self._feed = feed
        self.cache: BoundedCache[str, SubjectState] = BoundedCache(size)
        feed.subscribe(self._drop)

    async def find(self, subject_type: str, subject_id: str) -> SubjectState | None:
        known = self.cache.get(subject_id)
        if known is not None and known.subject.type == subject_type:
            return known
        moment = self._feed.moment
        # Of one moment: the groups of a person and the rules of those groups must have been true together.
        async with self._database.snapshot() as reader:
            found = await load_subject(reader, self._roles, subject_type, subject_id)
        if found is not None and moment == self._feed.moment:
            self.cache.put(subject_id, found)
        return found

    def _drop(self, touches: Touches) -> None:
        if touches.roles or touches.everything:
            self.cache.clear()
        for key in touches.subjects:
            if key.startswith("group:"):
                # Members of a group are not listed by group: a group's rules change rarely, so all are forgotten.
                self.cache.clear()
                return
            self.cache.drop(key)


class CurrentAuthority:
    """`changes.engine.Authority`: reads the actor anew, inside the change."""

    def __init__(self, roles: RoleTable) -> None:
        self._roles = roles

    async def __call__(self, connection: Connection, actor: Actor, now: int) -> Grants:
        credential = await find_credential(connection, actor.credential_id)
        state = await load_subject(connection, self._roles, actor.subject.type, actor.subject.id)
        if not is_alive(credential, state, actor.generation, actor.subject.id) or state is None:
            raise _ended()
        if actor.token_id and await connection.fetch_one(_REVOKED, {"jti": actor.token_id}):
            raise _ended()
        return state.grants.within(credential.limit if credential else None).within(actor.limit)


def _ended() -> KeysteadError:
    return unauthenticated("The token is no longer valid: sign in again.")
