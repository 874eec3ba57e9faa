import { describe, expect, it } from "vitest";

import { move, reconcile } from "./columns";
import { nextSort, pageSpan, readOrder, readView, writeView } from "./view";

describe("the view in the address", () => {
  it("goes there and back", () => {
    const view = { q: "ci pipe", f: ["name=@a,b", "createdBy=|x|y"], sort: "-lastLogin", page: 3, size: 100 };
    expect(readView(writeView(view))).toEqual(view);
  });

  it("leaves out what cannot be understood", () => {
    expect(readView("?page=zero&size=-1&q=")).toEqual({});
  });

  it("turns the order round on the second click", () => {
    expect(nextSort("name", "name")).toBe("-name");
    expect(nextSort("-name", "name")).toBe("name");
    expect(nextSort("-name", "lastLogin")).toBe("lastLogin");
    expect(readOrder("-name")).toEqual({ field: "name", descending: true });
  });

  it("knows its part of the whole", () => {
    expect(pageSpan(1, 50, 50, 214)).toEqual({ first: 1, last: 50, pages: 5 });
    expect(pageSpan(5, 50, 14, 214)).toEqual({ first: 201, last: 214, pages: 5 });
    expect(pageSpan(1, 50, 0, 0)).toEqual({ first: 0, last: 0, pages: 1 });
  });
});

describe("chosen columns", () => {
  const defaults = ["name", "clientId", "rules", "status"].map((id) => ({ id, shown: id !== "status" }));

  it("take in a column that came since, where it stands by default", () => {
    const remembered = [{ id: "rules", shown: true }, { id: "name", shown: true }, { id: "gone", shown: true }];
    expect(reconcile(remembered, defaults).map((column) => column.id)).toEqual(["rules", "status", "name", "clientId"]);
  });

  it("move one step, never before the first free place", () => {
    expect(move(defaults, "clientId", -1, 1).map((column) => column.id)).toEqual(["name", "clientId", "rules", "status"]);
    expect(move(defaults, "clientId", 1, 1).map((column) => column.id)).toEqual(["name", "rules", "clientId", "status"]);
  });
});
