"""Kinds of errors as HTTP: the status, and the contract's `{code, message, details}`.

The OAuth endpoints render the same errors as RFC 6749 says: `tokens.dialects`.
"""

from typing import Annotated, Any, Final

import msgspec

from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.secret import hide_secrets
from keystead.web.wire import told

STATUS: Final = {
    Kind.BAD_INPUT: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.PROOF_TOO_OLD: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.METHOD_NOT_ALLOWED: 405,
    Kind.NOT_ACCEPTABLE: 406,
    Kind.TOO_SLOW: 408,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.THROTTLED: 429,
    Kind.UNAVAILABLE: 503,
}
INTERNAL_ERROR: Final = "Something went wrong here; the log has it under this answer's X-Request-ID."
Headers = list[tuple[bytes, bytes]]


class Error(msgspec.Struct, omit_defaults=True):
    """What every refusal looks like, but for those of the OAuth endpoints."""

    code: Annotated[int, told("The answer's status.", 400, minimum=400, maximum=599)]
    message: Annotated[str, told("A sentence for people.", "name: is required.")]
    details: str | None = None


def status_of(error: KeysteadError) -> int:
    return STATUS[error.kind]


def headers_of(error: KeysteadError) -> Headers:
    """What an error adds to the answer's headers (RFC 9110 and RFC 6750 section 3)."""
    headers: Headers = []
    if error.retry_after is not None:
        headers.append((b"retry-after", str(error.retry_after).encode()))
    if error.kind is Kind.UNAUTHENTICATED:
        headers.append((b"www-authenticate", b'Bearer realm="keystead", error="invalid_token"'))
    if error.kind is Kind.PROOF_TOO_OLD:
        # RFC 9470 section 3, in a scheme of our own: browsers, which have this session, know no bearer tokens.
        challenge = f'Keystead error="insufficient_user_authentication", max_age={error.max_age}'
        headers.append((b"www-authenticate", challenge.encode()))
    if error.kind is Kind.METHOD_NOT_ALLOWED and error.details:
        headers.append((b"allow", error.details.encode()))
    return headers


def body_of(error: KeysteadError) -> bytes:
    return encode_error(status_of(error), error.message, error.details)


def encode_error(status: int, message: str, details: str | None = None) -> bytes:
    return msgspec.json.encode(Error(status, hide_secrets(message), details))


def error_as_dict(error: KeysteadError) -> dict[str, Any]:
    """For answers that report several outcomes at once."""
    return {"code": status_of(error), "message": error.message}
