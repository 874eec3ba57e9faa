"""Who may ask what: for every operation one request, and what each of six callers is answered.

The thing that a request is about lies in department `a1`, or belongs to somebody who lives there; a cluster is `a` or
an empty one; what is of the tenant is the tenant's. Every request gets things of its own: what one caller does, the
next does not find.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import httpx

from keystead.roles.permission_sets import PERMISSION_SETS
from tests.api.conftest import Organisation, Place
from tests.api.holders import (
    ACCOUNTS,
    AUDIT,
    CLUSTERS,
    DEPARTMENTS,
    PROJECTS,
    ROLES,
    RULES,
    USERS,
    at,
    letters,
)
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD

_numbers = itertools.count(1)
CALLERS: Final = (
    "anonymous",
    "nobody",  # signed in, without a rule
    "elsewhere",  # system administrator of cluster `b`
    "viewer",  # of department `a1`
    "keeper",  # Department administrator of `a1`
    "administrator",  # System administrator of the tenant
)
UNKNOWN: Final = "9f55255e-11ed-47c7-acef-fc4054768dbc"
OWN_PAGE: Final = {"X-Keystead-Request": "console"}
_VIEWER_ROLE: Final = 7
_SPAN: Final = "start=2020-01-01&end=2100-01-01"
_FORWARDED: Final = {"X-Forwarded-Method": "GET", "X-Forwarded-Host": "x", "X-Forwarded-Uri": "/"}
_OAUTH: Final = "/auth/realms/runai/protocol/openid-connect/token"


class Ask(NamedTuple):
    method: str
    path: str
    json: Any = None
    data: Any = None
    headers: Mapping[str, str] = MappingProxyType({})


class Ground:
    """Makes what requests are about, as the administrator; `caller` asks them."""

    def __init__(
        self,
        admin: httpx.Client,
        organisation: Organisation,
        caller: httpx.Client,
        sign_in_anew: Callable[[], dict[str, str]],
    ) -> None:
        """`sign_in_anew` gives the headers of another session of the caller's."""
        self._admin = admin
        self._sign_in_anew = sign_in_anew
        self.caller = caller
        self.a, self.a1, self.a1x = organisation["a"], organisation["a1"], organisation["a1x"]

    def name(self) -> str:
        return f"matrix-{next(_numbers)}"

    def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._admin.post(path, json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def account(self) -> str:
        return str(self._made(ACCOUNTS, {"name": self.name()} | at(self.a1))["id"])

    def account_path(self) -> str:
        return f"{ACCOUNTS}/{self.account()}"

    def secret_path(self) -> str:
        account = self.account_path()
        return f"{account}/secrets/{self._made(f'{account}/secrets', {})['id']}"

    def email(self) -> str:
        return f"{self.name()}@example.org"

    def user(self) -> str:
        return str(self._made(USERS, {"email": self.email()} | at(self.a1))["id"])

    def user_path(self) -> str:
        return f"{USERS}/{self.user()}"

    def rule(self) -> int:
        return int(self._made(RULES, self.rule_wish())["id"])

    def rule_wish(self) -> dict[str, Any]:
        """For somebody who has not come yet: of accounts one must know that they are there."""
        return {
            "subjectId": self.email(),
            "subjectType": "user",
            "roleId": _VIEWER_ROLE,
            **at(self.a1),
        }

    def batch(self) -> dict[str, Any]:
        wish = self.rule_wish()
        subject = {name: wish[name] for name in ("subjectId", "subjectType")}
        return {"payload": {"roleId": wish["roleId"], "subjects": [subject], "scopes": [at(self.a1)]}}

    def question(self) -> dict[str, Any]:
        subject = {"subjectType": "user", "subjectId": ADMIN_EMAIL}
        return subject | {"action": "read", "resourceType": "project", "scopeId": self.a1.id}

    def session_of_its_own(self) -> dict[str, str]:
        return self._sign_in_anew()

    def role(self) -> str:
        return f"{ROLES}/{self._made(ROLES, self.role_wish())['id']}"

    def role_wish(self) -> dict[str, Any]:
        return {"name": self.name(), "description": "", "permissions": letters("r project"), **at(self.a1)}

    def cluster(self) -> str:
        """An empty one that nobody has a rule in."""
        return f"{CLUSTERS}/{self._made(CLUSTERS, {'name': self.name()})['uuid']}"

    def project(self) -> str:
        return f"{PROJECTS}/{self._made(PROJECTS, self.unit(self.a1))['id']}"

    def unit(self, parent: Place) -> dict[str, Any]:
        body = {"name": self.name(), "clusterId": self.a.id, "resources": []}
        return body | ({"parentId": parent.id} if parent.type == "department" else {})

    def own_key(self, path: str = "/api/v1/access-keys") -> str:
        """The caller's own; of somebody who can have none, an unknown one."""
        answer = self.caller.post("/api/v1/access-keys", json={"name": self.name()})
        return f"{path}/{answer.json()['id'] if answer.status_code == 201 else UNKNOWN}"

    def key_of_somebody(self, path: str) -> str:
        """Of a person who lives in `a1`."""
        with self._somebody() as somebody:
            key = somebody.post("/api/v1/access-keys", json={"name": "theirs"})
        assert key.status_code == 201, key.text
        return f"{path}/{key.json()['id']}"

    def factor_of_somebody(self) -> str:
        """One that a person who lives in `a1` began to enrol."""
        with self._somebody() as somebody:
            assert somebody.post(_FACTOR).status_code == 201
            return f"{USERS}/{somebody.get(_SESSION).json()['person']['id']}/second-factor"

    def own_factor(self) -> str:
        """One that the caller began to enrol, if they could."""
        self.caller.post(_FACTOR)
        return _FACTOR

    @contextmanager
    def _somebody(self) -> Iterator[httpx.Client]:
        """A person who lives in `a1`, signed in with a password that they chose."""
        email = self.email()
        temporary = self._made(USERS, {"email": email} | at(self.a1))["tempPassword"]
        with httpx.Client(base_url=self._admin.base_url) as client:
            form = {"grant_type": "password", "username": email, "password": temporary}
            token = client.post("/api/v2/token", data=form).json()["access_token"]
            client.headers["authorization"] = f"Bearer {token}"
            change = {"currentPassword": temporary, "newPassword": f"{temporary} and more"}
            assert client.post("/api/v1/me/password", json=change).status_code == 200
            yield client


class Row(NamedTuple):
    ask: Callable[[Ground], Ask]
    answers: str  # the statuses, in the order of CALLERS


def _get(path: str) -> Callable[[Ground], Ask]:
    return lambda _ground: Ask("GET", path)


def _put(path: str, body: Any) -> Callable[[Ground], Ask]:
    return lambda _ground: Ask("PUT", path, body)


def _post(path: str, body: Any = None) -> Callable[[Ground], Ask]:
    return lambda _ground: Ask("POST", path, body)


_KEYS, _APPS = "/api/v1/access-keys", "/api/v1/user-applications"
_ALL_KEYS, _ALL_APPS = "/api/v1/administration/access-keys", "/api/v1/administration/user-applications"
_OLDER: Final = "/api/v1/apps"
_AUTHORIZATION: Final = "/api/v1/authorization"
_SETTING: Final = "/v1/k8s/setting"
_SECURITY: Final = "/api/v1/security/settings"
_SESSION: Final = "/api/v1/session"
_FACTOR: Final = "/api/v1/me/second-factor"
_PROVEN: Final = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}

ROWS: Final[dict[str, Row]] = {
    # Tokens
    "grant_token_v2": Row(lambda _: Ask("POST", "/api/v2/token", data={}), "400 400 400 400 400 400"),
    "grant_token": Row(_post("/api/v1/token", {}), "400 400 400 400 400 400"),
    "grant_token_of_realm": Row(lambda _: Ask("POST", _OAUTH, data={}), "400 400 400 400 400 400"),
    "app_token": Row(_post("/v1/k8s/auth/oauth/apptoken", {}), "400 400 400 400 400 400"),
    "revoke_token": Row(
        lambda _: Ask("POST", "/api/v2/revoke", data={"token": "x"}), "200 200 200 200 200 200"
    ),
    "introspect_token": Row(
        lambda _: Ask("POST", "/api/v2/introspect", data={"token": "x"}), "400 403 200 403 403 200"
    ),
    "get_token_status_changes": Row(_get("/api/v1/changes?after=0&wait=0"), "401 403 403 403 403 200"),
    "check_for_proxy": Row(  # without a table nothing passes
        lambda _: Ask("GET", "/api/v1/proxy-check", headers=_FORWARDED), "403 403 403 403 403 403"
    ),
    # Service accounts
    "get_service_accounts_overview": Row(_get(f"{ACCOUNTS}/overview"), "401 403 200 403 200 200"),
    "get_service_accounts_usage": Row(_get(f"{ACCOUNTS}/usage"), "401 403 200 403 200 200"),
    "get_service_account_creators": Row(_get(f"{ACCOUNTS}/creators"), "401 403 200 403 200 200"),
    "get_service_account_usage": Row(
        lambda g: Ask("GET", f"{g.account_path()}/usage"), "401 404 404 404 200 200"
    ),
    "get_service_accounts": Row(_get(ACCOUNTS), "401 403 200 403 200 200"),
    "create_service_account": Row(
        lambda g: Ask("POST", ACCOUNTS, {"name": g.name(), **at(g.a1)}), "401 403 404 403 201 201"
    ),
    "get_service_account_by_id": Row(lambda g: Ask("GET", g.account_path()), "401 404 404 404 200 200"),
    "update_service_account_by_id": Row(
        lambda g: Ask("PATCH", g.account_path(), {"enabled": False}), "401 404 404 404 200 200"
    ),
    "delete_service_account_by_id": Row(lambda g: Ask("DELETE", g.account_path()), "401 404 404 404 204 204"),
    "regenerate_service_account_secret": Row(
        lambda g: Ask("POST", f"{g.account_path()}/secret"), "401 404 404 404 200 200"
    ),
    "get_service_account_secrets": Row(
        lambda g: Ask("GET", f"{g.account_path()}/secrets"), "401 404 404 404 200 200"
    ),
    "add_service_account_secret": Row(
        lambda g: Ask("POST", f"{g.account_path()}/secrets", {}), "401 404 404 404 201 201"
    ),
    "revoke_service_account_secret": Row(lambda g: Ask("DELETE", g.secret_path()), "401 404 404 404 204 204"),
    "get_applications": Row(_get(_OLDER), "401 403 200 403 200 200"),
    "create_application": Row(lambda g: Ask("POST", _OLDER, {"name": g.name()}), "401 403 201 403 201 201"),
    "get_application_by_id": Row(lambda g: Ask("GET", f"{_OLDER}/{g.account()}"), "401 404 404 404 200 200"),
    "update_application_by_id": Row(
        lambda g: Ask("PATCH", f"{_OLDER}/{g.account()}", {"enabled": False}), "401 404 404 404 200 200"
    ),
    "delete_application_by_id": Row(
        lambda g: Ask("DELETE", f"{_OLDER}/{g.account()}"), "401 404 404 404 204 204"
    ),
    "regenerate_application_secret": Row(
        lambda g: Ask("POST", f"{_OLDER}/{g.account()}/secret"), "401 404 404 404 200 200"
    ),
    # Access keys
    "get_access_keys": Row(_get(_KEYS), "401 200 200 200 200 200"),
    "create_access_key1": Row(lambda g: Ask("POST", _KEYS, {"name": g.name()}), "401 201 201 201 201 201"),
    "get_access_key_by_id1": Row(lambda g: Ask("GET", g.own_key(_KEYS)), "401 200 200 200 200 200"),
    "delete_access_key_by_id": Row(lambda g: Ask("DELETE", g.own_key(_KEYS)), "401 204 204 204 204 204"),
    "regenerate_access_key_secret": Row(
        lambda g: Ask("POST", f"{g.own_key(_KEYS)}/secret"), "401 200 200 200 200 200"
    ),
    "get_access_keys_administration": Row(_get(_ALL_KEYS), "401 403 200 403 403 200"),
    "delete_access_key_by_id_administration": Row(
        lambda g: Ask("DELETE", g.key_of_somebody(_ALL_KEYS)), "401 404 404 404 404 204"
    ),
    "get_user_applications": Row(_get(_APPS), "401 200 200 200 200 200"),
    "create_user_application": Row(
        lambda g: Ask("POST", _APPS, {"name": g.name()}), "401 201 201 201 201 201"
    ),
    "get_user_application_by_id": Row(lambda g: Ask("GET", g.own_key(_APPS)), "401 200 200 200 200 200"),
    "delete_user_application_by_id": Row(
        lambda g: Ask("DELETE", g.own_key(_APPS)), "401 204 204 204 204 204"
    ),
    "regenerate_user_application_secret": Row(
        lambda g: Ask("POST", f"{g.own_key(_APPS)}/secret"), "401 200 200 200 200 200"
    ),
    "get_user_applications_administration": Row(_get(_ALL_APPS), "401 403 200 403 403 200"),
    "delete_user_application_by_id_administration": Row(
        lambda g: Ask("DELETE", g.key_of_somebody(_ALL_APPS)), "401 404 404 404 404 204"
    ),
    # Access rules, and what somebody may
    "get_access_rules": Row(_get(RULES), "401 403 200 403 200 200"),
    "create_access_rule": Row(lambda g: Ask("POST", RULES, g.rule_wish()), "401 403 404 403 201 201"),
    "count_access_rules": Row(_get(f"{RULES}/count"), "401 403 200 403 200 200"),
    "get_access_rule": Row(lambda g: Ask("GET", f"{RULES}/{g.rule()}"), "401 404 404 404 200 200"),
    "delete_access_rule": Row(lambda g: Ask("DELETE", f"{RULES}/{g.rule()}"), "401 404 404 404 204 204"),
    "access_rules_batch_create": Row(
        lambda g: Ask("POST", f"{RULES}/batch-create", g.batch()), "401 403 404 403 200 200"
    ),
    "access_rules_batch": Row(
        lambda g: Ask("POST", f"{RULES}/batch", {"ids": [g.rule()], "action": "delete"}),
        "401 403 404 403 200 200",
    ),
    "explain_access": Row(
        lambda g: Ask("POST", f"{_AUTHORIZATION}/explain", g.question()), "401 404 404 404 404 200"
    ),
    "get_me_access_rules": Row(_get(f"{_AUTHORIZATION}/me/access-rules"), "401 200 200 200 200 200"),
    "count_me_access_rules": Row(_get(f"{_AUTHORIZATION}/me/access-rules/count"), "401 200 200 200 200 200"),
    "get_permissions": Row(_get(f"{_AUTHORIZATION}/permissions"), "401 200 200 200 200 200"),
    "get_permitted_scopes": Row(
        _post(f"{_AUTHORIZATION}/permitted-scopes", {"resourceType": "project"}), "401 200 200 200 200 200"
    ),
    # The organisation
    "get_org_unit_tree": Row(_get("/api/v1/org-unit/tree"), "401 200 200 200 200 200"),
    "get_clusters": Row(_get(CLUSTERS), "401 403 200 200 200 200"),
    "create_cluster": Row(lambda g: Ask("POST", CLUSTERS, {"name": g.name()}), "401 403 403 403 403 201"),
    "get_cluster_by_uuid": Row(lambda g: Ask("GET", f"{CLUSTERS}/{g.a.id}"), "401 404 404 404 404 200"),
    "updateCluster": Row(lambda g: Ask("PUT", g.cluster(), {"name": g.name()}), "401 404 404 404 404 204"),
    "delete_cluster": Row(lambda g: Ask("DELETE", g.cluster()), "401 404 404 404 404 202"),
    "get_cluster_install_info_by_uuid": Row(
        lambda g: Ask("GET", f"{CLUSTERS}/{g.a.id}/cluster-install-info"), "401 404 404 404 404 200"
    ),
    "get_departments": Row(_get(DEPARTMENTS), "401 403 200 200 200 200"),
    "create_department": Row(lambda g: Ask("POST", DEPARTMENTS, g.unit(g.a)), "401 403 404 403 403 201"),
    "get_department": Row(lambda g: Ask("GET", f"{DEPARTMENTS}/{g.a1.id}"), "401 404 404 200 200 200"),
    "update_department": Row(
        lambda g: Ask("PUT", f"{DEPARTMENTS}/{g.a1.id}", {"resources": []}), "401 404 404 403 403 200"
    ),
    "delete_department": Row(lambda g: Ask("DELETE", f"{DEPARTMENTS}/{g.a1.id}"), "401 404 404 403 403 409"),
    "count_departments": Row(_get(f"{DEPARTMENTS}/count"), "401 403 200 200 200 200"),
    "get_projects": Row(_get(PROJECTS), "401 403 200 200 200 200"),
    "create_project": Row(lambda g: Ask("POST", PROJECTS, g.unit(g.a1)), "401 403 404 403 201 201"),
    "get_project": Row(lambda g: Ask("GET", f"{PROJECTS}/{g.a1x.id}"), "401 404 404 200 200 200"),
    "update_project": Row(
        lambda g: Ask("PUT", f"{PROJECTS}/{g.a1x.id}", {"resources": []}), "401 404 404 403 200 200"
    ),
    "delete_project": Row(lambda g: Ask("DELETE", g.project()), "401 404 404 403 204 204"),
    "count_projects": Row(_get(f"{PROJECTS}/count"), "401 403 200 200 200 200"),
    # Roles
    "get_roles_v1": Row(_get(f"{_AUTHORIZATION}/roles"), "401 403 200 403 200 200"),
    "get_role_v1": Row(_get(f"{_AUTHORIZATION}/roles/5"), "401 403 200 403 200 200"),
    "get_roles": Row(_get(ROLES), "401 403 200 403 200 200"),
    "create_role": Row(lambda g: Ask("POST", ROLES, g.role_wish()), "401 403 404 403 403 201"),
    "get_role": Row(lambda g: Ask("GET", g.role()), "401 403 404 403 200 200"),
    "update_role": Row(lambda g: Ask("PUT", g.role(), g.role_wish()), "401 404 404 404 403 200"),
    "delete_role": Row(lambda g: Ask("DELETE", g.role()), "401 404 404 404 403 204"),
    "enable_role": Row(lambda g: Ask("POST", f"{g.role()}/enable", {}), "401 404 404 404 403 204"),
    "disable_role": Row(lambda g: Ask("POST", f"{g.role()}/disable", {}), "401 404 404 404 403 204"),
    "get_permission_sets": Row(_get(f"{_AUTHORIZATION}/permission-sets"), "401 403 200 403 200 200"),
    "get_permission_set": Row(
        _get(f"{_AUTHORIZATION}/permission-sets/{next(iter(PERMISSION_SETS))}"), "401 403 200 403 200 200"
    ),
    # People
    "get_users": Row(_get(USERS), "401 403 200 403 200 200"),
    "create_user": Row(
        lambda g: Ask("POST", USERS, {"email": g.email(), **at(g.a1)}), "401 403 404 403 201 201"
    ),
    "count_users": Row(_get(f"{USERS}/count"), "401 403 200 403 200 200"),
    "get_user_by_id": Row(lambda g: Ask("GET", g.user_path()), "401 404 404 404 200 200"),
    "update_user_by_id": Row(
        lambda g: Ask("PATCH", g.user_path(), {"enabled": False}), "401 404 404 404 200 200"
    ),
    "delete_user_by_id": Row(lambda g: Ask("DELETE", g.user_path()), "401 404 404 404 204 204"),
    "reset_user_password": Row(lambda g: Ask("POST", f"{g.user_path()}/password"), "401 404 404 404 200 200"),
    "logout_user": Row(lambda g: Ask("POST", f"{g.user_path()}/logout"), "401 404 404 404 200 200"),
    "remove_second_factor_of_user": Row(
        lambda g: Ask("DELETE", g.factor_of_somebody()), "401 404 404 404 204 204"
    ),
    # Oneself
    "change_user_password": Row(
        _post("/api/v1/me/password", {"currentPassword": "wrong", "newPassword": "a good long one"}),
        "401 400 400 400 400 400",
    ),
    "get_second_factor": Row(_get(_FACTOR), "401 200 200 200 200 200"),
    "begin_second_factor": Row(_post(_FACTOR), "401 201 201 201 201 201"),
    "confirm_second_factor": Row(
        lambda g: Ask("POST", f"{g.own_factor()}/confirm", {"code": "000000"}), "401 400 400 400 400 400"
    ),
    "remove_second_factor": Row(lambda g: Ask("DELETE", g.own_factor()), "401 204 204 204 204 204"),
    "open_session": Row(
        lambda _: Ask("POST", _SESSION, _PROVEN, headers=OWN_PAGE), "200 200 200 200 200 200"
    ),
    "get_session": Row(_get(_SESSION), "401 200 200 200 200 200"),
    "prove_password": Row(_post(f"{_SESSION}/proof", {"password": "any"}), "401 403 403 403 403 403"),
    "end_session": Row(
        lambda g: Ask("DELETE", _SESSION, headers=g.session_of_its_own()), "401 204 204 204 204 204"
    ),
    # The tenant
    "get_tenants": Row(_get("/api/v1/tenants"), "401 200 200 200 200 200"),
    "get_tenant_settings": Row(_get(_SETTING), "401 403 403 403 403 200"),
    "update_tenant_setting": Row(
        _put(_SETTING, {"key": "tenant.enable_custom_roles", "value": True}), "401 403 403 403 403 200"
    ),
    "get_tenant_settings_by_key": Row(
        _get(f"{_SETTING}/tenant.enable_custom_roles"), "401 403 403 403 403 200"
    ),
    "get_idps": Row(_get("/api/v1/idps"), "401 403 403 403 403 200"),
    "get_idp": Row(_get("/api/v1/idps/oidc"), "401 403 403 403 403 404"),
    "get_idp_mappers": Row(_get("/api/v1/idps/oidc/mappers"), "401 403 403 403 403 404"),
    "get_security_settings": Row(_get(_SECURITY), "401 403 403 403 403 200"),
    "get_security_setting_by_key": Row(_get(f"{_SECURITY}/browserSessionTimeout"), "401 403 403 403 403 200"),
    "update_security_setting_by_key": Row(
        _put(f"{_SECURITY}/browserSessionTimeout", {"idleTimeout": 60}), "401 403 403 403 403 200"
    ),
    "get_second_factor_setting": Row(_get("/api/v1/security/second-factor"), "401 403 403 403 403 200"),
    "update_second_factor_setting": Row(
        _put("/api/v1/security/second-factor", {"required": False}), "401 403 403 403 403 200"
    ),
    "get_signing_keys": Row(_get("/api/v1/signing-keys"), "401 403 403 403 403 200"),
    "rotate_signing_keys": Row(_post("/api/v1/signing-keys/rotate"), "401 403 403 403 403 201"),
    "revoke_signing_key": Row(
        lambda _: Ask("DELETE", f"/api/v1/signing-keys/{UNKNOWN}"), "401 403 403 403 403 404"
    ),
    # The audit log
    "getAuditLogs": Row(_get(f"{AUDIT}?{_SPAN}"), "401 403 200 403 403 200"),
    "downloadAuditLogs": Row(_get(f"{AUDIT}/file?{_SPAN}"), "401 403 200 403 403 200"),
    "get_audit_head": Row(_get("/api/v1/audit/head"), "401 403 403 403 403 200"),
    "verify_audit_chain": Row(_get("/api/v1/audit/verify"), "401 403 403 403 403 200"),
    # For all the world
    "get_jwks": Row(_get("/.well-known/jwks.json"), "200 200 200 200 200 200"),
    "get_authorization_server_metadata": Row(
        _get("/.well-known/oauth-authorization-server"), "200 200 200 200 200 200"
    ),
    "get_openid_configuration": Row(_get("/.well-known/openid-configuration"), "200 200 200 200 200 200"),
    "get_liveness": Row(_get("/health/live"), "200 200 200 200 200 200"),
    "get_readiness": Row(_get("/health/ready"), "200 200 200 200 200 200"),
    "get_openapi": Row(_get("/api/openapi.json"), "200 200 200 200 200 200"),
    "get_reference": Row(_get("/api/docs"), "200 200 200 200 200 200"),
    "get_reference_style": Row(_get("/api/docs/reference.css"), "200 200 200 200 200 200"),
}
