"""The wire forms of one token request: how each is read, and how its answers and errors are written.

The endpoint behind them is one. A dialect knows names and shapes, never who may have a token.
"""

from base64 import b64decode
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.secret import Secret, hide_secrets
from keystead.tokens.issuer import Issued
from keystead.tokens.wire import AppTokenResponse, OAuth2Error, OAuth2TokenResponse, TokenResponse
from keystead.web.asgi import JSON, NO_STORE, AsgiScope, header
from keystead.web.errors import Headers, encode_error, headers_of, status_of
from keystead.web.json_body import decode_body
from keystead.web.params import form_decoded, parse_query_string

_NO_CACHE: Final = (b"pragma", b"no-cache")
_MAX_FIELD: Final = 4096
_members: Final = msgspec.json.Decoder(dict[str, Any])


class OAuthError(KeysteadError):
    """An error that RFC 6749 section 5.2 names. `code` is its name; `basic` asks for WWW-Authenticate: Basic."""

    def __init__(self, code: str, description: str, *, basic: bool = False) -> None:
        kind = Kind.UNAUTHENTICATED if code == "invalid_client" else Kind.BAD_INPUT
        super().__init__(kind, description, details=code)
        self.code = code
        self.basic = basic


class TokenRequest(NamedTuple):
    """A request for a token, whatever its wire form. Secrets are wrapped as soon as they are read."""

    grant_type: str
    client_id: str | None = None
    client_secret: Secret | None = None
    username: str | None = None
    password: Secret | None = None
    refresh_token: Secret | None = None
    scope: str = ""
    used_basic: bool = False
    wants_id_token: bool = False


class WireAnswer(NamedTuple):
    status: int
    headers: Headers
    body: bytes


class Dialect(Protocol):
    def read(self, scope: AsgiScope, body: bytes) -> TokenRequest:
        """Raises OAuthError, always `invalid_request` or `unsupported_grant_type`."""
        ...

    def write(self, issued: Issued) -> WireAnswer: ...

    def write_error(self, error: KeysteadError) -> WireAnswer: ...


class OAuthDialect:
    """RFC 6749: a form in, its names out. `/api/v2/token`, and the realms path of old scripts."""

    def read(self, scope: AsgiScope, body: bytes) -> TokenRequest:
        fields = _form(scope, body)
        basic = _basic_credentials(scope)
        if basic and ("client_secret" in fields or fields.get("client_id", basic[0]) != basic[0]):
            raise OAuthError("invalid_request", "The client authenticates in two ways at once: use one.")
        grant_type = fields.get("grant_type")
        if not grant_type:
            raise OAuthError("invalid_request", "grant_type is required, for example client_credentials.")
        scope_text = fields.get("scope", "")
        return TokenRequest(
            grant_type=grant_type,
            client_id=basic[0] if basic else fields.get("client_id"),
            client_secret=basic[1] if basic else _secret(fields.get("client_secret")),
            username=fields.get("username"),
            password=_secret(fields.get("password")),
            refresh_token=_secret(fields.get("refresh_token")),
            scope=scope_text,
            used_basic=basic is not None,
            wants_id_token="openid" in scope_text.split(),
        )

    def write(self, issued: Issued) -> WireAnswer:
        return _ok(
            OAuth2TokenResponse(
                issued.access_token,
                "Bearer",
                issued.expires_in,
                _revealed(issued.refresh_token),
                issued.id_token,
            )
        )

    def write_error(self, error: KeysteadError) -> WireAnswer:
        code = error.code if isinstance(error, OAuthError) else _oauth_code(error)
        headers = [
            JSON,
            NO_STORE,
            _NO_CACHE,
            *(item for item in headers_of(error) if item[0] != b"www-authenticate"),
        ]
        if isinstance(error, OAuthError) and error.code == "invalid_client":
            headers.append((b"www-authenticate", b'Basic realm="keystead"'))
        body = msgspec.json.encode(OAuth2Error(code, _ascii(hide_secrets(error.message))))
        return WireAnswer(status_of(error), headers, body)


class ContractDialect:
    """Run:ai's `/api/v1/token`: JSON whose keys may be cased in any way; bad credentials are a 400."""

    def read(self, scope: AsgiScope, body: bytes) -> TokenRequest:
        fields = _json_fields(body)
        grant_type = fields.get("granttype")
        if not grant_type:
            raise OAuthError("invalid_request", "grantType is required, for example client_credentials.")
        return TokenRequest(
            grant_type="client_credentials" if grant_type == "app_token" else grant_type,
            client_id=_one_of(fields, "clientid", "appid"),
            client_secret=_secret(_one_of(fields, "clientsecret", "appsecret")),
            username=fields.get("username"),
            password=_secret(fields.get("password")),
            refresh_token=_secret(fields.get("refreshtoken")),
            wants_id_token=grant_type in ("password", "refresh_token"),
        )

    def write(self, issued: Issued) -> WireAnswer:
        return _ok(
            TokenResponse(
                issued.access_token, issued.expires_in, _revealed(issued.refresh_token), issued.id_token
            )
        )

    def write_error(self, error: KeysteadError) -> WireAnswer:
        return _contract_error(error)


class AppTokenDialect:
    """The deprecated `/v1/k8s/auth/oauth/apptoken`: `id`, `name` and `secret` in, snake case out."""

    def read(self, scope: AsgiScope, body: bytes) -> TokenRequest:
        fields = _json_fields(body)
        return TokenRequest(
            grant_type="client_credentials",
            client_id=fields.get("name") or fields.get("id"),
            client_secret=_secret(fields.get("secret")),
            wants_id_token=True,
        )

    def write(self, issued: Issued) -> WireAnswer:
        return _ok(AppTokenResponse(issued.access_token, issued.id_token))

    def write_error(self, error: KeysteadError) -> WireAnswer:
        return _contract_error(error)


def _revealed(secret: Secret | None) -> str | None:
    return secret.reveal() if secret else None


def _ok(answer: msgspec.Struct) -> WireAnswer:
    return WireAnswer(200, [JSON, NO_STORE, _NO_CACHE], msgspec.json.encode(answer))


def _contract_error(error: KeysteadError) -> WireAnswer:
    """`{code, message}`; these paths declare no 401, and clients hide one."""
    status = 400 if error.kind is Kind.UNAUTHENTICATED else status_of(error)
    headers = [JSON, NO_STORE, *(item for item in headers_of(error) if item[0] != b"www-authenticate")]
    return WireAnswer(status, headers, encode_error(status, error.message, error.details))


def _oauth_code(error: KeysteadError) -> str:
    if error.kind in (Kind.THROTTLED, Kind.UNAVAILABLE):
        return "temporarily_unavailable"
    return "invalid_request"


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None


def _form(scope: AsgiScope, body: bytes) -> dict[str, str]:
    """The form's fields. RFC 6749 section 3.1: none may come twice, an empty one counts as absent."""
    content_type = header(scope, b"content-type").partition(";")[0].strip().lower()
    if content_type != "application/x-www-form-urlencoded":
        raise OAuthError(
            "invalid_request", "The body must be a form: Content-Type: application/x-www-form-urlencoded."
        )
    fields: dict[str, str] = {}
    for name, value in _pairs(body):
        if name in fields:
            raise OAuthError("invalid_request", f"{_shown(name)} is given more than once.")
        fields[name] = _checked(name, value)
    return {name: value for name, value in fields.items() if value}


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_query_string(body)
    except KeysteadError as error:
        raise OAuthError("invalid_request", error.message) from None


def _basic_credentials(scope: AsgiScope) -> tuple[str, Secret | None] | None:
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
    return _basic_part("client_id", client_id), _secret(_basic_part("client_secret", secret))


def _basic_part(name: str, raw: bytes) -> str:
    try:
        return _checked(name, form_decoded(raw, f"Authorization, {name}"))
    except KeysteadError as error:
        raise OAuthError("invalid_request", error.message) from None


def _json_fields(body: bytes) -> dict[str, str]:
    """The members of a JSON object, keys lower-cased. A JSON string that holds the object is unwrapped."""
    try:
        content = decode_body(_members, body)
    except KeysteadError as error:
        raise OAuthError("invalid_request", error.message) from None
    fields: dict[str, str] = {}
    for key, value in content.items():
        name = key.lower()
        if value is None:
            continue
        if not isinstance(value, str):
            raise OAuthError("invalid_request", f"{_shown(key)} must be a string.")
        if fields.get(name, value) != value:
            raise OAuthError(
                "invalid_request", f"{_shown(key)} is given more than once, in different casings."
            )
        fields[name] = _checked(key, value)
    return fields


def _checked(name: str, value: str) -> str:
    if "\0" in value or "\0" in name:
        raise OAuthError("invalid_request", f"{_shown(name)} must not contain NUL characters.")
    if len(value) > _MAX_FIELD:
        raise OAuthError("invalid_request", f"{_shown(name)} is longer than {_MAX_FIELD} characters.")
    return value


def _one_of(fields: dict[str, str], first: str, second: str) -> str | None:
    """Two names of one thing. Given both, they must agree."""
    if first in fields and second in fields and fields[first] != fields[second]:
        raise OAuthError("invalid_request", f"{first} and {second} are names of one field and differ.")
    return fields.get(first) or fields.get(second)


def _shown(name: str) -> str:
    """A field's name as an error may repeat it: short, printable ASCII."""
    return _ascii(name)[:40]


def _ascii(text: str) -> str:
    """RFC 6749 section 5.2 allows printable ASCII but quotes and backslashes in a description."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in text)
