"""`keystead recover-admin`: a way back in for whoever owns the machine."""

import asyncio
import sys
from pathlib import Path
from typing import Final

from keystead.cli.stopped import existing_database
from keystead.first_start import write_private
from keystead.kit.secret import Secret
from keystead.settings import Settings
from keystead.users.model import require_email
from keystead.users.passwords import Passwords, generate_password
from keystead.users.recovery import Recovered, recover_administrator

PASSWORD_FILE: Final = "recovered-password"


def recover_admin(settings: Settings, email: str) -> None:
    """Shows the temporary password on a terminal; elsewhere it writes a file for its owner alone, and names it."""
    temporary = generate_password()
    file = None if sys.stdout.isatty() else settings.data_dir / PASSWORD_FILE
    recovered = asyncio.run(_recover(settings, email, temporary, file))
    made = "A new person, made" if recovered.is_new else "Made"
    sys.stdout.write(
        f"{made} system administrator of the tenant; their sessions and second factor are ended.\n\n"
    )
    sys.stdout.write(f"  Sign in as   {recovered.email}\n")
    if file is None:
        sys.stdout.write(f"  Password     {temporary.reveal()}\n\n  The password is shown only now.")
    else:
        sys.stdout.write(f"  Password     in {file}\n\n  Remove the file when you have read it.")
    sys.stdout.write(" It is good for POST /api/v1/me/password alone.\n")


async def _recover(settings: Settings, email: str, temporary: Secret, file: Path | None) -> Recovered:
    passwords = Passwords()
    try:
        async with existing_database(settings) as (_, changes):
            require_email(email)
            if file is not None:
                write_private(file, temporary)  # before it holds, so that it cannot be lost
            return await recover_administrator(changes, passwords, email, temporary)
    finally:
        passwords.close()
