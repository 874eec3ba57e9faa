/** What is done to places: each level has endpoints of its own. */
import { useQueryClient } from "@tanstack/react-query";

import { api, dataOf } from "~/api/client";
import type { OrgUnitNode } from "~/api/schema";

export function useRefreshTree() {
  const queries = useQueryClient();
  return () =>
    Promise.all([["tree"], ["scope"], ["service-accounts"], ["access-rules"]].map((queryKey) => queries.invalidateQueries({ queryKey })));
}

/** The cluster that a place lies in: departments and projects are made with its id. */
async function clusterOf(parent: OrgUnitNode): Promise<string> {
  if (parent.scopeType === "cluster") return parent.scopeId;
  const department = dataOf(
    await api.GET("/api/v1/org-unit/departments/{departmentId}", { params: { path: { departmentId: parent.scopeId } } }),
  );
  return department.clusterId;
}

export async function make(parent: OrgUnitNode, name: string): Promise<void> {
  if (parent.scopeType === "tenant") {
    await api.POST("/api/v1/clusters", { body: { name } });
    return;
  }
  const clusterId = await clusterOf(parent);
  if (parent.scopeType === "cluster") await api.POST("/api/v1/org-unit/departments", { body: { name, clusterId, resources: [] } });
  else await api.POST("/api/v1/org-unit/projects", { body: { name, clusterId, parentId: parent.scopeId, resources: [] } });
}

/** Replaces the name alone: the rest is given back as it was read. */
export async function rename({ scopeType, scopeId }: OrgUnitNode, name: string): Promise<void> {
  if (scopeType === "cluster") {
    await api.PUT("/api/v1/clusters/{clusterUuid}", { params: { path: { clusterUuid: scopeId } }, body: { name } });
  } else if (scopeType === "department") {
    const params = { path: { departmentId: scopeId } };
    const { id: _id, ...kept } = dataOf(await api.GET("/api/v1/org-unit/departments/{departmentId}", { params }));
    await api.PUT("/api/v1/org-unit/departments/{departmentId}", { params, body: { ...kept, name } as never });
  } else {
    const params = { path: { projectId: scopeId } };
    const { id: _id, ...kept } = dataOf(await api.GET("/api/v1/org-unit/projects/{projectId}", { params }));
    await api.PUT("/api/v1/org-unit/projects/{projectId}", { params, body: { ...kept, name } as never });
  }
}

export async function remove({ scopeType, scopeId }: OrgUnitNode, cascade: boolean): Promise<void> {
  const query = { cascade };
  if (scopeType === "cluster") await api.DELETE("/api/v1/clusters/{clusterUuid}", { params: { path: { clusterUuid: scopeId }, query } });
  else if (scopeType === "department") {
    await api.DELETE("/api/v1/org-unit/departments/{departmentId}", { params: { path: { departmentId: scopeId }, query } });
  } else await api.DELETE("/api/v1/org-unit/projects/{projectId}", { params: { path: { projectId: scopeId }, query } });
}
