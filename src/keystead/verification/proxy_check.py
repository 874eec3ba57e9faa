"""The check for proxies: may this request pass, and whose is it. One look at a table, a token and a decision.

nginx (`auth_request`), Traefik and Caddy say in `X-Forwarded-*` what was asked for; Envoy (`ext_authz`) asks with the
method, the host and, behind a prefix, the path of the request itself. Nothing else of a request is believed: who it is
from is what its token says.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from keystead.kit.errors import KeysteadError, Kind, bad_input, forbidden
from keystead.org_units.codes import ScopeCodes
from keystead.tokens.verifier import Standing, Verifier
from keystead.verification.operations import ENVOY_PREFIX
from keystead.verification.proxy_rules import Match, Rule, find_rule
from keystead.web.asgi import JSON, NO_STORE, AsgiScope, Receive, Send, send_answer
from keystead.web.errors import Headers, body_of, headers_of, status_of
from keystead.web.pipeline import bearer_token

_METHOD: Final = b"x-forwarded-method"
_HOST: Final = b"x-forwarded-host"
_URI: Final = b"x-forwarded-uri"
_INSUFFICIENT: Final = (b"www-authenticate", b'Bearer realm="keystead", error="insufficient_scope"')


class Asked(NamedTuple):
    """The request that came to the proxy."""

    method: str
    host: str
    target: bytes


class ProxyCheck:
    """Bare ASGI: a proxy asks for every request that it gets."""

    def __init__(self, rules: Sequence[Rule], verifier: Verifier, scopes: ScopeCodes) -> None:
        self._rules = rules
        self._verifier = verifier
        self._scopes = scopes

    async def by_headers(self, scope: AsgiScope, _receive: Receive, send: Send) -> None:
        """For nginx, Traefik and Caddy."""
        await self._serve(_asked_by_headers, scope, send)

    async def by_path(self, scope: AsgiScope, _receive: Receive, send: Send) -> None:
        """For Envoy."""
        await self._serve(_asked_by_path, scope, send)

    async def _serve(self, read: Callable[[AsgiScope], Asked], scope: AsgiScope, send: Send) -> None:
        try:
            asked = read(scope)
            match = find_rule(self._rules, asked.method, asked.host, asked.target)
            if match is None:
                raise forbidden("No rule for proxies lets this request pass.")
            standing = await self._admitted(match, scope)
        except KeysteadError as error:
            await _refuse(error, send)
        else:
            await send_answer(send, 200, b"", [NO_STORE, *_identity(standing)])

    async def _admitted(self, match: Match, scope: AsgiScope) -> Standing:
        standing = await self._verifier.examine(bearer_token(scope))
        caller = self._verifier.caller_elsewhere(standing, match.audience)
        if match.permission is not None and match.scope_id is not None:
            code = await self._scopes.find(match.scope_id)
            if code is None or not caller.grants.allows(match.permission, code):
                raise forbidden(f"You may not {match.permission} there.")
        return standing


def _asked_by_headers(scope: AsgiScope) -> Asked:
    return Asked(_told(scope, _METHOD), _told(scope, _HOST), _told(scope, _URI).encode("latin-1"))


def _asked_by_path(scope: AsgiScope) -> Asked:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return Asked(scope["method"], _told(scope, b"host"), raw.removeprefix(ENVOY_PREFIX.encode()))


def _told(scope: AsgiScope, name: bytes) -> str:
    """One of the headers by which a proxy tells what was asked for. Raises a bad-input error without exactly one."""
    given = [value for key, value in scope["headers"] if key == name]
    if len(given) != 1 or not given[0]:
        raise bad_input(name.decode(), "must be given once, by the proxy that asks.")
    return str(given[0], "latin-1")


def _identity(standing: Standing) -> Headers:
    """All of them, empty ones too: what the proxy gets replaces what its caller may have sent."""
    claims, subject = standing.claims, standing.state.subject
    told = (
        (b"x-keystead-subject", claims.sub),
        (b"x-keystead-subject-type", claims.subject_type),
        (b"x-keystead-client-id", claims.client_id),
        (b"x-keystead-name", subject.name),
        (b"x-keystead-scope", claims.scope),
        (b"x-keystead-tenant-id", claims.tenant_id),
    )
    return [(name, value.encode("ascii", "replace")) for name, value in told]


async def _refuse(error: KeysteadError, send: Send) -> None:
    """RFC 6750 section 3."""
    headers = [*headers_of(error), *([_INSUFFICIENT] if error.kind is Kind.FORBIDDEN else [])]
    await send_answer(send, status_of(error), body_of(error), [JSON, NO_STORE, *headers])
