"""Who asks for a change, and what is written about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from keystead.authz.policy import Limit
from keystead.authz.tree import Scope


class Origin(NamedTuple):
    """Where a request came from, as the audit log tells it. `url` has no query string."""

    source_ip: str
    http_method: str
    url: str
    request_id: str


class Subject(NamedTuple):
    """An identity by its immutable UUID; the name is for people to read."""

    type: str  # "user", "service-account", or "system" for Keystead itself
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something, by which credential, and from where.

    `generation`, `credential_id` and `token_id` are those of the token: authority is read anew inside the change, and
    is gone when any died meanwhile. `limit` is what the token is narrowed to. `access_key` is the client ID of the key
    by which a person's program asks, for the log.
    """

    subject: Subject
    origin: Origin
    credential_id: str = ""
    generation: int = 0
    access_key: str = ""
    token_id: str = ""
    limit: Limit | None = None


SYSTEM = Subject("system", "keystead", "Keystead")
NO_ORIGIN = Origin("", "", "", "")


@dataclass(frozen=True, slots=True)
class Touches:
    """The keys that a change concerns, so that caches drop just those.

    `everything` has the scopes in which a change concerned more than can be named: caches then drop all they hold.
    """

    subjects: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    signing_keys: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    everything: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """What the audit log says of a change.

    `action` is one of create, update, delete, sign-in, sign-out, reset-password. `scope` and `scope_path` tell where
    the thing lies, so that readers of that place see its history after it is gone. `status` is the HTTP status of
    the answer. `metadata` holds at most ten strings.
    """

    action: str
    entity_type: str
    entity_id: str
    entity_name: str
    scope: Scope
    scope_path: str
    status: int
    touches: Touches = Touches()
    metadata: Mapping[str, str] = field(default_factory=dict)


class Applied(NamedTuple):
    """A committed change as the feed carries it. `hash` is the chain's behind its entry: no other history has it."""

    version: int
    touches: Touches
    hash: bytes
