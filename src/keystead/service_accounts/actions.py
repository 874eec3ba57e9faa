"""What can be done with service accounts. Every change asks, inside itself, what the actor holds at that moment."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from keystead.access_rules.index import load_grants
from keystead.authz.visibility import Visibility
from keystead.authz.vocabulary import SERVICE_ACCOUNT, Action, Permission
from keystead.changes.actors import actor_pk
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import Actor, Entry, Touches
from keystead.credentials.model import MAX_SECRETS_PER_ACCOUNT, CredentialKind
from keystead.credentials.store import add_credential, credential_ids, delete_credentials, list_credentials
from keystead.db.connection import Reader, Row
from keystead.kit.errors import bad_input, conflict, forbidden, not_found
from keystead.kit.ids import canonical_id, new_id
from keystead.kit.secret import CLIENT_SECRET_PREFIX, Secret, make_secret
from keystead.org_units.homes import choose_home
from keystead.org_units.scopes import scope_at, scope_path
from keystead.roles.model import RoleTable
from keystead.service_accounts import model, store

CREATE = Permission(Action.CREATE, SERVICE_ACCOUNT)
READ = Permission(Action.READ, SERVICE_ACCOUNT)
UPDATE = Permission(Action.UPDATE, SERVICE_ACCOUNT)
DELETE = Permission(Action.DELETE, SERVICE_ACCOUNT)


class NewAccount(NamedTuple):
    name: str
    description: str = ""
    labels: Mapping[str, str] = {}
    scope_id: str | None = None
    scope_type: str | None = None
    audiences: Sequence[str] = ()
    token_ttl: int | None = None


class Edit(NamedTuple):
    """None leaves a field as it is. `token_ttl` in seconds; 0: as all do."""

    enabled: bool | None = None
    description: str | None = None
    labels: Mapping[str, str] | None = None
    audiences: Sequence[str] | None = None
    token_ttl: int | None = None


class CreatedAccount(NamedTuple):
    id: str
    name: str
    secret: Secret


class AddedSecret(NamedTuple):
    id: str
    secret: Secret


class ServiceAccounts:
    """`max_token_ttl` in seconds: the longest that an account's tokens may be made to live."""

    def __init__(self, reader: Reader, changes: ChangeEngine, roles: RoleTable, max_token_ttl: int) -> None:
        self._reader = reader
        self._changes = changes
        self._roles = roles
        self._max_token_ttl = max_token_ttl

    async def get(self, account_id: str, visibility: Visibility) -> Row:
        """Raises a not-found error for what is unknown and for what is out of sight alike."""
        return _seen(await store.find_account(self._reader, canonical_id(account_id)), visibility)

    async def create(self, actor: Actor, wish: NewAccount) -> CreatedAccount:
        name = model.require_name(wish.name)
        description = model.require_description(wish.description)
        labels = model.require_labels(wish.labels)
        audiences = model.require_audiences(wish.audiences)
        token_ttl = self._token_ttl(wish.token_ttl)
        created = CreatedAccount(new_id(), name, make_secret(CLIENT_SECRET_PREFIX))

        async def change(tx: Transaction) -> Outcome[CreatedAccount]:
            home = await choose_home(tx, await tx.grants(), CREATE, wish.scope_id, wish.scope_type)
            if await store.name_is_taken(tx, name):
                raise conflict(f"A service account named {name} already exists.", field="name")
            by = await actor_pk(tx, actor.subject)
            await store.add_account(
                tx,
                account_id=created.id,
                name=name,
                home_id=home.id,
                home_code=home.code,
                created_by_id=by,
                description=description,
                labels=labels,
                audiences=audiences,
                token_ttl=token_ttl,
            )
            await _add_secret(tx, created.id, name, created.secret, by)
            path = await scope_path(tx, home.code)
            entry = Entry(
                "create", "service-account", created.id, name, home, path, 201, Touches((created.id,))
            )
            return Outcome(entry, created)

        return await self._changes.apply(actor, change)

    async def edit(self, actor: Actor, account_id: str, edit: Edit) -> None:
        """Each field that is given. Raises a bad-input error when nothing is asked for."""
        if edit == Edit():
            raise bad_input(
                "body", "has nothing to change: send enabled, description, labels, audiences or more."
            )
        audiences = None if edit.audiences is None else model.require_audiences(edit.audiences)
        token_ttl = self._token_ttl(edit.token_ttl)
        description = None if edit.description is None else model.require_description(edit.description)
        labels = None if edit.labels is None else model.require_labels(edit.labels)

        async def change(tx: Transaction) -> Outcome[None]:
            row = await _permitted(tx, account_id, UPDATE)
            if edit.enabled:
                await self._require_all_that_it_holds(tx, row, "enable")
            if edit.enabled is not None:
                await store.set_enabled(tx, row["pk"], edit.enabled)
            if description is not None or labels is not None:
                await store.describe(
                    tx,
                    row["pk"],
                    row["description"] if description is None else description,
                    json.loads(row["labels"]) if labels is None else labels,
                )
            if audiences is not None or edit.token_ttl is not None:
                await self._set_tokens(tx, row, edit, audiences, token_ttl)
            metadata = {} if edit.enabled is None else {"enabled": str(edit.enabled).lower()}
            if audiences is not None:
                metadata["audiences"] = " ".join(audiences)
            return Outcome(await _entry(tx, "update", row, 200, Touches((row["id"],)), metadata), None)

        await self._changes.apply(actor, change)

    async def delete(self, actor: Actor, account_id: str) -> None:
        """Ends the account, its secrets, its tokens and its rules, at once."""

        async def change(tx: Transaction) -> Outcome[None]:
            row = await _permitted(tx, account_id, DELETE)
            secrets = await credential_ids(tx, row["id"], CredentialKind.SECRET)
            entry = await _entry(tx, "delete", row, 204, Touches((row["id"],), tuple(secrets)))
            await delete_credentials(tx, secrets)
            await store.delete_account(tx, row["pk"])
            return Outcome(entry, None)

        await self._changes.apply(actor, change)

    async def regenerate_secret(self, actor: Actor, account_id: str) -> Secret:
        """Revokes every secret of the account and all tokens that they earned; makes a new one (access law 13)."""
        secret = make_secret(CLIENT_SECRET_PREFIX)

        async def change(tx: Transaction) -> Outcome[Secret]:
            row = await _permitted(tx, account_id, UPDATE)
            await self._require_all_that_it_holds(tx, row, "make a secret for")
            revoked = await credential_ids(tx, row["id"], CredentialKind.SECRET)
            await delete_credentials(tx, revoked)
            await _add_secret(tx, row["id"], row["name"], secret, await actor_pk(tx, actor.subject))
            await store.date_secrets(tx, row["pk"], tx.now)
            await store.touch(tx, row["pk"])
            touches = Touches(credentials=tuple(revoked))
            entry = await _entry(tx, "update", row, 200, touches, {"secret": "regenerated"})
            return Outcome(entry, secret)

        return await self._changes.apply(actor, change)

    async def list_secrets(self, account_id: str, visibility: Visibility) -> list[Row]:
        row = await self.get(account_id, visibility)
        return await list_credentials(self._reader, row["id"], CredentialKind.SECRET)

    async def add_secret(
        self, actor: Actor, account_id: str, name: str, expires_at: int | None
    ) -> AddedSecret:
        """A further secret beside those that work: the way to rotate without downtime. `expires_at` in microseconds."""
        if len(name) > model.MAX_SECRET_NAME:
            raise bad_input("name", f"must have at most {model.MAX_SECRET_NAME} characters.")
        secret = make_secret(CLIENT_SECRET_PREFIX)

        async def change(tx: Transaction) -> Outcome[AddedSecret]:
            row = await _permitted(tx, account_id, UPDATE)
            await self._require_all_that_it_holds(tx, row, "make a secret for")
            if expires_at is not None and expires_at <= tx.now:
                raise bad_input("expiresAt", "must lie in the future.")
            if len(await credential_ids(tx, row["id"], CredentialKind.SECRET)) >= MAX_SECRETS_PER_ACCOUNT:
                raise conflict(
                    f"The account has {MAX_SECRETS_PER_ACCOUNT} secrets, the most there can be: revoke one first."
                )
            by = await actor_pk(tx, actor.subject)
            secret_id = await _add_secret(tx, row["id"], row["name"], secret, by, name, expires_at)
            await store.date_secrets(tx, row["pk"], tx.now)
            await store.touch(tx, row["pk"])
            metadata = {"secret": "added", "secretId": secret_id}
            entry = await _entry(tx, "update", row, 201, Touches(), metadata)
            return Outcome(entry, AddedSecret(secret_id, secret))

        return await self._changes.apply(actor, change)

    async def revoke_secret(self, actor: Actor, account_id: str, secret_id: str) -> None:
        """Ends one secret and every token that it earned."""
        secret_id = canonical_id(secret_id)

        async def change(tx: Transaction) -> Outcome[None]:
            row = await _permitted(tx, account_id, UPDATE)
            if secret_id not in await credential_ids(tx, row["id"], CredentialKind.SECRET):
                raise not_found("Secret")
            await delete_credentials(tx, [secret_id])
            await store.date_secrets(tx, row["pk"], tx.now)
            await store.touch(tx, row["pk"])
            metadata = {"secret": "revoked", "secretId": secret_id}
            entry = await _entry(tx, "update", row, 204, Touches(credentials=(secret_id,)), metadata)
            return Outcome(entry, None)

        await self._changes.apply(actor, change)

    async def _set_tokens(
        self, tx: Transaction, row: Row, edit: Edit, wanted: Sequence[str] | None, token_ttl: int | None
    ) -> None:
        """A new audience widens where the account is somebody (access law 9); one that goes takes its tokens along."""
        known = json.loads(row["audiences"])
        audiences = known if wanted is None else wanted
        if set(audiences) - set(known):
            await self._require_all_that_it_holds(tx, row, "widen the audiences of")
        await store.set_tokens(
            tx,
            row["pk"],
            audiences,
            row["token_ttl"] if edit.token_ttl is None else token_ttl,
            end_those_of_before=bool(set(known) - set(audiences)),
        )

    def _token_ttl(self, seconds: int | None) -> int | None:
        return model.require_token_lifetime(seconds, self._max_token_ttl) if seconds else None

    async def _require_all_that_it_holds(self, tx: Transaction, row: Row, verb: str) -> None:
        """Access law 9: whoever can become an identity needs every permission that it has, in those scopes."""
        held = await load_grants(tx, self._roles, [row["id"]])
        if not (await tx.grants()).covers(held):
            raise forbidden(
                f"You may not {verb} an account that holds permissions which you do not hold there."
            )


def _seen(row: Row | None, visibility: Visibility) -> Row:
    if row is None or not visibility.shows(row["home_code"]):
        raise not_found("Service account")
    return row


async def _permitted(tx: Transaction, account_id: str, permission: Permission) -> Row:
    """The account, for a change that needs `permission` at its home: unreadable is unknown, the rest is forbidden."""
    grants = await tx.grants()
    row = _seen(await store.find_account(tx, canonical_id(account_id)), grants.visibility(READ))
    if not grants.allows(permission, row["home_code"]):
        raise forbidden(f"You may not {permission} here.")
    return row


async def _add_secret(
    tx: Transaction,
    account_id: str,
    client_id: str,
    secret: Secret,
    created_by_id: int,
    name: str = "",
    expires_at: int | None = None,
) -> str:
    return await add_credential(
        tx,
        CredentialKind.SECRET,
        subject_type="service-account",
        subject_id=account_id,
        client_id=client_id,
        secret=secret,
        created_by_id=created_by_id,
        name=name,
        expires_at=expires_at,
    )


async def _entry(
    tx: Transaction,
    action: str,
    row: Row,
    status: int,
    touches: Touches,
    metadata: Mapping[str, str] | None = None,
) -> Entry:
    home = await scope_at(tx, row["home_code"])
    path = await scope_path(tx, home.code)
    return Entry(
        action, "service-account", row["id"], row["name"], home, path, status, touches, metadata or {}
    )
