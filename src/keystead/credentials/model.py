"""A credential: what can earn a token. Revoking one is deleting its row."""

from enum import StrEnum
from typing import Final, NamedTuple

from keystead.authz.policy import Limit


class CredentialKind(StrEnum):
    SECRET = "secret"  # a service account's client secret
    SESSION = "session"  # a person's, earned by a password, kept alive by refresh tokens
    BROWSER = "browser"  # a person's in the browser: its cookie is the secret, and earns no tokens
    ACCESS_KEY = "access-key"  # a person's too: the secret by which a program acts for them


SESSION_KINDS: Final = (CredentialKind.SESSION, CredentialKind.BROWSER)


class Credential(NamedTuple):
    """What a token's life hangs on. Times in microseconds; `expires_at` is None for never.

    `proved_at` is when the person of a browser session last proved their password; None for every other kind. `limit`
    is what an access key leaves of its person's permissions; None: all of them.
    """

    id: str
    kind: str
    subject_type: str
    subject_id: str
    expires_at: int | None
    proved_at: int | None = None
    client_id: str = ""
    limit: Limit | None = None

    @property
    def is_access_key(self) -> bool:
        return self.kind == CredentialKind.ACCESS_KEY


MAX_SECRETS_PER_ACCOUNT: Final = 5
