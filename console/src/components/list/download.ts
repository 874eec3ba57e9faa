/** The file of a view: the rows that the filters, the search and the order give, in the columns that are shown. */
import { Problem, problemOf } from "~/api/client";
import { toast } from "~/components/toasts";
import type { Chosen } from "~/lib/columns";
import { count, number } from "~/lib/time";

import type { ListRequest, ListSpec } from "./spec";

export async function download<Row>(
  spec: ListSpec<Row>,
  { filterBy = [], search, sortBy, sortOrder }: ListRequest,
  columns: readonly Chosen[],
): Promise<void> {
  const { csv } = spec;
  if (!csv) return;
  const query = new URLSearchParams({ sortBy, sortOrder, total: "exact" });
  filterBy.forEach((filter) => query.append("filterBy", filter));
  if (search) query.set("search", search);
  const wanted = columns.filter((column) => column.shown).flatMap(({ id }) => csv.columnNames[id] ?? []);
  if (wanted.length) query.set("columns", wanted.join(","));
  const close = toast({ text: "Preparing the file…", busy: true });
  try {
    const answer = await fetch(`${csv.path}?${query}`, { headers: { accept: "text/csv" } });
    if (!answer.ok) throw await problemOf(answer);
    const cut = Number(answer.headers.get("x-truncated-at") ?? 0);
    const total = Number(answer.headers.get("x-total-count") ?? 0);
    save(await answer.blob(), `${spec.id}-${new Date().toISOString().slice(0, 10)}.csv`);
    close();
    if (cut) {
      toast({
        tone: "warn",
        text: `CSV has the first ${number.format(cut)} of ${number.format(total)} rows. Filter to get the rest.`,
      });
    } else toast({ text: `CSV has ${count(total, "row", "rows")}` });
  } catch (error) {
    close();
    toast({ tone: "warn", text: error instanceof Problem ? error.message : "The file could not be downloaded." });
  }
}

function save(file: Blob, name: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
