"""The wire forms of one token request: how each is read, and how its answers and errors are written.

The endpoint behind them is one. A dialect knows names and shapes, never who may have a token.
"""

from typing import Any, Final, NamedTuple, Protocol

import msgspec

from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.secret import Secret
from keystead.tokens.forms import (
    NO_CACHE,
    OAuthError,
    WireAnswer,
    as_secret,
    checked,
    read_form,
    shown,
    write_oauth_error,
)
from keystead.tokens.issuer import Issued
from keystead.tokens.wire import AppTokenResponse, OAuth2TokenResponse, TokenResponse
from keystead.web.asgi import JSON, NO_STORE, AsgiScope
from keystead.web.errors import encode_error, headers_of, status_of
from keystead.web.json_body import decode_body

_members: Final = msgspec.json.Decoder(dict[str, Any])


class TokenRequest(NamedTuple):
    """A request for a token, whatever its wire form. Secrets are wrapped as soon as they are read.

    `targets`: every `resource` and `audience` that the token is asked for (RFC 8707).
    """

    grant_type: str
    client_id: str | None = None
    client_secret: Secret | None = None
    username: str | None = None
    password: Secret | None = None
    refresh_token: Secret | None = None
    scope: str = ""
    targets: tuple[str, ...] = ()
    wants_id_token: bool = False


class Dialect(Protocol):
    def read(self, scope: AsgiScope, body: bytes) -> TokenRequest:
        """Raises OAuthError, always `invalid_request` or `unsupported_grant_type`."""
        ...

    def write(self, issued: Issued) -> WireAnswer: ...

    def write_error(self, error: KeysteadError) -> WireAnswer: ...


class OAuthDialect:
    """RFC 6749: a form in, its names out. `/api/v2/token`, and the realms path of old scripts."""

    def read(self, scope: AsgiScope, body: bytes) -> TokenRequest:
        fields, targets, client = read_form(scope, body)
        grant_type = fields.get("grant_type")
        if not grant_type:
            raise OAuthError("invalid_request", "grant_type is required, for example client_credentials.")
        scope_text = fields.get("scope", "")
        return TokenRequest(
            grant_type=grant_type,
            client_id=client.client_id,
            client_secret=client.client_secret,
            username=fields.get("username"),
            password=as_secret(fields.get("password")),
            refresh_token=as_secret(fields.get("refresh_token")),
            scope=scope_text,
            targets=targets,
            wants_id_token="openid" in scope_text.split(" "),
        )

    def write(self, issued: Issued) -> WireAnswer:
        return _ok(
            OAuth2TokenResponse(
                issued.access_token,
                "Bearer",
                issued.expires_in,
                _revealed(issued.refresh_token),
                issued.id_token,
                issued.scope or None,
            )
        )

    def write_error(self, error: KeysteadError) -> WireAnswer:
        return write_oauth_error(error)


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
            client_secret=as_secret(_one_of(fields, "clientsecret", "appsecret")),
            username=fields.get("username"),
            password=as_secret(fields.get("password")),
            refresh_token=as_secret(fields.get("refreshtoken")),
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
            client_secret=as_secret(fields.get("secret")),
            wants_id_token=True,
        )

    def write(self, issued: Issued) -> WireAnswer:
        return _ok(AppTokenResponse(issued.access_token, issued.id_token))

    def write_error(self, error: KeysteadError) -> WireAnswer:
        return _contract_error(error)


def _revealed(secret: Secret | None) -> str | None:
    return secret.reveal() if secret else None


def _ok(answer: msgspec.Struct) -> WireAnswer:
    return WireAnswer(200, [JSON, NO_STORE, NO_CACHE], msgspec.json.encode(answer))


def _contract_error(error: KeysteadError) -> WireAnswer:
    """`{code, message}`; these paths declare no 401, and clients hide one."""
    status = 400 if error.kind is Kind.UNAUTHENTICATED else status_of(error)
    headers = [JSON, NO_STORE, *(item for item in headers_of(error) if item[0] != b"www-authenticate")]
    return WireAnswer(status, headers, encode_error(status, error.message, error.details))


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
            raise OAuthError("invalid_request", f"{shown(key)} must be a string.")
        if fields.get(name, value) != value:
            raise OAuthError(
                "invalid_request", f"{shown(key)} is given more than once, in different casings."
            )
        fields[name] = checked(key, value)
    return fields


def _one_of(fields: dict[str, str], first: str, second: str) -> str | None:
    """Two names of one thing. Given both, they must agree."""
    if first in fields and second in fields and fields[first] != fields[second]:
        raise OAuthError("invalid_request", f"{first} and {second} are names of one field and differ.")
    return fields.get(first) or fields.get(second)
