/** What happened last to an account, and with it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import type { ServiceAccount } from "~/api/schema";
import { EntryLine } from "~/features/audit/EntryLine";

import { activityQuery, secretsQuery } from "./queries";

export function Activity({ account }: { account: ServiceAccount }) {
  const entries = useQuery(activityQuery(account.id));
  const secrets = useQuery(secretsQuery(account.id));
  const tail = (id: string | undefined) => secrets.data?.find((secret) => secret.id === id)?.tail;
  return (
    <section>
      <div className="section-head">
        <h3>Recent activity</h3>
        <Link to="/audit-log" search={{ about: account.id, days: "all" }}>
          Open in audit log
        </Link>
      </div>
      <ul>
        {entries.data?.map((entry) => {
          const secret = tail(entry.metadata.secretId ?? entry.metadata.credentialId);
          return (
            <EntryLine
              key={entry.id}
              entry={entry}
              more={secret && <span className="ink3"> (ksk_…{secret})</span>}
              end={entry.action === "sign-in" ? (entry.source_ip ?? "") : entry.subject}
            />
          );
        })}
        {entries.data?.length === 0 && <li className="line ink3">Nothing yet.</li>}
      </ul>
    </section>
  );
}
