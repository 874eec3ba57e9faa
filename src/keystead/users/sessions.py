"""What people do: sign in, stay signed in, change their password, log out."""

import hmac
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from keystead.authz.policy import Grants
from keystead.authz.vocabulary import USERS, Action, Permission
from keystead.changes.actors import actor_pk
from keystead.changes.engine import Change, ChangeEngine, Outcome, Transaction
from keystead.changes.model import Actor, Origin, Subject, Touches
from keystead.credentials.model import CredentialKind
from keystead.credentials.store import (
    add_credential,
    delete_credentials,
    find_session,
    note_proof,
    rotate_session,
    session_ids,
)
from keystead.credentials.throttle import SignInThrottle
from keystead.db.connection import Reader, Row
from keystead.kit.clock import SECOND
from keystead.kit.errors import KeysteadError, Kind, bad_input, forbidden, not_found
from keystead.kit.ids import canonical_id
from keystead.kit.secret import (
    RANDOM_LENGTH,
    REFRESH_TOKEN_PREFIX,
    Secret,
    is_well_formed,
    random_base62,
    seal,
)
from keystead.kit.text import fold
from keystead.users import store
from keystead.users.entries import person_entry, session_entry
from keystead.users.factor_store import factor_in_force
from keystead.users.passwords import Passwords, require_acceptable
from keystead.users.proofs import USER, PasswordProofs

T = TypeVar("T")


class SecondFactorError(Exception):
    """The password was right, and is not enough: the person has a second factor, which this way in cannot ask for."""


class WiderScopeError(Exception):
    """A refresh token was asked for more than the session was opened for (RFC 6749 section 6)."""


class Session(NamedTuple):
    """An open session: what a token for a person hangs on. `expires_at` in microseconds.

    `scope` narrows the token that is earned now; to nothing when it is empty.
    """

    id: str
    subject: Subject
    generation: int
    expires_at: int
    refresh_token: Secret
    scope: str


class RefreshParts(NamedTuple):
    """A refresh token is a family part, which stays, and a part that each rotation replaces."""

    family: str
    turn: str

    def token(self) -> Secret:
        return seal(REFRESH_TOKEN_PREFIX + self.family + self.turn)

    def family_secret(self) -> Secret:
        return Secret(self.family)


def split_refresh_token(token: Secret) -> RefreshParts | None:
    if not is_well_formed(token, REFRESH_TOKEN_PREFIX, random_parts=2):
        return None
    body = token.reveal().removeprefix(REFRESH_TOKEN_PREFIX)
    return RefreshParts(body[:RANDOM_LENGTH], body[RANDOM_LENGTH : 2 * RANDOM_LENGTH])


class Sessions:
    """`session_ttl` in seconds: the longest that a sign-in can be stretched by refreshing.

    `password_changed` is called with a person's id once a new password is durable.
    """

    def __init__(
        self,
        reader: Reader,
        changes: ChangeEngine,
        passwords: Passwords,
        proofs: PasswordProofs,
        throttle: SignInThrottle,
        session_ttl: int,
        password_changed: Callable[[str], None],
    ) -> None:
        self._reader = reader
        self._changes = changes
        self._passwords = passwords
        self._proofs = proofs
        self._throttle = throttle
        self._session_ttl = session_ttl
        self._password_changed = password_changed

    async def sign_in(
        self,
        email: str,
        password: Secret,
        client_id: str,
        origin: Origin,
        *,
        status_if_refused: int,
        scope: str = "",
    ) -> Session | None:
        """Opens a session; None when the e-mail or the password is wrong, at the same cost.

        `scope` narrows every token that the session earns. Raises a `Kind.THROTTLED` error after too many attempts,
        right or wrong, and SecondFactorError.
        """
        person = await self._proofs.of(email, password, origin, status_if_refused)
        if person is None:
            return None
        if await factor_in_force(self._reader, person["id"]) is not None:
            await self._proofs.refused(person, origin, status_if_refused)
            raise SecondFactorError
        subject, stored = Subject(USER, person["id"], person["email"]), person["password_hash"]
        parts = RefreshParts(random_base62(), random_base62())

        async def change(tx: Transaction) -> Outcome[Session | None]:
            tx.needs_no_authority("the person's password")
            return await self._open(tx, subject, stored, client_id, parts, scope)

        return await self._unless_gone(Actor(subject, origin), change)

    async def _open(
        self,
        tx: Transaction,
        subject: Subject,
        proved_hash: str | None,
        client_id: str,
        parts: RefreshParts,
        scope: str,
    ) -> Outcome[Session | None]:
        person = await store.find_person(tx, subject.id)
        if person is None or not person["enabled"] or person["password_hash"] != proved_hash:
            raise not_found(
                "User"
            )  # deleted, disabled or given another password since the password was checked
        if await factor_in_force(tx, subject.id) is not None:
            raise SecondFactorError  # enrolled since then
        expires_at = tx.now + self._session_ttl * SECOND
        session_id = await add_credential(
            tx,
            CredentialKind.SESSION,
            subject_type=USER,
            subject_id=subject.id,
            client_id=client_id,
            secret=parts.token(),
            family=parts.family_secret(),
            created_by_id=await actor_pk(tx, subject),
            expires_at=expires_at,
            token_scope=scope or None,
        )
        await store.note_sign_in(tx, subject.id)
        entry = await session_entry(tx, person, "sign-in", session_id, 200)
        session = Session(session_id, subject, person["generation"], expires_at, parts.token(), scope)
        return Outcome(entry, session)

    async def refresh(self, token: Secret, client_id: str, origin: Origin, scope: str = "") -> Session | None:
        """The session with its next refresh token; None when the token is not good.

        A token that was good once ends its whole family: someone else has it (RFC 9700 section 4.14.2). `scope` narrows
        the token that is earned now, beyond what the session is narrowed to already. Raises WiderScopeError.
        """
        parts = split_refresh_token(token)
        row = await find_session(self._reader, parts.family_secret()) if parts else None
        person = await store.find_person(self._reader, row["subject_id"]) if row else None
        if parts is None or row is None or person is None or row["client_id"] != client_id:
            return None
        subject = Subject(USER, person["id"], person["email"])
        granted: str | None = row["token_scope"]
        if granted is not None and not set(scope.split()) <= set(granted.split()):
            raise WiderScopeError
        narrowed = scope or granted or ""

        async def change(tx: Transaction) -> Outcome[Session | None]:
            tx.needs_no_authority("a refresh token")
            return await self._rotate(tx, token, parts, subject, narrowed)

        return await self._unless_gone(Actor(subject, origin), change)

    async def end(self, token: Secret, client_id: str, origin: Origin) -> bool:
        """Ends the session of a refresh token, current or not, with every token that it earned (RFC 7009 section 2.1).

        False where the token was issued to another client. What is no refresh token, or none any more, ends nothing.
        """
        parts = split_refresh_token(token)
        row = await find_session(self._reader, parts.family_secret()) if parts else None
        person = await store.find_person(self._reader, row["subject_id"]) if row else None
        if parts is None or row is None or person is None:
            return True
        if row["client_id"] != client_id:
            return False

        async def change(tx: Transaction) -> Outcome[None]:
            tx.needs_no_authority("a refresh token")
            session = await find_session(tx, parts.family_secret())
            if session is None:
                raise not_found("Session")
            await delete_credentials(tx, [session["id"]])
            entry = await session_entry(tx, person, "sign-out", session["id"], 200, {"reason": "revoked"})
            return Outcome(entry, None)

        await self._unless_gone(Actor(Subject(USER, person["id"], person["email"]), origin), change)
        return True

    async def _unless_gone(self, actor: Actor, change: Change[T | None]) -> T | None:
        try:
            return await self._changes.apply(actor, change)
        except KeysteadError as error:
            if error.kind is Kind.NOT_FOUND:
                return None
            raise

    async def _rotate(
        self, tx: Transaction, token: Secret, parts: RefreshParts, subject: Subject, scope: str
    ) -> Outcome[Session | None]:
        row = await find_session(tx, parts.family_secret())
        person = await store.find_person(tx, subject.id)
        if row is None or person is None:
            raise not_found("Session")
        is_current = hmac.compare_digest(row["digest"], token.digest())
        outgrown = await factor_in_force(tx, subject.id) is not None
        if not is_current or not person["enabled"] or outgrown or row["expires_at"] <= tx.now:
            await delete_credentials(tx, [row["id"]])
            reason = "expired" if is_current else "a refresh token was used twice"
            if is_current and outgrown:
                reason = "the person has a second factor"
            entry = await session_entry(tx, person, "sign-out", row["id"], 400, {"reason": reason})
            return Outcome(entry, None)
        following = RefreshParts(parts.family, random_base62())
        await rotate_session(tx, row["id"], following.token())
        entry = await session_entry(tx, person, "update", row["id"], 200)
        session = Session(
            row["id"], subject, person["generation"], row["expires_at"], following.token(), scope
        )
        return Outcome(entry, session)

    async def change_password(self, actor: Actor, current: Secret, new: Secret) -> None:
        """Replaces the actor's password and ends every session of theirs but the one that asks, which it proves.

        Raises a bad-input error that names the field, or a `Kind.THROTTLED` error.
        """
        if actor.subject.type != USER:
            raise forbidden("Only people have passwords.")
        require_acceptable("newPassword", new, actor.subject.name)
        if new == current:
            raise bad_input("newPassword", "must be another than the current one.")
        self._throttle.admit_password(fold(actor.subject.name), actor.origin.source_ip)
        person = await store.find_person(self._reader, actor.subject.id)
        proved_hash = person["password_hash"] if person else None
        if not await self._passwords.verify(proved_hash, current):
            raise bad_input("currentPassword", "is wrong.")
        new_hash = await self._passwords.hash(new)

        async def change(tx: Transaction) -> Outcome[None]:
            await tx.grants()
            row = await store.find_person(tx, actor.subject.id)
            if row is None or row["password_hash"] != proved_hash:
                raise bad_input("currentPassword", "was changed a moment ago.")
            await store.set_password(tx, row["id"], new_hash)
            await note_proof(tx, actor.credential_id)
            sessions = await session_ids(tx, row["id"])
            await delete_credentials(tx, [one for one in sessions if one != actor.credential_id])
            touches = Touches((row["id"],), tuple(sessions))
            return Outcome(await person_entry(tx, row, "reset-password", 200, touches), None)

        await self._changes.apply(actor, change)
        self._password_changed(actor.subject.id)

    async def log_out(self, actor: Actor, person_id: str) -> None:
        """Ends a person's sessions and all tokens that they earned. One's own, or with the right to update users."""
        person_id = canonical_id(person_id)

        async def change(tx: Transaction) -> Outcome[None]:
            grants = await tx.grants()
            person = await store.find_person(tx, person_id)
            if person is None or not _may_log_out(grants, actor, person):
                raise not_found("User")
            if person["id"] != actor.subject.id and not grants.allows(_UPDATE_USERS, person["home_code"]):
                raise forbidden("You may not log this person out: that takes the permission to update users.")
            sessions = await session_ids(tx, person["id"])
            await delete_credentials(tx, sessions)
            await store.raise_generation(tx, person["id"])
            touches = Touches((person["id"],), tuple(sessions))
            return Outcome(await person_entry(tx, person, "sign-out", 200, touches), None)

        await self._changes.apply(actor, change)


_READ_USERS = Permission(Action.READ, USERS)
_UPDATE_USERS = Permission(Action.UPDATE, USERS)


def _may_log_out(grants: Grants, actor: Actor, person: Row) -> bool:
    """Whether the actor may know of the person at all."""
    return person["id"] == actor.subject.id or grants.allows(_READ_USERS, person["home_code"])
