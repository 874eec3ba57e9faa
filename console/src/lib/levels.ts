/** The organisation's four levels, in words. */

export const LEVEL_WORD: Record<string, string> = {
  system: "System",
  tenant: "Tenant",
  cluster: "Cluster",
  department: "Department",
  project: "Project",
};

/** What lies right below a place of this level: one, and many. */
export const BELOW: Record<string, readonly [one: string, many: string] | undefined> = {
  tenant: ["cluster", "clusters"],
  cluster: ["department", "departments"],
  department: ["project", "projects"],
};

/** The names above a place, the tenant's first: "keystead / atlas" of "keystead/atlas/vision". */
export const namesAbove = (scopePath: string) => scopePath.split("/").slice(0, -1).join(" / ");
