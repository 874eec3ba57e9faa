import { Button, Switch } from "@mantine/core";
import { IconDownload, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";

import { api, dataOf } from "~/api/client";
import type { AuditLog as Entry } from "~/api/schema";
import { ListPage } from "~/components/list/ListPage";
import type { ListRequest, ListResult, ListSpec } from "~/components/list/spec";
import { Page } from "~/components/Page";
import { Empty, NoPermission } from "~/components/states";
import { toast } from "~/components/toasts";
import { useHeld, useMay } from "~/features/session/session";
import { fromWire, resolveDates, toWire } from "~/lib/filters";
import { DAY, inFull, relative, when } from "~/lib/time";
import type { View } from "~/lib/view";

import { entryWords } from "./words";
import "../service_accounts/drawer.css";
import "./audit.css";

const LIST_KEY = "audit-log";
const LIVE_MS = 2_000;
const SPANS = [
  { value: "1", label: "Last 24 hours" },
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
  { value: "365", label: "Last year" },
  { value: "all", label: "All time" },
] as const;
const DEFAULT_SPAN = "30";
const FOREVER = "2000-01-01T00:00:00Z";

/** From when to when: whole minutes, so that the same view is the same request for a moment. */
function spanOf(days: string): { start: string; end: string } {
  const end = Math.ceil(Date.now() / 60_000) * 60_000;
  const start = days === "all" ? FOREVER : new Date(end - Number(days) * DAY).toISOString();
  return { start, end: new Date(end).toISOString() };
}

const FILTERS: ListSpec<Entry>["filters"] = [
  {
    field: "action",
    label: "Action",
    kind: "choice",
    options: [
      { value: "create", label: "Create" },
      { value: "update", label: "Update" },
      { value: "delete", label: "Delete" },
      { value: "sign-in", label: "Sign in" },
      { value: "sign-out", label: "Sign out" },
      { value: "reset-password", label: "Reset password" },
    ],
  },
  { field: "subject", label: "Subject", kind: "text" },
  {
    field: "result",
    label: "Result",
    kind: "status",
    options: [
      { value: "Succeeded", label: "Succeeded" },
      { value: "Failed", label: "Failed" },
    ],
  },
  { field: "entity_type", label: "Entity type", kind: "text" },
  { field: "entity_name", label: "Entity name", kind: "text" },
  { field: "source_ip", label: "Source IP", kind: "text" },
];

const auditSpec = (days: string, about: string | undefined, onOpen: (entry: Entry) => void): ListSpec<Entry> => ({
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

export function AuditLog() {
  const may = useMay();
  const held = useHeld();
  const view: View = useSearch({ strict: false });
  const navigate = useNavigate();
  const days = typeof view.days === "string" ? view.days : DEFAULT_SPAN;
  const about = typeof view.about === "string" ? view.about : undefined;
  const [live, setLive] = useState(false);
  const [opened, setOpened] = useState<Entry | null>(null);
  const open = useCallback((entry: Entry) => setOpened(entry), []);
  const spec = useMemo(() => auditSpec(days, about, open), [days, about, open]);
  if (!may("read", "events-history")) {
    return (
      <Page title="Audit log">
        <NoPermission what="the audit log" held={held} roles="System administrator" />
      </Page>
    );
  }
  return (
    <ListPage
      spec={spec}
      onOpen={open}
      openId={opened?.id}
      note={
        <>
          {about && (
            <button type="button" className="link" onClick={() => void navigate({ to: ".", search: (before: View) => ({ ...before, about: undefined }) })}>
              About one entity: show all
            </button>
          )}
          <select
            className="plain-select"
            aria-label="Time"
            value={days}
            onChange={(event) =>
              void navigate({
                to: ".",
                search: (before: View) => ({ ...before, page: undefined, days: event.currentTarget.value }),
              })
            }
          >
            {SPANS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
          <Switch label="Live" checked={live} onChange={(event) => setLive(event.currentTarget.checked)} />
        </>
      }
      primary={
        <Button variant="default" leftSection={<IconDownload size={16} stroke={1.75} />} onClick={() => void download(view, days)}>
          Download
        </Button>
      }
      banner={live && <Live view={view} />}
      drawer={() => opened && <EntryDrawer entry={opened} onClose={() => setOpened(null)} />}
    />
  );
}

const wireFilters = (view: View) =>
  (view.f ?? []).flatMap((text) => {
    const filter = fromWire(text, FILTERS);
    const field = FILTERS.find((one) => one.field === filter?.field);
    return filter && field ? [toWire(resolveDates(filter, field.kind))] : [];
  });

/** What came since the tail was opened, newest first; asked for every two seconds, a bounded number at a time. */
function Live({ view }: { view: View }) {
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
        {tail.data?.map((entry) => {
          const { before, name, after } = entryWords(entry);
          return (
            <li key={entry.id} className="line">
              <time className="meta line-time" dateTime={entry.timestamp}>
                {relative(entry.timestamp)}
              </time>
              <span className="grow cut">
                {before} <b>{name}</b> {after}
              </span>
              <span className="meta">{entry.subject}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function EntryDrawer({ entry, onClose }: { entry: Entry; onClose: () => void }) {
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
    ...Object.entries(entry.metadata),
  ];
  return (
    <aside className="drawer" aria-label="Entry">
      <div className="drawer-tools">
        <button type="button" className="icon-button" aria-label="Close entry" onClick={onClose}>
          <IconX size={16} stroke={1.75} />
        </button>
      </div>
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
    </aside>
  );
}

const MOST = 1_000;

/** The entries of this view as a file, as the API gives them: one JSON object a line. */
async function download(view: View, days: string): Promise<void> {
  try {
    const page = dataOf(
      await api.GET("/api/v1/audit/log", {
        params: { query: {
            ...spanOf(days),
            ...(typeof view.about === "string" ? { entityId: view.about } : {}),
            filterBy: wireFilters(view),
            sortOrder: "desc",
            numberOfSamples: MOST,
          } as never },
      }),
    );
    const text = page.logs.map((entry) => JSON.stringify(entry)).join("\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text + "\n"], { type: "application/x-ndjson" }));
    link.download = `audit-log-${new Date().toISOString().slice(0, 10)}.jsonl`;
    link.click();
    URL.revokeObjectURL(link.href);
    toast(
      page.total > MOST
        ? { tone: "warn", text: `The file has the newest ${MOST} of ${page.total} entries. Filter to get the rest.` }
        : { text: `The file has ${page.logs.length} entries` },
    );
  } catch (error) {
    toast({ tone: "warn", text: error instanceof Error ? error.message : "The file could not be made." });
  }
}
