/** What is done to service accounts. The table is told what changed once the server has said so. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

import { api } from "~/api/client";
import type { ServiceAccount } from "~/api/schema";
import { doEach } from "~/components/doEach";
import type { ListResult } from "~/components/list/spec";

import { LIST_KEY } from "./spec";

/** Every list, count and detail of accounts is asked for again. */
export function useRefreshAccounts() {
  const queries = useQueryClient();
  return useCallback(async () => {
    await Promise.all(
      [[LIST_KEY], ["account"], ["overview"], ["access-rules"]].map((queryKey) => queries.invalidateQueries({ queryKey })),
    );
  }, [queries]);
}

const TOLD = { noun: { one: "account", many: "accounts" }, nameOf: ({ name }: ServiceAccount) => name };
const byId = (id: string) => ({ params: { path: { serviceAccountId: id } } });

/** Enables or disables, several at a time; afterwards offers the way back where there is one account's worth of it. */
export function useSetEnabled() {
  const queries = useQueryClient();
  const refresh = useRefreshAccounts();
  return useCallback(
    async function set(accounts: readonly ServiceAccount[], enabled: boolean, undoable = true): Promise<void> {
      const undo = undoable ? (done: readonly ServiceAccount[]) => void set(done, !enabled, false) : undefined;
      await doEach(accounts, { ...TOLD, verb: enabled ? "enabled" : "disabled", refresh, undo }, async ({ id }) => {
        await api.PATCH("/api/v1/service-accounts/{serviceAccountId}", { ...byId(id), body: { enabled } });
        queries.setQueriesData<ListResult<ServiceAccount>>({ queryKey: [LIST_KEY, "list"] }, (list) =>
          list && { ...list, rows: list.rows.map((row) => (row.id === id ? { ...row, enabled } : row)) },
        );
      });
    },
    [queries, refresh],
  );
}

export function useDelete() {
  const queries = useQueryClient();
  return useCallback(
    (accounts: readonly ServiceAccount[]) => {
      // What is gone is not asked for its secrets and rules again; a page that shows it still hears that it is gone.
      const refresh = (done: readonly ServiceAccount[]) => {
        const gone = done.map(({ id }) => ({ queryKey: ["account", id], exact: true }));
        const lists = [LIST_KEY, "overview", "access-rules"].map((key) => ({ queryKey: [key] }));
        return Promise.all([...lists, ...gone].map((which) => queries.invalidateQueries(which)));
      };
      return doEach(accounts, { ...TOLD, verb: "deleted", refresh }, ({ id }) =>
        api.DELETE("/api/v1/service-accounts/{serviceAccountId}", byId(id)),
      );
    },
    [queries],
  );
}
