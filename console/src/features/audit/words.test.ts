import { describe, expect, it } from "vitest";

import type { AuditLog } from "~/api/schema";

import { entryWords, factWords } from "./words";

const entry = (part: Partial<AuditLog>) =>
  ({ action: "update", entity_type: "service-account", entity_name: "ci-prod", result: "Succeeded", metadata: {}, ...part }) as AuditLog;

const sentence = (part: Partial<AuditLog>) => {
  const { before, name, after } = entryWords(entry(part));
  return [before, name, after].filter(Boolean).join(" ");
};

describe("what happened", () => {
  it.each([
    [{ action: "create" }, "Service account ci-prod created"],
    [{ metadata: { enabled: "false" } }, "Service account ci-prod disabled"],
    [{ metadata: { secret: "added" } }, "Secret added to ci-prod"],
    [{ metadata: { secret: "revoked" } }, "Secret revoked of ci-prod"],
    [{ action: "sign-in", result: "Failed" }, "Sign-in failed: ci-prod"],
    [
      { action: "create", entity_type: "access-rule", metadata: { role: "Viewer", scope: "vision", subject: "ci-prod" } },
      "Access rule added: Viewer in vision for ci-prod",
    ],
    [{ entity_type: "project", entity_name: "b", metadata: { formerName: "a" } }, "Project a renamed to b"],
    [{ entity_type: "some_thing", entity_name: "x", action: "delete" }, "Some thing x deleted"],
  ] as const)("%o", (part, words) => expect(sentence(part as Partial<AuditLog>)).toBe(words));
});

describe("what else is known of an entry", () => {
  it.each([
    ["credentialId", "Credential ID"],
    ["sourceIp", "Source IP"],
    ["heldToPermissions", "Held to permissions"],
    ["role", "Role"],
  ])("%s is called %s", (name, words) => expect(factWords(name)).toBe(words));
});
