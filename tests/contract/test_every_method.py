"""Every method of runapy that Keystead serves: called by each of its clients, the answer read by its own models."""

import ast
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import runai.api
from runai import models

from tests.api.engines import settings_of
from tests.contract.client import Client, Connect, refused
from tests.contract.ground import (
    L1_RESEARCHER,
    Account,
    Organisation,
    make_organisation,
    make_platform,
)
from tests.serving import Server, sign_in

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

KEYS: Final = "/api/v1/access-keys"
_numbers = itertools.count(1)


class World:
    """What calls are made with: runapy as an account that administers, and as a person.

    runapy signs in by client credentials alone; a person's token is put in its place.
    """

    def __init__(
        self, operator: Client, person: Client, organisation: Organisation, somebody: "Person"
    ) -> None:
        self.operator, self.person, self.organisation = operator, person, organisation
        self.somebody = somebody

    @property
    def email(self) -> str:
        return self.somebody.email

    @staticmethod
    def name() -> str:
        return f"called-{next(_numbers)}"

    def account(self) -> Any:
        request = models.ServiceAccountCreationRequest(name=self.name())
        answer = self.operator.service_accounts.create_service_account(request)
        assert answer.status_code == 201
        return models.ServiceAccountPostResponse.from_dict(answer.data)

    def application(self) -> Any:
        answer = self.operator.applications.create_application(
            models.ApplicationCreationRequest(name=self.name())
        )
        assert answer.status_code == 201
        return models.ApplicationPostResponse.from_dict(answer.data)

    def key(self) -> Any:
        """The person's one key: those of before are deleted, for there may be twenty at most."""
        self._make_room()
        request = models.AccessKeyCreationRequest1(name=self.name())
        answer = self.person.access_keys.create_access_key1(request)
        assert answer.status_code == 201
        return models.AccessKeyPostResponse.from_dict(answer.data)

    def user_application(self) -> Any:
        self._make_room()
        answer = self.person.user_applications.create_user_application(
            models.UserAppCreationRequest(name=self.name())
        )
        assert answer.status_code == 201
        return models.UserAppPostResponse.from_dict(answer.data)

    def _make_room(self) -> None:
        for key in self.person.access_keys.get_access_keys().data["accessKeys"]:
            assert self.person.access_keys.delete_access_key_by_id(key["id"]).status_code == 204

    def user(self) -> Any:
        request = models.UserCreationRequest1(email=f"{self.name()}@example.org")
        answer = self.operator.users.create_user(request)
        assert answer.status_code == 201
        return models.UserPostResponse.from_dict(answer.data)

    def rule_wish(self) -> dict[str, Any]:
        return {
            "subject_id": f"{self.name()}@example.org",
            "subject_type": models.SubjectType.USER,
            "role_id": L1_RESEARCHER,
            "scope_id": self.organisation.a,
            "scope_type": models.ScopeType.CLUSTER,
        }

    def rule(self) -> int:
        fields = models.AccessRuleCreationFields(**self.rule_wish())
        answer = self.operator.access_rules.create_access_rule(fields)
        assert answer.status_code == 201
        return int(models.AccessRule.from_dict(answer.data).id)

    def cluster(self) -> str:
        answer = self.operator.clusters.create_cluster(models.ClusterCreationRequest(name=self.name()))
        assert answer.status_code == 201
        return str(models.DisplayedCluster.from_dict(answer.data).uuid)

    def department(self) -> str:
        request = models.DepartmentCreationRequest(
            name=self.name(), cluster_id=self.organisation.a, resources=[]
        )
        answer = self.operator.departments.create_department(request)
        assert answer.status_code == 201
        return str(models.DepartmentForList.from_dict(answer.data).id)

    def project(self) -> str:
        request = models.ProjectCreationRequest(
            name=self.name(),
            cluster_id=self.organisation.a,
            parent_id=self.organisation.a_department,
            resources=[],
        )
        answer = self.operator.projects.create_project(request)
        assert answer.status_code == 201
        return str(answer.data["id"])  # of nothing that the client knows: its model is of metrics


def of(model: Any, answer: Any, status: int = 200) -> Any:
    """The answer as the client's model has it."""
    assert answer.status_code == status
    read = model.from_dict(answer.data)
    assert read is not None
    return read


def all_of(model: Any, answer: Any) -> list[Any]:
    assert answer.status_code == 200
    assert answer.data
    return [model.from_dict(one) for one in answer.data]


def gone(answer: Any, *statuses: int) -> None:
    assert answer.status_code in statuses


# Each takes the world; the names are those of runapy's groups and methods.


def access_keys__create_access_key1(world: World) -> None:
    key = world.key()
    assert key.client_id.startswith("access-key-")
    assert key.client_secret


def access_keys__get_access_keys(world: World) -> None:
    key = world.key()
    listed = of(models.AccessKeys, world.person.access_keys.get_access_keys()).access_keys
    assert key.id in {one.id for one in listed}


def access_keys__get_access_key_by_id1(world: World) -> None:
    key = world.key()
    found = of(models.AccessKey1, world.person.access_keys.get_access_key_by_id1(key.id))
    assert (found.client_id, found.last_login) == (key.client_id, None)


def access_keys__delete_access_key_by_id(world: World) -> None:
    gone(world.person.access_keys.delete_access_key_by_id(world.key().id), 204)


def access_keys__regenerate_access_key_secret(world: World) -> None:
    key = world.key()
    answer = world.person.access_keys.regenerate_access_key_secret(key.id)
    new = of(models.RegenerateAccessKeySecret200Response, answer).client_secret
    assert new not in (None, key.client_secret)


def access_keys__get_access_keys_administration(world: World) -> None:
    key = world.key()
    answer = world.operator.access_keys.get_access_keys_administration(
        client_id=key.client_id, created_by=world.email
    )
    (found,) = of(models.AccessKeysAdministration, answer).access_keys
    assert (found.id, found.created_by) == (key.id, world.email)


def access_keys__delete_access_key_by_id_administration(world: World) -> None:
    gone(world.operator.access_keys.delete_access_key_by_id_administration(world.key().id), 204)


def user_applications__create_user_application(world: World) -> None:
    assert world.user_application().secret


def user_applications__get_user_applications(world: World) -> None:
    world.user_application()
    assert all_of(models.UserApp, world.person.user_applications.get_user_applications())


def user_applications__get_user_application_by_id(world: World) -> None:
    app = world.user_application()
    found = of(models.UserApp, world.person.user_applications.get_user_application_by_id(app.id))
    assert found.client_id == app.client_id


def user_applications__delete_user_application_by_id(world: World) -> None:
    gone(world.person.user_applications.delete_user_application_by_id(world.user_application().id), 204)


def user_applications__regenerate_user_application_secret(world: World) -> None:
    app = world.user_application()
    answer = world.person.user_applications.regenerate_user_application_secret(app.id)
    assert of(models.RegenerateAccessKeySecret200Response, answer).client_secret != app.secret


def user_applications__get_user_applications_administration(world: World) -> None:
    app = world.user_application()
    answer = world.operator.user_applications.get_user_applications_administration(client_id=app.client_id)
    (found,) = all_of(models.UserAppAdministration, answer)
    assert found.created_by == world.email


def user_applications__delete_user_application_by_id_administration(world: World) -> None:
    app = world.user_application()
    gone(world.operator.user_applications.delete_user_application_by_id_administration(app.id), 204)


def applications__create_application(world: World) -> None:
    assert world.application().secret


def applications__get_applications(world: World) -> None:
    app = world.application()
    listed = all_of(models.Application, world.operator.applications.get_applications())
    assert app.id in {one.id for one in listed}


def applications__get_application_by_id(world: World) -> None:
    app = world.application()
    found = of(models.Application, world.operator.applications.get_application_by_id(app.id))
    assert (found.name, found.enabled) == (app.name, True)


def applications__update_application_by_id(world: World) -> None:
    patch = models.ApplicationPatchRequest(enabled=False)
    gone(world.operator.applications.update_application_by_id(world.application().id, patch), 200)


def applications__delete_application_by_id(world: World) -> None:
    gone(world.operator.applications.delete_application_by_id(world.application().id), 204)


def applications__regenerate_application_secret(world: World) -> None:
    app = world.application()
    answer = world.operator.applications.regenerate_application_secret(app.id)
    assert of(models.RegenerateApplicationSecret200Response, answer).secret != app.secret


def service_accounts__create_service_account(world: World) -> None:
    assert world.account().client_secret


def service_accounts__get_service_accounts(world: World) -> None:
    account = world.account()
    listed = all_of(models.ServiceAccount, world.operator.service_accounts.get_service_accounts())
    assert account.id in {one.id for one in listed}


def service_accounts__get_service_account_by_id(world: World) -> None:
    account = world.account()
    answer = world.operator.service_accounts.get_service_account_by_id(account.id)
    assert of(models.ServiceAccount, answer).client_id == account.name


def service_accounts__update_service_account_by_id(world: World) -> None:
    patch = models.ServiceAccountPatchRequest(enabled=False)
    gone(world.operator.service_accounts.update_service_account_by_id(world.account().id, patch), 200)


def service_accounts__delete_service_account_by_id(world: World) -> None:
    gone(world.operator.service_accounts.delete_service_account_by_id(world.account().id), 204)


def service_accounts__regenerate_service_account_secret(world: World) -> None:
    account = world.account()
    answer = world.operator.service_accounts.regenerate_service_account_secret(account.id)
    new = of(models.RegenerateServiceAccountSecretResponse, answer).client_secret
    assert new not in (None, account.client_secret)


def access_rules__create_access_rule(world: World) -> None:
    assert world.rule() > 0


def access_rules__get_access_rules(world: World) -> None:
    rule = world.rule()
    answer = world.operator.access_rules.get_access_rules(scope_id=world.organisation.a, limit=500)
    assert rule in {one.id for one in of(models.GetAccessRules200Response, answer).access_rules}


def access_rules__get_access_rule(world: World) -> None:
    rule = world.rule()
    found = of(models.AccessRuleById, world.operator.access_rules.get_access_rule(rule))
    assert (found.id, found.scope_type) == (rule, models.ScopeType.CLUSTER)


def access_rules__delete_access_rule(world: World) -> None:
    gone(world.operator.access_rules.delete_access_rule(world.rule()), 204)


def access_rules__count_access_rules(world: World) -> None:
    world.rule()
    answer = world.operator.access_rules.count_access_rules(filter_by=["scopeType==cluster"])
    assert of(models.CountAccessRules200Response, answer).count >= 1


def access_rules__access_rules_batch(world: World) -> None:
    rule = str(world.rule())
    fields = models.AccessRulesBatchFields(ids=[rule], action="delete")
    answer = of(
        models.AccessRuleDeletionBatchResponse, world.operator.access_rules.access_rules_batch(fields)
    )
    assert [str(one) for one in answer.succeeded] == [rule]


def access_rules__access_rules_batch_create(world: World) -> None:
    wish = world.rule_wish()
    payload = models.AccessRulesBatchCreateFieldsPayload(
        role_id=wish["role_id"],
        subjects=[
            models.AccessRuleSubjectsInner(subject_id=wish["subject_id"], subject_type=wish["subject_type"])
        ],
        scopes=[models.AccessRuleScopesInner(scope_id=wish["scope_id"], scope_type=wish["scope_type"])],
    )
    fields = models.AccessRulesBatchCreateFields(payload=payload)
    answer = of(
        models.AccessRulesBatchCreateResponse, world.operator.access_rules.access_rules_batch_create(fields)
    )
    assert (len(answer.succeeded), answer.failed) == (1, [])


def me__get_me_access_rules(world: World) -> None:
    answer = world.operator.me.get_me_access_rules(limit=10)
    assert of(models.MeAccessRulesResponse, answer).access_rules.total_records == 1


def me__count_me_access_rules(world: World) -> None:
    assert of(models.CountAccessRules200Response, world.operator.me.count_me_access_rules()).count == 1


def permissions__get_permissions(world: World) -> None:
    found = all_of(models.Permission, world.operator.permissions.get_permissions())
    assert len(found) == len(models.ResourceType)


def permissions__get_permitted_scopes(world: World) -> None:
    request = models.GetPermittedScopesRequest(resource_type="project", action="read")
    answer = world.operator.permissions.get_permitted_scopes(request)
    assert of(models.PermittedScopesActions, answer).read.tenant == "1"


def roles__get_roles_v1(world: World) -> None:
    assert len(all_of(models.RoleV1, world.operator.roles.get_roles_v1())) >= 16


def roles__get_role_v1(world: World) -> None:
    found = of(models.RoleV1, world.operator.roles.get_role_v1(L1_RESEARCHER))
    assert (found.name, found.deleted_at) == ("L1 researcher", None)


def users__create_user(world: World) -> None:
    assert world.user().temp_password


def users__get_users(world: World) -> None:
    user = world.user()
    answer = world.operator.users.get_users(
        filter="runai.is_local:true",
        filter_by=[f"username=={user.username}"],
        sort_by=models.UsersFilterSortFields.CREATIONTIME,
        sort_order="desc",
    )
    assert [one.id for one in all_of(models.User2, answer)] == [user.id]


def users__count_users(world: World) -> None:
    user = world.user()
    answer = world.operator.users.count_users(filter_by=[f"username=={user.username}"])
    assert of(models.CountResponse, answer).count == 1


def users__get_user_by_id(world: World) -> None:
    user = world.user()
    found = of(models.User2, world.operator.users.get_user_by_id(user.id))
    assert (found.username, found.is_local) == (user.username, True)


def users__delete_user_by_id(world: World) -> None:
    gone(world.operator.users.delete_user_by_id(world.user().id), 204)


def users__reset_user_password(world: World) -> None:
    answer = world.operator.users.reset_user_password(world.user().id)
    assert of(models.ResetUserPassword200Response, answer).temp_password


def users__logout_user(world: World) -> None:
    gone(world.operator.users.logout_user(world.user().id), 200)


def users__change_user_password(world: World) -> None:
    changed = f"{world.somebody.password} too"
    request = models.UserChangePasswordRequest(current_password=world.somebody.password, new_password=changed)
    answer = world.person.users.change_user_password(request)
    assert (answer.status_code, answer.data) == (200, {})
    world.somebody.password = changed


def clusters__create_cluster(world: World) -> None:
    assert world.cluster()


def clusters__get_clusters(world: World) -> None:
    answer = world.operator.clusters.get_clusters(verbosity="full", include_requested_for_delete=True)
    assert world.organisation.a in {str(one.uuid) for one in all_of(models.DisplayedCluster, answer)}


def clusters__get_cluster_by_uuid(world: World) -> None:
    answer = world.operator.clusters.get_cluster_by_uuid(world.organisation.a)
    assert of(models.DisplayedCluster, answer).status.state == models.ClusterState.UNKNOWN


def clusters__update_cluster(world: World) -> None:
    update = models.ClusterUpdateRequest(name=world.name())
    gone(world.operator.clusters.update_cluster(world.cluster(), update), 204)


def clusters__delete_cluster(world: World) -> None:
    gone(world.operator.clusters.delete_cluster(world.cluster()), 202)
    gone(world.operator.clusters.delete_cluster(world.cluster(), force=True), 204)


def clusters__get_cluster_install_info_by_uuid(world: World) -> None:
    answer = world.operator.clusters.get_cluster_install_info_by_uuid(
        world.organisation.a, version="2.24", remote_cluster_url="https://a.example.com"
    )
    assert of(models.ClusterInstallationInfoResponse, answer).installation_str.startswith("#")


def departments__create_department(world: World) -> None:
    assert world.department()


def departments__get_departments(world: World) -> None:
    answer = world.operator.departments.get_departments(
        filter_by=[f"clusterId=={world.organisation.a}"],
        sort_by=models.DepartmentFilterSortFields.NAME,
        verbosity=models.Verbosity.VERBOSE,
        sort_order="asc",
        offset=0,
        limit=500,
    )
    found = of(models.GetDepartments200Response, answer).departments
    (known,) = [one for one in found if one.id == world.organisation.a_department]
    assert world.organisation.a_project in {str(child.id) for child in known.children}


def departments__get_department(world: World) -> None:
    department = world.department()
    found = of(models.DepartmentForList, world.operator.departments.get_department(department))
    assert (found.id, found.children) == (department, [])


def departments__update_department(world: World) -> None:
    update = models.DepartmentUpdateRequest(description="changed", resources=[])
    answer = world.operator.departments.update_department(world.department(), update)
    assert of(models.DepartmentForList, answer).description == "changed"


def departments__delete_department(world: World) -> None:
    gone(world.operator.departments.delete_department(world.department()), 204)


def departments__count_departments(world: World) -> None:
    answer = world.operator.departments.count_departments(filter_by=["name==research"])
    assert of(models.CountResponse, answer).count == 2


def projects__create_project(world: World) -> None:
    assert world.project()


def projects__get_projects(world: World) -> None:
    answer = world.operator.projects.get_projects(
        filter_by=[f"clusterId=={world.organisation.b}"],
        sort_by=models.ProjectFilterSortFields.PARENTNAME,
        sort_order="desc",
        offset=1,
        limit=1,
        search="b-",
    )
    assert (len(answer.data["projects"]), answer.data["next"]) == (1, 2)


def projects__get_project(world: World) -> None:
    answer = world.operator.projects.get_project(world.organisation.a_project)
    project = answer.data
    assert models.ProjectStatus.from_dict(project["status"]).phase == models.ProjectPhase.READY
    assert models.ProjectEffective.from_dict(project["effective"]) is not None
    assert models.DepartmentProjectParent.from_dict(project["parent"]).name == "research"


def projects__update_project(world: World) -> None:
    update = models.ProjectUpdateRequest(description="changed", resources=[])
    answer = world.operator.projects.update_project(world.project(), update)
    assert (answer.status_code, answer.data["description"]) == (200, "changed")


def projects__delete_project(world: World) -> None:
    gone(world.operator.projects.delete_project(world.project()), 202, 204)


def projects__count_projects(world: World) -> None:
    answer = world.operator.projects.count_projects(filter_by=["name=^b-"], search="one")
    assert of(models.CountResponse, answer).count == 1


def settings__get_security_settings(world: World) -> None:
    found = of(models.SettingsGetResponse, world.operator.settings.get_security_settings())
    assert found.browser_session_timeout.idle_timeout > 0


def settings__get_security_setting_by_key(world: World) -> None:
    key = models.SettingsKeyEnum.LOGOUTREDIRECTURI
    found = of(models.LogoutRedirectUriSetting, world.operator.settings.get_security_setting_by_key(key))
    assert found.uri in (None, "https://example.com/out")


def settings__update_security_setting_by_key(world: World) -> None:
    wanted = models.LogoutRedirectUriSetting(uri="https://example.com/out")
    request = models.UpdateSecuritySettingByKeyRequest(wanted)
    key = models.SettingsKeyEnum.LOGOUTREDIRECTURI
    answer = world.operator.settings.update_security_setting_by_key(key, request)
    assert of(models.LogoutRedirectUriSetting, answer) == wanted


def tenant__update_tenant_setting(world: World) -> None:
    request = models.TenantSettingCreationRequest(key="tenant.enable_custom_roles", value=True)
    answer = world.operator.tenant.update_tenant_setting(request)
    assert of(models.TenantSettingCreationResponse, answer).msg == "done"


def tenant__get_tenant_settings(world: World) -> None:
    found = all_of(models.Setting, world.operator.tenant.get_tenant_settings())
    assert {one.key: one.value for one in found}["tenant.enable_custom_roles"] == "true"


def tenant__get_tenant_settings_by_key(world: World) -> None:
    answer = world.operator.tenant.get_tenant_settings_by_key("tenant.enable_custom_roles")
    assert (answer.status_code, answer.data) == (200, True)


def idps__get_idps(world: World) -> None:
    answer = world.operator.idps.get_idps()
    assert (answer.status_code, answer.data) == (200, [])


def idps__get_idp(world: World) -> None:
    with refused(404):
        world.operator.idps.get_idp("oidc")


def idps__get_idp_mappers(world: World) -> None:
    with refused(404):
        world.operator.idps.get_idp_mappers("oidc")


def tokens__grant_token(world: World) -> None:
    account = world.account()
    request = models.TokenRequest(
        grant_type="client_credentials", client_id=account.client_id, client_secret=account.client_secret
    )
    assert of(models.TokenResponse, world.operator.tokens.grant_token(request)).access_token


def tokens__app_token(world: World) -> None:
    account = world.account()
    request = models.AppTokenRequest(
        id=account.client_id, name=account.client_id, secret=account.client_secret
    )
    assert of(models.AppTokenResponse, world.operator.tokens.app_token(request)).access_token


def tokens__grant_token_v2(world: World) -> None:
    """Cannot work: it sends no body."""
    with refused(400) as refusal:
        world.operator.tokens.grant_token_v2("client_credentials", "called", "secret")
    assert "invalid_request" in refusal.body


def span() -> dict[str, datetime]:
    now = datetime.now(UTC)
    return {"start": now - timedelta(hours=1), "end": now + timedelta(hours=1)}


def audit_logs__get_audit_logs(world: World) -> None:
    answer = world.operator.audit_logs.get_audit_logs(
        **span(),
        offset=0,
        number_of_samples=5,
        sort_order="desc",
        sort_by="timestamp",
        filter_by=["result==Succeeded"],
    )
    assert len(of(models.GetAuditLogs200Response, answer).audit_logs) == 5


def audit_logs__download_audit_logs(world: World) -> None:
    asked = {**span(), "number_of_samples": 5, "filter_by": ["entity_type==cluster"]}
    answer = world.operator.audit_logs.download_audit_logs(**asked, file_type="JSON")
    found = all_of(models.AuditLog, answer)
    assert {one.entity_type for one in found} == {"cluster"}
    # Cannot work: it reads every answer as JSON, whatever the answer says that it is.
    with pytest.raises(Exception, match=r"JSON|[Ee]xpecting|content"):
        world.operator.audit_logs.download_audit_logs(**asked)


CALLS: Final[dict[str, Callable[[World], None]]] = {
    name: call
    for name, call in globals().items()
    if re.fullmatch(r"[a-z_]+__[a-z]\w+", name) and callable(call) and not name.startswith("_")
}


# A server of its own, since every method of a client leaves something behind.


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    engine = settings_of(request.param, request)
    with Server(tmp_path_factory.mktemp("every-method") / "var", engine) as running:
        yield running.url


@pytest.fixture(scope="module")
def admin(server: str) -> Iterator[httpx.Client]:
    with sign_in(server) as client:
        yield client


@pytest.fixture(scope="module")
def organisation(admin: httpx.Client) -> Organisation:
    return make_organisation(admin)


@pytest.fixture(scope="module")
def platform(admin: httpx.Client) -> Account:
    return make_platform(admin)


@dataclass
class Person:
    """Somebody with a password of their own, and a token."""

    email: str
    password: str
    token: str


@pytest.fixture(scope="module")
def somebody(admin: httpx.Client) -> Person:
    email = f"{World.name()}@example.org"
    temporary = admin.post("/api/v1/users", json={"email": email}).json()["tempPassword"]
    person = Person(email, f"{temporary} and more", "")
    with httpx.Client(base_url=admin.base_url) as client:

        def token(password: str) -> str:
            form = {"grant_type": "password", "username": email, "password": password}
            return str(client.post("/api/v2/token", data=form).json()["access_token"])

        client.headers["authorization"] = f"Bearer {token(temporary)}"
        change = {"currentPassword": temporary, "newPassword": person.password}
        assert client.post("/api/v1/me/password", json=change).status_code == 200
        person.token = token(person.password)
    return person


@pytest.fixture
def world(
    operator: Client, connect: Connect, platform: Account, somebody: Person, organisation: Organisation
) -> World:
    person = connect(platform.client_id, platform.secret)
    person.api_client.default_headers["authorization"] = f"Bearer {somebody.token}"
    return World(operator, person, organisation, somebody)


@pytest.mark.parametrize("group", sorted({name.partition("__")[0] for name in CALLS}))
def test_each_method_of_a_group_is_answered_as_the_client_expects(group: str, world: World) -> None:
    calls = [call for name, call in CALLS.items() if name.startswith(f"{group}__")]
    assert calls
    for call in calls:
        call(world)


def served(server: str) -> set[tuple[str, str]]:
    paths = httpx.get(f"{server}/api/openapi.json").json()["paths"]
    return {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path)) for path, item in paths.items() for method in item
    }


def methods_of_the_client() -> Iterator[tuple[str, tuple[str, str]]]:
    """Group and method, and what it asks: of the client's source, since deprecated methods hide theirs."""
    for file in Path(runai.api.__path__[0]).glob("*_api.py"):
        for definition in ast.walk(ast.parse(file.read_text())):
            if isinstance(definition, ast.FunctionDef):
                values = {
                    statement.targets[0].id: text_of(statement.value)
                    for statement in definition.body
                    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
                }
                if "resource_path" in values:
                    name = f"{file.stem.removesuffix('_api')}__{definition.name}"
                    yield name, (values["method"], values["resource_path"].replace("_", "-"))


def text_of(value: ast.expr) -> str:
    """The text that an expression begins with; what is put into it is `{}`."""
    for node in ast.walk(value):
        if isinstance(node, ast.JoinedStr):
            return "".join(
                part.value if isinstance(part, ast.Constant) else "{}"  # type: ignore[misc]
                for part in node.values
            )
    return str(value.value) if isinstance(value, ast.Constant) else ""


def test_no_method_that_is_served_is_left_out(server: str) -> None:
    known = served(server)
    methods = {name for name, asked in methods_of_the_client() if asked in known}
    assert len(methods) >= 70
    assert methods - set(CALLS) == set()
    assert set(CALLS) - methods == set()
