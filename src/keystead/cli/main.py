"""`keystead`: what can be said to it."""

import argparse
import os
import sys
from collections.abc import Sequence

from keystead import __version__
from keystead.cli.client import ClientError
from keystead.cli.errors import CannotStartError
from keystead.cli.upkeep import add_audit, add_keys, add_migrate, add_recover_admin
from keystead.kit.errors import KeysteadError
from keystead.settings import Settings, SettingsError
from keystead.settings_reference import overview, reference

_CANNOT_START = 2
MOST_BY_API = 1_000
_DESCRIPTION = """\
Keystead is a home for service accounts: identities for programs.

    keystead serve       run the server on http://127.0.0.1:8080, its database in ./var
    keystead demo        fill it with a believable organisation
    keystead settings    show every setting, its value and where it comes from
    keystead openapi     print the API's description, to make clients from
    keystead keys        look after the keys that sign tokens
    keystead audit       check that nobody edited the audit log
    keystead migrate     bring the database to this version
    keystead recover-admin
                         let an administrator in again

`keystead COMMAND --help` tells more of each.

Settings are environment variables, for example KEYSTEAD_PORT=9000.
The first start makes an administrator and says how to sign in.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command; exits with 2 and a sentence when it cannot."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except (SettingsError, CannotStartError, ClientError) as error:
        _refuse(str(error))
    except KeysteadError as error:
        _refuse(error.message)
    except OSError as error:
        _refuse(f"{error.filename or 'This'}: {error.strerror or error}.")


def _settings(options: argparse.Namespace) -> None:
    sys.stdout.write(reference() if options.markdown else overview(os.environ))


def _openapi(_options: argparse.Namespace) -> None:
    from keystead.cli.openapi import api_description

    sys.stdout.buffer.write(api_description(Settings.load(os.environ).public_url))


def _serve(_options: argparse.Namespace) -> None:
    # Imported here, and below: `keystead --help` need not load a server.
    from keystead.cli.serve import serve

    serve(Settings.load(os.environ))


def _demo(options: argparse.Namespace) -> None:
    settings = Settings.load(os.environ)
    if options.offline or options.accounts > MOST_BY_API:
        from keystead.cli.demo_offline import fill_stopped_database
        from keystead.cli.master import master_key

        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        fill_stopped_database(settings, master_key(settings), options.accounts)
    else:
        from keystead.cli.demo import fill_running_server

        url = options.url or settings.public_url
        fill_running_server(settings, url, options.email or settings.admin_email, options.accounts)


def parser() -> argparse.ArgumentParser:
    """Everything that can be said."""
    whole = argparse.ArgumentParser(
        prog="keystead", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    whole.add_argument("--version", action="version", version=f"keystead {__version__}")
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", required=True)
    serve = commands.add_parser(
        "serve",
        help="run the server",
        description="Runs the server until it is told to stop (Ctrl C, SIGTERM). Migrates the database when it is "
        "older than the program. `keystead settings` lists what can be set.",
    )
    serve.set_defaults(run=_serve)
    _add_demo(commands)
    add_keys(commands)
    add_audit(commands)
    add_recover_admin(commands)
    add_migrate(commands)
    settings = commands.add_parser(
        "settings",
        help="show the settings",
        description="Shows every setting with the value that holds and where it comes from. Secrets stay hidden.",
    )
    settings.add_argument(
        "--markdown", action="store_true", help="print the reference of all settings instead"
    )
    settings.set_defaults(run=_settings)
    openapi = commands.add_parser(
        "openapi",
        help="print the API's description",
        description="Prints the OpenAPI 3.1 document that a server serves at /api/openapi.json. Needs no server, no "
        "database.",
    )
    openapi.set_defaults(run=_openapi)
    return whole


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = commands.add_parser(
        "demo",
        help="fill Keystead with a believable organisation",
        description="Makes 2 clusters, 4 departments, 12 projects and 40 service accounts with their access rules, "
        "through the API of a running server. The password is that of KEYSTEAD_ADMIN_PASSWORD, or asked for, or read "
        f"from standard input. More than {MOST_BY_API:,} accounts are written to the database itself, which no server "
        "may have open then: the same actions, many to a commit, with sign-ins that reach back more than a year, so "
        "that some accounts are stale.",
    )
    demo.add_argument("--accounts", type=_positive, default=40, metavar="N", help="how many accounts (40)")
    demo.add_argument("--offline", action="store_true", help="write to a stopped database, whatever N is")
    demo.add_argument("--url", help="the server's address (KEYSTEAD_PUBLIC_URL)")
    demo.add_argument("--email", help="the administrator who signs in (KEYSTEAD_ADMIN_EMAIL)")
    demo.set_defaults(run=_demo)


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError("a whole number from 1 on")
    return number


def _refuse(sentence: str) -> None:
    sys.stderr.write(f"keystead: {sentence}\n")
    raise SystemExit(_CANNOT_START)


if __name__ == "__main__":
    main()
