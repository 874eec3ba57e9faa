/** What ids are called: roles, held whole, and places, asked for when a link names them. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { api, dataOf } from "~/api/client";
import type { OrgUnitNode, Role } from "~/api/schema";
import { useMay } from "~/features/session/session";
import type { FilterField } from "~/lib/filters";

const MOST_ROLES = 500;
const NONE: readonly Role[] = [];

export function useRoles(): readonly Role[] {
  const mayRead = useMay()("read", "roles");
  const roles = useQuery({
    queryKey: ["roles", "all"],
    enabled: mayRead,
    staleTime: 60_000,
    queryFn: async ({ signal }) =>
      dataOf(
        await api.GET("/api/v2/authorization/roles", { signal, params: { query: { limit: MOST_ROLES, sortBy: "name" } } }),
      ).roles,
  });
  return roles.data ?? NONE;
}

export const scopeQuery = (scopeId: string) => ({
  queryKey: ["scope", scopeId],
  staleTime: 300_000,
  queryFn: async ({ signal }: { signal: AbortSignal }): Promise<OrgUnitNode | null> =>
    dataOf(await api.GET("/api/v1/org-unit/tree", { signal, params: { query: { scopeId } } })).nodes[0] ?? null,
});

/** The names of a filter's values, where its values are ids. */
export function useNames(field: FilterField, values: readonly string[]): ReadonlyMap<string, string> {
  const roles = useRoles();
  const places = useQueries({ queries: field.kind === "scope" ? values.map((value) => scopeQuery(value)) : [] });
  return useMemo(() => {
    const names = new Map<string, string>();
    if (field.kind === "role") roles.forEach((role) => names.set(String(role.id), role.name));
    places.forEach(({ data }) => data && names.set(data.scopeId, data.scopeName));
    return names;
  }, [field.kind, roles, places]);
}
