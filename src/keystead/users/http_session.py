"""The API of browsers' sessions, and of who asks."""

from typing import Final

from keystead.authz.policy import NOTHING_HELD
from keystead.authz.tree import Scope
from keystead.authz.vocabulary import RESOURCE_TYPES, words_of
from keystead.db.connection import Reader
from keystead.kit.clock import SECOND, format_optional, format_utc
from keystead.kit.secret import Secret
from keystead.roles.model import RoleTable
from keystead.tenant_settings.model import CurrentSettings
from keystead.tokens.verifier import Caller, Verifier
from keystead.users.browser_sessions import BrowserSessions
from keystead.users.held import held_by
from keystead.users.proofs import USER
from keystead.users.session_wire import (
    CODE_REQUIRED,
    ENROLMENT_REQUIRED,
    PASSWORD_CHANGE_REQUIRED,
    SIGNED_IN,
    CodeRequired,
    Session,
    SessionPermissions,
    SessionPerson,
    SessionProofRequest,
    SessionRequest,
    SessionRole,
    SessionSecondFactor,
    SessionTenant,
)
from keystead.web.operations import OneOf, Reply
from keystead.web.own_requests import REQUEST_HEADER, REQUEST_VALUE, OwnRequests
from keystead.web.pipeline import ENDS_SESSION, ENROLS, OPENS_SESSION, OWN_SESSION, Answer, Request, Route

_PATH: Final = "/api/v1/session"
_TAG: Final = "Sessions"
_OPENED: Final = Reply(
    OneOf((Session, CodeRequired)),
    "Who is in; or, where the person has a second factor and no code was sent, that one is required.",
)


class SessionHttp:
    def __init__(
        self,
        reader: Reader,
        sessions: BrowserSessions,
        verifier: Verifier,
        roles: RoleTable,
        settings: CurrentSettings,
        own_requests: OwnRequests,
    ) -> None:
        self._reader = reader
        self._sessions = sessions
        self._verifier = verifier
        self._roles = roles
        self._settings = settings
        self._own_requests = own_requests

    def routes(self) -> list[Route]:
        return [
            Route(
                method="POST",
                path=_PATH,
                operation_id="open_session",
                access=OPENS_SESSION,
                handler=self.open,
                tag=_TAG,
                summary="Sign in, in a browser",
                description=(
                    "The answer sets a cookie, which no script can read. Needs the header "
                    f"`{REQUEST_HEADER}: {REQUEST_VALUE}`."
                ),
                body=SessionRequest,
                answers={200: _OPENED},
                errors=(429,),
            ),
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_session",
                access=OWN_SESSION,
                handler=self.get,
                tag=_TAG,
                summary="Who asks, and what they may",
                description="By a cookie or a token, of an account too.",
                answers={200: Session},
            ),
            Route(
                method="DELETE",
                path=_PATH,
                operation_id="end_session",
                access=ENDS_SESSION,
                handler=self.end,
                tag=_TAG,
                summary="Sign out",
                description="Ends this session, a browser's or that of a person's token, and no other.",
                answers={204: None},
            ),
            Route(
                method="POST",
                path=_PATH + "/proof",
                operation_id="prove_password",
                access=ENROLS,
                handler=self.prove,
                tag=_TAG,
                summary="Prove your password again",
                description="For browsers' sessions: making a secret needs a proof of the last 15 minutes.",
                body=SessionProofRequest,
                answers={200: _OPENED},
                errors=(429,),
            ),
        ]

    async def open(self, request: Request) -> Answer:
        body: SessionRequest = request.body
        opened = await self._sessions.open(body.email, Secret(body.password), body.code, request.origin)
        if not isinstance(opened, Secret):
            return Answer(200, CodeRequired(CODE_REQUIRED))
        caller = await self._verifier.authenticate_browser(opened)
        return Answer(200, await self._answer(caller), self._own_requests.set_cookie(opened))

    async def get(self, request: Request) -> Answer:
        return Answer(200, await self._answer(request.caller))

    async def end(self, request: Request) -> Answer:
        await self._sessions.end(request.actor())
        return Answer(204, headers=self._own_requests.clear_cookie())

    async def prove(self, request: Request) -> Answer:
        body: SessionProofRequest = request.body
        proved_at = await self._sessions.prove(request.actor(), Secret(body.password), body.code)
        if not isinstance(proved_at, int):
            return Answer(200, CodeRequired(CODE_REQUIRED))
        return Answer(200, await self._answer(request.caller._replace(proved_at=proved_at)))

    async def _answer(self, caller: Caller) -> Session:
        state = _state(caller)
        # Who has something else to do first is told no more than that.
        held = await held_by(self._reader, caller.grants if state == SIGNED_IN else NOTHING_HELD)
        is_person, in_browser = caller.subject.type == USER, caller.proved_at is not None
        return Session(
            state=state,
            person=SessionPerson(caller.subject.id, caller.subject.name) if is_person else None,
            tenant=SessionTenant(held.tenant.id, held.tenant.name),
            proved_at=format_optional(caller.proved_at),
            idle_timeout_seconds=self._settings.idle_timeout // SECOND if in_browser else None,
            expires_at=format_utc(caller.expires_at),
            second_factor=SessionSecondFactor(
                caller.has_second_factor, is_person and self._settings.second_factor_required
            ),
            roles=[
                SessionRole(one.role_id, self._roles.name(one.role_id), *_shown(one.scope))
                for one in held.roles
            ],
            permissions=[
                SessionPermissions(*_shown(one.scope), one.path, _spelled(one.mask))
                for one in held.permissions
            ],
        )


def _state(caller: Caller) -> str:
    if caller.must_change_password:
        return PASSWORD_CHANGE_REQUIRED
    return ENROLMENT_REQUIRED if caller.must_enrol else SIGNED_IN


def _shown(scope: Scope) -> tuple[str, str, str]:
    return scope.id, scope.level.word, scope.name


def _spelled(mask: int) -> dict[str, list[str]]:
    spelled = {kind.name: words_of(mask, kind) for kind in RESOURCE_TYPES}
    return {name: words for name, words in spelled.items() if words}
