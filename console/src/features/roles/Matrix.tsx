/** What a role gives: kinds of things by the four actions. */
import { IconCheck } from "@tabler/icons-react";

import type { RolePermission } from "~/api/schema";
import { useKinds } from "~/features/access_rules/Why";

import "./matrix.css";

export const COLUMNS = [
  { action: "read", label: "View" },
  { action: "update", label: "Edit" },
  { action: "create", label: "Create" },
  { action: "delete", label: "Delete" },
] as const;

const GROUPS: Record<string, string> = {
  iam: "Access",
  organization: "Organisation",
  "physical-resource": "Clusters",
  workload: "Workloads",
  "workload-asset": "Workload assets",
  dashboard: "Dashboards",
};

export function Matrix({ permissions }: { permissions: readonly RolePermission[] }) {
  const kinds = useKinds();
  const given = new Map(permissions.map(({ resourceType, actions }) => [resourceType, actions]));
  const groups = [...new Set(kinds.map((kind) => kind.groupId))];
  return (
    <table className="matrix">
      <caption className="visually-hidden">What the role gives</caption>
      <thead>
        <tr>
          <th scope="col">Entity</th>
          {COLUMNS.map(({ label }) => (
            <th key={label} scope="col">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      {groups.map((group) => {
        const rows = kinds.filter((kind) => kind.groupId === group && given.get(kind.resourceType)?.length);
        if (rows.length === 0) return null;
        return (
          <tbody key={group}>
            <tr>
              <th scope="rowgroup" colSpan={5} className="matrix-group">
                {GROUPS[group] ?? group}
              </th>
            </tr>
            {rows.map(({ resourceType, displayName }) => (
              <tr key={resourceType}>
                <th scope="row">
                  {displayName} <span className="meta">{resourceType}</span>
                </th>
                {COLUMNS.map(({ action, label }) => {
                  const has = given.get(resourceType)?.includes(action);
                  return (
                    <td key={action}>
                      {has ? (
                        <IconCheck size={16} stroke={2} color="var(--ks-ok)" role="img" aria-label={`${label}: yes`} />
                      ) : (
                        <span className="visually-hidden">no</span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        );
      })}
    </table>
  );
}
