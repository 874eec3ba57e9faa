"""`keystead audit`: whether the chain holds, asked of the running server."""

import sys
from typing import Final

from keystead.cli.client import AdminClient

BROKEN: Final = 1


def audit_head(client: AdminClient) -> None:
    head = client.call("GET", "/api/v1/audit/head")
    sys.stdout.write(f"{head['version']} {head['hash']} {head['at']}\n")


def audit_verify(client: AdminClient) -> None:
    """Ends with status 1 when the chain does not hold."""
    found = client.call("GET", "/api/v1/audit/verify")
    if not found["intact"]:
        first = found["firstBreak"]
        sys.stdout.write(f"The chain is broken at version {first['version']}: {first['problem']}.\n")
        raise SystemExit(BROKEN)
    sys.stdout.write(
        f"The chain is intact up to version {found['version']}, whose hash is {found['hash']}.\n"
    )
    if "removedUpTo" in found:
        sys.stdout.write(
            f"The entries up to version {found['removedUpTo']} are gone, as the retention has it.\n"
        )
