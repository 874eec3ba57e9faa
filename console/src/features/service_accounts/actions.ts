/** What is done to service accounts. The table is told what changed once the server has said so. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

import { api, Problem } from "~/api/client";
import type { ServiceAccount } from "~/api/schema";
import type { ListResult } from "~/components/list/spec";
import { toast } from "~/components/toasts";
import { each } from "~/lib/each";
import { count } from "~/lib/time";

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

const byId = (id: string) => ({ params: { path: { serviceAccountId: id } } });

/** Enables or disables, several at a time; afterwards offers the way back where there is one account's worth of it. */
export function useSetEnabled() {
  const queries = useQueryClient();
  const refresh = useRefreshAccounts();
  return useCallback(
    async function set(accounts: readonly ServiceAccount[], enabled: boolean, undoable = true): Promise<void> {
      const failures = await each(accounts, async ({ id }) => {
        await api.PATCH("/api/v1/service-accounts/{serviceAccountId}", { ...byId(id), body: { enabled } });
        queries.setQueriesData<ListResult<ServiceAccount>>({ queryKey: [LIST_KEY, "list"] }, (list) =>
          list && { ...list, rows: list.rows.map((row) => (row.id === id ? { ...row, enabled } : row)) },
        );
      });
      await refresh();
      const done = accounts.filter((account) => !failures.some((failure) => failure.item === account));
      say(done, failures, enabled ? "enabled" : "disabled", undoable ? () => void set(done, !enabled, false) : undefined);
    },
    [queries, refresh],
  );
}

export function useDelete() {
  const queries = useQueryClient();
  return useCallback(
    async (accounts: readonly ServiceAccount[]) => {
      const failures = await each(accounts, ({ id }) =>
        api.DELETE("/api/v1/service-accounts/{serviceAccountId}", byId(id)),
      );
      const done = accounts.filter((account) => !failures.some((failure) => failure.item === account));
      // What is gone is not asked for its secrets and rules again; a page that shows it still hears that it is gone.
      const gone = done.map(({ id }) => ({ queryKey: ["account", id], exact: true }));
      const lists = [LIST_KEY, "overview", "access-rules"].map((key) => ({ queryKey: [key] }));
      await Promise.all([...lists, ...gone].map((which) => queries.invalidateQueries(which)));
      say(done, failures, "deleted");
    },
    [queries],
  );
}

interface Failure {
  item: ServiceAccount;
  error: unknown;
}

function say(done: readonly ServiceAccount[], failures: readonly Failure[], verb: string, undo?: () => void) {
  const [only] = done;
  if (done.length) {
    const what = done.length === 1 && only ? only.name : count(done.length, "account", "accounts");
    toast({ text: `${what} ${verb}`, ...(undo ? { action: { label: "Undo", run: undo } } : {}) });
  }
  const [first] = failures;
  if (first) {
    const why = first.error instanceof Problem ? first.error.message : "The server did not answer.";
    const more = failures.length > 1 ? ` ${failures.length - 1} more failed.` : "";
    toast({ tone: "warn", text: `${first.item.name} not ${verb}: ${why}${more}` });
  }
}
