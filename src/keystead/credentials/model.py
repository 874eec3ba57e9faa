"""A credential: what can earn a token. Revoking one is deleting its row."""

from enum import StrEnum
from typing import Final, NamedTuple


class CredentialKind(StrEnum):
    SECRET = "secret"  # a service account's client secret
    SESSION = "session"  # a person's, earned by a password, kept alive by refresh tokens


class Credential(NamedTuple):
    """What a token's life hangs on. `expires_at` is in microseconds, None for never."""

    id: str
    kind: str
    subject_type: str
    subject_id: str
    expires_at: int | None


MAX_SECRETS_PER_ACCOUNT: Final = 5
