import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api, dataOf } from "~/api/client";
import { DAY } from "~/lib/time";
import type { View } from "~/lib/view";

import { EntryLine } from "./EntryLine";
import { LIST_KEY } from "./spec";
import { wireFilters } from "./view";

const LIVE_MS = 2_000;

/** What came since the tail was opened, newest first; asked for every two seconds, a bounded number at a time. */
export function Live({ view }: { view: View }) {
  const [since] = useState(() => new Date().toISOString());
  const filterBy = wireFilters(view);
  const tail = useQuery({
    queryKey: [LIST_KEY, "live", since, filterBy],
    refetchInterval: LIVE_MS,
    queryFn: async ({ signal }) =>
      dataOf(
        await api.GET("/api/v1/audit/log", {
          signal,
          params: {
            query: {
              start: since,
              end: new Date(Date.now() + DAY).toISOString(),
              filterBy,
              sortOrder: "desc",
              numberOfSamples: 50,
            } as never,
          },
        }),
      ).logs,
  });
  return (
    <section className="live" aria-label="Live" aria-live="polite">
      {tail.error && <p className="brass">{tail.error.message} It is asked again.</p>}
      {tail.data?.length === 0 && <p className="ink3">Waiting for what happens. New entries appear here.</p>}
      <ul>
        {tail.data?.map((entry) => (
          <EntryLine key={entry.id} entry={entry} ago />
        ))}
      </ul>
    </section>
  );
}
