import { api, dataOf } from "~/api/client";

const path = (id: string) => ({ path: { serviceAccountId: id } });

export const accountQuery = (id: string) => ({
  queryKey: ["account", id],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    dataOf(await api.GET("/api/v1/service-accounts/{serviceAccountId}", { signal, params: path(id) })),
});

export const secretsQuery = (id: string) => ({
  queryKey: ["account", id, "secrets"],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    dataOf(await api.GET("/api/v1/service-accounts/{serviceAccountId}/secrets", { signal, params: path(id) })).secrets,
});

export const usageQuery = (id: string) => ({
  queryKey: ["account", id, "usage"],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    dataOf(await api.GET("/api/v1/service-accounts/{serviceAccountId}/usage", { signal, params: path(id) })),
});

export const rulesQuery = (id: string, clientId: string) => ({
  queryKey: ["account", id, "rules"],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    dataOf(
      await api.GET("/api/v1/authorization/access-rules", {
        signal,
        params: { query: { subjectType: "service-account", subjectId: clientId, limit: 500, sortBy: "createdAt" } },
      }),
    ).accessRules,
});

export const activityQuery = (id: string) => ({
  queryKey: ["account", id, "activity"],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    dataOf(
      await api.GET("/api/v1/audit/log", {
        signal,
        params: {
          query: {
            start: "2000-01-01T00:00:00Z",
            end: new Date().toISOString(),
            entityId: id,
            numberOfSamples: 12,
            sortOrder: "desc",
          },
        },
      }),
    ).logs,
});
