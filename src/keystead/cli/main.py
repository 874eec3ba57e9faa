"""`keystead`: what can be said to it."""

import argparse
import os
import sys
from collections.abc import Sequence

from keystead import __version__
from keystead.settings import Settings, SettingsError
from keystead.settings_reference import overview, reference

_CANNOT_START = 2
_DESCRIPTION = """\
Keystead is a home for service accounts: identities for programs.

    keystead serve       run the server on http://127.0.0.1:8080, its database in ./var
    keystead settings    show every setting, its value and where it comes from

Settings are environment variables, for example KEYSTEAD_PORT=9000.
The first start makes an administrator and says how to sign in.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command; exits with 2 and a sentence when it cannot."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "settings":
            sys.stdout.write(reference() if options.markdown else overview(os.environ))
        else:
            _serve()
    except SettingsError as error:
        _refuse(str(error))


def _serve() -> None:
    # Imported here: `keystead --help` need not load a server.
    from keystead.cli.serve import CannotStartError, serve

    try:
        serve(Settings.load(os.environ))
    except CannotStartError as error:
        _refuse(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keystead", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"keystead {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    commands.add_parser(
        "serve",
        help="run the server",
        description="Runs the server until it is told to stop (Ctrl C, SIGTERM). Migrates the database when it is "
        "older than the program. `keystead settings` lists what can be set.",
    )
    settings = commands.add_parser(
        "settings",
        help="show the settings",
        description="Shows every setting with the value that holds and where it comes from. Secrets stay hidden.",
    )
    settings.add_argument(
        "--markdown", action="store_true", help="print the reference of all settings instead"
    )
    return parser


def _refuse(sentence: str) -> None:
    sys.stderr.write(f"keystead: {sentence}\n")
    raise SystemExit(_CANNOT_START)


if __name__ == "__main__":
    main()
