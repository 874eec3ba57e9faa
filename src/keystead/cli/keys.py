"""`keystead keys`: signing keys, as an administrator of the running server sees them."""

import sys
from typing import Any, Final

from keystead.cli.client import AdminClient

_KEYS: Final = "/api/v1/signing-keys"


def list_keys(client: AdminClient) -> None:
    for key in client.call("GET", _KEYS)["signingKeys"]:
        sys.stdout.write(f"{key['id']}  {key['state']:8}  {key['alg']:7}  {_when(key)}\n")


def _when(key: dict[str, Any]) -> str:
    if key["signsFrom"] is None:
        return "signs when its algorithm is told to"
    until = f", verifies until {key['withdrawnAt']}" if key["withdrawnAt"] else ""
    return f"signs from {key['signsFrom']}{until}"


def rotate(client: AdminClient) -> None:
    made: dict[str, Any] = client.call("POST", f"{_KEYS}/rotate")
    sys.stdout.write(f"The next key, {made['id']}, is published and signs from {made['signsFrom']}.\n")


def revoke(client: AdminClient, key_id: str) -> None:
    """The session that asks may end by it: its token was signed by some key too."""
    replaced_by = client.call("DELETE", f"{_KEYS}/{key_id}")["replacedBy"]
    signs = f" {replaced_by} signs from now on." if replaced_by else ""
    sys.stdout.write(f"Revoked: every token that it signed is dead.{signs}\n")
