"""A person's second factor: enrolled by themselves, asked for at each sign-in, ended by themselves or recovery."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import Actor, Entry, Touches
from keystead.credentials.store import delete_credentials, session_ids
from keystead.credentials.throttle import SignInThrottle
from keystead.db.connection import Reader, Row
from keystead.kit.errors import KeysteadError, Kind, bad_input, conflict, forbidden, not_found
from keystead.kit.secret import Secret
from keystead.kit.text import fold
from keystead.org_units.scopes import scope_at, scope_path
from keystead.tenant_settings.model import requires_second_factor
from keystead.tenant_settings.store import load_settings
from keystead.tokens.master_key import MasterKey, WrongMasterKeyError
from keystead.users import factor_store, store, totp
from keystead.users.factor_store import Factor, bound_to, factor_in_force, find_factor
from keystead.users.proofs import USER


class WrongCodeError(Exception):
    """A code that is not, or not any more, the person's."""


class Enrolment(NamedTuple):
    """What an authenticator app needs; told once."""

    secret: Secret
    uri: Secret


class FactorState(NamedTuple):
    enabled: bool
    recovery_codes_left: int


class SecondFactors:
    """`require_current_master` raises a `Kind.UNAVAILABLE` error where the master key was exchanged meanwhile."""

    def __init__(
        self,
        reader: Reader,
        changes: ChangeEngine,
        master: MasterKey,
        throttle: SignInThrottle,
        require_current_master: Callable[[Reader], Awaitable[None]],
    ) -> None:
        self._reader = reader
        self._changes = changes
        self._master = master
        self._throttle = throttle
        self._require_current_master = require_current_master

    async def state(self, person_id: str) -> FactorState:
        factor = await factor_in_force(self._reader, person_id)
        return FactorState(factor is not None, len(factor.recovery_digests) if factor else 0)

    async def take(self, tx: Transaction, person_id: str, code: str | None) -> Mapping[str, str]:
        """Takes a person's code, inside the change that rests on it: whoever has no second factor needs none.

        Answers what the log says of it. Raises WrongCodeError, after which the change is not made.
        """
        factor = await factor_in_force(tx, person_id)
        if factor is None:
            return {}
        given = totp.normalised(code or "")
        if totp.looks_like_totp(given):
            step = totp.matching_step(self._open(factor), given, tx.now, factor.last_step)
            if step is None:
                raise WrongCodeError
            await factor_store.take_step(tx, person_id, step)
            return {"secondFactor": "one-time code"}
        left = totp.without(factor.recovery_digests, given)
        if left is None:
            raise WrongCodeError
        await factor_store.leave_recovery_codes(tx, person_id, left)
        return {"secondFactor": "recovery code", "recoveryCodesLeft": str(len(left))}

    async def begin(self, actor: Actor) -> Enrolment:
        """A secret for the person's app. Nothing is in force before `confirm`. Raises a conflict where it is."""
        _require_person(actor)
        secret = totp.generate_secret()

        async def change(tx: Transaction) -> Outcome[Enrolment]:
            await tx.grants()
            row = await _person(tx, actor)
            if await factor_in_force(tx, row["id"]) is not None:
                raise conflict("You have a second factor: remove it before you enrol another.")
            await self._require_current_master(tx)
            await factor_store.begin_factor(tx, row["id"], self._master.seal(secret, bound_to(row["id"])))
            enrolment = Enrolment(totp.in_base32(secret), totp.provisioning_uri(secret, row["email"]))
            return Outcome(await factor_entry(tx, row, "create", 201, {"state": "begun"}), enrolment)

        return await self._changes.apply(actor, change)

    async def confirm(self, actor: Actor, code: str) -> list[Secret]:
        """Puts the secret that was begun in force, by a code that it makes; returns the recovery codes.

        The person's other sessions end: they were opened without it. Raises a bad-input error that names `code`, a
        conflict where nothing was begun, or a `Kind.THROTTLED` error.
        """
        _require_person(actor)
        self._throttle.admit_password(fold(actor.subject.name), actor.origin.source_ip)
        self._throttle.admit_code(actor.subject.id)
        codes = totp.generate_recovery_codes()
        digests = [totp.recovery_digest(one.reveal()) for one in codes]

        async def change(tx: Transaction) -> Outcome[list[Secret]]:
            await tx.grants()
            row = await _person(tx, actor)
            factor = await find_factor(tx, row["id"])
            if factor is None or factor.in_force:
                raise conflict("There is no enrolment to confirm: begin one.")
            given = totp.normalised(code)
            step = totp.matching_step(self._open(factor), given, tx.now, factor.last_step)
            if step is None:
                raise bad_input("code", "is not the one that your app shows now.")
            await factor_store.confirm_factor(tx, row["id"], step, digests)
            sessions = await session_ids(tx, row["id"])
            ended = [session for session in sessions if session != actor.credential_id]
            await delete_credentials(tx, ended)
            touches = Touches((row["id"],), tuple(ended))
            return Outcome(await factor_entry(tx, row, "update", 200, {"state": "in force"}, touches), codes)

        return await self._changes.apply(actor, change)

    async def remove(self, actor: Actor) -> None:
        """Ends the person's own. Raises a forbidden error while the tenant requires one, and a not-found error."""
        _require_person(actor)

        async def change(tx: Transaction) -> Outcome[None]:
            await tx.grants()
            row = await _person(tx, actor)
            if requires_second_factor(await load_settings(tx)):
                raise forbidden("A second factor is required here: yours stays.")
            if not await factor_store.delete_factor(tx, row["id"]):
                raise not_found("Second factor")
            return Outcome(await factor_entry(tx, row, "delete", 204), None)

        await self._changes.apply(actor, change)

    def _open(self, factor: Factor) -> bytes:
        try:
            return self._master.open(factor.sealed, bound_to(factor.person_id))
        except WrongMasterKeyError:
            raise KeysteadError(
                Kind.UNAVAILABLE,
                "The master key was exchanged: this process has the old one. Start it again with the new one.",
            ) from None


async def factor_entry(
    tx: Transaction,
    person: Row,
    action: str,
    status: int,
    metadata: Mapping[str, str] | None = None,
    touches: Touches | None = None,
) -> Entry:
    scope = await scope_at(tx, person["home_code"])
    path = await scope_path(tx, scope.code)
    return Entry(
        action,
        "second-factor",
        person["id"],
        person["email"],
        scope,
        path,
        status,
        touches or Touches((person["id"],)),
        metadata or {},
    )


def _require_person(actor: Actor) -> None:
    if actor.subject.type != USER:
        raise forbidden("Only people have a second factor.")


async def _person(tx: Transaction, actor: Actor) -> Row:
    row = await store.find_person(tx, actor.subject.id)
    if row is None:
        raise not_found("User")
    return row
