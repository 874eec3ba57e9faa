"""The API of signing keys: for whoever keeps the tenant secure."""

from collections.abc import Sequence
from typing import Final

from keystead.authz.vocabulary import SECURITY_SETTINGS, Action
from keystead.kit.clock import Clock, format_optional, format_utc
from keystead.tokens import key_life
from keystead.tokens.key_life import NEVER, KeyLife, KeyState
from keystead.tokens.key_rotation import KeyRotation
from keystead.tokens.signing_keys import SigningKeys, key_id
from keystead.tokens.wire import SIGNING_KEY_ID, RevokedSigningKey, SigningKeyInfo, SigningKeysList
from keystead.web.pipeline import Answer, Request, Route, in_tenant

_PATH: Final = "/api/v1/signing-keys"
_TAG: Final = "Signing keys"


class SigningKeysHttp:
    def __init__(self, rotation: KeyRotation, keys: SigningKeys, clock: Clock) -> None:
        self._rotation = rotation
        self._keys = keys
        self._clock = clock

    def routes(self) -> list[Route]:
        update = in_tenant(Action.UPDATE, SECURITY_SETTINGS)
        return [
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_signing_keys",
                access=in_tenant(Action.READ, SECURITY_SETTINGS),
                handler=self.list_keys,
                tag=_TAG,
                summary="List the signing keys",
                description="By ascending first use, those that stand by at the end.",
                answers={200: SigningKeysList},
            ),
            Route(
                method="POST",
                path=_PATH + "/rotate",
                operation_id="rotate_signing_keys",
                access=update,
                handler=self.rotate,
                tag=_TAG,
                summary="Make the next signing key",
                description=(
                    "It is published at once, and signs when every verifier has had the time to see it. Tokens that "
                    "were signed before stay good until they expire."
                ),
                answers={201: SigningKeyInfo},
                errors=(409,),
            ),
            Route(
                method="DELETE",
                path=_PATH + "/{signingKeyId}",
                operation_id="revoke_signing_key",
                access=update,
                handler=self.revoke,
                tag=_TAG,
                summary="Revoke a signing key",
                description=(
                    "For an emergency: every token that it signed is dead at once, the caller's own perhaps. Where it "
                    "is the key that signs, another signs from now on. Verifiers that do not ask Keystead honour the "
                    f"key for as long as they keep the published ones, which is {key_life.JWKS_MAX_AGE} s."
                ),
                parameters=(SIGNING_KEY_ID,),
                answers={200: RevokedSigningKey},
            ),
        ]

    async def list_keys(self, _request: Request) -> Answer:
        return Answer(200, SigningKeysList(self._shown(self._keys.lives)))

    async def rotate(self, request: Request) -> Answer:
        made = await self._rotation.rotate(request.actor())
        return Answer(201, _answer(made, made.state(self._clock.now())))

    async def revoke(self, request: Request) -> Answer:
        revoked = await self._rotation.revoke(request.actor(), request.path["signingKeyId"])
        replaced_by = None if revoked.replaced_by is None else key_id(revoked.replaced_by)
        return Answer(200, RevokedSigningKey(self._shown(revoked.lives), replaced_by))

    def _shown(self, lives: Sequence[KeyLife]) -> list[SigningKeyInfo]:
        now = self._clock.now()
        return [_answer(life, life.state(now)) for life in lives if life.state(now) is not KeyState.WITHDRAWN]


def _answer(life: KeyLife, state: KeyState) -> SigningKeyInfo:
    return SigningKeyInfo(
        id=key_id(life.kid),
        kid=life.kid,
        alg=life.alg,
        state=state.value,
        created_at=format_utc(life.created_at),
        # A key that took the place of a revoked one has that one's moment.
        signs_from=None if life.signs_from == NEVER else format_utc(max(life.created_at, life.signs_from)),
        retires_at=format_optional(life.retires_at),
        withdrawn_at=format_optional(life.withdrawn_at),
    )
