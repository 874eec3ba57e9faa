"""runapy's three clients, used in one way: an operation returns when it is done, and tells its refusals alike."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self

from runai.api_client import ApiClient, AsyncApiClient, ThreadedApiClient
from runai.configuration import Configuration
from runai.exceptions import ApiException
from runai.runai_client import RunaiClient
from urllib3.exceptions import MaxRetryError

_SECONDS: Final = 30


class Client:
    """What the three have in common. Each is made by its own constructor, which signs in."""

    def __init__(self, api_client: Any) -> None:
        self.api_client = api_client
        runai = RunaiClient(api_client)
        identity, organisation = runai.authentication_and_authorization, runai.organizations
        self.service_accounts = _Operations(identity.service_accounts, self.settle)
        self.access_rules = _Operations(identity.access_rules, self.settle)
        self.roles = _Operations(identity.roles, self.settle)
        self.users = _Operations(identity.users, self.settle)
        self.permissions = _Operations(identity.permissions, self.settle)
        self.tokens = _Operations(identity.tokens, self.settle)
        self.me = _Operations(identity.me, self.settle)
        self.settings = _Operations(identity.settings, self.settle)
        self.access_keys = _Operations(identity.access_keys, self.settle)
        self.applications = _Operations(identity.applications, self.settle)
        self.user_applications = _Operations(identity.user_applications, self.settle)
        self.idps = _Operations(identity.idps, self.settle)
        self.tenant = _Operations(organisation.tenant, self.settle)
        self.clusters = _Operations(organisation.clusters, self.settle)
        self.departments = _Operations(organisation.departments, self.settle)
        self.projects = _Operations(organisation.projects, self.settle)
        self.audit_logs = _Operations(runai.audit.audit_logs, self.settle)
        runai.api_client = None  # its finalizer would close the client a second time

    @property
    def token(self) -> str:
        """The access token that it carries now."""
        return str(self.api_client.default_headers["authorization"]).removeprefix("Bearer ")

    def settle(self, started: Any) -> Any:
        return started

    def close(self) -> None:
        self.api_client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SynchronousClient(Client):
    def __init__(self, configuration: Any) -> None:
        super().__init__(ApiClient(configuration))


class ThreadedClient(Client):
    def __init__(self, configuration: Any) -> None:
        super().__init__(ThreadedApiClient(configuration))

    def settle(self, started: Any) -> Any:
        return started.get(_SECONDS)


class AsynchronousClient(Client):
    """Its requests run in an event loop of its own."""

    def __init__(self, configuration: Any) -> None:
        self._runner = asyncio.Runner()
        super().__init__(AsyncApiClient(configuration))

    def settle(self, started: Any) -> Any:
        return self._runner.run(started)

    def close(self) -> None:
        self._runner.run(self.api_client.close())
        self._runner.close()


KINDS: Final = (SynchronousClient, ThreadedClient, AsynchronousClient)
Connect = Callable[[str, str], Client]


def configuration(url: str, client_id: str, secret: str, **settings: Any) -> Any:
    """runapy's own, retries included; only the pauses between them are left out."""
    return Configuration(
        client_id=client_id,
        client_secret=secret,
        runai_base_url=url,
        **{"retry_backoff_factor": 0, **settings},
    )


class _Operations:
    """One of runapy's groups of operations."""

    def __init__(self, group: Any, settle: Callable[[Any], Any]) -> None:
        self._group = group
        self._settle = settle

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        start = getattr(self._group, operation)
        return lambda *arguments, **named: self._settle(start(*arguments, **named))


class Refusal:
    """How the server refused. The body is empty when the client tried again and again, and then hid it."""

    status: int
    body: str


@contextmanager
def refused(status: int) -> Iterator[Refusal]:
    """The block's operation must be refused with this status."""
    refusal = Refusal()
    try:
        yield refusal
    except ApiException as error:
        refusal.status, refusal.body = error.status, error.body or ""
    except MaxRetryError as error:
        found = re.fullmatch(r"too many (\d{3}) error responses", str(error.reason))
        if found is None:
            raise
        refusal.status, refusal.body = int(found[1]), ""
    else:
        raise AssertionError(f"allowed, although {status} is due")
    assert refusal.status == status, refusal.body
