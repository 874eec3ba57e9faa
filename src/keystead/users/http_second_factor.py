"""The API of second factors: one's own, and an administrator's way to end somebody else's."""

from typing import Final

from keystead.authz.vocabulary import USERS, Action
from keystead.kit.errors import forbidden
from keystead.tenant_settings.model import CurrentSettings
from keystead.users.actions import Users
from keystead.users.proofs import USER
from keystead.users.second_factor import SecondFactors
from keystead.users.session_wire import (
    RecoveryCodes,
    SecondFactor,
    SecondFactorConfirmation,
    SecondFactorEnrolment,
)
from keystead.users.wire import USER_ID
from keystead.web.pipeline import ENROLS, SIGNED_IN, Answer, Request, Route, on_object

_PATH: Final = "/api/v1/me/second-factor"
_TAG: Final = "Me"


class SecondFactorHttp:
    def __init__(self, factors: SecondFactors, users: Users, settings: CurrentSettings) -> None:
        self._factors = factors
        self._users = users
        self._settings = settings

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_second_factor",
                access=ENROLS,
                handler=self.get,
                tag=_TAG,
                summary="Whether you have a second factor",
                answers={200: SecondFactor},
            ),
            Route(
                method="POST",
                path=_PATH,
                operation_id="begin_second_factor",
                access=ENROLS,
                handler=self.begin,
                tag=_TAG,
                summary="Begin to enrol a second factor",
                description=(
                    "The answer holds the secret for your authenticator app (RFC 6238). Nothing is in force before it "
                    "is confirmed; beginning again replaces it."
                ),
                answers={201: SecondFactorEnrolment},
                errors=(409,),
                makes_secret=True,
            ),
            Route(
                method="POST",
                path=_PATH + "/confirm",
                operation_id="confirm_second_factor",
                access=ENROLS,
                handler=self.confirm,
                tag=_TAG,
                summary="Put your second factor in force",
                description=(
                    "By the code that the app shows. Your other sessions end, and the password alone signs you in no "
                    "more. The answer holds recovery codes, for the day on which the app is gone."
                ),
                body=SecondFactorConfirmation,
                answers={200: RecoveryCodes},
                errors=(409, 429),
                makes_secret=True,
            ),
            Route(
                method="DELETE",
                path=_PATH,
                operation_id="remove_second_factor",
                access=SIGNED_IN,
                handler=self.remove,
                tag=_TAG,
                summary="Remove your second factor",
                description="Refused while everybody must have one.",
                answers={204: None},
                errors=(404,),
                makes_secret=True,
            ),
            Route(
                method="DELETE",
                path="/api/v1/users/{userId}/second-factor",
                operation_id="remove_second_factor_of_user",
                access=on_object(Action.UPDATE, USERS),
                handler=self.remove_of_user,
                tag="Users",
                summary="Remove a user's second factor",
                description=(
                    "For somebody who lost it. Their sessions and tokens end. Needs every permission that the person "
                    "has."
                ),
                parameters=(USER_ID,),
                answers={204: None},
                makes_secret=True,
            ),
        ]

    async def get(self, request: Request) -> Answer:
        if request.caller.subject.type != USER:
            raise forbidden("Only people have a second factor.")
        state = await self._factors.state(request.caller.subject.id)
        required = self._settings.second_factor_required
        return Answer(200, SecondFactor(state.enabled, required, state.recovery_codes_left))

    async def begin(self, request: Request) -> Answer:
        enrolment = await self._factors.begin(request.actor())
        return Answer(201, SecondFactorEnrolment(enrolment.secret.reveal(), enrolment.uri.reveal()))

    async def confirm(self, request: Request) -> Answer:
        body: SecondFactorConfirmation = request.body
        codes = await self._factors.confirm(request.actor(), body.code)
        return Answer(200, RecoveryCodes([code.reveal() for code in codes]))

    async def remove(self, request: Request) -> Answer:
        await self._factors.remove(request.actor())
        return Answer(204)

    async def remove_of_user(self, request: Request) -> Answer:
        await self._users.remove_second_factor(request.actor(), request.path["userId"])
        return Answer(204)
