/** An entry of the audit log as a sentence: what happened, to what. */
import type { AuditLog } from "~/api/schema";
import { capital } from "~/lib/words";

const THINGS: Record<string, string> = {
  "service-account": "Service account",
  "access-rule": "Access rule",
  "access-key": "Access key",
  "signing-key": "Signing key",
  "master-key": "Master key",
  user: "User",
  role: "Role",
  tenant: "Tenant",
  cluster: "Cluster",
  department: "Department",
  project: "Project",
  session: "Session",
  "security-setting": "Security setting",
};

const DONE: Record<string, string> = {
  create: "created",
  update: "changed",
  delete: "deleted",
  "sign-in": "signed in",
  "sign-out": "signed out",
  "reset-password": "password reset",
};

/** `before` and `after` stand around the name. */
export interface EntryWords {
  before: string;
  name: string;
  after: string;
}

export function entryWords(entry: AuditLog): EntryWords {
  const { metadata, action, entity_type: type, entity_name: name } = entry;
  const thing = THINGS[type] ?? capital(type.replace(/[-_]/g, " "));
  if (action === "sign-in") return { before: entry.result === "Failed" ? "Sign-in failed:" : "Signed in:", name, after: "" };
  if (action === "sign-out") return { before: "Signed out:", name, after: "" };
  if (type === "access-rule" && metadata.role) {
    const what = `${metadata.role} in ${metadata.scope ?? ""}`;
    return { before: `Access rule ${action === "create" ? "added" : "deleted"}:`, name: what, after: `for ${metadata.subject ?? ""}` };
  }
  if (type === "service-account" && metadata.secret === "added") return { before: "Secret added to", name, after: "" };
  if (type === "service-account" && metadata.secret === "revoked") return { before: "Secret revoked of", name, after: "" };
  if (type === "service-account" && metadata.secret) return { before: "Client secret of", name, after: "regenerated" };
  if (action === "update" && metadata.enabled) return { before: thing, name, after: metadata.enabled === "true" ? "enabled" : "disabled" };
  if (metadata.formerName) return { before: `${thing} ${metadata.formerName} renamed to`, name, after: "" };
  return { before: thing, name, after: DONE[action] ?? action };
}

/** "credentialId" as people read it: "Credential ID". */
export const factWords = (name: string) =>
  capital(name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)).replace(/\b(id|ip|url)\b/gi, (word) => word.toUpperCase());
