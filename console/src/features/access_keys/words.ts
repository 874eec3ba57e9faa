import type { AccessKey1 } from "~/api/schema";

/** What a key may less than its person, and where; empty where it may the same. */
export function narrowing({ permissions, scopeId, scopeName }: Pick<AccessKey1, "permissions" | "scopeId" | "scopeName">): string {
  const reads = permissions?.every(({ actions }) => actions.every((action) => action === "read"));
  const what = permissions ? (reads ? "reads only" : "less than its person") : "";
  const where = scopeName ? `in ${scopeName}` : scopeId ? "in a place that is gone" : "";
  return [what, where].filter(Boolean).join(", ");
}
