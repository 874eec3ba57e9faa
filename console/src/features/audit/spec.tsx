/** The table of the audit log: its columns, where its entries come from. */
import { api } from "~/api/client";
import type { AuditLog as Entry } from "~/api/schema";
import type { ListRequest, ListResult, ListSpec } from "~/components/list/spec";
import { Empty } from "~/components/states";
import { inFull, when } from "~/lib/time";

import { FILTERS, spanOf } from "./view";
import { entryWords } from "./words";

export const LIST_KEY = "audit-log";
export const auditSpec = (days: string, about: string | undefined, onOpen: (entry: Entry) => void): ListSpec<Entry> => ({
  id: LIST_KEY,
  key: [days, about ?? ""],
  title: "Audit log",
  noun: { one: "entry", many: "entries" },
  searchable: false,
  columns: [
    {
      id: "timestamp",
      header: "Date & time",
      width: 150,
      sort: "timestamp",
      phone: "meta",
      cell: ({ timestamp }) => (
        <time dateTime={timestamp} data-tip={inFull(timestamp)}>
          {when(timestamp)}
        </time>
      ),
    },
    {
      id: "event",
      header: "Event",
      width: 320,
      grows: true,
      phone: "title",
      cell: (entry) => {
        const { before, name, after } = entryWords(entry);
        return (
          <button type="button" className="plain cut" tabIndex={-1} onClick={() => onOpen(entry)}>
            {before} <b>{name}</b> {after}
          </button>
        );
      },
    },
    {
      id: "subject",
      header: "Subject",
      width: 190,
      sort: "subject",
      phone: "sub",
      cell: ({ subject, subject_type }) => (
        <>
          <span className="cut">{subject}</span>
          {subject_type === "App" && <span className="meta">App</span>}
        </>
      ),
    },
    { id: "source_ip", header: "Source IP", width: 130, sort: "source_ip", cell: ({ source_ip, metadata }) => source_ip ?? metadata.sourceIp ?? "" },
    {
      id: "result",
      header: "Result",
      width: 110,
      sort: "result",
      cell: ({ result }) => (result === "Failed" ? <span className="brass">Failed</span> : <span className="ink2">Succeeded</span>),
    },
    { id: "entity_type", header: "Entity type", width: 130, sort: "entity_type", optional: true, cell: (entry) => entry.entity_type },
    { id: "entity_id", header: "Entity ID", width: 290, optional: true, cell: (entry) => <code className="cut">{entry.entity_id}</code> },
    { id: "http", header: "Status", width: 80, optional: true, numeric: true, cell: (entry) => entry.http_status_code },
  ],
  filters: FILTERS,
  defaultSort: "-timestamp",
  rowId: ({ id }) => id,
  rowName: (entry) => Object.values(entryWords(entry)).join(" "),
  load: async ({ filterBy, sortBy, sortOrder, limit, offset }: ListRequest, signal: AbortSignal): Promise<ListResult<Entry>> => {
    const { data, response } = await api.GET("/api/v1/audit/log", {
      signal,
      params: {
        query: {
          ...spanOf(days),
          ...(about ? { entityId: about } : {}),
          filterBy,
          sortBy,
          sortOrder,
          numberOfSamples: limit,
          offset,
        } as never,
      },
    });
    return {
      rows: data?.logs ?? [],
      total: data?.total ?? 0,
      exact: response.headers.get("x-total-count-exact") !== "false",
    };
  },
  empty: <Empty title="No entries in this time" what="Every change and every sign-in is written here. Choose a longer time." />,
});
