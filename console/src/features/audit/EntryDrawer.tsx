/** An entry beside the log, with everything that is known of it. */
import type { AuditLog as Entry } from "~/api/schema";
import { Drawer } from "~/components/Drawer";
import { inFull } from "~/lib/time";

import { entryWords, factWords } from "./words";

export function EntryDrawer({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const { before, name, after } = entryWords(entry);
  const facts: [string, string | number | null | undefined][] = [
    ["Subject", `${entry.subject} (${entry.subject_type})`],
    ["Date & time", inFull(entry.timestamp)],
    ["Event", entry.action],
    ["Event ID", entry.id],
    ["Status", `${entry.result}, ${entry.http_status_code}`],
    ["Entity type", entry.entity_type],
    ["Entity name", entry.entity_name],
    ["Entity ID", entry.entity_id],
    ["Source IP", entry.source_ip],
    ["URL", entry.url],
    ["HTTP method", entry.http_method],
    ["Request", entry.request_id],
    ["Cluster", entry.cluster_name],
    ...Object.entries(entry.metadata).map(([key, value]): [string, string] => [factWords(key), value]),
  ];
  return (
    <Drawer label="Entry" closeLabel="Close entry" rowId={entry.id} onClose={onClose}>
      <header className="drawer-head">
        <h2>
          {before} {name} {after}
        </h2>
      </header>
      <dl className="drawer-body facts">
        {facts
          .filter(([, value]) => value !== null && value !== undefined && value !== "")
          .map(([label, value]) => (
            <div key={label} className="fact">
              <dt className="ink3">{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </Drawer>
  );
}
