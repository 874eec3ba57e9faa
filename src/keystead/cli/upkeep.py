"""The commands by which an operator looks after a Keystead: what can be said to them."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from keystead.settings import Settings

if TYPE_CHECKING:
    from keystead.cli.client import AdminClient

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse has no other name for it
_VERIFIES_FOR: Final = 3_600.0  # seconds; a chain of some ten million entries
_AS_ADMINISTRATOR: Final = (
    " Asks the running server, as an administrator whose password is that of KEYSTEAD_ADMIN_PASSWORD, or asked for, or "
    "read from standard input; so is the code of a second factor."
)
_ALONE: Final = " On SQLite the server must be stopped first."


def add_audit(commands: Commands) -> None:
    audit = commands.add_parser(
        "audit",
        help="check the audit log",
        description="The audit log is a chain: each entry's hash covers the one before.",
    )
    actions = audit.add_subparsers(dest="action", metavar="ACTION", required=True)
    _online(
        actions,
        "verify",
        "check that no entry was edited, removed or inserted",
        "Walks the whole chain and names the first entry that is not as it was written. Ends with status 1 when there "
        "is one." + _AS_ADMINISTRATOR,
        _audit_verify,
    )
    _online(
        actions,
        "head",
        "print version, hash and time of the newest entry",
        "Prints version, hash and time of the newest entry on one line, to be noted where nobody who can write to the "
        "database can write." + _AS_ADMINISTRATOR,
        _audit_head,
    )


def add_keys(commands: Commands) -> None:
    keys = commands.add_parser(
        "keys",
        help="look after the keys that sign tokens",
        description="Signing keys rotate by themselves, every KEYSTEAD_KEY_ROTATION_DAYS; these are for when that is "
        "not soon enough.",
    )
    actions = keys.add_subparsers(dest="action", metavar="ACTION", required=True)
    _online(
        actions,
        "list",
        "show the signing keys",
        "Shows every key: `coming` is published and signs later, `signing` signs now, `retired` verifies what it "
        "signed." + _AS_ADMINISTRATOR,
        _keys_list,
    )
    _online(
        actions,
        "rotate",
        "make the next key",
        "Makes the next key and publishes it; it signs a few minutes later, when every verifier has had the time to "
        "see it. Tokens that were signed before stay good until they expire." + _AS_ADMINISTRATOR,
        _keys_rotate,
    )
    revoke = _online(
        actions,
        "revoke",
        "end a key and every token that it signed",
        "For an emergency. Every token that the key signed is dead at once, people's and accounts'; where it is the "
        "key that signs, another signs from now on." + _AS_ADMINISTRATOR,
        _keys_revoke,
    )
    revoke.add_argument("key", metavar="KEY", help="the key's id, as `keystead keys list` shows it")
    rewrap = actions.add_parser(
        "rewrap",
        help="exchange the master key",
        description="Seals the signing keys and second factors under a new master key: that of "
        "KEYSTEAD_NEW_MASTER_KEY, else one that is made. A master key that is in a file is replaced there; one that is "
        "in KEYSTEAD_MASTER_KEY is yours to replace. Interrupted, the same command finishes. On PostgreSQL stop every "
        "server first too." + _ALONE,
    )
    rewrap.set_defaults(run=_keys_rewrap)


def add_recover_admin(commands: Commands) -> None:
    recover = commands.add_parser(
        "recover-admin",
        help="let an administrator in again",
        description="For when nobody can sign in as an administrator any more. Makes a person, who is enabled or made "
        "for it, system administrator of the tenant with a temporary password, which is shown on a terminal and "
        "otherwise written to a file that is named. Their sessions and their second factor end. The audit log has it "
        "as Keystead's own doing." + _ALONE,
    )
    recover.add_argument("--email", help="who (KEYSTEAD_ADMIN_EMAIL)")
    recover.set_defaults(run=_recover_admin)


def add_migrate(commands: Commands) -> None:
    migrate = commands.add_parser(
        "migrate",
        help="bring the database to this version",
        description="Makes the database, or brings it to the schema of this program, and ends. `keystead serve` does "
        "the same at its start; a database that a newer Keystead wrote is refused." + _ALONE,
    )
    migrate.set_defaults(run=_migrate)


def _online(
    actions: Commands, name: str, summary: str, description: str, run: Callable[[argparse.Namespace], None]
) -> argparse.ArgumentParser:
    """A command that calls the running server."""
    action = actions.add_parser(name, help=summary, description=description)
    action.add_argument("--url", help="the server's address (KEYSTEAD_PUBLIC_URL)")
    action.add_argument("--email", help="the administrator who signs in (KEYSTEAD_ADMIN_EMAIL)")
    action.set_defaults(run=run)
    return action


@contextmanager
def _signed_in(options: argparse.Namespace, seconds: float | None = None) -> "Iterator[AdminClient]":
    # Imported here, and below: `keystead --help` need not load any of it.
    from keystead.cli.client import CALL_SECONDS, AdminClient, ask_password

    settings = Settings.load(os.environ)
    email = options.email or settings.admin_email
    with AdminClient(options.url or settings.public_url, seconds or CALL_SECONDS) as client:
        client.sign_in(email, ask_password(settings, email))
        yield client


def _audit_verify(options: argparse.Namespace) -> None:
    from keystead.cli.audit import audit_verify

    with _signed_in(options, _VERIFIES_FOR) as client:
        audit_verify(client)


def _audit_head(options: argparse.Namespace) -> None:
    from keystead.cli.audit import audit_head

    with _signed_in(options) as client:
        audit_head(client)


def _keys_list(options: argparse.Namespace) -> None:
    from keystead.cli.keys import list_keys

    with _signed_in(options) as client:
        list_keys(client)


def _keys_rotate(options: argparse.Namespace) -> None:
    from keystead.cli.keys import rotate

    with _signed_in(options) as client:
        rotate(client)


def _keys_revoke(options: argparse.Namespace) -> None:
    from keystead.cli.keys import revoke

    with _signed_in(options) as client:
        revoke(client, options.key)


def _keys_rewrap(_options: argparse.Namespace) -> None:
    from keystead.cli.rewrap import rewrap

    rewrap(Settings.load(os.environ))


def _recover_admin(options: argparse.Namespace) -> None:
    from keystead.cli.recover import recover_admin

    settings = Settings.load(os.environ)
    recover_admin(settings, options.email or settings.admin_email)


def _migrate(_options: argparse.Namespace) -> None:
    from keystead.cli.databases import prepared
    from keystead.db.migrate import HEAD

    async def migrate() -> None:
        async with prepared(Settings.load(os.environ)):
            pass

    asyncio.run(migrate())
    sys.stdout.write(f"The database has the schema of this version, {HEAD}.\n")
