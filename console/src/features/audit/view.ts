/** What the audit log's address says beside its filters: how far back, and about what. */
import type { FilterField } from "~/lib/filters";
import { fromWire, resolveDates, toWire } from "~/lib/filters";
import { DAY } from "~/lib/time";
import { readOrder, type View } from "~/lib/view";

export const SPANS = [
  { value: "1", label: "Last 24 hours" },
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
  { value: "365", label: "Last year" },
  { value: "all", label: "All time" },
] as const;
export const DEFAULT_SPAN = "30";
const FOREVER = "2000-01-01T00:00:00Z";

/** From when to when: whole minutes, so that the same view is the same request for a moment. */
export function spanOf(days: string): { start: string; end: string } {
  const end = Math.ceil(Date.now() / 60_000) * 60_000;
  const start = days === "all" ? FOREVER : new Date(end - Number(days) * DAY).toISOString();
  return { start, end: new Date(end).toISOString() };
}

export const FILTERS: readonly FilterField[] = [
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

export const wireFilters = (view: View) =>
  (view.f ?? []).flatMap((text) => {
    const filter = fromWire(text, FILTERS);
    const field = FILTERS.find((one) => one.field === filter?.field);
    return filter && field ? [toWire(resolveDates(filter, field.kind))] : [];
  });

/** What the log is asked, beside how many: the same for the table, its tail and its file. */
export function asked(view: View, days: string) {
  const about = typeof view.about === "string" ? view.about : undefined;
  const { descending } = readOrder(view.sort ?? "-timestamp");
  return {
    ...spanOf(days),
    ...(about ? { entityId: about } : {}),
    filterBy: wireFilters(view),
    sortOrder: descending ? ("desc" as const) : ("asc" as const),
  };
}
