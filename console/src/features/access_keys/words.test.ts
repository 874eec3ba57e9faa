import { describe, expect, it } from "vitest";

import { narrowing } from "./words";

const whole = { permissions: null, scopeId: null, scopeName: null };

describe("what a key may less than its person", () => {
  it("says nothing of one that may the same", () => expect(narrowing(whole)).toBe(""));

  it("says that it reads only", () => {
    expect(narrowing({ ...whole, permissions: [{ resourceType: "project", actions: ["read"] }] })).toBe("reads only");
  });

  it("says less where it does more than read", () => {
    const permissions = [
      { resourceType: "project" as const, actions: ["read" as const] },
      { resourceType: "workloads" as const, actions: ["create" as const, "read" as const] },
    ];
    expect(narrowing({ ...whole, permissions, scopeId: "7", scopeName: "vision" })).toBe("less than its person, in vision");
  });

  it("says when its place is gone: it may nothing any more", () => {
    expect(narrowing({ ...whole, scopeId: "7" })).toBe("in a place that is gone");
  });
});
