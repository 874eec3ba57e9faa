"""One path for a request: identify, authorize, run, answer.

A route is a declaration. What it needs is part of it: without an `access` there is no route, and a handler of a route
that leaves the question to the object (`on_object`) must ask it, or the answer never leaves.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec

from keystead.authz.policy import Grants, require_in_tenant
from keystead.authz.visibility import Visibility
from keystead.authz.vocabulary import Action, Permission, ResourceType
from keystead.changes.model import Actor, Origin
from keystead.kit.errors import KeysteadError, Kind, bad_input, forbidden, proof_too_old, unauthenticated
from keystead.tokens.verifier import Caller, Verifier
from keystead.users.model import PROOF_LASTS
from keystead.web.asgi import (
    JSON,
    NO_STORE,
    AsgiApp,
    AsgiScope,
    Receive,
    Send,
    header,
    read_body,
    send_answer,
)
from keystead.web.errors import Headers
from keystead.web.json_body import decode_body
from keystead.web.operations import Operation
from keystead.web.own_requests import SAFE_METHODS, OwnRequests
from keystead.web.params import parse_query_string
from keystead.web.streams import send_stream


class Access(NamedTuple):
    """Who may come in. `permission` is None for anyone signed in; `public` for anyone at all.

    Who has a temporary password, or must enrol a second factor, comes in only where that is said; `from_own_page`: a
    public route that no other site may have a browser ask; `in_person`: not by an access key.
    """

    permission: Permission | None = None
    object_decides: bool = False
    whole_tenant: bool = False
    public: bool = False
    with_temporary_password: bool = False
    before_enrolment: bool = False
    from_own_page: bool = False
    in_person: bool = False


PUBLIC: Final = Access(public=True)
OPENS_SESSION: Final = Access(public=True, from_own_page=True)
SIGNED_IN: Final = Access()
CHANGES_PASSWORD: Final = Access(with_temporary_password=True, in_person=True)
ENROLS: Final = Access(before_enrolment=True, in_person=True)
OWN_SESSION: Final = Access(with_temporary_password=True, before_enrolment=True)
ENDS_SESSION: Final = Access(with_temporary_password=True, before_enrolment=True, in_person=True)


def anywhere(action: Action, resource: ResourceType) -> Access:
    """Only those who hold the permission in some scope; the rest is 403. For lists and creation."""
    return Access(Permission(action, resource))


def on_object(action: Action, resource: ResourceType) -> Access:
    """The object's place decides: 404 where it cannot be read, 403 where the action is not permitted there."""
    return Access(Permission(action, resource), object_decides=True)


def in_tenant(action: Action, resource: ResourceType) -> Access:
    """Only those who hold the permission in the whole tenant; the rest is 403. For what belongs to no other place."""
    return Access(Permission(action, resource), whole_tenant=True)


class Answer(NamedTuple):
    """What a handler returns. `value` is encoded as JSON; None with status 204 is an empty answer."""

    status: int
    value: Any = None
    headers: Headers = []  # noqa: RUF012 - never mutated


class Streamed(NamedTuple):
    """An answer that is made while it is sent."""

    chunks: AsyncIterator[bytes]
    headers: Headers
    status: int = 200


class Ready(NamedTuple):
    """An answer that is bytes already; `headers` name its type."""

    body: bytes
    headers: Headers
    status: int = 200


class Request:
    """What a handler sees of a request."""

    def __init__(
        self,
        caller: Caller | None,
        origin: Origin,
        path: dict[str, str],
        query: list[tuple[str, str]],
        accept: str,
        body: Any,
        identify: Callable[[], Awaitable[Caller | None]],
    ) -> None:
        self._caller = caller
        self._identify = identify
        self.origin = origin
        self.path = path
        self.query = query
        self.accept = accept
        self.body = body
        self.access_was_asked = False

    @property
    def caller(self) -> Caller:
        if self._caller is None:
            raise RuntimeError("a public route has no caller")
        return self._caller

    async def identify_again(self) -> None:
        """For a handler that waited: who calls, and what they hold, as of now. Raises what the first look would."""
        self._caller = await self._identify()

    def grants(self) -> Grants:
        """What the caller holds. Asking for it counts as having asked who may do this."""
        self.access_was_asked = True
        return self.caller.grants

    def visibility(self, permission: Permission) -> Visibility:
        """Where the caller holds the permission: what a list or a look-up may find."""
        return self.grants().visibility(permission)

    def actor(self) -> Actor:
        """Whoever asks, for a change: the change itself cannot commit before it asked what they hold."""
        self.access_was_asked = True
        return self.caller.acting_from(self.origin)


Handler = Callable[[Request], Awaitable[Answer | Streamed | Ready]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Operation):
    """A declared operation of the pipeline. `body`, where it has one, is a struct: what the request's JSON must be.

    `makes_secret`: it makes, or ends, what lets somebody in. A browser's session must have proved the password for it
    lately.
    """

    access: Access
    handler: Handler
    makes_secret: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.access, Access):
            raise TypeError(
                f"{self.method} {self.path} declares no access: a permission, SIGNED_IN or PUBLIC"
            )


class Pipeline:
    """Makes an ASGI endpoint of a route."""

    def __init__(self, verifier: Verifier, own_requests: OwnRequests) -> None:
        self._verifier = verifier
        self._own_requests = own_requests

    def endpoint(self, route: Route) -> AsgiApp:
        decoder = msgspec.json.Decoder(route.body) if route.body else None

        async def serve(scope: AsgiScope, receive: Receive, send: Send) -> None:
            # The body first: a slow one must not stretch the moment at which the caller's rights were read.
            raw = await read_body(scope, receive)
            identify = partial(self._identify, route, scope)
            caller = await identify()
            query = parse_query_string(scope["query_string"])
            body = decode_body(decoder, raw) if decoder else None
            request = Request(
                caller,
                scope["keystead.origin"],
                scope["path_params"],
                query,
                header(scope, b"accept"),
                body,
                identify,
            )
            answer = await route.handler(request)
            if route.access.object_decides and not request.access_was_asked:
                raise RuntimeError(f"{route.operation_id} answered without asking who may")
            await _send(answer, scope["method"] == "HEAD", receive, send)

        return serve

    async def _identify(self, route: Route, scope: AsgiScope) -> Caller | None:
        if route.access.public:
            if route.access.from_own_page:
                self._own_requests.require_own(scope)
            return None
        caller = await self._caller(scope)
        require_settled(route.access, caller)
        if caller.access_key and (route.makes_secret or route.access.in_person):
            raise forbidden("An access key can neither make credentials nor change how its person signs in.")
        if caller.limit and _needs_all_of_a_person(route):
            raise forbidden("This takes a token that no scope narrows.")
        if route.makes_secret and caller.proof_is_stale:
            raise proof_too_old(PROOF_LASTS)
        _require_entry(route.access, caller)
        return caller

    async def _caller(self, scope: AsgiScope) -> Caller:
        """By the Authorization header where there is one, else by the session's cookie."""
        cookie = None if _is_authorized(scope) else self._own_requests.cookie_in(scope)
        if cookie is None:
            return await self._verifier.authenticate(bearer_token(scope))
        if scope["method"] not in SAFE_METHODS:
            self._own_requests.require_own(scope)
        return await self._verifier.authenticate_browser(cookie)


def _needs_all_of_a_person(route: Route) -> bool:
    """Whether a route changes what its caller signs in by, which rests on no permission that a token could carry."""
    return route.access.in_person or (route.makes_secret and route.access.permission is None)


def _is_authorized(scope: AsgiScope) -> bool:
    return any(name == b"authorization" for name, _ in scope["headers"])


def require_settled(access: Access, caller: Caller) -> None:
    """Whoever has something to do first may do that, and nothing else."""
    if caller.must_change_password:
        if not access.with_temporary_password:
            raise forbidden("Your password is temporary: change it with POST /api/v1/me/password first.")
    elif caller.must_enrol and not access.before_enrolment:
        raise forbidden("A second factor is required: enrol one with POST /api/v1/me/second-factor first.")


def bearer_token(scope: AsgiScope) -> str:
    """The token of the Authorization header (RFC 6750 section 2.1). Raises a `Kind.UNAUTHENTICATED` error."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(given) > 1:
        raise unauthenticated("The Authorization header is given more than once.")
    scheme, _, token = given[0].decode("latin-1").partition(" ") if given else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthenticated("A bearer token is required: Authorization: Bearer <token>.")
    return token.strip()


def _require_entry(access: Access, caller: Caller) -> None:
    permission = access.permission
    if permission is None or access.object_decides:
        return
    if access.whole_tenant:
        require_in_tenant(caller.grants, permission)
    elif not caller.grants.allows_anywhere(permission):
        raise forbidden(f"You may not {permission} in any scope.")


async def _send(answer: Answer | Streamed | Ready, head_only: bool, receive: Receive, send: Send) -> None:
    if isinstance(answer, Streamed):
        headers = [*answer.headers, NO_STORE]
        await send_stream(answer.chunks, answer.status, headers, receive, send, head_only=head_only)
        return
    if isinstance(answer, Ready):
        await send_answer(send, answer.status, answer.body, answer.headers)
        return
    body = b"" if answer.status == 204 else msgspec.json.encode({} if answer.value is None else answer.value)
    headers = [NO_STORE, *answer.headers] if answer.status == 204 else [JSON, NO_STORE, *answer.headers]
    if any(name == b"cache-control" for name, _ in answer.headers):
        headers.remove(NO_STORE)
    await send_answer(send, answer.status, body, headers)  # the server keeps the body of a HEAD's answer back


def require_choice(field: str, value: str, choices: Sequence[str]) -> str:
    """One of `choices`, whatever the case. Raises a bad-input error that lists them."""
    for choice in choices:
        if value.lower() == choice.lower():
            return choice
    raise bad_input(field, f"must be one of {', '.join(choices)}.")


def not_acceptable(offered: str) -> KeysteadError:
    return KeysteadError(Kind.NOT_ACCEPTABLE, f"This path answers {offered} only.")
