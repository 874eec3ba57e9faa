"""Client authentication (RFC 6749 section 2.3), the same at every endpoint that asks for it: throttled and recorded."""

from typing import Final, NamedTuple

from keystead.changes.feed import Feed
from keystead.changes.model import Origin, Subject
from keystead.credentials.throttle import SignInThrottle
from keystead.kit.bounded import BoundedCache
from keystead.kit.clock import SECOND, Clock
from keystead.tokens.clients import Client, Clients
from keystead.tokens.forms import ClientCredentials, OAuthError
from keystead.usage.recorder import SignIn, UsageRecorder

NOTED_EVERY: Final = 600 * SECOND


class Admitted(NamedTuple):
    """A client that has proved to be who it is, as of now; by which credential."""

    client: Client
    credential_id: str

    @property
    def subject(self) -> Subject:
        return self.client.subject


class ClientDoor:
    """Where a secret earns a token every sign-in is recorded. Where it only says who asks, one in ten minutes is: that
    is enough to see that a secret is in use, and costs nothing.
    """

    def __init__(
        self, clients: Clients, throttle: SignInThrottle, usage: UsageRecorder, feed: Feed, clock: Clock
    ) -> None:
        self._clients = clients
        self._throttle = throttle
        self._usage = usage
        self._feed = feed
        self._clock = clock
        self._noted: BoundedCache[str, int] = BoundedCache(50_000)

    async def sign_in(self, given: ClientCredentials, origin: Origin, *, status_if_refused: int) -> Admitted:
        """For a token. Raises OAuthError, or a throttling error."""
        version = self._feed.version
        client = await self._authenticated(given, origin)
        await self._record(client, origin, status_if_refused)
        await self._feed.current()
        if version != self._feed.version and given.client_id and given.client_secret:
            # Something changed meanwhile, maybe elsewhere: no token may be issued on what was true before.
            again = await self._clients.authenticate(given.client_id, given.client_secret)
            if again is None:
                raise refused()
            client = again
        return _admitted(client)

    async def enter(self, given: ClientCredentials, origin: Origin, *, status_if_refused: int) -> Admitted:
        """To ask something. Raises the same."""
        client = await self._authenticated(given, origin)
        if not client.admitted or self._is_to_be_noted(client):
            await self._record(client, origin, status_if_refused)
        return _admitted(client)

    async def _authenticated(self, given: ClientCredentials, origin: Origin) -> Client:
        """A client that there is, admitted or not."""
        if not given.client_id or not given.client_secret:
            raise OAuthError("invalid_request", "The client's ID and secret are required.")
        self._throttle.admit_secret(origin.source_ip)
        if not self._clients.is_well_formed(given.client_secret):
            self._throttle.secret_failed(origin.source_ip)
            raise refused()
        client = await self._clients.authenticate(given.client_id, given.client_secret)
        if client is None or not client.admitted:
            self._throttle.secret_failed(origin.source_ip)
        if client is None:
            await self._usage.refused(origin.source_ip)
            raise refused()
        return client

    def _is_to_be_noted(self, client: Client) -> bool:
        now, credential_id = self._clock.now(), client.credential_id or ""
        noted = self._noted.get(credential_id)
        if noted is not None and now - noted < NOTED_EVERY:
            return False
        self._noted.drop(credential_id)  # written anew, it is the youngest
        self._noted.put(credential_id, now)
        return True

    async def _record(self, client: Client, origin: Origin, status_if_refused: int) -> None:
        await self._usage.sign_in(
            SignIn(
                client.subject.type,
                client.subject.id,
                client.subject.name,
                client.account_pk,
                client.home_code,
                client.credential_id,
                client.admitted,
                200 if client.admitted else status_if_refused,
                origin,
            )
        )


def refused() -> OAuthError:
    """The one answer to an unknown client, a wrong secret, an expired one and a disabled account."""
    return OAuthError("invalid_client", "The client ID or the secret is wrong, or the account is disabled.")


def _admitted(client: Client) -> Admitted:
    if not client.admitted or client.credential_id is None:
        raise refused()
    return Admitted(client, client.credential_id)
