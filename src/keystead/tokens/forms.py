"""The forms of OAuth endpoints: read strictly, with the client's authentication in them, and their errors.

A client authenticates by `Authorization: Basic` or in the form, never by both (RFC 6749 section 2.3).
"""

from base64 import b64decode
from typing import Final, NamedTuple

import msgspec

from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.secret import Secret, hide_secrets
from keystead.tokens.wire import OAuth2Error
from keystead.users.model import PUBLIC_CLIENTS
from keystead.web.asgi import JSON, NO_STORE, AsgiScope, header
from keystead.web.errors import Headers, headers_of, status_of
from keystead.web.params import form_decoded, parse_query_string

MAX_FIELD: Final = 4096
"""Characters of a field."""

NO_CACHE: Final = (b"pragma", b"no-cache")
_PUBLIC_CLIENT_DEFAULT: Final = "keystead"
_FORM: Final = "application/x-www-form-urlencoded"
_REPEATABLE: Final = frozenset({"resource", "audience"})  # RFC 8707 section 2, RFC 8693 section 2.1
_LONG: Final = frozenset({"token"})  # as long as the form lets it be; what is too long for a token is none
_BASIC_CHALLENGE: Final = (b"www-authenticate", b'Basic realm="keystead"')
_CODES: Final = {
    Kind.UNAUTHENTICATED: "invalid_token",
    Kind.FORBIDDEN: "insufficient_scope",
    Kind.THROTTLED: "temporarily_unavailable",
    Kind.UNAVAILABLE: "temporarily_unavailable",
}


class OAuthError(KeysteadError):
    """An error that RFC 6749 section 5.2, or a standard that adds to it, names: `code` is the name."""

    def __init__(self, code: str, description: str) -> None:
        kind = Kind.UNAUTHENTICATED if code == "invalid_client" else Kind.BAD_INPUT
        super().__init__(kind, description, details=code)
        self.code = code


class WireAnswer(NamedTuple):
    status: int
    headers: Headers
    body: bytes


class ClientCredentials(NamedTuple):
    """What a client says of itself. Without a secret it may be a public one."""

    client_id: str | None
    client_secret: Secret | None


class Form(NamedTuple):
    """`fields` that were given and not empty; `targets`: every `resource` and `audience`, in order."""

    fields: dict[str, str]
    targets: tuple[str, ...]
    client: ClientCredentials


def read_form(scope: AsgiScope, body: bytes) -> Form:
    """Raises OAuthError, always `invalid_request`."""
    fields, targets = _fields(scope, body)
    basic = _basic_credentials(scope)
    if basic is None:
        client = ClientCredentials(fields.get("client_id"), as_secret(fields.get("client_secret")))
        return Form(fields, targets, client)
    if "client_secret" in fields or fields.get("client_id", basic.client_id) != basic.client_id:
        raise OAuthError("invalid_request", "The client authenticates in two ways at once: use one.")
    return Form(fields, targets, basic)


def public_client(client_id: str | None) -> str:
    """Which program of people's asks; they have no secrets. Raises OAuthError."""
    client_id = client_id or _PUBLIC_CLIENT_DEFAULT
    if client_id not in PUBLIC_CLIENTS:
        raise OAuthError(
            "invalid_client",
            f"People sign in as client {', '.join(sorted(PUBLIC_CLIENTS))}, or without client_id.",
        )
    return client_id


def as_secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None


def checked(name: str, value: str) -> str:
    """A field that is text of a bearable length. Raises OAuthError."""
    if "\0" in value or "\0" in name:
        raise OAuthError("invalid_request", f"{shown(name)} must not contain NUL characters.")
    if len(value) > MAX_FIELD and name not in _LONG:
        raise OAuthError("invalid_request", f"{shown(name)} is longer than {MAX_FIELD} characters.")
    return value


def shown(name: str) -> str:
    """A field's name as an error may repeat it: short, printable ASCII."""
    return _ascii(name)[:40]


def write_oauth_error(error: KeysteadError) -> WireAnswer:
    """RFC 6749 section 5.2; for a bearer's token RFC 6750 section 3."""
    code = error.code if isinstance(error, OAuthError) else _CODES.get(error.kind, "invalid_request")
    headers = [JSON, NO_STORE, NO_CACHE]
    if code == "invalid_client":
        headers.append(_BASIC_CHALLENGE)
    else:
        headers += headers_of(error)
    body = msgspec.json.encode(OAuth2Error(code, _ascii(hide_secrets(error.message))))
    return WireAnswer(status_of(error), headers, body)


def _fields(scope: AsgiScope, body: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    """RFC 6749 section 3.1: none may come twice, an empty one counts as absent."""
    content_type = header(scope, b"content-type").partition(";")[0].strip().lower()
    if content_type != _FORM:
        raise OAuthError("invalid_request", f"The body must be a form: Content-Type: {_FORM}.")
    fields: dict[str, str] = {}
    targets: list[str] = []
    for name, value in _pairs(body):
        if name in _REPEATABLE:
            targets.append(checked(name, value))
        elif name in fields:
            raise OAuthError("invalid_request", f"{shown(name)} is given more than once.")
        else:
            fields[name] = checked(name, value)
    return {name: value for name, value in fields.items() if value}, tuple(filter(None, targets))


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_query_string(body)
    except KeysteadError as error:
        raise OAuthError("invalid_request", error.message) from None


def _basic_credentials(scope: AsgiScope) -> ClientCredentials | None:
    """RFC 6749 section 2.3.1: both parts are form-encoded inside RFC 7617's base64."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(given) > 1:
        raise OAuthError("invalid_request", "The Authorization header is given more than once.")
    scheme, _, encoded = given[0].partition(b" ") if given else (b"", b"", b"")
    if scheme.lower() != b"basic":
        return None
    try:
        client_id, separator, secret = b64decode(encoded.strip(), validate=True).partition(b":")
    except ValueError:
        separator = b""
    if not separator:
        raise OAuthError(
            "invalid_request",
            "The Authorization header is not Basic credentials: base64 of id, a colon, secret.",
        )
    return ClientCredentials(
        _basic_part("client_id", client_id), as_secret(_basic_part("client_secret", secret))
    )


def _basic_part(name: str, raw: bytes) -> str:
    try:
        return checked(name, form_decoded(raw, f"Authorization, {name}"))
    except KeysteadError as error:
        raise OAuthError("invalid_request", error.message) from None


def _ascii(text: str) -> str:
    """RFC 6749 section 5.2 allows printable ASCII but quotes and backslashes in a description."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in text)
