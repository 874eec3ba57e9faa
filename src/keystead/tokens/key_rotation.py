"""Signing keys change: each is followed by the next, revoked in an emergency, removed when nothing of its lives."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from keystead.authz.policy import require_in_tenant
from keystead.authz.vocabulary import SECURITY_SETTINGS, Action, Permission
from keystead.changes.engine import Change, ChangeEngine, Outcome, Transaction
from keystead.changes.feed import Feed
from keystead.changes.model import NO_ORIGIN, SYSTEM, Actor, Entry
from keystead.kit.clock import Clock, format_utc
from keystead.kit.errors import conflict, not_found
from keystead.kit.ids import canonical_id
from keystead.org_units.scopes import scope_at, scope_path
from keystead.tokens import key_life
from keystead.tokens.key_life import LEAD, NEVER, KeyLife, KeyState
from keystead.tokens.key_store import add_key, delete_key, key_entry, load_lives, seal_again, set_first_use
from keystead.tokens.master_key import MasterKey
from keystead.tokens.signing_keys import SigningKey, SigningKeys, key_id
from keystead.users.factor_store import bound_to, replace_sealed, sealed_secrets

UPDATE: Final = Permission(Action.UPDATE, SECURITY_SETTINGS)
_KEYSTEAD: Final = Actor(SYSTEM, NO_ORIGIN)


class _NothingToDoError(Exception):
    """Another process was faster."""


class Revoked(NamedTuple):
    """`lives` are those that are left. `replaced_by` signs instead; None when the revoked one did not sign."""

    lives: list[KeyLife]
    replaced_by: str | None


class KeyRotation:
    """`days` is how long a key signs before the next is made; 0 for ever.

    Of `algorithms` the first signs. Of each other a key stands by.
    """

    def __init__(
        self,
        changes: ChangeEngine,
        feed: Feed,
        master: MasterKey,
        keys: SigningKeys,
        clock: Clock,
        days: int,
        algorithms: Sequence[str],
    ) -> None:
        self._changes = changes
        self._feed = feed
        self._master = master
        self._keys = keys
        self._clock = clock
        self._days = days
        self._algorithms = algorithms

    async def rotate(self, actor: Actor) -> KeyLife:
        """Makes and publishes the next key, which signs once every verifier has had the time to see it.

        Raises a conflict while there is one that does not sign yet.
        """
        spare = await self._spare()

        async def change(tx: Transaction) -> Outcome[KeyLife]:
            await _require_authority(tx)
            keys = await load_lives(tx)
            newest = key_life.succession(keys)[-1]
            if newest.state(tx.now) is KeyState.COMING:
                raise conflict(
                    f"The next key is published already; it signs from {format_utc(newest.signs_from)}."
                )
            return await self._follow(spare, tx, keys)

        return await self._changes.apply(actor, change)

    async def revoke(self, actor: Actor, wanted: str) -> Revoked:
        """Ends a key and every token that it signed. Where it is the one that signs, another does from now on.

        `wanted` is the key's id. Raises a not-found error.
        """
        spare = await self._spare()

        async def change(tx: Transaction) -> Outcome[Revoked]:
            await _require_authority(tx)
            keys = await load_lives(tx)
            revoked = next((key for key in keys if key_id(key.kid) == canonical_id(wanted)), None)
            if revoked is None:
                raise not_found("Signing key")
            signs = revoked is key_life.signing(keys, tx.now)
            replacement = await self._replace(spare, tx, revoked, keys) if signs else None
            await delete_key(tx, revoked.kid)
            metadata = {"reason": "revoked"} | ({"replacedBy": replacement} if replacement else {})
            touched = [kid for kid in (revoked.kid, replacement) if kid]
            entry = await key_entry(tx, "delete", revoked.kid, revoked.alg, 200, touched, metadata)
            return Outcome(entry, Revoked(await load_lives(tx), replacement))

        return await self._changes.apply(actor, change)

    async def _spare(self) -> SigningKey:
        """What signs next where no key is there for it: made before the change, for which others may wait."""
        return await SigningKey.made(self._algorithms[0])

    async def _replace(
        self, spare: SigningKey, tx: Transaction, revoked: KeyLife, keys: Sequence[KeyLife]
    ) -> str:
        """The next key if there is one, or one that stands by, which are published already; else a new one.

        It takes the place of the other among the keys, so that it signs by every process's clock.
        """
        alg, newest = self._algorithms[0], key_life.succession(keys)[-1]
        ready = key_life.standing_by(keys, alg) if newest is revoked else newest
        if ready is None:
            return await add_key(tx, self._master, spare, revoked.signs_from)
        await set_first_use(tx, ready.kid, revoked.signs_from)
        return ready.kid

    async def _follow(self, spare: SigningKey, tx: Transaction, keys: Sequence[KeyLife]) -> Outcome[KeyLife]:
        """A key that stands by for the algorithm that is to sign has been published for as long as it is there."""
        alg = self._algorithms[0]
        ready = key_life.standing_by(keys, alg)
        if ready is None:
            signs_from, created_at = tx.now + LEAD, tx.now
            kid = await add_key(tx, self._master, spare, signs_from)
            entry = await key_entry(tx, "create", kid, alg, 201, [kid])
        else:
            signs_from, created_at = max(tx.now, ready.created_at + LEAD), ready.created_at
            kid = ready.kid
            await set_first_use(tx, kid, signs_from)
            entry = await key_entry(tx, "update", kid, alg, 200, [kid], {"signsFrom": format_utc(signs_from)})
        return Outcome(entry, KeyLife(kid, created_at, signs_from, None, alg))

    # What time brings, and settings

    async def tend(self) -> None:
        """Makes the next key when it is due, and those that stand by; removes those of which no token lives.

        Any process may, any time.
        """
        await self._feed.current()
        now, keys = self._clock.now(), self._keys.lives
        if self._is_due(keys, now):
            await self._unless_done(partial(self._follow_when_due, await self._spare()))
        for alg in self._algorithms[1:]:
            if key_life.standing_by(keys, alg) is None:
                await self._unless_done(partial(self._stand_by, await SigningKey.made(alg)))
        for key in keys:
            if key.state(now) is KeyState.WITHDRAWN:
                await self._remove(key, "every token that it signed has expired")
            elif key.state(now) is KeyState.STANDBY and key.alg not in self._algorithms:
                await self._remove(key, "its algorithm is switched off")

    def _is_due(self, keys: Sequence[KeyLife], now: int) -> bool:
        """Whether a key should follow: it is time, or the newest is for an algorithm that is to sign no more."""
        succession = key_life.succession(keys)
        newest = succession[-1]
        if newest.alg != self._algorithms[0] and newest.state(now) is not KeyState.COMING:
            return True
        return key_life.is_due(succession, self._days, now)

    async def _follow_when_due(self, spare: SigningKey, tx: Transaction) -> Outcome[KeyLife]:
        keys = await load_lives(tx)
        if not self._is_due(keys, tx.now):
            raise _NothingToDoError
        return await self._follow(spare, tx, keys)

    async def _stand_by(self, made: SigningKey, tx: Transaction) -> Outcome[None]:
        if key_life.standing_by(await load_lives(tx), made.alg) is not None:
            raise _NothingToDoError
        kid = await add_key(tx, self._master, made, NEVER)
        return Outcome(await key_entry(tx, "create", kid, made.alg, 201, [kid], {"standsBy": "true"}), None)

    async def _remove(self, key: KeyLife, reason: str) -> None:
        async def change(tx: Transaction) -> Outcome[None]:
            if not await delete_key(tx, key.kid):
                raise _NothingToDoError
            entry = await key_entry(tx, "delete", key.kid, key.alg, 204, [key.kid], {"reason": reason})
            return Outcome(entry, None)

        await self._unless_done(change)

    async def _unless_done(self, change: Change[Any]) -> None:
        try:
            await self._changes.apply(_KEYSTEAD, change)
        except _NothingToDoError:
            return


async def add_first_key(tx: Transaction, master: MasterKey, key: SigningKey) -> Outcome[None]:
    """A change, by Keystead itself: the key of the very first start, which signs at once."""
    kid = await add_key(tx, master, key, tx.now)
    return Outcome(await key_entry(tx, "create", kid, key.alg, 201, [kid]), None)


async def exchange_master_key(changes: ChangeEngine, old: MasterKey, new: MasterKey) -> int:
    """Seals what the master key keeps, signing keys and second factors, under another; all or none.

    Returns how many private keys those are.

    Raises WrongMasterKeyError when one does not open with the old one.
    """

    async def change(tx: Transaction) -> Outcome[int]:
        number = await seal_again(tx, old, new)
        scope, path = await scope_at(tx, 0), await scope_path(tx, 0)
        factors = await sealed_secrets(tx)
        for person_id, sealed in factors:
            opened = old.open(sealed, bound_to(person_id))
            await replace_sealed(tx, person_id, new.seal(opened, bound_to(person_id)))
        metadata = {"signingKeys": str(number), "secondFactors": str(len(factors))}
        entry = Entry("update", "master-key", "master-key", "master key", scope, path, 200, metadata=metadata)
        return Outcome(entry, number)

    return await changes.apply(_KEYSTEAD, change)


async def _require_authority(tx: Transaction) -> None:
    require_in_tenant(await tx.grants(), UPDATE)
