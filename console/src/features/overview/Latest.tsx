import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { api, dataOf } from "~/api/client";
import { EntryLine } from "~/features/audit/EntryLine";
import { DAY } from "~/lib/time";

export function Latest() {
  const entries = useQuery({
    queryKey: ["overview", "latest"],
    queryFn: async ({ signal }) =>
      dataOf(
        await api.GET("/api/v1/audit/log", {
          signal,
          params: {
            query: {
              start: new Date(Date.now() - 30 * DAY).toISOString(),
              end: new Date(Date.now() + 60_000).toISOString(),
              filterBy: ["action=|create|update|delete|reset-password"],
              sortOrder: "desc",
              numberOfSamples: 6,
            } as never,
          },
        }),
      ).logs,
  });
  return (
    <section>
      <div className="section-head">
        <h2>Latest changes</h2>
        <Link to="/audit-log">Open audit log</Link>
      </div>
      <ul>
        {entries.data?.map((entry) => (
          <EntryLine key={entry.id} entry={entry} />
        ))}
        {entries.data?.length === 0 && <li className="line ink3">Nothing changed in 30 days.</li>}
      </ul>
    </section>
  );
}
