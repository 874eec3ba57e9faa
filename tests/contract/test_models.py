"""runapy's models read every answer: they refuse a wrong type, a null where there is none, an unknown member."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from runai import models

from tests.contract.client import Client, SynchronousClient, configuration
from tests.contract.ground import L1_RESEARCHER, Account, Organisation


@pytest.fixture
def operator(server: str, platform: Account) -> Iterator[Client]:
    with SynchronousClient(configuration(server, platform.client_id, platform.secret)) as client:
        yield client


@pytest.fixture
def caller(server: str, pipeline: Account) -> Iterator[Client]:
    """The pipeline itself."""
    with SynchronousClient(configuration(server, pipeline.client_id, pipeline.secret)) as client:
        yield client


def is_recent(moment: datetime) -> bool:
    return abs(datetime.now(UTC) - moment) < timedelta(minutes=5)


def test_service_accounts(operator: Client, pipeline: Account) -> None:
    listed = [
        models.ServiceAccount.from_dict(one) for one in operator.service_accounts.get_service_accounts().data
    ]
    found = {account.name: account for account in listed}[pipeline.client_id]
    one = operator.service_accounts.get_service_account_by_id(pipeline.id).data
    assert models.ServiceAccount.from_dict(one) == found
    assert found.client_id == pipeline.client_id
    assert found.created_by == "admin@keystead.local"
    assert found.tenant_id == "1"
    assert found.enabled is True
    assert found.last_login is None
    assert is_recent(found.created_at)
    assert found.updated_at >= found.created_at


def test_access_rules(operator: Client, pipeline: Account, organisation: Organisation) -> None:
    answer = operator.access_rules.get_access_rules(subject_ids=[pipeline.client_id], limit=2)
    page = models.GetAccessRules200Response.from_dict(answer.data)
    assert (page.total_records, page.display_records) == (3, 2)
    assert "next" not in answer.data
    in_cluster, in_project = page.access_rules
    assert in_cluster.scope_type == models.ScopeType.CLUSTER
    assert in_cluster.scope_id == in_cluster.cluster_id == organisation.a
    assert in_project.scope_id == organisation.b_projects[0]
    assert in_project.cluster_id == organisation.b
    assert in_project.subject_type == models.SubjectType.SERVICE_MINUS_ACCOUNT
    assert in_project.tenant_id == 1
    assert in_project.status.phase == models.AccessRulePhase.READY

    by_id = models.AccessRuleById.from_dict(operator.access_rules.get_access_rule(in_project.id).data)
    assert by_id.scope_path == "keystead/cluster-b/research/b-one"
    assert by_id.role_name == "L1 researcher"


def test_a_rule_above_clusters_has_none(operator: Client, platform: Account) -> None:
    rule = models.AccessRuleById.from_dict(operator.access_rules.get_access_rule(platform.rule_ids[0]).data)
    assert rule.cluster_id is None
    assert (rule.scope_type, rule.scope_id) == (models.ScopeType.TENANT, "1")
    assert rule.scope_path == rule.scope_name


def test_ones_own_access_rules(caller: Client, pipeline: Account) -> None:
    own = models.MeAccessRulesResponse.from_dict(caller.me.get_me_access_rules().data).access_rules
    assert (own.total_records, own.display_records) == (3, 3)
    assert [rule.id for rule in own.access_rules] == list(pipeline.rule_ids)
    assert models.CountAccessRules200Response.from_dict(caller.me.count_me_access_rules().data).count == 3


def test_roles(operator: Client) -> None:
    answer = operator.roles.get_roles_v1().data
    roles = {role.id: role for role in map(models.RoleV1.from_dict, answer)}
    assert len(roles) == 17
    assert roles[L1_RESEARCHER].name == "L1 researcher"
    for role in roles.values():
        assert [one.resource_type for one in role.permissions] == list(models.ResourceType)
        assert role.custom is False
    assert models.RoleV1.from_dict(operator.roles.get_role_v1(L1_RESEARCHER).data) == roles[L1_RESEARCHER]


def test_permissions(caller: Client) -> None:
    found = {
        one.resource_type.value: [action.value for action in one.actions]
        for one in map(models.Permission.from_dict, caller.permissions.get_permissions().data)
    }
    assert set(found) == {resource.value for resource in models.ResourceType}
    assert found["workspaces"] == ["create", "read", "update", "delete"]
    assert found["project"] == ["read"]
    assert found["department"] == []


def test_permitted_scopes(caller: Client, operator: Client, organisation: Organisation) -> None:
    request = models.GetPermittedScopesRequest(resource_type="workspaces", action="create")
    actions = models.PermittedScopesActions.from_dict(caller.permissions.get_permitted_scopes(request).data)
    for scopes in (actions.create, actions.read, actions.update, actions.delete):
        assert scopes.clusters == [organisation.a]
        assert set(scopes.projects) == set(organisation.b_projects[:2])
        assert scopes.departments == scopes.tenants == []
        assert scopes.tenant is None
    of_all = models.PermittedScopesActions.from_dict(operator.permissions.get_permitted_scopes(request).data)
    assert (of_all.read.tenants, of_all.read.tenant, of_all.read.system) == (["1"], "1", False)


def test_clusters(operator: Client, organisation: Organisation) -> None:
    created = operator.clusters.create_cluster(
        models.ClusterCreationRequest(name="cluster-c", domain="https://c.example", version="2.24.1")
    )
    assert created.status_code == 201
    cluster = models.DisplayedCluster.from_dict(created.data)
    listed = [models.DisplayedCluster.from_dict(one) for one in operator.clusters.get_clusters().data]
    assert [one.name for one in listed][:2] == ["cluster-a", "cluster-b"]
    assert cluster in listed
    one = operator.clusters.get_cluster_by_uuid(cluster.uuid).data
    assert models.DisplayedCluster.from_dict(one) == cluster
    bare = operator.clusters.get_cluster_by_uuid(cluster.uuid, verbosity="metadata").data
    assert models.DisplayedCluster.from_dict(bare).status is None
    assert (cluster.tenant_id, cluster.domain, cluster.version) == (1, "https://c.example", "2.24.1")
    assert is_recent(cluster.created_at)
    assert operator.clusters.delete_cluster(cluster.uuid, force=True).status_code == 204


def test_departments(operator: Client, organisation: Organisation) -> None:
    request = models.DepartmentCreationRequest(
        name="operations",
        cluster_id=organisation.b,
        description="Nights and weekends",
        resources=[models.ResourcesNullable(node_pool=models.ResourcesNodePool(id="1", name="default"))],
    )
    made = operator.departments.create_department(request)
    assert made.status_code == 201
    department = models.DepartmentForList.from_dict(made.data)
    page = models.GetDepartments200Response.from_dict(
        operator.departments.get_departments(filter_by=[f"clusterId=={organisation.b}"], limit=1).data
    )
    assert [one.name for one in page.departments] == ["research"]
    assert page.next == 1
    assert (
        models.DepartmentForList.from_dict(operator.departments.get_department(department.id).data)
        == department
    )
    assert department.description == "Nights and weekends"
    assert department.cluster_id == organisation.b
    assert operator.departments.delete_department(department.id).status_code == 204


def test_projects(operator: Client, organisation: Organisation) -> None:
    """Nothing of runapy's fits a project: that model describes metrics. What it sends is taken all the same."""
    request = models.ProjectCreationRequest(
        name="b-four", cluster_id=organisation.b, parent_id=organisation.b_department, resources=[]
    )
    made = operator.projects.create_project(request)
    assert made.status_code == 201
    project: dict[str, Any] = made.data
    assert (project["name"], project["parentId"]) == ("b-four", organisation.b_department)
    with pytest.raises(ValidationError, match="metadata"):
        models.Project.from_dict(project)
    page = operator.projects.get_projects(sort_by=models.ProjectFilterSortFields.CREATEDAT, limit=2).data
    assert (len(page["projects"]), page["next"]) == (2, 2)
    assert operator.projects.delete_project(project["id"]).status_code in (202, 204)


def test_a_project_may_be_made_without_a_parent(operator: Client, organisation: Organisation) -> None:
    request = models.ProjectCreationRequest(name="orphan", cluster_id=organisation.a, resources=[])
    project = operator.projects.create_project(request).data
    assert project["parentId"]
    assert operator.projects.delete_project(project["id"]).status_code in (202, 204)
    assert operator.departments.delete_department(project["parentId"]).status_code == 204


def test_the_audit_log(operator: Client, pipeline: Account, caller: Client) -> None:
    now = datetime.now(UTC)
    answer = operator.audit_logs.get_audit_logs(
        start=now - timedelta(hours=1),
        end=now + timedelta(hours=1),
        number_of_samples=1000,
        sort_order="asc",
        filter_by=[f"entity_name=@{pipeline.client_id}", "result==Succeeded"],
    )
    entries = models.GetAuditLogs200Response.from_dict(answer.data).audit_logs
    mine = [entry for entry in entries if entry.entity_id == pipeline.id]
    assert [(entry.subject_type, entry.action) for entry in mine] == [("User", "create"), ("App", "sign-in")]
    assert mine[1].subject == pipeline.client_id
    assert {entry.tenant_id for entry in entries} == {"1"}
    given = [entry for entry in entries if entry.entity_type == "access-rule" and entry.action == "create"]
    assert [entry.cluster_name for entry in given[-3:]] == ["cluster-a", "cluster-b", "cluster-b"]
    assert {entry.metadata["role"] for entry in given} == {"L1 researcher"}
