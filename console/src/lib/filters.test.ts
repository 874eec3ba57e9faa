import { describe, expect, it } from "vitest";

import { chipValue, fromWire, operatorOf, operatorsOf, resolveDates, toWire, type FilterField } from "./filters";

const NAME: FilterField = { field: "name", label: "Service account", kind: "text" };
const BY: FilterField = { field: "createdBy", label: "Created by", kind: "person" };
const LOGIN: FilterField = { field: "lastLogin", label: "Last login", kind: "date", never: true };
const MADE: FilterField = { field: "createdAt", label: "Creation time", kind: "date" };
const FIELDS = [NAME, BY, LOGIN, MADE];

describe("filters", () => {
  it("go to the wire and back", () => {
    for (const filter of [
      { field: "name", sign: "=@" as const, values: ["ci-"] },
      { field: "createdBy", sign: "=|" as const, values: ["dana@example.com", "a|b\\c", "mei"] },
      { field: "lastLogin", sign: "==" as const, values: ["never"] },
      { field: "name", sign: "==" as const, values: ["a|b"] },
    ]) {
      expect(fromWire(toWire(filter), FIELDS)).toEqual(filter);
    }
  });

  it("are nothing when the field, the sign or the value is missing", () => {
    expect(fromWire("owner==dana", FIELDS)).toBeNull();
    expect(fromWire("name~dana", FIELDS)).toBeNull();
    expect(fromWire("name==", FIELDS)).toBeNull();
  });

  it("keep the longest sign apart from its beginning", () => {
    expect(fromWire("name=^ci", FIELDS)).toEqual({ field: "name", sign: "=^", values: ["ci"] });
    expect(fromWire("name!|x", FIELDS)).toEqual({ field: "name", sign: "!|", values: ["x"] });
  });

  it("say never only where a row may have no moment", () => {
    expect(operatorsOf(LOGIN).map((operator) => operator.words)).toContain("is never");
    expect(operatorsOf(MADE).map((operator) => operator.words)).not.toContain("is never");
    expect(operatorOf(LOGIN, { field: "lastLogin", sign: "==", values: ["never"] }).words).toBe("is never");
  });

  it("turn days into the date that they stand for when they are sent", () => {
    const now = Date.parse("2026-03-31T12:00:00Z");
    const filter = { field: "lastLogin", sign: "<=" as const, values: ["-90d"] };
    expect(resolveDates(filter, "date", now).values).toEqual(["2025-12-31"]);
    expect(resolveDates({ ...filter, values: ["2026-01-01"] }, "date", now).values).toEqual(["2026-01-01"]);
  });

  it("show the first value and how many more", () => {
    const names = new Map([["r1", "Viewer"]]);
    const role: FilterField = { field: "roleId", label: "Role", kind: "role" };
    expect(chipValue(role, { field: "roleId", sign: "=|", values: ["r1", "r2", "r3"] }, names)).toBe("Viewer +2");
    expect(chipValue(LOGIN, { field: "lastLogin", sign: "<=", values: ["-90d"] }, names)).toBe("90 days ago");
  });
});
