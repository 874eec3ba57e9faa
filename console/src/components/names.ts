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

const MOST_PLACES = 100;

/** Places by their ids, those that the person may see: one request for all of them (for each hundred). */
export function usePlaces(ids: readonly string[]): ReadonlyMap<string, OrgUnitNode> {
  const wanted = [...new Set(ids)].toSorted();
  const starts = Array.from({ length: Math.ceil(wanted.length / MOST_PLACES) }, (_, at) => at * MOST_PLACES);
  return useQueries({
    queries: starts.map((start) => placesQuery(wanted.slice(start, start + MOST_PLACES))),
    combine: placesById,
  });
}

const placesQuery = (scopeId: string[]) => ({
  queryKey: ["scope", scopeId],
  staleTime: 300_000,
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    dataOf(await api.GET("/api/v1/org-unit/tree", { signal, params: { query: { scopeId } } })).nodes,
});

const placesById = (answers: readonly { data?: readonly OrgUnitNode[] | undefined }[]) =>
  new Map(answers.flatMap(({ data }) => data ?? []).map((node) => [node.scopeId, node]));

/** The names of a filter's values, where its values are ids. */
export function useNames(field: FilterField, values: readonly string[]): ReadonlyMap<string, string> {
  const roles = useRoles();
  const places = usePlaces(field.kind === "scope" ? values : []);
  return useMemo(() => {
    const names = new Map<string, string>();
    if (field.kind === "role") roles.forEach((role) => names.set(String(role.id), role.name));
    places.forEach(({ scopeName }, scopeId) => names.set(scopeId, scopeName));
    return names;
  }, [field.kind, roles, places]);
}
