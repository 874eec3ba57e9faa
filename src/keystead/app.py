"""The composition root: settings -> engine -> features -> ASGI application. The only place that wires."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from keystead.access_keys.actions import AccessKeys
from keystead.access_keys.http import AccessKeysHttp
from keystead.access_keys.http_older import UserApplicationsHttp
from keystead.access_keys.listing import AccessKeyListing
from keystead.access_rules.actions import AccessRules
from keystead.access_rules.batch import RuleBatches
from keystead.access_rules.explain import Explainer
from keystead.access_rules.http import AccessRulesHttp, RuleAnswers
from keystead.access_rules.http_batch import RuleBatchesHttp
from keystead.access_rules.index import CurrentAuthority, SubjectIndex
from keystead.access_rules.listing import RuleListing
from keystead.api_guide import about
from keystead.audit.http import AuditHttp
from keystead.audit.http_chain import AuditChainHttp
from keystead.audit.http_file import AuditFileHttp
from keystead.audit.retention import Retention
from keystead.changes.engine import ChangeEngine, current_version
from keystead.changes.feed import Feed
from keystead.changes.others import ChangesOfOthers
from keystead.credentials.activity import Activity
from keystead.credentials.liveness import LiveCredentials
from keystead.credentials.throttle import SignInThrottle
from keystead.db.connection import Database
from keystead.first_start import (
    NewAdministrator,
    ensure_administrator,
    ensure_signing_keys,
    ensure_tenant,
    forget_password_file,
)
from keystead.idps.http import IdpsHttp
from keystead.kit.bounded import BoundedCache
from keystead.kit.clock import Clock
from keystead.kit.periodic import Tending
from keystead.org_units.actions import OrgUnits
from keystead.org_units.codes import ScopeCodes
from keystead.org_units.http import OrgUnitsHttp
from keystead.org_units.http_tree import OrgUnitTreeHttp
from keystead.roles.actions import Roles
from keystead.roles.http import RolesHttp
from keystead.roles.http_v2 import RolesV2Http
from keystead.roles.model import RoleTable
from keystead.roles.store import fresh_roles
from keystead.service_accounts.actions import ServiceAccounts
from keystead.service_accounts.expiry import SecretExpiry
from keystead.service_accounts.http import ServiceAccountsHttp
from keystead.service_accounts.http_apps import AppsHttp
from keystead.service_accounts.http_usage import AccountUsageHttp
from keystead.service_accounts.listing import AccountListing
from keystead.service_accounts.overview import Overviews
from keystead.settings import Settings
from keystead.tenant_settings.actions import TenantSettings
from keystead.tenant_settings.http import TenantSettingsHttp
from keystead.tenant_settings.model import CurrentSettings
from keystead.tenant_settings.store import fresh_settings
from keystead.tenants.actions import Features
from keystead.tenants.http import TenantsHttp
from keystead.tokens.audiences import Audiences
from keystead.tokens.clients import Clients
from keystead.tokens.door import ClientDoor
from keystead.tokens.endpoint import TokenEndpoint
from keystead.tokens.grants import (
    ClientCredentialsGrant,
    ClosedGrant,
    Grant,
    PasswordGrant,
    RefreshTokenGrant,
)
from keystead.tokens.http import DiscoveryHttp
from keystead.tokens.http_keys import SigningKeysHttp
from keystead.tokens.issuer import Issuer
from keystead.tokens.key_rotation import KeyRotation
from keystead.tokens.key_store import keep_fresh, require_current
from keystead.tokens.master_key import MasterKey
from keystead.tokens.operations import REVOCATION, TOKEN_OPERATIONS
from keystead.tokens.revocation import Revocations
from keystead.tokens.revocation_endpoint import RevocationEndpoint
from keystead.tokens.revoked import fresh_revoked
from keystead.tokens.settling import Settling
from keystead.tokens.verifier import Verifier
from keystead.usage.pruning import UsagePruning
from keystead.usage.recorder import UsageRecorder
from keystead.usage.reports import UsageReports
from keystead.users.actions import Users
from keystead.users.browser_sessions import BrowserSessions
from keystead.users.http import UsersHttp
from keystead.users.http_second_factor import SecondFactorHttp
from keystead.users.http_session import SessionHttp
from keystead.users.listing import UserListing
from keystead.users.passwords import Passwords
from keystead.users.proofs import PasswordProofs
from keystead.users.second_factor import SecondFactors
from keystead.users.sessions import Sessions
from keystead.verification.http import ChangesHttp
from keystead.verification.introspection import IntrospectionEndpoint
from keystead.verification.operations import ENVOY_PREFIX, INTROSPECTION, PROXY_CHECK
from keystead.verification.proxy_check import ProxyCheck
from keystead.verification.proxy_rules import ProxyRulesError, Rule, read_rules
from keystead.verification.status import StatusFeed
from keystead.web.asgi import AsgiApp
from keystead.web.console.site import ConsoleSite
from keystead.web.description import DescriptionHttp
from keystead.web.edge import Edge
from keystead.web.health import HealthHttp
from keystead.web.metrics import Metrics, exposition
from keystead.web.operations import Operation
from keystead.web.own_requests import OwnRequests
from keystead.web.pipeline import Pipeline, Route
from keystead.web.router import ANY, Endpoint, Router

ADMIN_PASSWORD_FILE: Final = "administrator-password"
# Processes that use one database count usage apart, as far as chance will have it: none waits for another's row.
_SHARDS: Final = 32
_SECONDS_BETWEEN_LOOKS: Final = 60.0  # at what time alone brings: keys to rotate, secrets that expired


class Keystead(NamedTuple):
    """The running product. `routes` are what the pipeline serves; `operations` also what stands beside it.

    `new_administrator` is set on the very first start. `metrics` is served apart, where it is wanted. `tend` is what
    the background does now and then until `close`: whatever time brings. `end_waits`: who waits for a change is
    answered, since the server is about to stop.
    """

    asgi: AsgiApp
    routes: Sequence[Route]
    operations: Sequence[Operation]
    description: DescriptionHttp
    new_administrator: NewAdministrator | None
    close: Callable[[], None]
    end_waits: Callable[[], None]
    tend: Callable[[], Awaitable[None]]
    cache_counts: Callable[[], Mapping[str, int]]
    metrics: AsgiApp | None


class _Core(NamedTuple):
    """What every feature is made of."""

    database: Database
    changes: ChangeEngine
    roles: RoleTable
    current_settings: CurrentSettings
    clock: Clock
    settings: Settings


async def build(
    settings: Settings,
    database: Database,
    master: MasterKey,
    clock: Clock,
    log: Any,
    *,
    keep_generated_password: Path | None,
) -> Keystead:
    """Wires everything over an open, migrated database, and makes what the first start must make."""
    others = None if settings.is_on_sqlite else ChangesOfOthers(database)
    feed = Feed(await current_version(database), others)
    roles = await fresh_roles(database, feed)
    changes = ChangeEngine(database, feed, clock, CurrentAuthority(roles))
    passwords = Passwords()
    await ensure_tenant(database, changes, settings.tenant_id, settings.tenant_name)
    newcomer = await ensure_administrator(
        database, changes, passwords, settings.admin_email, settings.admin_password, keep_generated_password
    )
    keys = await ensure_signing_keys(database, changes, master, settings.signing_algorithms[0])
    keep_fresh(keys, database, feed, master)
    current_settings = await fresh_settings(database, feed)
    usage = UsageRecorder(database, clock, 0 if settings.is_on_sqlite else secrets.randbelow(_SHARDS))
    throttle = SignInThrottle(clock)
    proofs = PasswordProofs(database, passwords, usage, throttle)
    sessions = Sessions(
        database,
        changes,
        passwords,
        proofs,
        throttle,
        settings.refresh_ttl,
        await forget_password_file(database, settings.data_dir / ADMIN_PASSWORD_FILE),
    )
    door = ClientDoor(Clients(database, clock), throttle, usage, feed, clock)
    subjects = SubjectIndex(database, roles, feed)
    audiences = Audiences(settings.public_url)
    settling = Settling(settings.public_url, subjects, current_settings)
    grants: dict[str, Grant] = {
        "client_credentials": ClientCredentialsGrant(door, audiences, settling),
        "password": ClosedGrant(),
        "refresh_token": ClosedGrant(),
    }
    if settings.password_grant:
        grants["password"] = PasswordGrant(sessions, audiences, settling)
        grants["refresh_token"] = RefreshTokenGrant(sessions, audiences, settling)
    open_grants = [name for name, grant in grants.items() if not isinstance(grant, ClosedGrant)]
    issuer = Issuer(
        settings.public_url, settings.tenant_id, settings.token_ttl, settings.max_token_ttl, keys, clock
    )
    endpoint = TokenEndpoint(grants, issuer, feed)
    rotation = KeyRotation(
        changes, feed, master, keys, clock, settings.key_rotation_days, settings.signing_algorithms
    )
    credentials = LiveCredentials(database, feed)
    factors = SecondFactors(
        database, changes, master, throttle, lambda reader: require_current(reader, master)
    )
    browsers = BrowserSessions(
        database,
        changes,
        proofs,
        factors,
        throttle,
        credentials,
        Activity(database, clock),
        current_settings,
        clock,
        settings.session_ttl,
    )
    verifier = Verifier(
        settings.public_url,
        keys,
        credentials,
        subjects,
        feed,
        clock,
        browsers,
        settling,
        await fresh_revoked(database, feed, clock),
    )
    own_requests = OwnRequests(settings.public_url)
    status = StatusFeed(feed, others or ChangesOfOthers(database), shared=others is not None)
    scope_codes = ScopeCodes(database, feed)
    proxy_check = ProxyCheck(_proxy_rules(settings.proxy_rules), verifier, scope_codes)
    beside: list[tuple[Operation, AsgiApp]] = [
        *((operation, endpoint.speaking(dialect)) for operation, dialect in TOKEN_OPERATIONS),
        (REVOCATION, RevocationEndpoint(door, Revocations(changes, verifier, sessions))),
        (INTROSPECTION, IntrospectionEndpoint(door, verifier)),
        (PROXY_CHECK, proxy_check.by_headers),
    ]
    core = _Core(database, changes, roles, current_settings, clock, settings)
    users = Users(database, changes, roles, passwords)
    routes = [
        *_account_routes(core),
        *_rule_routes(core, verifier),
        *_organisation_routes(core),
        *UsersHttp(users, UserListing(database), sessions).routes(),
        *SecondFactorHttp(factors, users, current_settings).routes(),
        *_access_key_routes(core),
        *_tenant_routes(core),
        *SessionHttp(database, browsers, verifier, roles, current_settings, own_requests).routes(),
        *_audit_routes(core),
        *SigningKeysHttp(rotation, keys, clock).routes(),
        *DiscoveryHttp(keys, feed, clock, settings.public_url, open_grants).routes(),
        *ChangesHttp(status, feed, clock).routes(),
        *HealthHttp(database).routes(),
    ]
    operations: list[Operation] = [*(operation for operation, _ in beside), *routes]
    description = DescriptionHttp(about(settings.public_url), operations)
    routes += description.routes()
    caches: dict[str, BoundedCache[Any, Any]] = {
        "credentials": credentials.cache,
        "subjects": subjects.cache,
        "tokens": verifier.cache,
        "scopes": scope_codes.cache,
    }
    metrics = Metrics(caches, lambda: feed.version, database.waiting) if settings.metrics else None
    edge = Edge(
        _router(beside, routes, Pipeline(verifier, own_requests), proxy_check),
        public_url=settings.public_url,
        trusted_proxies=settings.trusted_proxies,
        log=log,
        metrics=metrics,
    )
    tending = _tending(core, rotation, log)
    tending.start()

    def close() -> None:
        tending.stop()
        passwords.close()

    return Keystead(
        edge,
        routes,
        [*operations, *description.routes()],
        description,
        newcomer,
        close,
        status.end,
        tending.turn,
        partial(_cache_counts, caches),
        exposition(metrics) if metrics else None,
    )


def _account_routes(core: _Core) -> list[Route]:
    database, tenant_id = core.database, core.settings.tenant_id
    accounts = ServiceAccounts(database, core.changes, core.roles, core.settings.max_token_ttl)
    listing, clock = AccountListing(database, core.roles), core.clock
    return [
        *AccountUsageHttp(accounts, UsageReports(database, clock), Overviews(database, clock)).routes(),
        *ServiceAccountsHttp(accounts, listing, tenant_id).routes(),
        *AppsHttp(accounts, listing, tenant_id).routes(),
    ]


def _rule_routes(core: _Core, verifier: Verifier) -> list[Route]:
    database, roles = core.database, core.roles
    rules, listing = AccessRules(database, core.changes, roles), RuleListing(database, roles)
    explainer, answers = Explainer(database, roles, listing), RuleAnswers(roles, core.settings.tenant_id)
    return [
        *AccessRulesHttp(rules, listing, explainer, database, answers, verifier).routes(),
        *RuleBatchesHttp(RuleBatches(rules), listing, answers).routes(),
    ]


def _organisation_routes(core: _Core) -> list[Route]:
    return [
        *OrgUnitsHttp(OrgUnits(core.database, core.changes), core.settings.tenant_id).routes(),
        *OrgUnitTreeHttp(core.database).routes(),
        *RolesHttp(core.roles).routes(),
        *RolesV2Http(Roles(core.database, core.changes, core.roles), core.roles).routes(),
    ]


def _access_key_routes(core: _Core) -> list[Route]:
    keys, listing = AccessKeys(core.database, core.changes), AccessKeyListing(core.database)
    return [*AccessKeysHttp(keys, listing).routes(), *UserApplicationsHttp(keys, listing).routes()]


def _tenant_routes(core: _Core) -> list[Route]:
    return [
        *TenantSettingsHttp(TenantSettings(core.changes), core.current_settings).routes(),
        *TenantsHttp(core.database, Features(core.changes), core.current_settings).routes(),
        *IdpsHttp().routes(),
    ]


def _audit_routes(core: _Core) -> list[Route]:
    return [
        *AuditHttp(core.database, core.settings.tenant_id).routes(),
        *AuditFileHttp(core.database, core.settings.tenant_id).routes(),
        *AuditChainHttp(core.database).routes(),
    ]


def _tending(core: _Core, rotation: KeyRotation, log: Any) -> Tending:
    """Not begun."""
    database, clock = core.database, core.clock
    retention = Retention(database, core.changes, clock, core.settings.audit_retention_days)
    return Tending(
        {
            "key_rotation_failed": rotation.tend,
            "audit_retention_failed": retention.tend,
            "usage_pruning_failed": UsagePruning(database, clock).tend,
            "secret_expiry_failed": SecretExpiry(database, clock).tend,
        },
        _SECONDS_BETWEEN_LOOKS,
        lambda event, error: log.warning(event, reason=str(error)),
    )


def _cache_counts(caches: Mapping[str, BoundedCache[Any, Any]]) -> Mapping[str, int]:
    """How often each cache had what it was asked for, and how often not."""
    hits = {f"{name}_hits": cache.hits for name, cache in caches.items()}
    return hits | {f"{name}_misses": cache.misses for name, cache in caches.items()}


def _router(
    beside: Sequence[tuple[Operation, AsgiApp]],
    routes: Sequence[Route],
    pipeline: Pipeline,
    proxy_check: ProxyCheck,
) -> Router:
    bare = (Endpoint(ANY, operation.path, operation.operation_id, app) for operation, app in beside)
    rest = (
        Endpoint(route.method, route.path, route.operation_id, pipeline.endpoint(route)) for route in routes
    )
    # Any path by any method: what stands behind the prefix is whatever was asked for.
    envoy = Endpoint(ANY, ENVOY_PREFIX + "{path:path}", PROXY_CHECK.operation_id, proxy_check.by_path)
    return Router([*bare, *rest, *ConsoleSite().endpoints(), envoy])


def _proxy_rules(path: Path | None) -> Sequence[Rule]:
    """Raises ProxyRulesError."""
    if path is None:
        return ()
    try:
        return read_rules(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ProxyRulesError(f"KEYSTEAD_PROXY_RULES names a file that cannot be read: {reason}.") from None
