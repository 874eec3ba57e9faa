"""Sessions of browsers: opened by a password and, where a person has one, a second factor; kept as a cookie's digest.

The cookie earns no tokens, and is good for nothing but this server's own API.
"""

from typing import Final, NamedTuple

from keystead.changes.actors import actor_pk
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import NO_ORIGIN, SYSTEM, Actor, Origin, Subject
from keystead.credentials.activity import Activity
from keystead.credentials.liveness import LiveCredentials
from keystead.credentials.model import Credential, CredentialKind
from keystead.credentials.store import (
    add_credential,
    delete_credentials,
    expired_sessions,
    find_browser_session,
    find_credential,
    note_proof,
)
from keystead.credentials.throttle import SignInThrottle
from keystead.db.connection import Reader, Row
from keystead.kit.bounded import BoundedCache
from keystead.kit.clock import SECOND, Clock
from keystead.kit.errors import KeysteadError, Kind, bad_input, forbidden, not_found, unauthenticated
from keystead.kit.secret import BROWSER_SESSION_PREFIX, Secret, is_well_formed, make_secret
from keystead.tenant_settings.model import CurrentSettings
from keystead.users import store
from keystead.users.entries import session_entry
from keystead.users.factor_store import factor_in_force
from keystead.users.proofs import USER, PasswordProofs
from keystead.users.second_factor import SecondFactors, WrongCodeError

CLIENT: Final = "console"  # what the audit log and the table call the program that holds these sessions
_UNAUTHORIZED: Final = 401
_BAD_REQUEST: Final = 400


class BrowserSession(NamedTuple):
    """An open session. Times in microseconds."""

    id: str
    person_id: str
    proved_at: int
    expires_at: int


class CodeRequired(NamedTuple):
    """The password was right, and the person has a second factor: nothing is open yet."""


class BrowserSessions:
    """`ttl` in seconds: how long a session lives at most, however busy it is."""

    def __init__(
        self,
        reader: Reader,
        changes: ChangeEngine,
        proofs: PasswordProofs,
        factors: SecondFactors,
        throttle: SignInThrottle,
        live: LiveCredentials,
        activity: Activity,
        settings: CurrentSettings,
        clock: Clock,
        ttl: int,
    ) -> None:
        self._reader = reader
        self._changes = changes
        self._proofs = proofs
        self._factors = factors
        self._throttle = throttle
        self._live = live
        self._activity = activity
        self._settings = settings
        self._clock = clock
        self._ttl = ttl
        # Which session a cookie names never changes; whether it lives is asked of `live`, every time.
        self._ids: BoundedCache[bytes, str] = BoundedCache(50_000)

    async def open(
        self, email: str, password: Secret, code: str | None, origin: Origin
    ) -> Secret | CodeRequired:
        """A new session's cookie. Raises a `Kind.UNAUTHENTICATED` or `Kind.THROTTLED` error."""
        person = await self._proofs.of(email, password, origin, _UNAUTHORIZED)
        if person is None:
            raise _wrong_password()
        if await self._wants_code(person["id"], code):
            return CodeRequired()
        subject = Subject(USER, person["id"], person["email"])
        secret = make_secret(BROWSER_SESSION_PREFIX)

        async def change(tx: Transaction) -> Outcome[str]:
            tx.needs_no_authority("the person's password")
            row = await _still_proved(tx, person)
            if row is None:
                raise _wrong_password()
            how = await self._factors.take(tx, row["id"], code)
            await delete_credentials(tx, await expired_sessions(tx, row["id"]))
            session_id = await add_credential(
                tx,
                CredentialKind.BROWSER,
                subject_type=USER,
                subject_id=row["id"],
                client_id=CLIENT,
                secret=secret,
                created_by_id=await actor_pk(tx, subject),
                expires_at=tx.now + self._ttl * SECOND,
                proved_at=tx.now,
            )
            await store.note_sign_in(tx, row["id"])
            entry = await session_entry(tx, row, "sign-in", session_id, 200, metadata=how)
            return Outcome(entry, session_id)

        try:
            session_id = await self._changes.apply(Actor(subject, origin), change)
        except WrongCodeError:
            await self._proofs.refused(person, origin, _UNAUTHORIZED)
            raise unauthenticated("The code is wrong, or was used already.") from None
        self._activity.opened(session_id)
        return secret

    async def find(self, cookie: Secret) -> BrowserSession | None:
        """The session of a cookie, as of now; None when there is none, or none any more.

        Asking is using it: one that was asked for in time stays, one that comes too late is ended for good.
        """
        if not is_well_formed(cookie, BROWSER_SESSION_PREFIX):
            return None
        digest = cookie.digest()
        session_id = self._ids.get(digest) or await find_browser_session(self._reader, cookie)
        credential = None if session_id is None else await self._live.find(session_id)
        if session_id is None or credential is None:
            return None
        self._ids.put(digest, session_id)
        session = _session(credential)
        if session is None or session.expires_at <= self._clock.now():
            return None
        if not await self._activity.is_in_use(session.id, self._settings.idle_timeout):
            await self._end_idle(session)
            return None
        return session

    async def prove(self, actor: Actor, password: Secret, code: str | None) -> int | CodeRequired:
        """When the person of this session proved their password, which is now, in microseconds.

        Raises a bad-input error that names the field, a forbidden or a `Kind.THROTTLED` error.
        """
        await self._require_browser_session(actor)
        person = await self._proofs.of(actor.subject.name, password, actor.origin, _BAD_REQUEST)
        if person is None:
            raise bad_input("password", "is wrong.")
        if await self._wants_code(person["id"], code):
            return CodeRequired()

        async def change(tx: Transaction) -> Outcome[int]:
            await tx.grants()
            row = await _still_proved(tx, person)
            if row is None:
                raise bad_input("password", "was changed a moment ago.")
            how = await self._factors.take(tx, row["id"], code)
            if not await note_proof(tx, actor.credential_id):
                raise not_found("Session")
            metadata = {"reason": "the password was proved again", **how}
            entry = await session_entry(tx, row, "update", actor.credential_id, 200, metadata=metadata)
            return Outcome(entry, tx.now)

        try:
            return await self._changes.apply(actor, change)
        except WrongCodeError:
            await self._proofs.refused(person, actor.origin, _BAD_REQUEST)
            raise bad_input("code", "is wrong, or was used already.") from None

    async def end(self, actor: Actor) -> None:
        """Ends the session by which a person asks, their browser's or a program's."""
        if actor.subject.type != USER:
            raise forbidden("Only people have sessions.")

        async def change(tx: Transaction) -> Outcome[None]:
            await tx.grants()
            person = await store.find_person(tx, actor.subject.id)
            if person is None:
                raise not_found("Session")
            await delete_credentials(tx, [actor.credential_id])
            return Outcome(await session_entry(tx, person, "sign-out", actor.credential_id, 204), None)

        await self._changes.apply(actor, change)

    async def _wants_code(self, person_id: str, code: str | None) -> bool:
        """Whether a code is missing. One that is there is counted against guessing (access law 15)."""
        if await factor_in_force(self._reader, person_id) is None:
            return False
        if not code:
            return True
        self._throttle.admit_code(person_id)
        return False

    async def _require_browser_session(self, actor: Actor) -> None:
        credential = await self._live.find(actor.credential_id)
        if credential is None or credential.kind != CredentialKind.BROWSER:
            raise forbidden("Only a browser's session is proved; a token is as good as it was.")

    async def _end_idle(self, session: BrowserSession) -> None:
        """Its row goes, so that a longer timeout later on cannot bring it back."""

        async def change(tx: Transaction) -> Outcome[None]:
            person = await store.find_person(tx, session.person_id)
            if person is None or await find_credential(tx, session.id) is None:
                raise not_found("Session")
            await delete_credentials(tx, [session.id])
            metadata = {"reason": "not used for too long"}
            return Outcome(
                await session_entry(tx, person, "sign-out", session.id, _UNAUTHORIZED, metadata=metadata),
                None,
            )

        try:
            await self._changes.apply(Actor(SYSTEM, NO_ORIGIN), change)
        except KeysteadError as error:
            if error.kind is not Kind.NOT_FOUND:  # someone else was faster
                raise


async def _still_proved(tx: Transaction, proved: Row) -> Row | None:
    """The person, unless they were deleted, disabled or given another password since theirs was checked."""
    row = await store.find_person(tx, proved["id"])
    if row is None or not row["enabled"] or row["password_hash"] != proved["password_hash"]:
        return None
    return row


def _session(credential: Credential) -> BrowserSession | None:
    if credential.proved_at is None or credential.expires_at is None:
        return None
    return BrowserSession(credential.id, credential.subject_id, credential.proved_at, credential.expires_at)


def _wrong_password() -> KeysteadError:
    """The one answer to an unknown e-mail, a wrong password and somebody who is disabled."""
    return unauthenticated("The e-mail or the password is wrong.")
