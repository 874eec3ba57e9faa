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
    "read from standard input."
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


def add_recover_admin(commands: Commands) -> None:
    recover = commands.add_parser(
        "recover-admin",
        help="let an administrator in again",
        description="For when nobody can sign in as an administrator any more. Makes a person, who is enabled or made "
        "for it, system administrator of the tenant with a temporary password, which is shown on a terminal and "
        "otherwise written to a file that is named. Their sessions end. The audit log has it as Keystead's own doing."
        + _ALONE,
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
